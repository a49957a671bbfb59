/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_PROGRAM_H
#define OTPCODE_DELIVER_PROGRAM_H

/* What is settled before there is a child: a program of root's that is to be run as somebody else. */

#include "core/why.h"

#include <sys/types.h>

struct program {
	const char *path;     /* absolute; it and every folder above it root's, not writable by others */
	const char *path_key; /* "delivery.hook", for messages */
	const char *user;
	const char *user_key;  /* "delivery.hook_user" */
	const char *user_hint; /* behind "no such user" */
	const char *config;    /* the file in which both stand */
	enum otp_err failed;   /* what any failure is that has no error of its own */
};

/* OTP_ERR_NSS; OTP_ERR_CONFIG for nobody, root, and root's group. */
__attribute__((warn_unused_result)) enum otp_err program_find_user(
	const struct program *program, uid_t *uid, gid_t *gid, struct otp_why *why);

/* OTP_ERR_UNTRUSTED; failed where it cannot be opened. */
__attribute__((warn_unused_result)) enum otp_err program_check(
	const struct program *program, struct otp_why *why);

/* A pipe with both ends above 2; failed, with both -1. */
__attribute__((warn_unused_result)) enum otp_err program_pipe(
	const struct program *program, int *read_fd, int *write_fd, struct otp_why *why);

/* If it is open; it is -1 then. */
void program_close(int *fd);

#endif
