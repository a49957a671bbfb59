/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/fold.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FOLD_DROPPED '\0'

/* Takes one character off an answer: its code point, or UINT32_MAX for no UTF-8 (RFC 3629) of up to 3 bytes.
 */
static uint32_t utf8_take(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t len = 1;

	while ((p[len] & 0xc0) == 0x80)
		len++;
	*at += len;
	if (p[0] < 0x80 && len == 1)
		return p[0];
	if (p[0] >= 0xc2 && p[0] < 0xe0 && len == 2)
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	if (p[0] > 0xe0 && p[0] < 0xf0 && len == 3)
		return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	return UINT32_MAX;
}

/* Spaces and dashes: what people, mail programs and telephones put between the characters of a code. */
static bool is_dropped(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{'\t', '\t'}, {' ', ' '}, {'-', '-'}, {0x00a0, 0x00a0}, /* no-break space */
		{0x00ad, 0x00ad},                                       /* soft hyphen */
		{0x1680, 0x1680},                                       /* ogham space */
		{0x2000, 0x200a},                                       /* en quad to hair space */
		{0x2010, 0x2015},                                       /* hyphen to horizontal bar */
		{0x202f, 0x202f},                                       /* narrow no-break space */
		{0x205f, 0x205f},                                       /* mathematical space */
		{0x2212, 0x2212},                                       /* minus */
		{0x3000, 0x3000},                                       /* ideographic space */
		{0xfe58, 0xfe58},                                       /* small em dash */
		{0xfe63, 0xfe63},                                       /* small hyphen-minus */
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

/* Not toupper: that follows the host's locale. */
static char fold_character(uint32_t point)
{
	if (point >= 0xff01 && point <= 0xff5e) /* the full-width forms of '!' to '~' */
		point -= 0xff01 - '!';
	if (is_dropped(point))
		return FOLD_DROPPED;
	if (point >= 'a' && point <= 'z')
		point -= 'a' - 'A';
	if (point > ' ' && point < 0x7f)
		return (char)point;
	return FOLD_FOREIGN;
}

size_t fold_typed(const char *typed, char *out, size_t size)
{
	size_t len = 0;

	memset(out, 0, size);
	while (*typed != '\0') {
		char c = fold_character(utf8_take(&typed));
		if (c == FOLD_DROPPED)
			continue;
		if (len + 1 < size)
			out[len] = c;
		len++;
	}
	return len;
}
