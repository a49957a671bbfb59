/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/deliver.h"

#include "deliver/child.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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

static int64_t monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the hook has said so far. */
struct reply {
	char text[REQUEST_VERDICT_MAX];
	size_t len;
};

/*
 * True if there is something to read, or the end; false when time is up. Handlers of the host's may run
 * meanwhile.
 */
static enum otp_err reply_wait(int fd, int64_t deadline_ms, bool *ready, struct otp_why *why)
{
	for (;;) {
		int64_t left_ms = deadline_ms - monotonic_ms();
		struct pollfd polled = {.fd = fd, .events = POLLIN};
		int n = poll(&polled, 1, left_ms > 0 ? (int)left_ms : 0);

		if (n >= 0) {
			*ready = n > 0;
			return OTP_OK;
		}
		if (errno != EINTR)
			return why_set(why, OTP_ERR_DELIVERY, errno, "cannot wait for the hook");
	}
}

static enum otp_err reply_decode(const struct deliver_options *options, const struct reply *reply,
	size_t line_len, struct request_verdict *verdict, struct otp_why *why)
{
	if (request_verdict_decode(reply->text, line_len, verdict, why) == OTP_OK)
		return OTP_OK;
	why_prefix(why, "%s: ", options->hook);
	return OTP_ERR_DELIVERY;
}

/*
 * True once nothing more need be read; *err is then what it comes to. Whatever follows the first line is not
 * looked at.
 */
static bool reply_is_complete(const struct deliver_options *options, const struct reply *reply, bool at_end,
	struct request_verdict *verdict, enum otp_err *err, struct otp_why *why)
{
	const char *newline = memchr(reply->text, '\n', reply->len);
	struct child_report report;

	if (child_report_decode(reply->text, reply->len, &report))
		*err = why_set(why, OTP_ERR_DELIVERY, report.os_error, "cannot run %s as %s: %s",
			options->hook, options->hook_user, report.step);
	else if (newline != NULL)
		*err = reply_decode(options, reply, (size_t)(newline - reply->text), verdict, why);
	else if (at_end)
		*err = why_set(why, OTP_ERR_DELIVERY, 0, "%s ended %s", options->hook,
			reply->len == 0 ? "without a verdict" : "in the middle of its verdict");
	else if (reply->len == sizeof reply->text)
		*err = why_set(why, OTP_ERR_DELIVERY, 0, "%s: over %d bytes and no verdict", options->hook,
			REQUEST_VERDICT_MAX);
	else
		return false;
	return true;
}

static enum otp_err verdict_await(const struct deliver_options *options, int fd, int64_t deadline_ms,
	enum deliver_end *end, struct request_verdict *verdict, struct otp_why *why)
{
	struct reply reply = {.len = 0};
	bool ready = false;

	for (;;) {
		enum otp_err err = reply_wait(fd, deadline_ms, &ready, why);
		if (err != OTP_OK || !ready)
			return err;
		ssize_t n = read(fd, reply.text + reply.len, sizeof reply.text - reply.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_set(why, OTP_ERR_DELIVERY, errno, "cannot read from the hook");
		reply.len += (size_t)n;
		if (reply_is_complete(options, &reply, n == 0, verdict, &err, why)) {
			*end = DELIVER_VERDICT;
			return err;
		}
	}
}

static void say_nothing(enum deliver_end *end, struct request_verdict *verdict)
{
	*end = DELIVER_SLOW;
	*verdict = (struct request_verdict){.outcome = VERDICT_UNKNOWN, .provider = "-"};
}

enum otp_err deliver_send(const struct deliver_options *options, const struct request *request,
	enum deliver_end *end, struct request_verdict *verdict, struct otp_why *why)
{
	struct child_plan plan = {
		.program = options->hook, .config = options->config, .request_fd = -1, .reply_fd = -1};
	int verdict_fd = -1;
	int64_t deadline_ms = 0;

	say_nothing(end, verdict);
	enum otp_err err = hook_user_find(options, &plan, why);
	if (err == OTP_OK)
		err = hook_check(options->hook, why);
	if (err == OTP_OK)
		err = request_put(request, &plan.request_fd, why);
	if (err == OTP_OK)
		err = pipe_open(&verdict_fd, &plan.reply_fd, why);
	if (err == OTP_OK) {
		deadline_ms = monotonic_ms() + request->wait_ms;
		plan.lifetime_s = (unsigned)(request->wait_ms + 999) / 1000 + BACKGROUND_S;
		if (!child_start(&plan))
			err = why_set(why, OTP_ERR_DELIVERY, errno, "cannot run %s: clone", options->hook);
	}
	close_if_open(&plan.request_fd);
	close_if_open(&plan.reply_fd);
	if (err == OTP_OK)
		err = verdict_await(options, verdict_fd, deadline_ms, end, verdict, why);
	close_if_open(&verdict_fd);
	if (err != OTP_OK)
		say_nothing(end, verdict);
	request_blank(request, verdict->reason);
	return err;
}
