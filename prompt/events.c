/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/events.h"

#include "prompt/logline.h"

static void begin_line(const struct talk *talk, struct logline *line, const char *event)
{
	logline_begin(line, event);
	if (talk->options->hidden == NULL || !talk->options->hidden->no_such_user) {
		logline_add(line, "user", talk->login->user);
		logline_add(line, "account", talk->login->origin.account); /* empty: the user's own */
	}
	logline_add(line, "rhost", talk->login->origin.source);
	logline_add(line, "ref", talk->step.ref);
}

static void write_line(const struct talk *talk, enum prompt_level level, const struct logline *line)
{
	talk->host->log(talk->host->self, level, line->text);
}

void events_note(const struct talk *talk, enum prompt_level level, const char *event, const char *why)
{
	struct logline line;

	begin_line(talk, &line, event);
	logline_add(&line, "why", why);
	write_line(talk, level, &line);
}

void events_denied(const struct talk *talk, enum prompt_result result, const char *why)
{
	const struct otp_step *step = &talk->step;
	bool ends = result == PROMPT_LOCKED || result == PROMPT_THROTTLED;
	struct logline line;

	begin_line(talk, &line, "denied");
	logline_add(&line, "why", why);
	if (ends && step->wait_s == RECORD_LOCK_FOREVER)
		logline_add(&line, "lock", step->admin_locked ? "admin" : "wrong_per_30d");
	else if (ends)
		logline_add_time(&line, "until", talk_now(talk) + step->wait_s);
	write_line(talk, PROMPT_NOTICE, &line);
}

static void log_failure(const struct talk *talk, const char *event)
{
	struct logline line;

	begin_line(talk, &line, event);
	logline_add_number(&line, "tries_left", talk->step.tries_left);
	logline_add_number(&line, "failures", talk->step.failures);
	write_line(talk, PROMPT_NOTICE, &line);
}

static void log_verified(const struct talk *talk)
{
	static const char *const means[] = {
		[OTP_MEANS_SENT] = "sent", [OTP_MEANS_TOTP] = "app", [OTP_MEANS_BACKUP] = "backup"};
	struct logline line;

	begin_line(talk, &line, "verified");
	logline_add(&line, "lane", lane_name(talk->step.lane));
	logline_add(&line, "by", means[talk->step.means]);
	if (talk->step.means == OTP_MEANS_BACKUP)
		logline_add_number(&line, "backups_left", talk->step.backups_left);
	write_line(talk, PROMPT_INFO, &line);
}

static void log_remembered(const struct talk *talk)
{
	struct logline line;

	begin_line(talk, &line, "remembered");
	logline_add_time(&line, "until", talk->step.works_until);
	write_line(talk, PROMPT_INFO, &line);
}

/* A limit stopped a send. One of the host stops everybody: somebody pumps messages, or it is too low. */
static void log_limited(const struct talk *talk)
{
	enum quota_limit limit = talk->step.limit;
	struct logline line;

	begin_line(talk, &line, "limited");
	logline_add(&line, "why", quota_limit_name(limit));
	if (limit == QUOTA_ADDRESS)
		logline_add(&line, "per", "address");
	logline_add_time(&line, "until", talk_now(talk) + talk->step.wait_s);
	write_line(talk, quota_limit_is_of_host(limit) ? PROMPT_ERROR : PROMPT_NOTICE, &line);
}

void events_step(const struct talk *talk)
{
	switch (talk->step.situation) {
	case OTP_WAITING:
	case OTP_ASK:
		events_note(talk, PROMPT_INFO, "waiting", NULL);
		break;
	case OTP_REMEMBERED:
		log_remembered(talk);
		break;
	case OTP_NO_SUCH_CONTACT:
		events_note(talk, PROMPT_INFO, "ignored", "no contact on the channel asked for");
		break;
	case OTP_TOO_SOON:
		events_note(talk, PROMPT_INFO, "too-soon", NULL);
		break;
	case OTP_SEND_LIMIT:
		log_limited(talk);
		break;
	case OTP_SPENT:
	case OTP_LOCKED:
		if (talk->step.locked_now)
			log_failure(talk, "wrong");
		break;
	case OTP_WRONG:
		log_failure(talk, "wrong");
		break;
	case OTP_EXPIRED:
		log_failure(talk, "expired");
		break;
	case OTP_VERIFIED:
		log_verified(talk);
		break;
	case OTP_SEND:
	case OTP_SEND_FAILED:
	case OTP_NOT_ENROLLED:
	case OTP_NO_CONTACT:
	case OTP_NOT_A_CODE:
		break;
	}
}

void events_damaged(const struct talk *talk)
{
	events_note(talk, PROMPT_ERROR, "damaged",
		"one slot of the state file was bad: live codes, backup codes and devices dropped, a failure "
		"counted");
}

void events_delivery(const struct talk *talk, enum prompt_level level, const char *event,
	const struct request_verdict *verdict)
{
	struct logline line;

	begin_line(talk, &line, event);
	logline_add(&line, "channel", channel_name(talk->step.channel));
	logline_add(&line, "provider", verdict->provider);
	if (verdict->outcome == VERDICT_SENT)
		logline_add_number(&line, "ms", verdict->ms);
	logline_add(&line, "why", verdict->reason);
	write_line(talk, level, &line);
}
