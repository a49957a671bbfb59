/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/prompt.h"

#include "prompt/logline.h"
#include "prompt/texts.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A further contact gets at least this long, even if the ones before it used up the wait. */
#define NEXT_CONTACT_MS 3000

/* One login at the prompt. */
struct session {
	const struct otp_core *core;
	const struct otp_login *login;
	const struct prompt_options *options;
	const struct prompt_host *host;
	struct otp_step step; /* secret while a code is on its way */
	enum texts_context context;
	unsigned prompts;
	bool enrolled; /* the record was there once in this login: it is no longer "not enrolled" */
	enum prompt_result result;
};

static void begin_line(const struct session *s, struct logline *line, const char *event)
{
	logline_begin(line, event);
	logline_add(line, "user", s->login->user);
	logline_add(line, "rhost", s->login->origin.source);
	logline_add(line, "ref", s->step.ref);
}

static void log_line(const struct session *s, enum prompt_level level, const struct logline *line)
{
	s->host->log(s->host->self, level, line->text);
}

static void log_why(const struct session *s, enum prompt_level level, const char *event, const char *why)
{
	struct logline line;

	begin_line(s, &line, event);
	logline_add(&line, "why", why);
	log_line(s, level, &line);
}

static void write_line(const struct session *s, char out[TEXTS_LINE_SIZE])
{
	struct texts_facts facts = {.form = s->core->policy.form,
		.support = s->options->support,
		.now = s->core->clock.now(s->core->clock.self)};

	texts_line(&s->step, s->context, &facts, out);
}

static void tell(const struct session *s)
{
	char line[TEXTS_LINE_SIZE];

	write_line(s, line);
	if (line[0] != '\0')
		s->host->tell(s->host->self, line);
}

/* Ends the login. True, so that a caller can write return finish(...). */
static bool finish(struct session *s, enum prompt_result result)
{
	s->result = result;
	return true;
}

/* The store, the random source or libcrypto failed: nothing was decided, so nobody gets in. */
static bool finish_out_of_order(struct session *s, const struct otp_why *why)
{
	char line[TEXTS_LINE_SIZE];

	log_why(s, PROMPT_ERROR, "error", why->text);
	texts_out_of_order(s->options->support, line);
	s->host->tell(s->host->self, line);
	return finish(s, PROMPT_UNAVAILABLE);
}

static bool finish_denied(struct session *s, enum prompt_result result, const char *why)
{
	struct logline line;

	begin_line(s, &line, "denied");
	logline_add(&line, "why", why);
	bool ends = result == PROMPT_LOCKED || result == PROMPT_THROTTLED;
	if (ends && s->step.wait_s == RECORD_LOCK_FOREVER)
		logline_add(&line, "lock", s->step.admin_locked ? "admin" : "wrong_per_30d");
	else if (ends)
		logline_add_time(&line, "until", s->core->clock.now(s->core->clock.self) + s->step.wait_s);
	log_line(s, PROMPT_NOTICE, &line);
	tell(s);
	return finish(s, result);
}

static int64_t monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fill_request(const struct session *s, int wait_ms, struct request *request)
{
	const struct origin *origin = &s->login->origin;

	*request = (struct request){.kind = REQUEST_CODE,
		.contact = s->step.contact,
		.code = s->step.code,
		.key_proved = strcmp(origin->key, "-") != 0,
		.time = s->step.sent_at,
		.works_until = s->step.works_until,
		.wait_ms = wait_ms};
	memcpy(request->ref, s->step.ref, sizeof request->ref);
	request_set_user(request, s->login->user);
	(void)snprintf(request->host, sizeof request->host, "%s", origin->host);
	(void)snprintf(request->service, sizeof request->service, "%s", origin->service);
	(void)snprintf(request->source, sizeof request->source, "%s", origin->source);
	(void)snprintf(request->support, sizeof request->support, "%s", s->options->support);
}

