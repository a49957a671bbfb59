/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/notation.h"

#include <string.h>

void notation_put(struct notation_writer *writer, const char *bytes, size_t len)
{
	if (len > writer->size - writer->len) {
		writer->full = true;
		return;
	}
	memcpy(writer->text + writer->len, bytes, len);
	writer->len += len;
}

void notation_put_string(struct notation_writer *writer, const char *text)
{
	notation_put(writer, text, strlen(text));
}

void notation_put_number(struct notation_writer *writer, uint64_t value)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	notation_put(writer, digits + at, sizeof digits - at);
}

bool notation_take_number(const char *text, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (len == 0 || (text[0] == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

void notation_put_hex(struct notation_writer *writer, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (2 * n > writer->size - writer->len) {
		writer->full = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		writer->text[writer->len++] = digits[bytes[i] >> 4];
		writer->text[writer->len++] = digits[bytes[i] & 15];
	}
}

/* ten is 'a' or 'A'. -1 for anything else than a digit of that case. */
static int digit_value(char c, char ten)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= ten && c < ten + 6 ? c - ten + 10 : -1;
}

bool notation_take_hex(const char *text, size_t len, unsigned char *out, size_t n)
{
	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = digit_value(text[2 * i], 'a'), low = digit_value(text[2 * i + 1], 'a');
		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

bool notation_is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

size_t notation_char_len(char c)
{
	return notation_is_printable(c) && c != ' ' && c != '%' ? 1 : strlen("%XX");
}

size_t notation_text_len(const char *text)
{
	size_t len = 0;

	for (; *text != '\0'; text++)
		len += notation_char_len(*text);
	return len;
}

void notation_put_text(struct notation_writer *writer, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	while (*text != '\0') {
		size_t plain = 0;
		while (notation_char_len(text[plain]) == 1)
			plain++;
		notation_put(writer, text, plain);
		text += plain;
		if (*text == '\0')
			return;
		unsigned char byte = (unsigned char)*text++;
		notation_put(writer, (char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
	}
}

/* The character at text, and how many bytes it takes; '\0' if put_text would have written it otherwise. */
static char take_char(const char *text, size_t len, size_t *used)
{
	char c = text[0];

	*used = 1;
	if (c == '%') {
		int high = len < 3 ? -1 : digit_value(text[1], 'A');
		int low = len < 3 ? -1 : digit_value(text[2], 'A');
		if (high < 0 || low < 0)
			return '\0';
		c = (char)(high * 16 + low);
		*used = 3;
	}
	if (notation_char_len(c) != *used)
		return '\0';
	return c;
}

bool notation_take_text(const char *text, size_t len, char *out, size_t size)
{
	size_t used = 0, n = 0;

	for (size_t at = 0; at < len; at += used) {
		char c = take_char(text + at, len - at, &used);
		if (c == '\0' || n + 1 >= size)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}
