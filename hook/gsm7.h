/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_GSM7_H
#define OTPCODE_HOOK_GSM7_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The alphabet of an SMS (3GPP TS 23.038 6.2.1), which takes 160 septets in one part, 153 in each of several.
 */
#define GSM7_PART 160
#define GSM7_PART_OF_MANY 153

#define GSM7_LACKED SIZE_MAX

/* How many septets the text takes: one a character, two for ^{}\[~]| and the euro. GSM7_LACKED: it holds a
 * character that the alphabet lacks. text is UTF-8. */
size_t gsm7_septets(const char *text);

/*
 * Puts in place of characters that the alphabet lacks what stands for them on a keyboard: quotes, dashes,
 * letters without their accents. The text gets no longer. False if it then still holds one that it lacks.
 */
bool gsm7_fold(char *text);

#endif
