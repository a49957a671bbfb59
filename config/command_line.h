/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_COMMAND_LINE_H
#define OTPCODE_CONFIG_COMMAND_LINE_H

/* The command of a provider: the path of a program and its arguments, with blanks between. No shell reads it,
 * and there is no quoting. */

#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_LINE_WORDS_MAX 32

/*
 * OTP_ERR_CONFIG "KEY: ..." for a program that is no absolute path, for a placeholder other than
 * PLACEHOLDERS_COMMAND or in the path, for a character that only means something to a shell, and for too many
 * words.
 */
__attribute__((warn_unused_result)) enum otp_err command_line_check(
	const char *key, const char *text, struct otp_why *why);

/* The same with other placeholders allowed: a mask of 1U << enum placeholder. */
__attribute__((warn_unused_result)) enum otp_err command_line_check_for(
	const char *key, const char *text, unsigned allowed, struct otp_why *why);

/* Takes the next word off the front of *text; its length is *len. False where there is none. */
bool command_line_take(const char **text, const char **word, size_t *len);

#endif
