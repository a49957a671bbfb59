/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_FILLING_H
#define OTPCODE_PROMPT_FILLING_H

/* What stands for the placeholders of the texts. Inner part of texts.c. */

#include "prompt/texts.h"

#include <stdbool.h>

/* Fills in one variant of a text, with placeholders such as {ref}. False if it passes 78 columns. */
bool filling_expand(const char *variant, const struct otp_step *step, const struct texts_facts *facts,
	char out[TEXTS_LINE_SIZE]);

#endif