static enum otp_delivery outcome_of(enum deliver_end end, enum request_outcome outcome)
{
	if (end == DELIVER_SLOW)
		return OTP_DELIVERY_SLOW;
	switch (outcome) {
	case VERDICT_SENT:
		return OTP_DELIVERY_SENT;
	case VERDICT_UNKNOWN:
		return OTP_DELIVERY_SLOW;
	case VERDICT_REFUSED:
	case VERDICT_LATER:
	case VERDICT_CONFIG:
		break;
	}
	return OTP_DELIVERY_REFUSED;
}

static void log_delivery(
	const struct session *s, enum otp_delivery delivery, const struct request_verdict *verdict)
{
	static const char *const events[] = {[OTP_DELIVERY_SENT] = "sent",
		[OTP_DELIVERY_SLOW] = "slow",
		[OTP_DELIVERY_REFUSED] = "refused"};
	struct logline line;

	begin_line(s, &line, events[delivery]);
	logline_add(&line, "channel", channel_name(s->step.channel));
	logline_add(&line, "provider", verdict->provider);
	if (delivery == OTP_DELIVERY_SENT)
		logline_add_number(&line, "ms", verdict->ms);
	logline_add(&line, "why", verdict->reason);
	log_line(s, delivery == OTP_DELIVERY_REFUSED ? PROMPT_ERROR : PROMPT_INFO, &line);
}

/* Hands the step's code to the hook and records what became of it. The code is wiped on the way out. */
static enum otp_err hand_over(
	struct session *s, int wait_ms, enum otp_delivery *delivery, struct otp_why *why)
{
	struct request request;
	struct request_verdict verdict = {.outcome = VERDICT_REFUSED};
	enum deliver_end end = DELIVER_VERDICT;

	fill_request(s, wait_ms, &request);
	enum otp_err err = s->host->deliver(s->host->self, &request, &end, &verdict, why);
	request_wipe(&request);
	if (err != OTP_OK) {
		/* The hook could not be run, or ended without a word: a failure like any other, of no
		 * provider. */
		end = DELIVER_VERDICT;
		verdict = (struct request_verdict){.outcome = VERDICT_CONFIG};
		(void)snprintf(
			verdict.reason, sizeof verdict.reason, "%.*s", REQUEST_REASON_SIZE - 1, why->text);
	}
	*delivery = outcome_of(end, verdict.outcome);
	log_delivery(s, *delivery, &verdict);
	struct otp_delivery_facts facts = {
		.delivery = *delivery, .provider = verdict.provider, .reason = verdict.reason};
	return otp_sent(s->core, s->login, facts, &s->step, why);
}

/* A contact that others come after gets half of the time that is left: theirs must be within the wait too. */
static int share_of_wait(const struct session *s, int64_t left)
{
	int64_t share = s->step.more_contacts ? left / 2 : left;

	if (share < NEXT_CONTACT_MS)
		share = NEXT_CONTACT_MS;
	return share < s->options->wait_ms ? (int)share : s->options->wait_ms;
}

/* Sends the code of an OTP_SEND step; while contacts refuse, the next one's. Leaves the step that the person
 * is then in. */
static enum otp_err deliver_code(struct session *s, struct otp_why *why)
{
	int64_t deadline = monotonic_ms() + s->options->wait_ms;

	for (;;) {
		enum otp_delivery delivery;
		unsigned next = s->step.contact_index + 1;
		enum channel failed = s->step.channel;
		enum otp_err err = hand_over(s, share_of_wait(s, deadline - monotonic_ms()), &delivery, why);
		if (err != OTP_OK || delivery != OTP_DELIVERY_REFUSED)
			return err;
		struct otp_resend_request request = {.from_contact = next, .after_refusal = true};
		err = otp_resend(s->core, s->login, &s->options->channels, request, &s->step, why);
		if (err != OTP_OK || s->step.situation != OTP_SEND)
			return err;
		s->context = s->step.channel == failed ? TEXTS_OTHER_CONTACT : TEXTS_OTHER_CHANNEL;
	}
}

/* A wrong answer is logged as such even if it was the last one: whoever bans, bans on this line alone. */
static void log_wrong(const struct session *s, const char *event)
{
	struct logline line;

	begin_line(s, &line, event);
	logline_add_number(&line, "tries_left", s->step.tries_left);
	logline_add_number(&line, "failures", s->step.failures);
	log_line(s, PROMPT_NOTICE, &line);
}

