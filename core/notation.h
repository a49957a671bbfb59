/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_NOTATION_H
#define OTPCODE_CORE_NOTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How single values are written in a record: numbers, bytes, texts, both ways side by side. Each value has
 * exactly one way to be written, and take reads that one alone.
 */

/* Writes into text[size]. full: something did not fit, and what was written is not to be used. */
struct notation_writer {
	char *text;
	size_t len, size;
	bool full;
};

void notation_put(struct notation_writer *writer, const char *bytes, size_t len);
void notation_put_string(struct notation_writer *writer, const char *text);

/* Decimal, no sign, no leading zero. */
void notation_put_number(struct notation_writer *writer, uint64_t value);
/* max at most UINT64_MAX / 16. */
bool notation_take_number(const char *text, size_t len, uint64_t max, uint64_t *out);

/* Two digits of lower-case hex a byte. */
void notation_put_hex(struct notation_writer *writer, const unsigned char *bytes, size_t n);
bool notation_take_hex(const char *text, size_t len, unsigned char *out, size_t n);

/* Printable ASCII but space and '%' stands for itself, every other byte as %XX with upper-case digits. */
void notation_put_text(struct notation_writer *writer, const char *text);
/* Fills out[size] with text and its NUL; no NUL within. False if it is written otherwise, or does not fit. */
bool notation_take_text(const char *text, size_t len, char *out, size_t size);
/* How many bytes put_text writes for one of text. */
size_t notation_char_len(char c);
size_t notation_text_len(const char *text);
bool notation_is_printable(char c); /* ASCII from space to '~', whatever the locale */

#endif
