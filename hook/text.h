/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_TEXT_H
#define OTPCODE_HOOK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text that grows in a buffer of fixed size; always NUL-ended. What does not fit sets full and is left out.
 */
struct text {
	char *out;
	size_t size, len;
	bool full;
};

struct text text_begin(char *out, size_t size);
void text_add(struct text *text, const char *words);
void text_add_bytes(struct text *text, const char *bytes, size_t len);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How a time is written; always in UTC and in English. */
enum text_time {
	TEXT_TIME_MINUTE, /* 2026-01-01 14:00 UTC */
	TEXT_TIME_SHORT,  /* 14:05 UTC */
	TEXT_TIME_MAIL,   /* Thu, 01 Jan 2026 14:00:00 +0000 (RFC 5322 3.3) */
};
void text_add_time(struct text *text, int64_t when, enum text_time form);

/* Length in bytes of the UTF-8 character at bytes (RFC 3629), 0 where there is none; a control character is
 * none either. */
size_t text_utf8_len(const char *bytes, size_t len);

#endif
