/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_PLACEHOLDER_H
#define OTPCODE_CONFIG_PLACEHOLDER_H

/* The {placeholders} in a provider's settings. The hook fills them; what may stand where is checked at load.
 */

#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>

enum placeholder {
	PLACEHOLDER_TO,        /* +491512345678, alice@example.org */
	PLACEHOLDER_TO_DIGITS, /* 491512345678 */
	PLACEHOLDER_TEXT,
	PLACEHOLDER_CODE,
	PLACEHOLDER_FROM,
	PLACEHOLDER_REF,
	PLACEHOLDER_HOST,
	PLACEHOLDER_USER,
	PLACEHOLDER_ID,       /* random for each request, the same over its retries */
	PLACEHOLDER_PASSWORD, /* the first line of password_file */
	PLACEHOLDERS_N,
};

#define PLACEHOLDERS_HTTP ((1U << PLACEHOLDERS_N) - 1)
/* Arguments are there for everybody to read: no code, no text, no password. */
#define PLACEHOLDERS_COMMAND                                                                                 \
	(1U << PLACEHOLDER_TO | 1U << PLACEHOLDER_TO_DIGITS | 1U << PLACEHOLDER_FROM |                       \
		1U << PLACEHOLDER_REF | 1U << PLACEHOLDER_HOST | 1U << PLACEHOLDER_USER)

/* The placeholder at text, which stands on a '{', with *len its length, braces and all; PLACEHOLDERS_N where
 * there is none. */
enum placeholder placeholder_at(const char *text, size_t *len);

bool placeholder_stands_in(const char *text, enum placeholder which);

/* The name without its braces; NULL past the last. */
const char *placeholder_name(size_t index);

/*
 * OTP_ERR_CONFIG "KEY: ..." for a {word} that is none of allowed (a mask of 1U << enum placeholder), with
 * those that are, and for any other brace.
 */
__attribute__((warn_unused_result)) enum otp_err placeholder_check(
	const char *key, const char *text, unsigned allowed, struct otp_why *why);

/* The same for a JSON text: other braces are its own, and a placeholder may only stand inside a string. */
__attribute__((warn_unused_result)) enum otp_err placeholder_check_json(
	const char *key, const char *text, unsigned allowed, struct otp_why *why);

#endif
