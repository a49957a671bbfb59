/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_TOTP_H
#define OTPCODE_CORE_TOTP_H

#include "core/code.h"
#include "core/key.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>

/* The codes of an authenticator app: RFC 6238 (TOTP) over RFC 4226 (HOTP). Pure. */

enum totp_algorithm {
	TOTP_SHA1, /* what most apps know */
	TOTP_SHA256,
	TOTP_SHA512,
};

struct totp_form {
	enum totp_algorithm algorithm;
	unsigned digits; /* 6 or 8 */
	int period_s;    /* 30 or 60 */
};

#define TOTP_SECRET_MIN 16 /* 128 bits: RFC 4226 section 4 R6 */
#define TOTP_SECRET_MAX 64 /* RFC 6238: the length of the hash, SHA-512 at most */
#define TOTP_NONCE_LEN 12  /* SP 800-38D */
#define TOTP_TAG_LEN 16
#define TOTP_SEALED_MIN (TOTP_NONCE_LEN + TOTP_SECRET_MIN + TOTP_TAG_LEN)
#define TOTP_SEALED_MAX (TOTP_NONCE_LEN + TOTP_SECRET_MAX + TOTP_TAG_LEN)
#define TOTP_WINDOW 1 /* steps either side of now that are accepted: clocks differ */

/* Secret: totp_secret_wipe on every way out. */
struct totp_secret {
	unsigned char bytes[TOTP_SECRET_MAX];
	unsigned len; /* TOTP_SECRET_MIN..TOTP_SECRET_MAX */
};

/* A secret at rest: nonce, ciphertext, tag. */
struct totp_sealed {
	unsigned char bytes[TOTP_SEALED_MAX];
	unsigned len;
};

/* Whose secret it is: it opens for nobody else. */
struct totp_owner {
	const char *user;
	uint32_t uid;
};

/* The code of a time step: step = seconds since 1970 / period_s, never negative. */
__attribute__((warn_unused_result)) enum otp_err totp_code(const struct totp_form *form,
	const struct totp_secret *secret, int64_t step, struct code *out, struct otp_why *why);

/*
 * Which step within TOTP_WINDOW of now, and later than last_step, has the code that was typed: *step, or -1.
 * In time that does not depend on which.
 */
__attribute__((warn_unused_result)) enum otp_err totp_find(const struct totp_form *form,
	const struct totp_secret *secret, int64_t now, int64_t last_step, const struct code *typed,
	int64_t *step, struct otp_why *why);

/* The latest step that could be accepted now: after it, nothing that was shown until now is. */
int64_t totp_latest_step(const struct totp_form *form, int64_t now);

/* AES-256-GCM under keys->totp with the nonce given, drawn afresh for each; user and uid are authenticated.
 */
__attribute__((warn_unused_result)) enum otp_err totp_seal(const struct keys *keys,
	const struct totp_owner *owner, const unsigned char nonce[TOTP_NONCE_LEN],
	const struct totp_secret *secret, struct totp_sealed *out, struct otp_why *why);

/* OTP_ERR_CORRUPT where it is not what totp_seal made for this owner. */
__attribute__((warn_unused_result)) enum otp_err totp_open(const struct keys *keys,
	const struct totp_owner *owner, const struct totp_sealed *sealed, struct totp_secret *out,
	struct otp_why *why);

void totp_secret_wipe(struct totp_secret *secret);

#endif
