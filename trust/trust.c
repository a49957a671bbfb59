/* SPDX-License-Identifier: BSD-2-Clause */
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is renamed over while it is being opened is opened again; more often than this is not chance.
 */
#define OPEN_ATTEMPTS 16

int trust_fd_above_standard(int fd)
{
	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	/* With a limit of 3 descriptors or fewer the kernel calls 3 itself invalid; it is the same want of
	 * room. */
	int saved = errno == EINVAL ? EMFILE : errno;

	(void)close(fd);
	errno = saved;
	return high;
}

static int open_above_standard(int folder_fd, const char *name, int flags)
{
	return trust_fd_above_standard(openat(folder_fd, name, flags | O_NOFOLLOW | O_CLOEXEC));
}

static bool name_is_plain(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static enum otp_err folder_judge(int fd, uid_t owner, const char *path, struct otp_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: not a folder", path);
	if (st.st_uid != 0 && st.st_uid != owner)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: owned by uid %u, must be owned by uid %u",
			path, (unsigned)st.st_uid, (unsigned)owner);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: mode %04o lets others than its owner write",
			path, (unsigned)st.st_mode & ALLPERMS);
	return OTP_OK;
}

/* access is O_PATH for a folder that is only passed through: one may be searched without being readable. */
static enum otp_err folder_step(int folder_fd, const char *name, int access, uid_t owner, const char *path,
	int *out, struct otp_why *why)
{
	int fd = open_above_standard(folder_fd, name, access | O_DIRECTORY);

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: a symbolic link, or not a folder", path);
	if (fd < 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	enum otp_err err = folder_judge(fd, owner, path, why);
	if (err == OTP_OK)
		*out = fd;
	else
		(void)close(fd);
	return err;
}

/* Walks from the root folder; *here is replaced by each folder in turn and is always open. path may be cut
 * short meanwhile. */
static enum otp_err folder_walk(char *path, uid_t owner, int *here, struct otp_why *why)
{
	char *at = path;

	for (;;) {
		at += strspn(at, "/");
		size_t len = strcspn(at, "/");
		if (len == 0)
			return OTP_OK;
		char after = at[len];
		int next = -1;

		at[len] = '\0';
		if (!name_is_plain(at))
			return why_set(why, OTP_ERR_INVALID, 0, "%s: must not hold . or ..", path);
		enum otp_err err = folder_step(*here, at, O_PATH, owner, path, &next, why);
		if (err != OTP_OK)
			return err;
		(void)close(*here);
		*here = next;
		at += len;
		*at = after;
	}
}

enum otp_err trust_open_folder(const char *path, uid_t owner, int *fd, struct otp_why *why)
{
	char walked[PATH_MAX];
	size_t len = strlen(path);
	int here = -1;

	if (path[0] != '/' || len >= sizeof walked)
		return why_set(why, OTP_ERR_INVALID, 0, "%s: must be an absolute path", path);
	memcpy(walked, path, len + 1);
	enum otp_err err = folder_step(AT_FDCWD, "/", O_PATH, owner, "/", &here, why);
	if (err != OTP_OK)
		return err;
	err = folder_walk(walked, owner, &here, why);
	if (err == OTP_OK)
		err = folder_step(here, ".", O_RDONLY, owner, path, fd, why);
	(void)close(here);
	return err;
}

enum otp_err trust_open_folder_at(int folder_fd, const char *name, uid_t owner, const char *path_for_messages,
	int *fd, struct otp_why *why)
{
	if (!name_is_plain(name))
		return why_set(why, OTP_ERR_INVALID, 0, "%s: not a name within a folder", path_for_messages);
	return folder_step(folder_fd, name, O_RDONLY, owner, path_for_messages, fd, why);
}

enum otp_err trust_open_parent(const char *path, uid_t owner, int *fd, const char **name, struct otp_why *why)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	*name = slash == NULL ? path : slash + 1;
	if (path[0] != '/' || slash == NULL || strlen(path) >= sizeof folder)
		return why_set(why, OTP_ERR_INVALID, 0, "%s: must be an absolute path", path);
	if (!name_is_plain(*name))
		return why_set(why, OTP_ERR_INVALID, 0, "%s: must end in a name", path);
	size_t len = slash == path ? 1 : (size_t)(slash - path);
	memcpy(folder, path, len);
	folder[len] = '\0';
	return trust_open_folder(folder, owner, fd, why);
}

