/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/whole.h"

#include <errno.h>
#include <unistd.h>

enum otp_err whole_write_at(int fd, const void *data, size_t len, off_t offset, const char *path_for_messages,
	struct otp_why *why)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, at, len, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return why_set(
				why, OTP_ERR_IO, n < 0 ? errno : EIO, "%s: writing", path_for_messages);
		at += n;
		len -= (size_t)n;
		offset += n;
	}
	return OTP_OK;
}

enum otp_err whole_read_at(
	int fd, void *data, size_t len, off_t offset, const char *path_for_messages, struct otp_why *why)
{
	char *at = data;

	while (len > 0) {
		ssize_t n = pread(fd, at, len, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_set(why, OTP_ERR_IO, errno, "%s: reading", path_for_messages);
		if (n == 0)
			return why_set(why, OTP_ERR_IO, 0, "%s: ends too early", path_for_messages);
		at += n;
		len -= (size_t)n;
		offset += n;
	}
	return OTP_OK;
}
