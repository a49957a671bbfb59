/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/prompt.h"

#include "prompt/events.h"
#include "prompt/sending.h"
#include "prompt/talk.h"
#include "prompt/typed.h"

#include <openssl/crypto.h>

/* Ends the login. True, so that a caller can write return finish(...). */
static bool finish(struct talk *talk, enum prompt_result result)
{
	talk->result = result;
	return true;
}

/* The store, the random source or libcrypto failed: nothing was decided, so nobody gets in. */
static bool finish_out_of_order(struct talk *talk, const struct otp_why *why)
{
	char line[TEXTS_LINE_SIZE];

	events_note(talk, PROMPT_ERROR, "error", why->text);
	texts_out_of_order(talk->options->support, line);
	talk->host->tell(talk->host->self, line);
	return finish(talk, PROMPT_UNAVAILABLE);
}

static bool finish_denied(struct talk *talk, enum prompt_result result, const char *why)
{
	events_denied(talk, why);
	talk_tell(talk);
	return finish(talk, result);
}

static bool finish_verified(struct talk *talk)
{
	events_verified(talk);
	talk_tell(talk);
	return finish(talk, PROMPT_VERIFIED);
}

static bool finish_remembered(struct talk *talk)
{
	events_remembered(talk);
	return finish(talk, PROMPT_REMEMBERED);
}

static bool finish_not_enrolled(struct talk *talk)
{
	bool told = talk->options->tell_unenrolled;

	if (talk->enrolled)
		return finish_denied(talk, PROMPT_NO_CONTACT, "the record was removed during the login");
	events_note(talk, PROMPT_NOTICE, told ? "denied" : "ignored", "not enrolled");
	if (told)
		talk_tell(talk);
	return finish(talk, PROMPT_NOT_ENROLLED);
}

/* Nothing more is sent: the login is over unless something is left to type. */
static bool finish_unless_typed(struct talk *talk, enum prompt_result result, const char *why)
{
	return !talk_can_type(talk) && finish_denied(talk, result, why);
}

/* What the step means for the login: true if it is over, false if the person is to be asked. */
static bool conclude(struct talk *talk)
{
	switch (talk->step.situation) {
	case OTP_SEND:
	case OTP_NOT_A_CODE:
		return false;
	case OTP_WAITING:
	case OTP_ASK:
		events_note(talk, PROMPT_INFO, "waiting", NULL);
		return false;
	case OTP_NO_SUCH_CONTACT:
		events_note(talk, PROMPT_INFO, "ignored", "no contact on the channel asked for");
		return false;
	case OTP_TOO_SOON:
		events_note(talk, PROMPT_INFO, "too-soon", NULL);
		return false;
	case OTP_SEND_FAILED:
		return finish_unless_typed(talk, PROMPT_NOT_DELIVERED, "not delivered");
	case OTP_SEND_LIMIT:
		events_limited(talk);
		return finish_unless_typed(talk, PROMPT_THROTTLED, quota_limit_name(talk->step.limit));
	case OTP_NO_CONTACT:
		return finish_unless_typed(talk, PROMPT_NO_CONTACT, "no contact");
	case OTP_SPENT:
		if (talk->step.locked_now)
			events_failure(talk, "wrong");
		return finish_denied(talk, PROMPT_OUT_OF_TRIES, "tries");
	case OTP_LOCKED:
		if (talk->step.locked_now)
			events_failure(talk, "wrong");
		return finish_denied(talk, PROMPT_LOCKED, "locked");
	case OTP_NOT_ENROLLED:
		return finish_not_enrolled(talk);
	case OTP_REMEMBERED:
		return finish_remembered(talk);
	case OTP_VERIFIED:
		return finish_verified(talk);
	case OTP_WRONG:
		events_failure(talk, "wrong");
		return false;
	case OTP_EXPIRED:
		events_failure(talk, "expired");
		return false;
	}
	return finish_denied(talk, PROMPT_UNAVAILABLE, "no such situation");
}

