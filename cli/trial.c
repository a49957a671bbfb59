/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/trial.h"

#include "cli/journal.h"
#include "cli/mend.h"
#include "cli/report.h"

#include <stdio.h>
#include <string.h>

/* The hook has blanked it once; this one does so for a hook of another kind. */
static void note_line(void *self, const char *line)
{
	struct trial *trial = self;
	char copy[REQUEST_VERDICT_MAX];

	(void)snprintf(copy, sizeof copy, "%s", line);
	request_blank(&trial->request, copy);
	report_note("%s", copy);
	trial->lines_n++;
}

/* Why the message was not sent; empty where it was, or nobody knows. */
static const char *reason_of(const struct trial *trial)
{
	if (trial->err != OTP_OK)
		return trial->why.text;
	return trial->end == DELIVER_VERDICT && trial->verdict.outcome != VERDICT_SENT ? trial->verdict.reason
										       : "";
}

/* What would help against what kept the message; NULL where it was sent, or nothing is known. */
static const struct mend *mend_of(const struct trial *trial)
{
	static const struct mend slow = {"timeout", "--verbose shows where it hangs; a provider that is "
						    "always slow needs a longer delivery.wait"};

	if (trial->err == OTP_OK && trial->end == DELIVER_SLOW)
		return &slow;
	return mend_find(reason_of(trial));
}

static const char *outcome_name(const struct trial *trial)
{
	if (trial->err != OTP_OK)
		return trial->err == OTP_ERR_CONFIG ? "config" : "failed";
	if (trial->end == DELIVER_SLOW)
		return "slow";
	switch (trial->verdict.outcome) {
	case VERDICT_SENT:
		return "sent";
	case VERDICT_REFUSED:
		return "refused";
	case VERDICT_LATER:
		return "later";
	case VERDICT_UNKNOWN:
		return "unknown";
	case VERDICT_CONFIG:
		return "config";
	case VERDICT_READY:
		break;
	}
	return "none";
}

static enum cli_exit status_of(const struct trial *trial)
{
	if (trial->err != OTP_OK)
		return trial->err == OTP_ERR_CONFIG ? CLI_CONFIG : CLI_FAILED;
	if (trial->end == DELIVER_SLOW)
		return CLI_FAILED;
	if (trial->verdict.outcome == VERDICT_CONFIG)
		return CLI_CONFIG;
	return trial->verdict.outcome == VERDICT_SENT ? CLI_DONE : CLI_FAILED;
}

static void say_verdict(const struct trial *trial)
{
	const struct request_verdict *verdict = &trial->verdict;

	if (verdict->outcome == VERDICT_REFUSED && strcmp(verdict->provider, "-") == 0) {
		report_line(
			"refused: the message to %s goes to no provider: %s", trial->mask, verdict->reason);
		return;
	}
	switch (verdict->outcome) {
	case VERDICT_SENT:
		report_line("sent: %s took the message to %s in %ld ms", verdict->provider, trial->mask,
			verdict->ms);
		break;
	case VERDICT_REFUSED:
		report_line("refused: %s will not take the message to %s: %s", verdict->provider, trial->mask,
			verdict->reason);
		break;
	case VERDICT_LATER:
		report_line("not sent: %s cannot take the message to %s now: %s", verdict->provider,
			trial->mask, verdict->reason);
		break;
	case VERDICT_UNKNOWN:
		report_line("unknown: the connection to %s was lost when it had the message to %s; it may "
			    "arrive: %s",
			verdict->provider, trial->mask, verdict->reason);
		break;
	case VERDICT_CONFIG:
		report_line("not sent: the configuration is at fault: %s", verdict->reason);
		break;
	case VERDICT_READY:
		break;
	}
}

static void say_end(const struct trial *trial)
{
	if (trial->err == OTP_ERR_CONFIG)
		report_line("not sent: the configuration is at fault: %s", trial->why.text);
	else if (trial->err != OTP_OK)
		report_line("not sent: the hook failed: %s", trial->why.text);
	else if (trial->end == DELIVER_SLOW)
		report_line(
			"no verdict within %d s on the message to %s; the hook goes on and logs how it ended",
			trial->config.delivery.wait_s, trial->mask);
	else
		say_verdict(trial);
	if (mend_of(trial) != NULL)
		report_line("what to do: %s", mend_of(trial)->advice);
}

static enum cli_exit print_json(const struct trial *trial)
{
	struct report_json json = report_json_new();
	bool verdict = trial->err == OTP_OK && trial->end == DELIVER_VERDICT;
	bool sent = verdict && trial->verdict.outcome == VERDICT_SENT;
	const char *reason = reason_of(trial);
	const struct mend *mend = mend_of(trial);

	report_json_put(&json, json.root, "to", json_string(trial->mask));
	report_json_put(&json, json.root, "outcome", json_string(outcome_name(trial)));
	report_json_put(&json, json.root, "provider",
		verdict ? report_json_text(trial->verdict.provider) : json_null());
	report_json_put(&json, json.root, "ms", sent ? json_integer(trial->verdict.ms) : json_null());
	report_json_put(
		&json, json.root, "reason", reason[0] != '\0' ? report_json_text(reason) : json_null());
	report_json_put(&json, json.root, "cause", mend != NULL ? json_string(mend->cause) : json_null());
	report_json_put(&json, json.root, "mend", mend != NULL ? json_string(mend->advice) : json_null());
	return report_json_print(&json);
}

static void journal_trial(const struct trial *trial)
{
	struct logline line;

	logline_begin(&line, "test");
	logline_add(&line, "user", trial->request.user);
	logline_add(&line, "to", trial->mask);
	logline_add(&line, "outcome", outcome_name(trial));
	if (trial->err == OTP_OK && trial->end == DELIVER_VERDICT)
		logline_add(&line, "provider", trial->verdict.provider);
	logline_add(&line, "why", reason_of(trial));
	journal_write(&line);
}

enum cli_exit trial_send(struct trial *trial, bool as_json)
{
	const struct deliver_options options = {
		.hook = trial->config.delivery.hook,
		.config = trial->config.path,
		.hook_user = trial->config.delivery.hook_user,
		.trace = trial->request.trace ? note_line : NULL,
		.trace_self = trial,
	};
	enum cli_exit printed = CLI_DONE;

	trial->lines_n = 0;
	trial->err = deliver_send(&options, &trial->request, &trial->end, &trial->verdict, &trial->why);
	if (trial->err == OTP_OK && trial->request.trace && trial->lines_n == 0)
		report_note("* the hook told of no conversation with a provider");
	journal_trial(trial);
	if (as_json)
		printed = print_json(trial);
	else
		say_end(trial);
	return status_of(trial) != CLI_DONE ? status_of(trial) : printed;
}
