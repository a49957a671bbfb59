/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/deliver.h"

#include "deliver/child.h"
#include "deliver/program.h"
#include "deliver/reply.h"
#include "deliver/socket.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#define BACKGROUND_S 60 /* how much longer than the wait the hook may live */

/*
 * Leaves the whole request in a pipe before there is a child. It fits (an empty pipe takes 4096 bytes at
 * least), so this does not wait for anybody; the reading end is ours, so there is no SIGPIPE; and the writing
 * end is closed again before anybody could inherit it.
 */
static enum otp_err request_put(
	const struct program *hook, const struct request *request, int *read_fd, struct otp_why *why)
{
	char text[REQUEST_MAX];
	size_t len;
	int write_fd = -1;
	ssize_t written;
	enum otp_err err = request_encode(request, text, &len, why);

	if (err != OTP_OK)
		return err;
	err = program_pipe(hook, read_fd, &write_fd, why);
	if (err == OTP_OK) {
		do
			written = write(write_fd, text, len);
		while (written < 0 && errno == EINTR);
		if (written < 0 || (size_t)written != len)
			err = why_set(why, OTP_ERR_DELIVERY, written < 0 ? errno : 0,
				"cannot write the request to the hook");
	}
	OPENSSL_cleanse(text, sizeof text);
	program_close(&write_fd);
	return err;
}

static void say_nothing(enum deliver_end *end, struct request_verdict *verdict)
{
	*end = DELIVER_SLOW;
	*verdict = (struct request_verdict){.outcome = VERDICT_UNKNOWN, .provider = "-"};
}

static int64_t listen_until(const struct deliver_options *options, const struct request *request)
{
	int wait_ms = request->wait_ms;

	if (options->patience_ms > 0 && options->patience_ms < wait_ms)
		wait_ms = options->patience_ms;
	return reply_clock_ms() + wait_ms;
}

/* The hook as a child. */
static enum otp_err child_begin(const struct deliver_options *options, const struct request *request,
	struct reply_source *source, struct otp_why *why)
{
	const struct program hook = {.path = options->hook,
		.path_key = "delivery.hook",
		.user = options->hook_user,
		.user_key = "delivery.hook_user",
		.user_hint = "; 'otpcode init' makes it",
		.config = options->config,
		.failed = OTP_ERR_DELIVERY};
	const char *const argv[] = {options->hook, "--config", options->config, NULL};
	struct child_plan plan = {.argv = argv, .request_fd = -1, .reply_fd = -1};

	source->name = options->hook;
	source->user = options->hook_user;
	enum otp_err err = program_find_user(&hook, &plan.uid, &plan.gid, why);
	if (err == OTP_OK)
		err = program_check(&hook, why);
	if (err == OTP_OK)
		err = request_put(&hook, request, &plan.request_fd, why);
	if (err == OTP_OK)
		err = program_pipe(&hook, &source->fd, &plan.reply_fd, why);
	if (err == OTP_OK) {
		source->deadline_ms = listen_until(options, request);
		plan.lifetime_s = (unsigned)(request->wait_ms + 999) / 1000 + BACKGROUND_S;
		if (!child_start(&plan))
			err = why_set(why, OTP_ERR_DELIVERY, errno, "cannot run %s: clone", options->hook);
	}
	program_close(&plan.request_fd);
	program_close(&plan.reply_fd);
	return err;
}

/* The hook behind a socket. */
static enum otp_err socket_begin(const struct deliver_options *options, const struct request *request,
	struct reply_source *source, struct otp_why *why)
{
	const char *path = options->hook + strlen(DELIVER_UNIX);

	char text[REQUEST_MAX];
	size_t len;
	enum otp_err err = request_encode(request, text, &len, why);

	if (err != OTP_OK)
		return err;
	source->name = "the hook";
	source->deadline_ms = listen_until(options, request);
	err = socket_open(path, source->deadline_ms, &source->fd, why);
	if (err == OTP_OK)
		err = socket_put(source->fd, text, len, source->deadline_ms, why);
	OPENSSL_cleanse(text, sizeof text);
	return err;
}

/* Only a check can end in "ready", and it cannot end in "sent". */
static bool answers(const struct request *request, const struct request_verdict *verdict)
{
	enum request_outcome other = request->kind == REQUEST_CHECK ? VERDICT_SENT : VERDICT_READY;

	return verdict->outcome != other;
}

enum otp_err deliver_send(const struct deliver_options *options, const struct request *request,
	enum deliver_end *end, struct request_verdict *verdict, struct otp_why *why)
{
	struct reply_source source = {.fd = -1, .options = options};
	bool by_socket = strncmp(options->hook, DELIVER_UNIX, strlen(DELIVER_UNIX)) == 0;
	enum otp_err err;

	say_nothing(end, verdict);
	if (by_socket)
		err = socket_begin(options, request, &source, why);
	else
		err = child_begin(options, request, &source, why);
	if (err == OTP_OK)
		err = reply_await(&source, end, verdict, why);
	if (err == OTP_OK && *end == DELIVER_VERDICT && !answers(request, verdict))
		err = why_set(why, OTP_ERR_DELIVERY, 0,
			request->kind == REQUEST_CHECK
				? "%s says that it sent a message, where none was to be sent"
				: "%s says what answers another kind of request",
			source.name);
	program_close(&source.fd);
	if (err != OTP_OK)
		say_nothing(end, verdict);
	if (by_socket && (err == OTP_ERR_DELIVERY || err == OTP_ERR_UNTRUSTED))
		why_prefix(why, "delivery.hook=%s (see systemctl status " SOCKET_UNIT "): ", options->hook);
	request_blank(request, verdict->reason);
	return err;
}