static bool finish_verified(struct session *s)
{
	struct logline line;

	begin_line(s, &line, "verified");
	logline_add(&line, "lane", lane_name(s->step.lane));
	log_line(s, PROMPT_INFO, &line);
	tell(s);
	return finish(s, PROMPT_VERIFIED);
}

static bool finish_not_enrolled(struct session *s)
{
	if (s->enrolled)
		return finish_denied(s, PROMPT_NO_CONTACT, "the record was removed during the login");
	log_why(s, PROMPT_NOTICE, s->options->tell_unenrolled ? "denied" : "ignored", "not enrolled");
	if (s->options->tell_unenrolled)
		tell(s);
	return finish(s, PROMPT_NOT_ENROLLED);
}

/* A limit of the host stops everybody: somebody pumps messages, or the limit is too low. */
static void log_limited(const struct session *s)
{
	enum quota_limit limit = s->step.limit;
	struct logline line;

	begin_line(s, &line, "limited");
	logline_add(&line, "why", quota_limit_name(limit));
	if (limit == QUOTA_ADDRESS)
		logline_add(&line, "per", "address");
	logline_add_time(&line, "until", s->core->clock.now(s->core->clock.self) + s->step.wait_s);
	log_line(s, quota_limit_is_of_host(limit) ? PROMPT_ERROR : PROMPT_NOTICE, &line);
}

/* What the step means for the login: true if it is over, false if the person is to be asked. */
static bool conclude(struct session *s)
{
	bool live = s->step.has_live_code;

	switch (s->step.situation) {
	case OTP_SEND:
	case OTP_NOT_A_CODE:
		return false;
	case OTP_WAITING:
		log_why(s, PROMPT_INFO, "waiting", NULL);
		return false;
	case OTP_NO_SUCH_CONTACT:
		log_why(s, PROMPT_INFO, "ignored", "no contact on the channel asked for");
		return false;
	case OTP_TOO_SOON:
		log_why(s, PROMPT_INFO, "too-soon", NULL);
		return false;
	case OTP_SEND_FAILED:
		return live ? false : finish_denied(s, PROMPT_NOT_DELIVERED, "not delivered");
	case OTP_SEND_LIMIT:
		log_limited(s);
		return live ? false : finish_denied(s, PROMPT_THROTTLED, quota_limit_name(s->step.limit));
	case OTP_SPENT:
		if (s->step.locked_now)
			log_wrong(s, "wrong");
		return finish_denied(s, PROMPT_OUT_OF_TRIES, "tries");
	case OTP_LOCKED:
		if (s->step.locked_now)
			log_wrong(s, "wrong");
		return finish_denied(s, PROMPT_LOCKED, "locked");
	case OTP_NOT_ENROLLED:
		return finish_not_enrolled(s);
	case OTP_NO_CONTACT:
		return finish_denied(s, PROMPT_NO_CONTACT, "no contact");
	case OTP_VERIFIED:
		return finish_verified(s);
	case OTP_WRONG:
		log_wrong(s, "wrong");
		return false;
	case OTP_EXPIRED:
		log_wrong(s, "expired");
		return false;
	}
	return finish_denied(s, PROMPT_UNAVAILABLE, "no such situation");
}

/* Carries the login from a new step to the next question, or to its end (true). err: of the call that gave
 * the step. */
static bool carry_on(struct session *s, enum otp_err err, struct otp_why *why)
{
	if (err == OTP_OK && s->step.damaged)
		log_why(s, PROMPT_ERROR, "damaged",
			"one slot of the state file was bad: live codes dropped, a failure counted");
	if (err == OTP_OK && s->step.situation != OTP_NOT_ENROLLED)
		s->enrolled = true;
	if (err == OTP_OK && s->step.situation == OTP_SEND)
		err = deliver_code(s, why);
	if (err != OTP_OK)
		return finish_out_of_order(s, why);
	if (s->step.limits_failed)
		log_why(s, PROMPT_ERROR, "error", why->text);
	return conclude(s);
}

