/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/command_program.h"

#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 8

/* The path with the folder's links followed, so that the rules of trust find none on the way. */
static enum otp_err settle_folder(const char *path, char out[PATH_MAX], struct otp_why *why)
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int len = (int)(slash - path);

	(void)snprintf(folder, sizeof folder, "%.*s", len > 0 ? len : 1, path);
	if (realpath(folder, real) == NULL)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	if (snprintf(out, PATH_MAX, "%s%s", real[1] == '\0' ? "" : real, slash) >= PATH_MAX)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "%s: its path is too long", path);
	return OTP_OK;
}

/* Where the link name of folder_fd leads; *leads is false where it is no link. */
static enum otp_err read_link(int folder_fd, const char *path, const char *name, char out[PATH_MAX],
	bool *leads, struct otp_why *why)
{
	char target[PATH_MAX];
	struct stat st;

	*leads = false;
	if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	if (!S_ISLNK(st.st_mode))
		return OTP_OK;
	if (st.st_uid != 0)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: a link that is not root's", path);
	ssize_t len = readlinkat(folder_fd, name, target, sizeof target - 1);
	if (len <= 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	target[len] = '\0';
	*leads = true;
	int folder_len = target[0] == '/' ? 0 : (int)(strrchr(path, '/') - path) + 1;
	if (snprintf(out, PATH_MAX, "%.*s%s", folder_len, path, target) >= PATH_MAX)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "%s: its path is too long", path);
	return OTP_OK;
}

/* By O_PATH: a program need not be readable to be run. */
static enum otp_err check_program(int folder_fd, const char *name, const char *path, struct otp_why *why)
{
	int fd = -1;
	enum otp_err err = trust_open_at(folder_fd, name, O_PATH,
		(struct trust_rule){.mode = TRUST_PROGRAM, .owner = 0}, path, &fd, why);

	if (err == OTP_OK)
		(void)close(fd);
	return err;
}

enum otp_err command_program_find(const char *path, char out[PATH_MAX], struct otp_why *why)
{
	char next[PATH_MAX];

	(void)snprintf(next, sizeof next, "%s", path);
	for (unsigned links = 0; links < LINKS_MAX; links++) {
		int fd = -1;
		const char *name;
		bool leads = false;
		enum otp_err err = settle_folder(next, out, why);
		if (err == OTP_OK)
			err = trust_open_parent(out, 0, &fd, &name, why);
		if (err != OTP_OK)
			return err;
		err = read_link(fd, out, name, next, &leads, why);
		if (err == OTP_OK && !leads)
			err = check_program(fd, name, out, why);
		(void)close(fd);
		if (err != OTP_OK || !leads)
			return err;
	}
	return why_set(why, OTP_ERR_IO, ELOOP, "%s", path);
}