static enum otp_err mode_judge(mode_t mode, enum trust_mode wanted, const char *path, struct otp_why *why)
{
	unsigned bits = (unsigned)mode & ALLPERMS;

	switch (wanted) {
	case TRUST_SECRET:
		if (bits != 0600 && bits != 0400)
			return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: mode %04o, must be 0600", path, bits);
		return OTP_OK;
	case TRUST_PROGRAM:
		if ((bits & S_IXUSR) == 0)
			return why_set(
				why, OTP_ERR_UNTRUSTED, 0, "%s: mode %04o, must be executable", path, bits);
		__attribute__((fallthrough));
	case TRUST_READABLE:
		if ((bits & (S_IWGRP | S_IWOTH)) != 0)
			return why_set(why, OTP_ERR_UNTRUSTED, 0,
				"%s: mode %04o lets others than its owner write", path, bits);
		return OTP_OK;
	}
	return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: no rule for it", path);
}

static enum otp_err file_judge(
	const struct stat *st, struct trust_rule rule, const char *path, struct otp_why *why)
{
	if (!S_ISREG(st->st_mode))
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: not a regular file", path);
	if (st->st_uid != rule.owner)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: owned by uid %u, must be owned by uid %u",
			path, (unsigned)st->st_uid, (unsigned)rule.owner);
	if (st->st_nlink > 1)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: has %lu links, must have one", path,
			(unsigned long)st->st_nlink);
	return mode_judge(st->st_mode, rule.mode, path, why);
}

static enum otp_err file_refused(int os_error, const char *path, struct otp_why *why)
{
	switch (os_error) {
	case ELOOP:
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: a symbolic link", path);
	case EISDIR:
	case ENXIO: /* a socket */
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "%s: not a regular file", path);
	default:
		return why_set(why, OTP_ERR_IO, os_error, "%s", path);
	}
}

/* *fd is -1 with OTP_OK if the file lost its name between being found and being looked at. */
static enum otp_err open_once(int folder_fd, const char *name, int flags, struct trust_rule rule,
	const char *path, int *fd, struct otp_why *why)
{
	struct stat st;
	enum otp_err err = OTP_OK;

	*fd = open_above_standard(folder_fd, name, flags | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return file_refused(errno, path, why);
	if (fstat(*fd, &st) != 0) /* its ENOENT must not pass for a name that is not there */
		err = why_set(why, OTP_ERR_IO, errno == ENOENT ? ESTALE : errno, "%s", path);
	else if (st.st_nlink > 0)
		err = file_judge(&st, rule, path, why);
	if (err != OTP_OK || st.st_nlink == 0) {
		(void)close(*fd);
		*fd = -1;
	}
	return err;
}

enum otp_err trust_open_at(int folder_fd, const char *name, int flags, struct trust_rule rule,
	const char *path_for_messages, int *fd, struct otp_why *why)
{
	if (!name_is_plain(name))
		return why_set(why, OTP_ERR_INVALID, 0, "%s: not a name within a folder", path_for_messages);
	for (int i = 0; i < OPEN_ATTEMPTS; i++) {
		int opened = -1;
		enum otp_err err = open_once(folder_fd, name, flags, rule, path_for_messages, &opened, why);

		if (err != OTP_OK)
			return err;
		if (opened >= 0) {
			*fd = opened;
			return OTP_OK;
		}
	}
	return why_set(why, OTP_ERR_IO, ESTALE, "%s: replaced again and again", path_for_messages);
}

enum otp_err trust_open_file(
	const char *path, int flags, struct trust_rule rule, int *fd, struct otp_why *why)
{
	const char *name;
	int folder_fd = -1;
	enum otp_err err = trust_open_parent(path, rule.owner, &folder_fd, &name, why);

	if (err != OTP_OK)
		return err;
	err = trust_open_at(folder_fd, name, flags, rule, path, fd, why);
	(void)close(folder_fd);
	return err;
}

enum otp_err trust_read(
	int fd, const char *path_for_messages, char *buf, size_t size, size_t *len, struct otp_why *why)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, buf + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_set(why, OTP_ERR_IO, errno, "%s", path_for_messages);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	if (have == size)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "%s: over %zu bytes", path_for_messages, size - 1);
	buf[have] = '\0';
	*len = have;
	return OTP_OK;
}
