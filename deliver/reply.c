/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/reply.h"

#include "deliver/child.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t reply_clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long what was said in time may still be read for: a hook that tells without end is left alone then. */
#define LATE_MS 1000

/* What the hook has said so far. */
struct reply {
	char text[REQUEST_VERDICT_MAX];
	size_t len;
};

enum otp_err reply_wait(int fd, int64_t deadline_ms, bool *ready, struct otp_why *why)
{
	for (;;) {
		int64_t left_ms = deadline_ms - reply_clock_ms();
		struct pollfd polled = {.fd = fd, .events = POLLIN};

		*ready = false;
		if (left_ms < -LATE_MS)
			return OTP_OK;
		int n = poll(&polled, 1, left_ms > 0 ? (int)left_ms : 0);

		if (n >= 0) {
			*ready = n > 0;
			return OTP_OK;
		}
		if (errno != EINTR)
			return why_set(why, OTP_ERR_DELIVERY, errno, "cannot wait for what a program says");
	}
}

static enum otp_err reply_decode(const struct reply_source *source, const struct reply *reply,
	size_t line_len, struct request_verdict *verdict, struct otp_why *why)
{
	if (request_verdict_decode(reply->text, line_len, verdict, why) == OTP_OK)
		return OTP_OK;
	why_prefix(why, "%s: ", source->name);
	return OTP_ERR_DELIVERY;
}

/* Takes a line off the front that begins with mark, where somebody listens. */
static bool take_line(
	struct reply *reply, const char *mark, void (*listener)(void *self, const char *line), void *self)
{
	size_t mark_len = strlen(mark);
	char *newline = memchr(reply->text, '\n', reply->len);

	if (listener == NULL || newline == NULL || reply->len < mark_len ||
		memcmp(reply->text, mark, mark_len) != 0)
		return false;
	*newline = '\0';
	listener(self, reply->text + mark_len);
	reply->len -= (size_t)(newline + 1 - reply->text);
	memmove(reply->text, newline + 1, reply->len);
	return true;
}

/* What stands before the verdict. */
static bool take_news(const struct deliver_options *options, struct reply *reply)
{
	return take_line(reply, REQUEST_TRACE, options->trace, options->trace_self) ||
	       take_line(reply, REQUEST_FACT, options->fact, options->fact_self);
}

/* True once nothing more need be read; *err is then what it comes to. Whatever follows the first line is not
 * looked at. */
static bool reply_is_complete(const struct reply_source *source, const struct reply *reply, bool at_end,
	struct request_verdict *verdict, enum otp_err *err, struct otp_why *why)
{
	const char *newline = memchr(reply->text, '\n', reply->len);
	struct child_report report;

	if (source->user != NULL && child_report_decode(reply->text, reply->len, &report))
		*err = why_set(why, OTP_ERR_DELIVERY, report.os_error, "cannot run %s as %s: %s",
			source->name, source->user, report.step);
	else if (newline != NULL)
		*err = reply_decode(source, reply, (size_t)(newline - reply->text), verdict, why);
	else if (at_end)
		*err = why_set(why, OTP_ERR_DELIVERY, 0, "%s ended %s", source->name,
			reply->len == 0 ? "without a verdict" : "in the middle of its verdict");
	else if (reply->len == sizeof reply->text)
		*err = why_set(why, OTP_ERR_DELIVERY, 0, "%s: over %d bytes and no verdict", source->name,
			REQUEST_VERDICT_MAX);
	else
		return false;
	return true;
}

/* A socket whose other end was closed with something unread in it gives an error where a pipe gives its end.
 */
static ssize_t read_some(int fd, struct reply *reply)
{
	ssize_t n = read(fd, reply->text + reply->len, sizeof reply->text - reply->len);

	return n < 0 && errno == ECONNRESET ? 0 : n;
}

enum otp_err reply_await(const struct reply_source *source, enum deliver_end *end,
	struct request_verdict *verdict, struct otp_why *why)
{
	struct reply reply = {.len = 0};
	bool ready = false;

	for (;;) {
		enum otp_err err = reply_wait(source->fd, source->deadline_ms, &ready, why);
		if (err != OTP_OK || !ready)
			return err;
		ssize_t n = read_some(source->fd, &reply);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_set(why, OTP_ERR_DELIVERY, errno, "cannot read from the hook");
		reply.len += (size_t)n;
		while (take_news(source->options, &reply))
			;
		if (reply_is_complete(source, &reply, n == 0, verdict, &err, why)) {
			*end = DELIVER_VERDICT;
			return err;
		}
	}
}
