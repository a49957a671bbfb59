/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_WORDING_H
#define OTPCODE_DELIVER_WORDING_H

/* What words of the protocol are made of, in requests and verdicts alike. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDING_TIME_MAX 253402300799 /* the last second of the year 9999 */

/* Printable ASCII and spaces only. */
bool wording_is_printable(const char *text, size_t len);

/* 1 to 32 letters, digits, dots, dashes and underscores: what stands in "[provider NAME]". */
bool wording_is_provider(const char *text, size_t len);

/* A decimal number of 0..max with no sign, space or needless zero. */
bool wording_take_number(const char *text, size_t len, int64_t max, int64_t *out);

#endif
