/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/command.h"

#include "config/command_line.h"
#include "hook/command_child.h"
#include "hook/command_program.h"
#include "hook/command_reply.h"
#include "hook/fill.h"
#include "hook/trace.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_SIZE 16384
#define KILLED_MS 1000 /* within which a killed command is gone */

/* One command at work. Secret. */
struct running {
	struct command_child child;
	char program[PATH_MAX];
	char *argv[COMMAND_LINE_WORDS_MAX + 1];
	char arguments[ARGUMENTS_SIZE];
	char *input;
	size_t input_len, given;
	char output[COMMAND_REPLY_MAX];
	size_t output_len;
	int status;
	bool ended;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A value must not turn into an option of the program. */
static bool is_new_option(const char *template, const char *argument)
{
	return argument[0] == '-' && template[0] != '-';
}

static enum otp_err fill_argument(const char *word, size_t len, const struct provider_message *message,
	struct text *out, struct otp_why *why)
{
	char template[CONFIG_COMMAND_SIZE];

	(void)snprintf(template, sizeof template, "%.*s", (int)len, word);
	fill_template(template, FILL_PLAIN, message, NULL, out);
	if (out->full)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "the arguments of the command are too long");
	return is_new_option(template, out->out)
		       ? why_set(why, OTP_ERR_INVALID, 0, "%s would be taken for an option", template)
		       : OTP_OK;
}

/* argv[0] is the path that is configured: a program may go by the name of its link. */
static enum otp_err fill_arguments(const struct config_provider *provider,
	const struct provider_message *message, struct running *running, struct otp_why *why)
{
	const char *rest = provider->command, *word;
	size_t len, used = 0;

	for (unsigned n = 0; n < COMMAND_LINE_WORDS_MAX && command_line_take(&rest, &word, &len); n++) {
		struct text text = text_begin(running->arguments + used, sizeof running->arguments - used);
		enum otp_err err = fill_argument(word, len, message, &text, why);
		if (err != OTP_OK)
			return err;
		running->argv[n] = text.out;
		used += text.len + 1;
		if (used >= sizeof running->arguments)
			return why_set(
				why, OTP_ERR_TOO_LARGE, 0, "the arguments of the command are too long");
	}
	return OTP_OK;
}

/* Programs of a host end lines with a newline alone. */
static enum otp_err copy_input(
	const struct provider_message *message, struct running *running, struct otp_why *why)
{
	bool is_email = message->channel == CHANNEL_EMAIL;
	const char *from = is_email ? message->mail : message->text;
	size_t len = is_email ? message->mail_len : strlen(message->text);

	running->input = malloc(len + 1);
	if (running->input == NULL)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "no memory for the message");
	for (size_t i = 0; i < len; i++)
		if (from[i] != '\r' || i + 1 == len || from[i + 1] != '\n')
			running->input[running->input_len++] = from[i];
	return OTP_OK;
}

static void give_input(struct running *running)
{
	struct command_child *child = &running->child;
	ssize_t put =
		write(child->input_fd, running->input + running->given, running->input_len - running->given);

	if (put > 0)
		running->given += (size_t)put;
	if (running->given < running->input_len)
		return;
	(void)close(child->input_fd); /* the end of the message */
	child->input_fd = -1;
}

/* What does not fit is read all the same: the command must not wait for us. False at its end. */
static bool take_output(struct running *running)
{
	char more[4096];
	ssize_t got = read(running->child.output_fd, more, sizeof more);
	size_t room = sizeof running->output - running->output_len;

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	memcpy(running->output + running->output_len, more, (size_t)got < room ? (size_t)got : room);
	running->output_len += (size_t)got < room ? (size_t)got : room;
	OPENSSL_cleanse(more, sizeof more);
	return true;
}

/* How much of the message the command has read: what it has not read is still in the pipe. */
static size_t bytes_read(const struct running *running)
{
	int left = 0;

	if (ioctl(running->child.reader_fd, FIONREAD, &left) != 0 || left < 0)
		return 0;
	return running->given - (size_t)left;
}

static bool is_taken(const struct running *running)
{
	return bytes_read(running) == running->input_len;
}

