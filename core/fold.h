/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_FOLD_H
#define OTPCODE_CORE_FOLD_H

#include <stddef.h>

#define FOLD_FOREIGN '\x01' /* stands for a character that no code has */

/*
 * Brings what a person typed (UTF-8) to the characters that count: spaces and dashes are dropped, lower case
 * becomes upper case, full-width characters become ASCII. Fills out[size] with the first of them, then NULs;
 * returns how many there are. out is secret.
 */
size_t fold_typed(const char *typed, char *out, size_t size);

#endif
