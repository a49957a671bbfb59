/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_NEAREST_H
#define OTPCODE_CLI_NEAREST_H

#include <stddef.h>

#define NEAREST_WORD_MAX 32

/*
 * The candidate that typed was probably meant to be, or NULL: at most two letters added, left out, changed or
 * swapped, fewer than half of the word; or typed is its beginning.
 */
const char *nearest_word(const char *typed, const char *const *candidates, size_t candidates_n);

#endif
