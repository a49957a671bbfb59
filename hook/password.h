/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_PASSWORD_H
#define OTPCODE_HOOK_PASSWORD_H

#include "core/why.h"

#define PASSWORD_SIZE 256

/*
 * Reads the first line of a password file: root's, written by nobody else, and not readable by everybody
 * (root:_otpcode 0640). The caller wipes out. OTP_ERR_CONFIG where the file is readable by everybody or its
 * first line cannot be a password.
 */
__attribute__((warn_unused_result)) enum otp_err password_read(
	const char *path, char out[PASSWORD_SIZE], struct otp_why *why);

/* OTP_ERR_CONFIG where everybody may read the open file. */
__attribute__((warn_unused_result)) enum otp_err password_check_secret(
	int fd, const char *path, struct otp_why *why);

#endif
