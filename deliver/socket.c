/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/socket.h"

#include "deliver/reply.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static enum otp_err socket_judge(const struct stat *st, struct otp_why *why)
{
	if (!S_ISSOCK(st->st_mode))
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "not a socket");
	if (st->st_uid != 0)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "owned by uid %u, must be owned by uid 0",
			(unsigned)st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "mode %04o lets others than root connect",
			(unsigned)st->st_mode & ALLPERMS);
	return OTP_OK;
}

/* Between this and connect, only root could put another one in its place. */
static enum otp_err socket_check(const char *path, struct otp_why *why)
{
	const char *name;
	int folder_fd = -1;
	struct stat st;
	enum otp_err err = trust_open_parent(path, 0, &folder_fd, &name, why);

	if (err != OTP_OK)
		return err == OTP_ERR_UNTRUSTED ? err : OTP_ERR_DELIVERY;
	if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		err = why_set(why, OTP_ERR_DELIVERY, errno, "nobody listens");
	else
		err = socket_judge(&st, why);
	(void)close(folder_fd);
	return err;
}

/* For connect and send alike. None would be for ever, so there is always some left. */
static bool time_left_set(int fd, int64_t deadline_ms)
{
	int64_t left_ms = deadline_ms - reply_clock_ms();

	if (left_ms < 1)
		left_ms = 1;
	const struct timeval left = {.tv_sec = left_ms / 1000, .tv_usec = left_ms % 1000 * 1000};
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof left) == 0;
}

/* Where the queue is full, connect waits for a place in it, and a unix socket that does not wait cannot be
 * polled for one. */
static enum otp_err connect_by(
	int fd, const struct sockaddr_un *address, int64_t deadline_ms, struct otp_why *why)
{
	do {
		if (!time_left_set(fd, deadline_ms))
			return why_set(why, OTP_ERR_DELIVERY, errno, "SO_SNDTIMEO");
		if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
			return OTP_OK;
	} while (errno == EINTR);
	if (errno == EAGAIN)
		return why_set(why, OTP_ERR_DELIVERY, 0, "its queue was full for the whole wait");
	return why_set(
		why, OTP_ERR_DELIVERY, errno, errno == ECONNREFUSED ? "nobody listens" : "cannot connect");
}

/* Of who called listen: with a socket unit that is systemd, not the hook. */
static enum otp_err listener_check(int fd, struct otp_why *why)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return why_set(why, OTP_ERR_DELIVERY, errno, "SO_PEERCRED");
	if (len != sizeof peer || peer.uid != 0)
		return why_set(
			why, OTP_ERR_UNTRUSTED, 0, "uid %u listens there, must be uid 0", (unsigned)peer.uid);
	return OTP_OK;
}

enum otp_err socket_open(const char *path, int64_t deadline_ms, int *fd, struct otp_why *why)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	enum otp_err err = socket_check(path, why);

	if (err != OTP_OK)
		return err;
	if (strlen(path) >= sizeof address.sun_path)
		return why_set(why, OTP_ERR_DELIVERY, ENAMETOOLONG, "cannot connect");
	memcpy(address.sun_path, path, strlen(path) + 1);
	int opened = trust_fd_above_standard(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (opened < 0)
		return why_set(why, OTP_ERR_DELIVERY, errno, "cannot make a socket");
	err = connect_by(opened, &address, deadline_ms, why);
	if (err == OTP_OK)
		err = listener_check(opened, why);
	if (err == OTP_OK)
		*fd = opened;
	else
		(void)close(opened);
	return err;
}

/* Whoever hung up without reading may have said a verdict first: what there is to read tells. */
static bool peer_hung_up(int os_error)
{
	return os_error == EPIPE || os_error == ECONNRESET;
}

enum otp_err socket_put(int fd, const char *text, size_t len, int64_t deadline_ms, struct otp_why *why)
{
	for (size_t done = 0; done < len;) {
		if (!time_left_set(fd, deadline_ms))
			return why_set(why, OTP_ERR_DELIVERY, errno, "SO_SNDTIMEO");
		ssize_t n = send(fd, text + done, len - done, MSG_NOSIGNAL);
		if (n < 0 && peer_hung_up(errno))
			return OTP_OK;
		if (n < 0 && errno != EINTR)
			return why_set(why, OTP_ERR_DELIVERY, errno, "cannot write the request");
		done += n > 0 ? (size_t)n : 0;
	}
	if (shutdown(fd, SHUT_WR) != 0 && errno != ENOTCONN)
		return why_set(why, OTP_ERR_DELIVERY, errno, "cannot end the request");
	return OTP_OK;
}
