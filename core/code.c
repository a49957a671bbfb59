/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/code.h"

#include <stddef.h>
#include <string.h>

#include <openssl/crypto.h>

_Static_assert(CODE_SEAL_LEN <= KEY_MAC_LEN, "a seal is the beginning of a MAC");

#define CONSONANTS "BCDFGHJKLMNPQRSTVWXZ" /* of codes in letters, and of refs */

/* What a character of an answer comes to, where it is not one that a code could have. */
#define CLEAN_DROPPED '\0'
#define CLEAN_FOREIGN '\x01'

static const char *alphabet_characters(enum code_alphabet alphabet)
{
	switch (alphabet) {
	case CODE_DIGITS:
		return "0123456789";
	case CODE_LETTERS:
		return CONSONANTS;
	}
	return "";
}

/* Draws len characters; out is wiped on error. */
static enum otp_err draw_text(
	const char *characters, size_t len, const struct otp_random *random, char *out, struct otp_why *why)
{
	const unsigned characters_n = (unsigned)strlen(characters);

	for (size_t i = 0; i < len; i++) {
		unsigned at = 0;
		enum otp_err err = random_below(random, characters_n, &at, why);
		if (err != OTP_OK) {
			OPENSSL_cleanse(out, len + 1);
			return err;
		}
		out[i] = characters[at];
		OPENSSL_cleanse(&at, sizeof at);
	}
	out[len] = '\0';
	return OTP_OK;
}

enum otp_err code_draw(
	struct code_form form, const struct otp_random *random, struct code *out, struct otp_why *why)
{
	code_wipe(out);
	if (form.length < CODE_MIN_LEN || form.length > CODE_MAX_LEN)
		return why_set(why, OTP_ERR_INVALID, 0, "a code has %d to %d characters, not %u",
			CODE_MIN_LEN, CODE_MAX_LEN, form.length);
	return draw_text(alphabet_characters(form.alphabet), form.length, random, out->text, why);
}

enum otp_err code_draw_ref(const struct otp_random *random, char out[CODE_REF_SIZE], struct otp_why *why)
{
	return draw_text(CONSONANTS, CODE_REF_LEN, random, out, why);
}

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
static char clean_character(uint32_t point)
{
	if (point >= 0xff01 && point <= 0xff5e) /* the full-width forms of '!' to '~' */
		point -= 0xff01 - '!';
	if (is_dropped(point))
		return CLEAN_DROPPED;
	if (point >= 'a' && point <= 'z')
		point -= 'a' - 'A';
	if (point > ' ' && point < 0x7f)
		return (char)point;
	return CLEAN_FOREIGN;
}

static bool is_ref(const char *text, unsigned text_len, const char *ref)
{
	return ref != NULL && text_len == CODE_REF_LEN && strncmp(text, ref, CODE_REF_LEN) == 0;
}

enum code_shape code_clean(
	struct code_form form, const char *typed, const char *ref, struct code *out, unsigned *typed_len)
{
	const char *characters = alphabet_characters(form.alphabet);
	struct code scratch = {{0}};
	unsigned len = 0;
	bool foreign = false;

	while (*typed != '\0') {
		char c = clean_character(utf8_take(&typed));
		if (c == CLEAN_DROPPED)
			continue;
		foreign = foreign || strchr(characters, c) == NULL;
		if (len < CODE_MAX_LEN)
			scratch.text[len] = c;
		len++;
	}

	enum code_shape shape = CODE_SHAPE_CODE;
	if (is_ref(scratch.text, len, ref))
		shape = CODE_SHAPE_REF;
	else if (foreign)
		shape = CODE_SHAPE_FOREIGN;
	else if (len != form.length || len > CODE_MAX_LEN)
		shape = CODE_SHAPE_LENGTH;
	code_wipe(out);
	if (shape == CODE_SHAPE_CODE)
		*out = scratch;
	code_wipe(&scratch);
	*typed_len = len;
	return shape;
}

enum otp_err code_seal_make(const struct keys *keys, const struct code_binding *binding,
	const struct code *code, struct code_seal *out, struct otp_why *why)
{
	const unsigned char uid[4] = {(unsigned char)(binding->uid >> 24),
		(unsigned char)(binding->uid >> 16), (unsigned char)(binding->uid >> 8),
		(unsigned char)binding->uid};
	const struct key_part parts[] = {
		{binding->user, strlen(binding->user)},
		{uid, sizeof uid},
		{binding->origin, KEY_MAC_LEN},
		{binding->challenge_id, CODE_CHALLENGE_ID_LEN},
		{code->text, strnlen(code->text, sizeof code->text)},
	};

	unsigned char mac[KEY_MAC_LEN];
	enum otp_err err = key_mac(keys->code, parts, sizeof parts / sizeof *parts, mac, why);
	memcpy(out->mac, mac, sizeof out->mac); /* all zero on error */
	return err;
}

bool code_seal_equal(const struct code_seal *a, const struct code_seal *b)
{
	return CRYPTO_memcmp(a->mac, b->mac, CODE_SEAL_LEN) == 0;
}

void code_wipe(struct code *code)
{
	OPENSSL_cleanse(code, sizeof *code);
}
