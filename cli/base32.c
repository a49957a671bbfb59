/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/base32.h"

#include <openssl/crypto.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base32_encode(const unsigned char *bytes, size_t len, char *out)
{
	unsigned held = 0, held_bits = 0;

	for (size_t i = 0; i < len; i++) {
		held = held << 8 | bytes[i];
		held_bits += 8;
		while (held_bits >= 5) {
			held_bits -= 5;
			*out++ = alphabet[held >> held_bits & 31];
		}
	}
	if (held_bits > 0)
		*out++ = alphabet[held << (5 - held_bits) & 31];
	*out = '\0';
	OPENSSL_cleanse(&held, sizeof held);
}

/* -1 for what is none. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

bool base32_decode(const char *text, size_t text_len, unsigned char *out, size_t size, size_t *len)
{
	unsigned held = 0, held_bits = 0;
	bool fine = true;

	*len = 0;
	for (size_t i = 0; fine && i < text_len; i++) {
		if (strchr(" -=", text[i]) != NULL && text[i] != '\0')
			continue;
		int value = value_of(text[i]);
		held = (held & 127) << 5 | (unsigned)(value & 31);
		held_bits += 5;
		fine = value >= 0 && (held_bits < 8 || *len < size);
		if (fine && held_bits >= 8) {
			held_bits -= 8;
			out[(*len)++] = (unsigned char)(held >> held_bits);
		}
	}
	fine = fine && held_bits < 5 && (held & ((1U << held_bits) - 1)) == 0;
	if (!fine) {
		OPENSSL_cleanse(out, size);
		*len = 0;
	}
	OPENSSL_cleanse(&held, sizeof held);
	return fine;
}
