/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_COMMAND_PROGRAM_H
#define OTPCODE_HOOK_COMMAND_PROGRAM_H

#include "core/why.h"

#include <limits.h>

/*
 * Follows the links of path (/usr/sbin/sendmail often is one) to the program itself, which must be root's,
 * executable and not writable by others, as must every folder above it and above each link.
 * OTP_ERR_UNTRUSTED; OTP_ERR_IO.
 */
__attribute__((warn_unused_result)) enum otp_err command_program_find(
	const char *path, char out[PATH_MAX], struct otp_why *why);

#endif
