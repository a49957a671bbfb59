/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/command_reply.h"

#include "hook/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

/*
 * What an exit status means. Whatever stands here says that nothing was sent, so that it may be sent by
 * another way. "later" are those that say the system or the other side may be luckier another time; all that
 * are not in the table are a refusal.
 */
static const struct meaning {
	int status;
	enum request_outcome outcome;
	const char *name;
} meanings[] = {
	{EX_USAGE, VERDICT_CONFIG, "EX_USAGE"},
	{EX_DATAERR, VERDICT_REFUSED, "EX_DATAERR"},
	{EX_NOINPUT, VERDICT_REFUSED, "EX_NOINPUT"},
	{EX_NOUSER, VERDICT_REFUSED, "EX_NOUSER"},
	{EX_NOHOST, VERDICT_REFUSED, "EX_NOHOST"},
	{EX_UNAVAILABLE, VERDICT_REFUSED, "EX_UNAVAILABLE"},
	{EX_SOFTWARE, VERDICT_REFUSED, "EX_SOFTWARE"},
	{EX_OSERR, VERDICT_LATER, "EX_OSERR"},
	{EX_OSFILE, VERDICT_REFUSED, "EX_OSFILE"},
	{EX_CANTCREAT, VERDICT_LATER, "EX_CANTCREAT"},
	{EX_IOERR, VERDICT_LATER, "EX_IOERR"},
	{EX_TEMPFAIL, VERDICT_LATER, "EX_TEMPFAIL"},
	{EX_PROTOCOL, VERDICT_REFUSED, "EX_PROTOCOL"},
	{EX_NOPERM, VERDICT_REFUSED, "EX_NOPERM"},
	{EX_CONFIG, VERDICT_CONFIG, "EX_CONFIG"},
	/* What a shell says of a program that it cannot run. */
	{126, VERDICT_CONFIG, "a program in it is not executable"},
	{127, VERDICT_CONFIG, "a program in it is not found"},
};

/* One line: what is not printable ASCII is a blank, and blanks never stand together. */
static void add_output(struct text *out, const struct command_end *end)
{
	bool gap = true; /* behind ": " */

	for (size_t i = 0; i < end->output_len; i++) {
		char c = end->output[i];
		bool printable = c > ' ' && c <= '~';
		if (printable && out->len + 1 < out->size)
			text_add_bytes(out, &c, 1);
		else if (!printable && !gap)
			text_add(out, " ");
		gap = !printable;
	}
	while (out->len > 0 && out->out[out->len - 1] == ' ')
		out->out[--out->len] = '\0';
}

static bool has_words(const struct command_end *end)
{
	for (size_t i = 0; i < end->output_len; i++)
		if (end->output[i] > ' ' && end->output[i] <= '~')
			return true;
	return false;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Why the command did not come to an end of its own; the message may be under way if it had it whole. */
static void judge_killed(const struct command_end *end, struct text *reason, struct provider_result *result)
{
	result->outcome = end->taken ? VERDICT_UNKNOWN : VERDICT_LATER;
	if (!end->timed_out)
		text_addf(
			reason, "%s was killed by signal %d", file_name(end->program), WTERMSIG(end->status));
	else if (end->taken)
		text_addf(reason, "%s took the message and did not end in time", file_name(end->program));
	else
		text_addf(reason, "%s did not read the message in time", file_name(end->program));
}

static void judge_status(const struct command_end *end, struct text *reason, struct provider_result *result)
{
	int status = WEXITSTATUS(end->status);
	const struct meaning *meaning = NULL;

	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (meanings[i].status == status)
			meaning = &meanings[i];
	result->outcome = meaning != NULL ? meaning->outcome : VERDICT_REFUSED;
	text_addf(reason, "%s exited with %d", file_name(end->program), status);
	if (meaning != NULL)
		text_addf(reason, " (%s)", meaning->name);
	if (status == EX_OK)
		text_add(reason, " and read nothing of the message");
}

void command_judge(const struct command_end *end, struct provider_result *result)
{
	struct text reason = text_begin(result->reason, sizeof result->reason);

	bool content = !end->timed_out && WIFEXITED(end->status) && WEXITSTATUS(end->status) == EX_OK;

	if (content && !end->untouched) {
		result->outcome = VERDICT_SENT;
		return;
	}
	if (end->timed_out || WIFSIGNALED(end->status))
		judge_killed(end, &reason, result);
	else
		judge_status(end, &reason, result);
	if (has_words(end)) {
		text_add(&reason, ": ");
		add_output(&reason, end);
	}
}