/* Carries the login from a new step to the next question, or to its end (true). err: of the call that gave
 * the step. */
static bool carry_on(struct talk *talk, enum otp_err err, struct otp_why *why)
{
	if (err == OTP_OK && talk->step.damaged)
		events_damaged(talk);
	if (err == OTP_OK && talk->step.situation != OTP_NOT_ENROLLED)
		talk->enrolled = true;
	if (err == OTP_OK && talk->step.situation == OTP_SEND)
		err = sending_run(talk, why);
	if (err != OTP_OK)
		return finish_out_of_order(talk, why);
	if (talk->step.limits_failed)
		events_note(talk, PROMPT_ERROR, "error", why->text);
	return conclude(talk);
}

static bool answer_code(struct talk *talk, const char *typed, struct otp_why *why)
{
	int64_t works_until = talk->step.works_until;

	enum otp_err err = otp_answer(talk->core, talk->login, typed, &talk->step, why);
	if (err != OTP_OK || talk->step.situation != OTP_EXPIRED || talk_can_type(talk))
		return carry_on(talk, err, why);
	/* No code is live any more: it ended while the person was typing, or another login used it. */
	talk->context = talk_now(talk) >= works_until ? TEXTS_EXPIRED : TEXTS_GONE;
	events_note(talk, PROMPT_INFO, talk->context == TEXTS_EXPIRED ? "expired" : "gone", NULL);
	err = otp_begin(talk->core, talk->login, &talk->options->channels, &talk->step, why);
	return carry_on(talk, err, why);
}

/* Takes one answer to its consequence. True if the login is over. */
static bool answer(struct talk *talk, const char *typed)
{
	struct otp_why why = {0};
	struct otp_resend_request request;
	enum otp_err err;

	talk->context = TEXTS_PLAIN;
	switch (typed_read(typed, talk->options->password, &request)) {
	case TYPED_AGAIN:
		err = otp_resend(
			talk->core, talk->login, &talk->options->channels, request, &talk->step, &why);
		return carry_on(talk, err, &why);
	case TYPED_JUNK:
		events_junk(talk);
		talk->context = TEXTS_SILENT;
		return false;
	case TYPED_PASSWORD:
		events_note(talk, PROMPT_INFO, "ignored", "the password was given again");
		talk->context = TEXTS_PASSWORD;
		return false;
	case TYPED_CODE:
		break;
	}
	return answer_code(talk, typed, &why);
}

/* True if the login is over. */
static bool ask(struct talk *talk)
{
	char typed[PROMPT_ANSWER_SIZE] = "";
	char line[TEXTS_LINE_SIZE];
	bool over;

	talk_line(talk, line);
	enum prompt_reply reply = talk_ask(talk, line, typed);
	if (reply == PROMPT_REPLY_TEXT) {
		over = answer(talk, typed);
	} else {
		events_no_answer(talk, reply);
		over = finish(talk, PROMPT_NO_CONVERSATION);
	}
	OPENSSL_cleanse(typed, sizeof typed);
	return over;
}

enum prompt_result prompt_login(const struct otp_core *core, const struct otp_login *login,
	const struct prompt_options *options, const struct prompt_host *host)
{
	struct talk talk = {
		.core = core, .login = login, .options = options, .host = host, .result = PROMPT_UNAVAILABLE};
	struct otp_why why = {0};
	bool over = carry_on(&talk, otp_begin(core, login, &options->channels, &talk.step, &why), &why);

	while (!over && talk.prompts < options->max_prompts)
		over = ask(&talk);
	if (!over) {
		bool expired = talk.step.situation == OTP_EXPIRED;
		(void)finish_denied(&talk, expired ? PROMPT_EXPIRED : PROMPT_WRONG, "prompts used up");
	}
	enum prompt_result result = talk.result;
	OPENSSL_cleanse(&talk, sizeof talk);
	return result;
}
