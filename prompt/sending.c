/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/sending.h"

#include "prompt/events.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A further contact gets at least this long, even if the ones before it used up the wait. */
#define NEXT_CONTACT_MS 3000

static int64_t monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fill_request(const struct talk *talk, int wait_ms, struct request *request)
{
	const struct origin *origin = &talk->login->origin;

	*request = (struct request){.kind = REQUEST_CODE,
		.contact = talk->step.contact,
		.code = talk->step.code,
		.key_proved = strcmp(origin->key, "-") != 0,
		.time = talk->step.sent_at,
		.works_until = talk->step.works_until,
		.wait_ms = wait_ms};
	memcpy(request->ref, talk->step.ref, sizeof request->ref);
	request_set_user(request, talk->login->user);
	(void)snprintf(request->account, sizeof request->account, "%s", origin->account);
	(void)snprintf(request->host, sizeof request->host, "%s", origin->host);
	(void)snprintf(request->service, sizeof request->service, "%s", origin->service);
	(void)snprintf(request->source, sizeof request->source, "%s", origin->source);
	(void)snprintf(request->support, sizeof request->support, "%s", talk->options->support);
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
	case VERDICT_READY:
		break;
	}
	return OTP_DELIVERY_REFUSED;
}

static void log_delivery(
	const struct talk *talk, enum otp_delivery delivery, const struct request_verdict *verdict)
{
	static const char *const events[] = {[OTP_DELIVERY_SENT] = "sent",
		[OTP_DELIVERY_SLOW] = "slow",
		[OTP_DELIVERY_REFUSED] = "refused"};

	events_delivery(talk, delivery == OTP_DELIVERY_REFUSED ? PROMPT_ERROR : PROMPT_INFO, events[delivery],
		verdict);
}

/* Nobody waits for the verdict: the hook logs it, the code stays pending, and the next Enter is for the next
 * contact. */
static void leave_to_hook(struct talk *talk, const struct request_verdict *verdict)
{
	events_delivery(talk, PROMPT_INFO, "sending", verdict);
	code_wipe(&talk->step.code);
	talk->next_contact = talk->step.more_contacts ? talk->step.contact_index + 1 : 0;
}

/* Hands the step's code to the hook and records what became of it. The code is wiped on the way out. */
static enum otp_err hand_over(
	struct talk *talk, int wait_ms, enum otp_delivery *delivery, struct otp_why *why)
{
	struct request request;
	struct request_verdict verdict = {.outcome = VERDICT_REFUSED};
	enum deliver_end end = DELIVER_VERDICT;

	fill_request(talk, wait_ms, &request);
	enum otp_err err = talk->host->deliver(talk->host->self, &request, &end, &verdict, why);
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
	if (talk->options->hidden != NULL && end == DELIVER_SLOW) {
		leave_to_hook(talk, &verdict);
		return OTP_OK;
	}
	log_delivery(talk, *delivery, &verdict);
	struct otp_delivery_facts facts = {
		.delivery = *delivery, .provider = verdict.provider, .reason = verdict.reason};
	return otp_sent(talk->core, talk->login, facts, &talk->step, why);
}

/* A contact that others come after gets half of the time that is left: theirs must be within the wait too. */
static int share_of_wait(const struct talk *talk, int64_t left)
{
	int64_t share = talk->step.more_contacts ? left / 2 : left;

	if (talk->options->hidden != NULL)
		return talk->options->wait_ms;
	if (share < NEXT_CONTACT_MS)
		share = NEXT_CONTACT_MS;
	return share < talk->options->wait_ms ? (int)share : talk->options->wait_ms;
}

/* A limit of the host stopped its channel; the next contact may be on the other one. */
static bool channel_is_stopped(const struct talk *talk)
{
	return talk->step.situation == OTP_SEND_LIMIT && quota_limit_is_of_host(talk->step.limit) &&
	       talk->step.more_contacts;
}

enum otp_err sending_run(struct talk *talk, struct otp_why *why)
{
	bool hidden = talk->options->hidden != NULL;
	int64_t deadline = monotonic_ms() + (hidden ? PROMPT_PATIENCE_MS : talk->options->wait_ms);
	enum otp_delivery delivery = OTP_DELIVERY_REFUSED;
	enum otp_err err = OTP_OK;

	while (err == OTP_OK) {
		unsigned next = talk->step.contact_index + 1;
		enum channel failed = talk->step.contact.channel;
		if (talk->step.situation == OTP_SEND)
			err = hand_over(talk, share_of_wait(talk, deadline - monotonic_ms()), &delivery, why);
		else if (channel_is_stopped(talk))
			events_step(talk);
		else
			break;
		if (err != OTP_OK || delivery != OTP_DELIVERY_REFUSED ||
			(hidden && monotonic_ms() >= deadline))
			break;
		struct otp_resend_request request = {.from_contact = next, .after_refusal = true};
		err = otp_resend(
			talk->core, talk->login, &talk->options->channels, request, &talk->step, why);
		if (err == OTP_OK && talk->step.situation == OTP_SEND)
			talk->context =
				talk->step.channel == failed ? TEXTS_OTHER_CONTACT : TEXTS_OTHER_CHANNEL;
	}
	return err;
}
