/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct text text_begin(char *out, size_t size)
{
	out[0] = '\0';
	return (struct text){.out = out, .size = size};
}

void text_add_bytes(struct text *text, const char *bytes, size_t len)
{
	if (text->full || len >= text->size - text->len) {
		text->full = true;
		return;
	}
	memcpy(text->out + text->len, bytes, len);
	text->len += len;
	text->out[text->len] = '\0';
}

void text_add(struct text *text, const char *words)
{
	text_add_bytes(text, words, strlen(words));
}

void text_addf(struct text *text, const char *format, ...)
{
	size_t left = text->size - text->len;
	va_list args;

	if (text->full)
		return;
	va_start(args, format);
	int len = vsnprintf(text->out + text->len, left, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= left) {
		text->out[text->len] = '\0';
		text->full = true;
	} else {
		text->len += (size_t)len;
	}
}

/* The program never leaves the C locale, so that days and months are English. */
static size_t write_time(char *out, size_t size, const struct tm *utc, enum text_time form)
{
	switch (form) {
	case TEXT_TIME_MINUTE:
		return strftime(out, size, "%Y-%m-%d %H:%M UTC", utc);
	case TEXT_TIME_SHORT:
		return strftime(out, size, "%H:%M UTC", utc);
	case TEXT_TIME_MAIL:
		return strftime(out, size, "%a, %d %b %Y %H:%M:%S +0000", utc);
	}
	return 0;
}

void text_add_time(struct text *text, int64_t when, enum text_time form)
{
	char words[64];
	struct tm utc;
	time_t seconds = (time_t)when;

	if (gmtime_r(&seconds, &utc) == NULL || write_time(words, sizeof words, &utc, form) == 0)
		text->full = true;
	else
		text_add(text, words);
}

static bool is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

size_t text_utf8_len(const char *bytes, size_t len)
{
	static const struct {
		unsigned char lead, mask;
		uint32_t least;
	} forms[] = {{0x00, 0x80, 0}, {0xc0, 0xe0, 0x80}, {0xe0, 0xf0, 0x800}, {0xf0, 0xf8, 0x10000}};
	const unsigned char *at = (const unsigned char *)bytes;
	size_t more = 0;

	if (len == 0)
		return 0;
	while (more < 4 && (at[0] & forms[more].mask) != forms[more].lead)
		more++;
	if (more == 4 || more >= len)
		return 0;
	uint32_t character = at[0] & (uint32_t)(unsigned char)~forms[more].mask;
	for (size_t i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3fU);
	}
	bool surrogate = character >= 0xd800 && character < 0xe000;
	if (character < forms[more].least || character > 0x10ffff || surrogate || is_control(character))
		return 0;
	return more + 1;
}
