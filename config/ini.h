/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_INI_H
#define OTPCODE_CONFIG_INI_H

#include "core/why.h"

#include <stddef.h>

/*
 * The form of a configuration file: "[section]" lines, "key=value" lines, empty lines, and lines whose first
 * character is '#' or ';'. A value is all that stands behind the first '=', without the blanks around it: no
 * quotes, no escapes, no continuation, and a '#' in it is part of it. Whatever else a line may be is a fault,
 * never skipped.
 */
struct ini_line {
	unsigned line; /* from 1 */
	const char *section;
	const char *key;   /* NULL: the section's own line */
	const char *value; /* NULL with key, else maybe empty */
};

/* Called for each section and each key in order; its fault gets "NAME:LINE: " put in front. */
struct ini_visit {
	enum otp_err (*line)(void *ctx, const struct ini_line *line, struct otp_why *why);
	void *ctx;
};

/*
 * Takes text apart in place; text[len] must be writable. Section, key and value are ASCII, without control
 * bytes but tabs; comments may hold anything without such. Stops at the first fault: OTP_ERR_CONFIG,
 * "NAME:LINE: ...".
 */
__attribute__((warn_unused_result)) enum otp_err ini_parse(
	const char *name, char *text, size_t len, struct ini_visit visit, struct otp_why *why);

#endif