/* Until the command has ended, or until. */
static void attend(struct running *running, int64_t until)
{
	bool talks = true;

	while (!running->ended) {
		struct pollfd fds[] = {{.fd = running->child.pidfd, .events = POLLIN},
			{.fd = running->child.input_fd, .events = POLLOUT},
			{.fd = talks ? running->child.output_fd : -1, .events = POLLIN}};
		int64_t left = until - now_ms();
		if (left <= 0 || poll(fds, 3, (int)left) == 0)
			return;
		if (fds[1].revents != 0)
			give_input(running);
		if (fds[2].revents != 0)
			talks = take_output(running);
		if (fds[0].revents != 0)
			running->ended = waitpid(running->child.pid, &running->status, 0) > 0;
	}
}

/* A process that it left behind may hold the pipe open, so only what is there is read. */
static void take_rest(struct running *running)
{
	struct pollfd fd = {.fd = running->child.output_fd, .events = POLLIN};

	while (running->output_len < sizeof running->output && poll(&fd, 1, 0) > 0)
		if (!take_output(running))
			return;
}

static void watch(struct running *running, const char *program, struct provider_limits limits,
	struct provider_result *result)
{
	int64_t begun = now_ms();
	struct command_end end = {.program = program, .output = running->output};

	attend(running, begun + (limits.connect_ms < limits.total_ms ? limits.connect_ms : limits.total_ms));
	if (!running->ended && is_taken(running))
		attend(running, begun + limits.total_ms);
	end.taken = is_taken(running);
	end.untouched = bytes_read(running) == 0;
	end.timed_out = !running->ended;
	if (end.timed_out) {
		command_child_kill(&running->child);
		attend(running, now_ms() + KILLED_MS);
	}
	take_rest(running);
	end.status = running->status;
	end.output_len = running->output_len;
	command_judge(&end, result);
}

static enum otp_err prepare(const struct config_provider *provider, const struct provider_message *message,
	struct running *running, struct otp_why *why)
{
	enum otp_err err = fill_arguments(provider, message, running, why);

	if (err == OTP_OK)
		err = command_program_find(running->argv[0], running->program, why);
	if (err == OTP_OK)
		err = copy_input(message, running, why);
	return err != OTP_OK ? err
			     : command_child_start(running->program, running->argv, &running->child, why);
}

static void tell_input(const struct running *running, struct trace *trace)
{
	for (unsigned i = 0; running->argv[i] != NULL; i++)
		trace_tellf(trace, '*', "argument %u: %s", i, running->argv[i]);
	trace_tell(trace, '>', running->input, running->input_len);
}

static enum request_outcome outcome_of(enum otp_err err)
{
	if (err == OTP_ERR_NO_MEMORY)
		return VERDICT_LATER;
	return err == OTP_ERR_INVALID || err == OTP_ERR_TOO_LARGE ? VERDICT_REFUSED : VERDICT_CONFIG;
}

void command_send(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result)
{
	struct running *running = calloc(1, sizeof *running);
	struct otp_why why = {0};

	*result = (struct provider_result){.outcome = VERDICT_LATER, .reason = "no memory for the message"};
	if (running == NULL)
		return;
	enum otp_err err = prepare(provider, message, running, &why);
	if (err == OTP_OK) {
		tell_input(running, message->trace);
		watch(running, running->argv[0], limits, result);
		trace_tell(message->trace, '<', running->output, running->output_len);
		command_child_end(&running->child);
	} else {
		result->outcome = outcome_of(err);
		(void)snprintf(result->reason, sizeof result->reason, "%.*s", (int)sizeof result->reason - 1,
			why.text);
	}
	if (running->input != NULL)
		OPENSSL_cleanse(running->input, running->input_len);
	free(running->input);
	OPENSSL_cleanse(running, sizeof *running);
	free(running);
}

void command_probe(const struct config_provider *provider, struct provider_result *result)
{
	const char *rest = provider->command, *word = "";
	char path[CONFIG_COMMAND_SIZE], program[PATH_MAX];
	size_t len = 0;
	struct otp_why why = {0};

	result->outcome = VERDICT_READY;
	(void)command_line_take(&rest, &word, &len);
	(void)snprintf(path, sizeof path, "%.*s", (int)len, word);
	enum otp_err err = command_program_find(path, program, &why);
	if (err == OTP_OK && access(program, X_OK) != 0)
		err = why_set(&why, OTP_ERR_IO, errno, "cannot run %s", program);
	if (err == OTP_OK)
		return;
	result->outcome = VERDICT_CONFIG;
	(void)snprintf(
		result->reason, sizeof result->reason, "%.*s", (int)sizeof result->reason - 1, why.text);
}
