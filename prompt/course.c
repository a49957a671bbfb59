/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/course.h"

#include "prompt/events.h"
#include "prompt/sending.h"
#include "prompt/typed.h"

static const struct course goes_on;

static struct course let_in(enum prompt_result result)
{
	return (struct course){.over = true, .result = result};
}

static struct course denied(enum prompt_result result, const char *why)
{
	return (struct course){.over = true, .result = result, .denied = why};
}

/* Nothing more is sent: the login is over unless something is left to type. */
static struct course denied_unless_typed(const struct talk *talk, enum prompt_result result, const char *why)
{
	return talk_can_type(talk) ? goes_on : denied(result, why);
}

/* What the step means for the login. */
static struct course conclude(const struct talk *talk)
{
	switch (talk->step.situation) {
	case OTP_SEND:
	case OTP_WAITING:
	case OTP_ASK:
	case OTP_NO_SUCH_CONTACT:
	case OTP_TOO_SOON:
	case OTP_NOT_A_CODE:
	case OTP_WRONG:
	case OTP_EXPIRED:
		return goes_on;
	case OTP_SEND_FAILED:
		return denied_unless_typed(talk, PROMPT_NOT_DELIVERED, "not delivered");
	case OTP_SEND_LIMIT:
		return denied_unless_typed(talk, PROMPT_THROTTLED, quota_limit_name(talk->step.limit));
	case OTP_NO_CONTACT:
		return denied_unless_typed(talk, PROMPT_NO_CONTACT, "no contact");
	case OTP_SPENT:
		return denied(PROMPT_OUT_OF_TRIES, "tries");
	case OTP_LOCKED:
		return denied(PROMPT_LOCKED, "locked");
	case OTP_NOT_ENROLLED:
		return talk->enrolled ? denied(PROMPT_NO_CONTACT, "the record was removed during the login")
				      : denied(PROMPT_NOT_ENROLLED, "not enrolled");
	case OTP_REMEMBERED:
		return let_in(PROMPT_REMEMBERED);
	case OTP_VERIFIED:
		return let_in(PROMPT_VERIFIED);
	}
	return denied(PROMPT_UNAVAILABLE, "no such situation");
}

/* Carries the login from a new step to the next question, or to its end. err: of the call that gave the step.
 */
static struct course carry_on(struct talk *talk, enum otp_err err, struct otp_why *why)
{
	if (err == OTP_OK && talk->step.damaged)
		events_damaged(talk);
	if (err == OTP_OK && talk->step.situation != OTP_NOT_ENROLLED)
		talk->enrolled = true;
	if (err == OTP_OK)
		err = sending_run(talk, why);
	if (err != OTP_OK) {
		/* The store, the random source or libcrypto failed: nothing was decided, so nobody gets in.
		 */
		events_note(talk, PROMPT_ERROR, "error", why->text);
		return let_in(PROMPT_UNAVAILABLE);
	}
	if (talk->step.limits_failed)
		events_note(talk, PROMPT_ERROR, "error", why->text);
	events_step(talk);
	return conclude(talk);
}

struct course course_begin(struct talk *talk)
{
	struct otp_why why = {0};

	return carry_on(
		talk, otp_begin(talk->core, talk->login, &talk->options->channels, &talk->step, &why), &why);
}

static struct course send_again(struct talk *talk, struct otp_resend_request request)
{
	struct otp_why why = {0};

	return carry_on(talk,
		otp_resend(talk->core, talk->login, &talk->options->channels, request, &talk->step, &why),
		&why);
}

static struct course answer_code(struct talk *talk, const char *typed)
{
	struct otp_why why = {0};
	int64_t works_until = talk->step.works_until;

	enum otp_err err = otp_answer(talk->core, talk->login, typed, &talk->step, &why);
	if (err != OTP_OK || talk->step.situation != OTP_EXPIRED || talk_can_type(talk))
		return carry_on(talk, err, &why);
	/* No code is live any more: it ended while the person was typing, or another login used it. */
	talk->context = talk_now(talk) >= works_until ? TEXTS_EXPIRED : TEXTS_GONE;
	events_note(talk, PROMPT_INFO, talk->context == TEXTS_EXPIRED ? "expired" : "gone", NULL);
	return course_begin(talk);
}

struct course course_answer(struct talk *talk, const char *typed)
{
	struct otp_resend_request request;

	talk->context = TEXTS_PLAIN;
	switch (typed_read(typed, talk->options->password, &request)) {
	case TYPED_AGAIN:
		request.from_contact = request.only_channel ? 0 : talk->next_contact;
		if (talk->step.has_live_code)
			talk->context = TEXTS_AGAIN;
		return send_again(talk, request);
	case TYPED_JUNK:
		events_note(talk, PROMPT_NOTICE, "ignored",
			"the host answered for a user whom it has already denied");
		talk->context = TEXTS_SILENT;
		return goes_on;
	case TYPED_PASSWORD:
		events_note(talk, PROMPT_INFO, "ignored", "the password was given again");
		talk->context = TEXTS_PASSWORD;
		return goes_on;
	case TYPED_CODE:
		break;
	}
	return answer_code(talk, typed);
}
