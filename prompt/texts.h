/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_TEXTS_H
#define OTPCODE_PROMPT_TEXTS_H

#include "core/code.h"
#include "core/step.h"

#include <stdint.h>

#define TEXTS_LINE_SIZE 79 /* 78 columns and a NUL */
#define TEXTS_PROMPT                                                                                         \
	"Verification code: " /* editors look for these words: never translated, never changed               \
			       */

/* All that is said where nothing is to be revealed. */
#define TEXTS_HIDDEN "If this account can sign in, a code is on its way."

/* What the line says beyond the situation itself. */
enum texts_context {
	TEXTS_PLAIN,
	TEXTS_AGAIN,         /* the person asked for another code */
	TEXTS_EXPIRED,       /* the code before this step expired */
	TEXTS_GONE,          /* the code before this step was used or withdrawn meanwhile */
	TEXTS_OTHER_CONTACT, /* the contact before this one, on the same channel, failed */
	TEXTS_OTHER_CHANNEL, /* the contact before this one, on the other channel, failed */
	TEXTS_PASSWORD,      /* the password was typed again */
	TEXTS_SILENT,        /* nothing is to be said */
};

struct texts_facts {
	struct code_form form;
	const char *support; /* may be empty */
	int64_t now;
};

/*
 * The one information line of a step, at most 78 columns, ASCII; empty where nothing is to be said. After an
 * OTP_SEND, step->delivery says what became of the send.
 */
void texts_line(const struct otp_step *step, enum texts_context context, const struct texts_facts *facts,
	char out[TEXTS_LINE_SIZE]);

/* What is said when this machine cannot judge: the store, the random source or the configuration failed. */
void texts_out_of_order(const char *support, char out[TEXTS_LINE_SIZE]);

/* "18 s", "2 min", "3 h", "2 days": rounded up, so that who waits that long has waited long enough. */
#define TEXTS_SPAN_SIZE 24
void texts_span(int64_t seconds, char out[TEXTS_SPAN_SIZE]);

#endif
