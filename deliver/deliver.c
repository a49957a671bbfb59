/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/deliver.h"

#include "deliver/child.h"
#include "deliver/reply.h"
#include "deliver/socket.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKGROUND_S 60 /* how much longer than the wait the hook may live */
#define PASSWD_BUFFER_MAX (1U << 20)

/*
 * getpwnam_r with a buffer that is large enough; its result is an errno, or 0 with *found telling whether
 * there is one.
 */
static int passwd_find(const char *name, struct passwd *entry, bool *found)
{
	int err = ERANGE;

	*found = false;
	for (size_t size = 1024; err == ERANGE && size <= PASSWD_BUFFER_MAX; size *= 2) {
		struct passwd *result = NULL;
		char *buffer = malloc(size);

		if (buffer == NULL)
			return ENOMEM;
		do
			err = getpwnam_r(name, entry, buffer, size, &result);
		while (err == EINTR);
		*found = err == 0 && result != NULL;
		free(buffer); /* entry's strings are not looked at */
	}
	return err == ENOENT || err == ESRCH ? 0 : err;
}

/* Before there is a child: NSS allocates, locks, opens and connects. */
static enum otp_err hook_user_find(
	const struct deliver_options *options, struct child_plan *plan, struct otp_why *why)
{
	struct passwd entry = {0};
	bool found;
	int err = passwd_find(options->hook_user, &entry, &found);

	if (err != 0)
		return why_set(why, OTP_ERR_NSS, err, "looking up delivery.hook_user %s", options->hook_user);
	if (!found)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"%s: delivery.hook_user=%s: no such user; 'otpcode init' makes it", options->config,
			options->hook_user);
	if (entry.pw_uid == 0 || entry.pw_gid == 0)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"%s: delivery.hook_user=%s: must be neither root nor in root's group",
			options->config, options->hook_user);
	plan->uid = entry.pw_uid;
	plan->gid = entry.pw_gid;
	return OTP_OK;
}

static enum otp_err hook_check(const char *hook, struct otp_why *why)
{
	int fd = -1;
	enum otp_err err = trust_open_file(
		hook, O_RDONLY, (struct trust_rule){.mode = TRUST_PROGRAM, .owner = 0}, &fd, why);

	if (err == OTP_OK)
		(void)close(fd);
	else
		why_prefix(why, "delivery.hook: ");
	return err == OTP_OK || err == OTP_ERR_UNTRUSTED ? err : OTP_ERR_DELIVERY;
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/*
 * With 0 and 1 closed in the host a pipe would take their places, and putting it at 0 and 1 of the child
 * would mix it up.
 */
static enum otp_err pipe_open(int *read_fd, int *write_fd, struct otp_why *why)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return why_set(why, OTP_ERR_DELIVERY, errno, "cannot make a pipe to the hook");
	*read_fd = trust_fd_above_standard(ends[0]);
	int saved = errno;
	*write_fd = trust_fd_above_standard(ends[1]);
	if (*read_fd >= 0 && *write_fd >= 0)
		return OTP_OK;
	saved = *read_fd < 0 ? saved : errno;
	close_if_open(read_fd);
	close_if_open(write_fd);
	return why_set(why, OTP_ERR_DELIVERY, saved, "cannot make a pipe to the hook");
}

/*
 * Leaves the whole request in a pipe before there is a child. It fits (an empty pipe takes 4096 bytes at
 * least), so this does not wait for anybody; the reading end is ours, so there is no SIGPIPE; and the writing
 * end is closed again before anybody could inherit it.
 */
static enum otp_err request_put(const struct request *request, int *read_fd, struct otp_why *why)
{
	char text[REQUEST_MAX];
	size_t len;
	int write_fd = -1;
	ssize_t written;
	enum otp_err err = request_encode(request, text, &len, why);

	if (err != OTP_OK)
		return err;
	err = pipe_open(read_fd, &write_fd, why);
	if (err == OTP_OK) {
		do
			written = write(write_fd, text, len);
		while (written < 0 && errno == EINTR);
		if (written < 0 || (size_t)written != len)
			err = why_set(why, OTP_ERR_DELIVERY, written < 0 ? errno : 0,
				"cannot write the request to the hook");
	}
	OPENSSL_cleanse(text, sizeof text);
	close_if_open(&write_fd);
	return err;
}

static void say_nothing(enum deliver_end *end, struct request_verdict *verdict)
{
	*end = DELIVER_SLOW;
	*verdict = (struct request_verdict){.outcome = VERDICT_UNKNOWN, .provider = "-"};
}

/* The hook as a child. */
static enum otp_err child_begin(const struct deliver_options *options, const struct request *request,
	struct reply_source *source, struct otp_why *why)
{
	struct child_plan plan = {
		.program = options->hook, .config = options->config, .request_fd = -1, .reply_fd = -1};

	source->name = options->hook;
	source->user = options->hook_user;
	enum otp_err err = hook_user_find(options, &plan, why);
	if (err == OTP_OK)
		err = hook_check(options->hook, why);
	if (err == OTP_OK)
		err = request_put(request, &plan.request_fd, why);
	if (err == OTP_OK)
		err = pipe_open(&source->fd, &plan.reply_fd, why);
	if (err == OTP_OK) {
		source->deadline_ms = reply_clock_ms() + request->wait_ms;
		plan.lifetime_s = (unsigned)(request->wait_ms + 999) / 1000 + BACKGROUND_S;
		if (!child_start(&plan))
			err = why_set(why, OTP_ERR_DELIVERY, errno, "cannot run %s: clone", options->hook);
	}
	close_if_open(&plan.request_fd);
	close_if_open(&plan.reply_fd);
	return err;
}

/* The hook behind a socket. */
static enum otp_err socket_begin(
	const char *path, const struct request *request, struct reply_source *source, struct otp_why *why)
{
	char text[REQUEST_MAX];
	size_t len;
	enum otp_err err = request_encode(request, text, &len, why);

	if (err != OTP_OK)
		return err;
	source->name = "the hook";
	source->deadline_ms = reply_clock_ms() + request->wait_ms;
	err = socket_open(path, source->deadline_ms, &source->fd, why);
	if (err == OTP_OK)
		err = socket_put(source->fd, text, len, source->deadline_ms, why);
	OPENSSL_cleanse(text, sizeof text);
	return err;
}

enum otp_err deliver_send(const struct deliver_options *options, const struct request *request,
	enum deliver_end *end, struct request_verdict *verdict, struct otp_why *why)
{
	struct reply_source source = {.fd = -1, .options = options};
	bool by_socket = strncmp(options->hook, DELIVER_UNIX, strlen(DELIVER_UNIX)) == 0;
	enum otp_err err;

	say_nothing(end, verdict);
	if (by_socket)
		err = socket_begin(options->hook + strlen(DELIVER_UNIX), request, &source, why);
	else
		err = child_begin(options, request, &source, why);
	if (err == OTP_OK)
		err = reply_await(&source, end, verdict, why);
	close_if_open(&source.fd);
	if (err != OTP_OK)
		say_nothing(end, verdict);
	if (by_socket && (err == OTP_ERR_DELIVERY || err == OTP_ERR_UNTRUSTED))
		why_prefix(why, "delivery.hook=%s (see systemctl status " SOCKET_UNIT "): ", options->hook);
	request_blank(request, verdict->reason);
	return err;
}
