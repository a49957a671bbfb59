/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TRUST_TRUST_H
#define OTPCODE_TRUST_TRUST_H

#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Opening what must be root's. No path is walked twice (CVE-2025-6020): each folder is opened under the one
 * before it, checked by its descriptor, and the next name is looked up under that descriptor.
 */
enum trust_mode {
	TRUST_SECRET,   /* exactly 0600 or 0400: the host key, state */
	TRUST_READABLE, /* not writable by group or others: configuration */
	TRUST_PROGRAM,  /* as readable, and executable by its owner */
};

struct trust_rule {
	enum trust_mode mode;
	uid_t owner; /* who must own the file; folders may be this user's or root's */
};

/*
 * Opens a folder by its absolute path: no component a symbolic link, each owned by root or owner and not
 * writable by group or others (a sticky folder such as /tmp is writable by others). O_CLOEXEC.
 * OTP_ERR_NOT_ENROLLED is never returned; a missing component is OTP_ERR_IO with os_error ENOENT.
 */
__attribute__((warn_unused_result)) enum otp_err trust_open_folder(
	const char *path, uid_t owner, int *fd, struct otp_why *why);

/* The same one step further: the folder name (no slash) under folder_fd. path_for_messages names it in why.
 */
__attribute__((warn_unused_result)) enum otp_err trust_open_folder_at(int folder_fd, const char *name,
	uid_t owner, const char *path_for_messages, int *fd, struct otp_why *why);

/* Opens the folder that path, absolute, stands in; *name is the rest of path, without a slash. */
__attribute__((warn_unused_result)) enum otp_err trust_open_parent(
	const char *path, uid_t owner, int *fd, const char **name, struct otp_why *why);

/*
 * Opens name (no slash) under folder_fd with flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK; it must be a
 * regular file with one link that obeys rule. path_for_messages names it in why, where os_error is ENOENT
 * only if there is no such name.
 */
__attribute__((warn_unused_result)) enum otp_err trust_open_at(int folder_fd, const char *name, int flags,
	struct trust_rule rule, const char *path_for_messages, int *fd, struct otp_why *why);

/* Both of the above for an absolute path. */
__attribute__((warn_unused_result)) enum otp_err trust_open_file(
	const char *path, int flags, struct trust_rule rule, int *fd, struct otp_why *why);

/* Reads a whole open file of at most size - 1 bytes into buf, adds a NUL; OTP_ERR_TOO_LARGE beyond that. */
__attribute__((warn_unused_result)) enum otp_err trust_read(
	int fd, const char *path_for_messages, char *buf, size_t size, size_t *len, struct otp_why *why);

/*
 * Every descriptor given out here is above 2: a host may have closed those, and what it prints to standard
 * error must not land in a file of ours. This moves one that was had elsewhere; -1 with errno, and fd closed,
 * if that fails.
 */
__attribute__((warn_unused_result)) int trust_fd_above_standard(int fd);

#endif
