/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_TEXTS_H
#define OTPCODE_PROMPT_TEXTS_H

#include "otp_core.h"

#include <stddef.h>

#define TEXTS_LINE_SIZE 79 /* 78 columns and a NUL */
#define TEXTS_PROMPT "Verification code: " /* editors look for these words: never translated, never changed */

/* What the line says beyond the situation itself. */
enum texts_context {
	TEXTS_PLAIN,
	TEXTS_EXPIRED,      /* the code before this step expired: "The code expired. ..." */
	TEXTS_GONE,         /* the code before this step was used or withdrawn meanwhile */
	TEXTS_OTHER_CONTACT /* the contact before this one failed */
};

/*
 * The one information line of a step, at most 78 columns, ASCII. With OTP_SEND, step->delivery says what became of the send
 * (RECORD_SENT or RECORD_SLOW). support may be empty. form: of the codes.
 */
void texts_line(const struct otp_step *step, enum texts_context context, struct code_form form, const char *support,
	int64_t now, char out[TEXTS_LINE_SIZE]);

/* The line after a success, or an empty one. */
void texts_after_success(const struct otp_step *step, char out[TEXTS_LINE_SIZE]);

/* "18 s", "2 min", "3 h", "2 days": rounded up, so that who waits that long has waited long enough. */
#define TEXTS_SPAN_SIZE 24
void texts_span(int64_t seconds, char out[TEXTS_SPAN_SIZE]);

#endif
