/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_CODE_H
#define OTPCODE_CORE_CODE_H

#include "core/key.h"
#include "core/random.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>

#define CODE_MIN_LEN 6 /* SP 800-63B-4 3.1.3.2: at least six digits, about 20 bits */
#define CODE_MAX_LEN 10
#define CODE_REF_LEN 3
#define CODE_REF_SIZE (CODE_REF_LEN + 1)
#define CODE_CHALLENGE_ID_LEN 16 /* 128 bits */
#define CODE_ORIGIN_LEN 16       /* of origin_mac: as much of it as a record holds */
#define CODE_SEAL_LEN 16 /* HMAC-SHA-256 cut to 128 bits (RFC 2104 section 5): a record holds many seals */

enum code_alphabet {
	CODE_DIGITS,
	CODE_LETTERS, /* consonants without Y: no look-alike of a digit, no words */
};

struct code_form {
	enum code_alphabet alphabet;
	unsigned length; /* CODE_MIN_LEN..CODE_MAX_LEN */
};

/* The secret characters, NUL-ended. Whoever holds one calls code_wipe on every way out. */
struct code {
	char text[CODE_MAX_LEN + 1];
};

struct code_seal {
	unsigned char mac[CODE_SEAL_LEN];
};

/* What a code is bound to: it is worth nothing for another user, uid, origin or challenge. */
struct code_binding {
	const char *user;
	uint32_t uid;
	const unsigned char *origin;       /* CODE_ORIGIN_LEN bytes: the beginning of origin_mac */
	const unsigned char *challenge_id; /* CODE_CHALLENGE_ID_LEN bytes */
};

/* What a typed answer is, before anything is compared. Only CODE_SHAPE_CODE costs a try. */
enum code_shape {
	CODE_SHAPE_CODE,
	CODE_SHAPE_LENGTH,  /* characters of the alphabet, but too few or too many: typed_len says how many */
	CODE_SHAPE_REF,     /* the ref was typed instead */
	CODE_SHAPE_FOREIGN, /* holds characters that no code has */
};

/* Draws a code, every one equally likely. */
__attribute__((warn_unused_result)) enum otp_err code_draw(
	struct code_form form, const struct otp_random *random, struct code *out, struct otp_why *why);

/*
 * Brings what a person typed into the form of a code: drops spaces and dashes, folds case and full-width
 * characters (UTF-8). ref may be NULL. typed_len is the number of characters left. out is set only with
 * CODE_SHAPE_CODE, else wiped.
 */
enum code_shape code_clean(
	struct code_form form, const char *typed, const char *ref, struct code *out, unsigned *typed_len);

/* HMAC-SHA-256, cut to CODE_SEAL_LEN, under keys->code of length-prefixed user, uid, origin, challenge id and
 * code. */
__attribute__((warn_unused_result)) enum otp_err code_seal_make(const struct keys *keys,
	const struct code_binding *binding, const struct code *code, struct code_seal *out,
	struct otp_why *why);

/* In constant time. */
bool code_seal_equal(const struct code_seal *a, const struct code_seal *b);

void code_wipe(struct code *code);

/* A ref of three consonants; the caller sees to it that no other live challenge of the user has it. */
__attribute__((warn_unused_result)) enum otp_err code_draw_ref(
	const struct otp_random *random, char out[CODE_REF_SIZE], struct otp_why *why);

#endif
