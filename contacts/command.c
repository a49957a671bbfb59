/* SPDX-License-Identifier: BSD-2-Clause */
#include "contacts/command.h"

#include "config/command_line.h"
#include "config/placeholder.h"
#include "deliver/child.h"
#include "deliver/program.h"
#include "deliver/reply.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX 4096
#define ARGUMENTS_SIZE (CONFIG_COMMAND_SIZE + 8 * RECORD_USER_SIZE)
#define USER_WORD "{user}"

/* The command's words, filled in. */
struct arguments {
	char text[ARGUMENTS_SIZE];
	size_t len;
	const char *argv[COMMAND_LINE_WORDS_MAX + 2];
	unsigned n;
};

struct output {
	char text[OUTPUT_MAX + 1];
	size_t len;
};

static bool put(struct arguments *arguments, const char *text, size_t len)
{
	if (len >= sizeof arguments->text - arguments->len)
		return false;
	memcpy(arguments->text + arguments->len, text, len);
	arguments->len += len;
	return true;
}

/* What is filled in is part of its word, whatever it holds. */
static bool put_word(struct arguments *arguments, const char *word, size_t len, const char *user)
{
	arguments->argv[arguments->n++] = arguments->text + arguments->len;
	for (size_t i = 0; i < len;) {
		bool filled = strncmp(word + i, USER_WORD, strlen(USER_WORD)) == 0;
		if (!put(arguments, filled ? user : word + i, filled ? strlen(user) : 1))
			return false;
		i += filled ? strlen(USER_WORD) : 1;
	}
	return put(arguments, "", 1);
}

static enum otp_err split(
	const char *line, const char *user, struct arguments *arguments, struct otp_why *why)
{
	const char *word;
	size_t len;
	bool fits = true;

	*arguments = (struct arguments){.n = 0};
	while (fits && arguments->n < COMMAND_LINE_WORDS_MAX && command_line_take(&line, &word, &len))
		fits = put_word(arguments, word, len, user);
	if (fits && arguments->n == 1)
		fits = put_word(arguments, user, strlen(user), "");
	if (!fits)
		return why_set(
			why, OTP_ERR_TOO_LARGE, 0, "users.contacts: the user's name is too long for it");
	arguments->argv[arguments->n] = NULL;
	return OTP_OK;
}

static struct program program_of(const struct config *config, const char *path)
{
	return (struct program){.path = path,
		.path_key = "users.contacts",
		.user = config->users.contacts_user,
		.user_key = "users.contacts_user",
		.user_hint = "",
		.config = config->path,
		.failed = OTP_ERR_IO};
}

static enum otp_err start(const struct program *program, const struct arguments *arguments, int wait_s,
	int *output_fd, struct otp_why *why)
{
	struct child_plan plan = {.argv = arguments->argv,
		.request_fd = -1,
		.reply_fd = -1,
		.lifetime_s = (unsigned)wait_s + 1};
	enum otp_err err = program_find_user(program, &plan.uid, &plan.gid, why);

	if (err == OTP_OK)
		err = program_check(program, why);
	if (err == OTP_OK)
		err = program_pipe(program, output_fd, &plan.reply_fd, why);
	if (err == OTP_OK && !child_start(&plan))
		err = why_set(why, OTP_ERR_IO, errno, "users.contacts: cannot run %s: clone", program->path);
	program_close(&plan.reply_fd);
	return err;
}

/* To the end of its output, which comes when all that it started have closed theirs. */
static enum otp_err read_all(int fd, int64_t deadline_ms, struct output *output, struct otp_why *why)
{
	bool ready = false;

	for (;;) {
		enum otp_err err = reply_wait(fd, deadline_ms, &ready, why);
		if (err != OTP_OK)
			return OTP_ERR_IO;
		if (!ready)
			return why_set(why, OTP_ERR_IO, 0, "did not end in time (contacts_wait)");
		ssize_t n = read(fd, output->text + output->len, OUTPUT_MAX - output->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_set(why, OTP_ERR_IO, errno, "cannot read what it says");
		output->len += (size_t)n;
		if (n == 0)
			return OTP_OK;
		if (output->len == OUTPUT_MAX)
			return why_set(why, OTP_ERR_IO, 0, "over %d bytes", OUTPUT_MAX - 1);
	}
}

/* A line of contacts, or the last one. */
static enum otp_err read_line(struct lines *lines, bool *ended, struct otp_contacts *out, struct otp_why *why)
{
	const char *word = lines_word(lines);
	enum otp_err err = OTP_OK;

	if (*ended)
		return lines_fault(lines, why, "says more after end");
	if (strcmp(word, "end") == 0) {
		*ended = true;
		return lines_word(lines) == NULL ? OTP_OK : lines_fault(lines, why, "end stands alone");
	}
	for (; err == OTP_OK && word != NULL; word = lines_word(lines))
		err = lines_add_contact(lines, word, out, why);
	return err;
}

enum otp_err command_read(struct lines *lines, struct otp_contacts *out, struct otp_why *why)
{
	bool ended = false;
	enum otp_err err = OTP_OK;

	while (err == OTP_OK && lines_next(lines))
		err = read_line(lines, &ended, out, why);
	if (err == OTP_OK && !ended)
		err = why_set(why, OTP_ERR_IO, 0, "ended without the word end: it failed");
	return err;
}

static enum otp_err decode(
	const struct program *program, struct output *output, struct otp_contacts *out, struct otp_why *why)
{
	struct lines lines = {.name = "line", .rest = output->text};
	struct child_report report;

	output->text[output->len] = '\0';
	if (child_report_decode(output->text, output->len, &report))
		return why_set(why, OTP_ERR_IO, report.os_error, "cannot be run as %s: %s", program->user,
			report.step);
	enum otp_err err = lines_check(lines.name, output->text, output->len, why);
	if (err == OTP_OK)
		err = command_read(&lines, out, why);
	return err == OTP_OK ? OTP_OK : OTP_ERR_IO;
}

enum otp_err command_find(
	const struct config *config, const char *user, struct otp_contacts *out, struct otp_why *why)
{
	struct arguments arguments;
	struct output output = {.len = 0};
	int fd = -1;
	int64_t deadline_ms = reply_clock_ms() + (int64_t)config->users.contacts_wait_s * 1000;

	/* A program might take it for an option. No such name has a record either. */
	if (user[0] == '-')
		return why_set(why, OTP_ERR_IO, 0, "users.contacts: a user's name begins with -");
	enum otp_err err = split(config->users.contacts.where, user, &arguments, why);
	if (err != OTP_OK)
		return err;
	const struct program program = program_of(config, arguments.argv[0]);
	err = start(&program, &arguments, config->users.contacts_wait_s, &fd, why);
	if (err != OTP_OK)
		return err;
	err = read_all(fd, deadline_ms, &output, why);
	program_close(&fd);
	if (err == OTP_OK)
		err = decode(&program, &output, out, why);
	if (err != OTP_OK)
		why_prefix(why, "users.contacts: %s for %s: ", program.path, user);
	return err;
}

enum otp_err command_check(const struct config *config, struct otp_why *why)
{
	struct arguments arguments;
	uid_t uid;
	gid_t gid;
	enum otp_err err = split(config->users.contacts.where, "", &arguments, why);

	if (err != OTP_OK)
		return err;
	const struct program program = program_of(config, arguments.argv[0]);
	err = program_find_user(&program, &uid, &gid, why);
	return err == OTP_OK ? program_check(&program, why) : err;
}