static bool answer_code(struct session *s, const char *typed, struct otp_why *why)
{
	int64_t works_until = s->step.works_until;

	enum otp_err err = otp_answer(s->core, s->login, typed, &s->step, why);
	if (err != OTP_OK || s->step.situation != OTP_EXPIRED || s->step.has_live_code)
		return carry_on(s, err, why);
	/* No code is live any more: it ended while the person was typing, or another login used it. */
	s->context = s->core->clock.now(s->core->clock.self) >= works_until ? TEXTS_EXPIRED : TEXTS_GONE;
	log_why(s, PROMPT_INFO, s->context == TEXTS_EXPIRED ? "expired" : "gone", NULL);
	return carry_on(s, otp_begin(s->core, s->login, &s->options->channels, &s->step, why), why);
}

/* Enter alone asks for a code where the user's order has it, a letter alone on one channel: no letter alone
 * is a code. */
static bool asks_again(const char *typed, struct otp_resend_request *request)
{
	*request = (struct otp_resend_request){.only_channel = typed[0] != '\0'};
	if (typed[0] != '\0' && typed[1] != '\0')
		return false;
	switch (typed[0]) {
	case 'e':
	case 'E':
		request->channel = CHANNEL_EMAIL;
		return true;
	case 's':
	case 'S':
		request->channel = CHANNEL_SMS;
		return true;
	default:
		return typed[0] == '\0';
	}
}

/* Takes one answer to its consequence. True if the login is over. */
static bool answer(struct session *s, const char *typed)
{
	struct otp_why why = {0};
	struct otp_resend_request request;
	const char *password = s->options->password;

	s->context = TEXTS_PLAIN;
	if (asks_again(typed, &request)) {
		s->context = TEXTS_AGAIN;
		return carry_on(s,
			otp_resend(s->core, s->login, &s->options->channels, request, &s->step, &why), &why);
	}
	if (prompt_is_junk(typed)) {
		log_why(s, PROMPT_NOTICE, "ignored",
			"the host answered for a user whom it has already denied");
		s->context = TEXTS_SILENT;
		return false;
	}
	if (password != NULL && strcmp(typed, password) == 0) {
		log_why(s, PROMPT_INFO, "ignored", "the password was given again");
		s->context = TEXTS_PASSWORD;
		return false;
	}
	return answer_code(s, typed, &why);
}

/* True if the login is over. */
static bool ask(struct session *s)
{
	char typed[PROMPT_ANSWER_SIZE] = "";
	char line[TEXTS_LINE_SIZE];

	write_line(s, line);
	s->prompts++;
	enum prompt_reply reply = s->host->ask(s->host->self, line, TEXTS_PROMPT, s->options->echo, typed);
	bool over;
	if (reply == PROMPT_REPLY_TEXT) {
		over = answer(s, typed);
	} else {
		log_why(s, PROMPT_INFO, "denied",
			reply == PROMPT_REPLY_END ? "end of input" : "no conversation");
		over = finish(s, PROMPT_NO_CONVERSATION);
	}
	OPENSSL_cleanse(typed, sizeof typed);
	return over;
}

enum prompt_result prompt_login(const struct otp_core *core, const struct otp_login *login,
	const struct prompt_options *options, const struct prompt_host *host)
{
	struct session s = {
		.core = core, .login = login, .options = options, .host = host, .result = PROMPT_UNAVAILABLE};
	struct otp_why why = {0};
	bool over = carry_on(&s, otp_begin(core, login, &options->channels, &s.step, &why), &why);

	while (!over && s.prompts < options->max_prompts)
		over = ask(&s);
	if (!over) {
		bool expired = s.step.situation == OTP_EXPIRED;
		(void)finish_denied(&s, expired ? PROMPT_EXPIRED : PROMPT_WRONG, "prompts used up");
	}
	enum prompt_result result = s.result;
	OPENSSL_cleanse(&s, sizeof s);
	return result;
}

bool prompt_is_junk(const char *answer)
{
	static const char junk[] = "\b\n\r\177INCORRECT";

	for (size_t i = 0; answer[i] != '\0'; i++)
		if (answer[i] != junk[i % (sizeof junk - 1)])
			return false;
	return answer[0] != '\0';
}
