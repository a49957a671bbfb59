/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#define IDENT "otpcode-deliver"

/* By outcome: the event in the log, how loud it is, and the exit status. */
static const struct outcome {
	enum request_outcome outcome;
	const char *event;
	int level;
	int status;
} outcomes[] = {
	{VERDICT_SENT, "sent", LOG_INFO, EX_OK},
	{VERDICT_REFUSED, "refused", LOG_WARNING, EX_UNAVAILABLE},
	{VERDICT_LATER, "later", LOG_NOTICE, EX_TEMPFAIL},
	{VERDICT_UNKNOWN, "unknown", LOG_NOTICE, EX_IOERR},
	{VERDICT_READY, "ready", LOG_INFO, EX_OK},
	{VERDICT_CONFIG, "error", LOG_ERR, EX_CONFIG},
};

static const struct outcome *find(enum request_outcome outcome)
{
	size_t i = 0;

	while (i + 1 < sizeof outcomes / sizeof *outcomes && outcomes[i].outcome != outcome)
		i++;
	return &outcomes[i];
}

/* A value in quotes ends at the next quote, so it holds none. */
static void unquote(char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '"')
			*text = '\'';
}

static const char *name_or_dash(const char *name)
{
	return name[0] != '\0' ? name : "-";
}

void report_provider(
	const struct request *request, const char *provider, enum request_outcome outcome, const char *reason)
{
	const struct outcome *facts = find(outcome);
	char why[REQUEST_REASON_SIZE];

	(void)snprintf(why, sizeof why, "%s", reason);
	request_blank(request, why);
	unquote(why);
	openlog(IDENT, LOG_PID, LOG_AUTHPRIV);
	syslog(facts->level, "event=%s ref=%s provider=%s why=\"%s\"", facts->event,
		name_or_dash(request->ref), name_or_dash(provider), why);
}

/* What a provider refused was logged when it did. */
static void log_end(const struct request *request, const struct request_verdict *verdict)
{
	openlog(IDENT, LOG_PID, LOG_AUTHPRIV);
	if (verdict->outcome == VERDICT_SENT)
		syslog(LOG_INFO, "event=sent ref=%s provider=%s ms=%ld", name_or_dash(request->ref),
			verdict->provider, verdict->ms);
	else if (verdict->outcome == VERDICT_CONFIG)
		report_provider(request, verdict->provider, verdict->outcome, verdict->reason);
}

/* False if nobody reads it any more. */
static bool say(const struct request_verdict *verdict)
{
	char line[REQUEST_VERDICT_MAX];
	size_t len = request_verdict_encode(verdict, line);

	for (size_t done = 0; done < len;) {
		ssize_t put = write(STDOUT_FILENO, line + done, len - done);
		if (put < 0 && errno != EINTR)
			return false;
		done += put > 0 ? (size_t)put : 0;
	}
	return true;
}

int report_end(const struct request *request, struct request_verdict *verdict, bool background)
{
	request_blank(request, verdict->reason);
	if (!say(verdict) || background)
		log_end(request, verdict);
	return find(verdict->outcome)->status;
}
