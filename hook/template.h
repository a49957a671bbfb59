/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_TEMPLATE_H
#define OTPCODE_HOOK_TEMPLATE_H

#include "core/why.h"
#include "deliver/request.h"
#include "hook/words.h"

#include <stddef.h>
#include <sys/types.h>

#define TEMPLATE_MAX 8192
#define TEMPLATE_SMS_PARTS 3

/*
 * Fills a template: "Subject: ...", an empty line, the body, in UTF-8; for an SMS the text alone, folded to
 * the GSM 7-bit alphabet (hook/gsm7.h) and at most TEMPLATE_SMS_PARTS long. Each {placeholder} is replaced.
 * name stands in why. OTP_ERR_CONFIG with "NAME:LINE: ..." for anything else than UTF-8 text, an unknown
 * placeholder, a body without {code}, and what does not fit. Nothing that is filled in can begin a line of
 * the header: no value of a request holds a control byte.
 */
__attribute__((warn_unused_result)) enum otp_err template_fill(const char *text, size_t len, const char *name,
	const struct request *request, struct words *out, struct otp_why *why);

/* Reads the template file, which must be owner's (root's, for the hook) and not writable by others, and fills
 * it. Any error but OTP_ERR_CONFIG is of the file, not of what stands in it. */
__attribute__((warn_unused_result)) enum otp_err template_fill_file(
	const char *path, uid_t owner, const struct request *request, struct words *out, struct otp_why *why);

/* The names of the placeholders, without braces, for documentation checks; NULL past the last. */
const char *template_placeholder_at(size_t index);

#endif
