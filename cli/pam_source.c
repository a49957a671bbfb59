/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/pam_stack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 65536

/* In the order in which libpam looks: the admin's, then those that distributions ship. */
static const char *const folders[] = {"/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d", "/usr/share/pam.d"};

static enum otp_err read_whole(int fd, const char *path, char **text, struct otp_why *why)
{
	char *bytes = malloc(FILE_MAX + 1);
	size_t len = 0;
	ssize_t got = 1;

	if (bytes == NULL)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "no memory for %s", path);
	while (len < FILE_MAX && (got = read(fd, bytes + len, FILE_MAX - len)) != 0)
		if (got > 0)
			len += (size_t)got;
		else if (errno != EINTR)
			break;
	if (got < 0) {
		enum otp_err err = why_set(why, OTP_ERR_IO, errno, "%s", path);
		free(bytes);
		return err;
	}
	bytes[len] = '\0';
	*text = bytes;
	return OTP_OK;
}

static enum otp_err read_named(
	void *self, const char *name, char path[PAM_STACK_PATH_SIZE], char **text, struct otp_why *why)
{
	size_t folders_n = name[0] == '/' ? 1 : sizeof folders / sizeof *folders;
	(void)self;

	for (size_t i = 0; i < folders_n; i++) {
		int len = name[0] == '/' ? snprintf(path, PAM_STACK_PATH_SIZE, "%s", name)
					 : snprintf(path, PAM_STACK_PATH_SIZE, "%s/%s", folders[i], name);
		if (len < 0 || len >= PAM_STACK_PATH_SIZE)
			return why_set(why, OTP_ERR_CONFIG, 0, "%.64s...: the path is too long", name);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd >= 0) {
			enum otp_err err = read_whole(fd, path, text, why);
			(void)close(fd);
			return err;
		}
		if (errno != ENOENT && errno != ENOTDIR)
			return why_set(why, OTP_ERR_IO, errno, "%s", path);
	}
	return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "there is no PAM file of that name: %s", name);
}

struct pam_source pam_source_system(void)
{
	return (struct pam_source){.read = read_named};
}
