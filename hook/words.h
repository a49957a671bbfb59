/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_WORDS_H
#define OTPCODE_HOOK_WORDS_H

#include "deliver/request.h"

#define WORDS_SUBJECT_SIZE 1024
#define WORDS_BODY_SIZE 16384

/* What a message says: UTF-8, lines ended by a newline (an SMS has none at its end). Holds the code:
 * words_wipe on every way out. */
struct words {
	char subject[WORDS_SUBJECT_SIZE];
	char body[WORDS_BODY_SIZE];
};

/* The built-in text for the channel of the request. Of an email its first line is the code and its subject
 * does not hold it; with any other kind there is none. */
void words_build(const struct request *request, struct words *out);

/* Of an SMS, in one part of GSM 7-bit text; no subject. Inner part of words_build. */
void words_build_sms(const struct request *request, struct words *out);

void words_wipe(struct words *words);

#endif
