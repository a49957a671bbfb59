/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_WORDS_H
#define OTPCODE_HOOK_WORDS_H

#include "deliver/request.h"

#define WORDS_SUBJECT_SIZE 1024
#define WORDS_BODY_SIZE 16384

/* What a message says: UTF-8, lines ended by a newline. Holds the code: words_wipe on every way out. */
struct words {
	char subject[WORDS_SUBJECT_SIZE];
	char body[WORDS_BODY_SIZE];
};

/* The built-in text. Its first line is the code and its subject does not hold it; with REQUEST_TEST there is
 * none. */
void words_build(const struct request *request, struct words *out);

void words_wipe(struct words *words);

#endif
