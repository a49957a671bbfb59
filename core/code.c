/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/code.h"

#include "core/fold.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include <openssl/crypto.h>

_Static_assert(CODE_SEAL_LEN <= KEY_MAC_LEN, "a seal is the beginning of a MAC");

#define CONSONANTS "BCDFGHJKLMNPQRSTVWXZ" /* of codes in letters, and of refs */

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

static bool is_ref(const char *text, size_t text_len, const char *ref)
{
	return ref != NULL && text_len == CODE_REF_LEN && strncmp(text, ref, CODE_REF_LEN) == 0;
}

enum code_shape code_clean(
	struct code_form form, const char *typed, const char *ref, struct code *out, unsigned *typed_len)
{
	const char *characters = alphabet_characters(form.alphabet);
	struct code scratch = {{0}};
	size_t len = fold_typed(typed, scratch.text, sizeof scratch.text);
	bool foreign = scratch.text[strspn(scratch.text, characters)] != '\0';

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
	*typed_len = len < UINT_MAX ? (unsigned)len : UINT_MAX;
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
		{binding->origin, CODE_ORIGIN_LEN},
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
