/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/newfile.h"

#include "store/whole.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* No encoded user name begins with a dot. */
#define TEMPORARY_PREFIX ".new-"
#define TEMPORARY_DIGITS 16
#define TEMPORARY_SIZE (sizeof TEMPORARY_PREFIX + TEMPORARY_DIGITS)

bool newfile_name_is_temporary(const char *name)
{
	size_t prefix_len = sizeof TEMPORARY_PREFIX - 1;

	return strncmp(name, TEMPORARY_PREFIX, prefix_len) == 0 &&
	       strspn(name + prefix_len, "0123456789abcdef") == TEMPORARY_DIGITS &&
	       name[prefix_len + TEMPORARY_DIGITS] == '\0';
}

/* A name of chance, so that what a killed creation left over does not stand in the next one's way. */
static enum otp_err temporary_open(
	int folder_fd, char name[TEMPORARY_SIZE], int *fd, const char *path, struct otp_why *why)
{
	uint64_t chance;

	if (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance)
		return why_set(why, OTP_ERR_IO, errno, "%s: no randomness for a temporary name", path);
	(void)snprintf(name, TEMPORARY_SIZE, TEMPORARY_PREFIX "%016" PRIx64, chance);
	int opened = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (opened < 0)
		return why_set(why, OTP_ERR_IO, errno, "%s: creating", path);
	opened = trust_fd_above_standard(opened);
	if (opened < 0) {
		enum otp_err err = why_set(why, OTP_ERR_IO, errno, "%s: creating", path);
		(void)unlinkat(folder_fd, name, 0);
		return err;
	}
	*fd = opened;
	return OTP_OK;
}

static enum otp_err temporary_fill(
	int fd, const void *data, size_t len, const char *path, struct otp_why *why)
{
	/* The caller's umask may have taken bits away. */
	if (fchmod(fd, 0600) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s: setting its mode", path);
	enum otp_err err = whole_write_at(fd, data, len, 0, path, why);
	if (err == OTP_OK && fsync(fd) != 0)
		err = why_set(why, OTP_ERR_IO, errno, "%s: syncing", path);
	return err;
}

enum otp_err newfile_create(int folder_fd, const char *name, const void *data, size_t len,
	const char *path_for_messages, struct otp_why *why)
{
	char temporary[TEMPORARY_SIZE];
	int fd = -1;
	enum otp_err err = temporary_open(folder_fd, temporary, &fd, path_for_messages, why);

	if (err != OTP_OK)
		return err;
	err = temporary_fill(fd, data, len, path_for_messages, why);
	if (close(fd) != 0 && err == OTP_OK)
		err = why_set(why, OTP_ERR_IO, errno, "%s: closing", path_for_messages);
	if (err == OTP_OK && renameat2(folder_fd, temporary, folder_fd, name, RENAME_NOREPLACE) != 0)
		err = errno == EEXIST
			      ? why_set(why, OTP_ERR_EXISTS, 0, "%s: is there already", path_for_messages)
			      : why_set(why, OTP_ERR_IO, errno, "%s: naming the new file", path_for_messages);
	if (err != OTP_OK) {
		(void)unlinkat(folder_fd, temporary, 0);
		return err;
	}
	if (fsync(folder_fd) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s: syncing its folder", path_for_messages);
	return OTP_OK;
}
