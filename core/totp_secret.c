/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/totp.h"

#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/*
 * Every use of libcrypto stands between ERR_set_mark and ERR_pop_to_mark: the host may look at this thread's
 * error queue and must find what it left there.
 */

_Static_assert(KEY_LEN == 32, "AES-256");

/* One run of AES-256-GCM. */
struct gcm {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
};

/* What is authenticated along with a secret: user and uid, each preceded by its length in 8 bytes. */
static bool gcm_add_owner(struct gcm *gcm, const struct totp_owner *owner)
{
	const size_t user_len = strlen(owner->user);
	unsigned char user_head[8], uid[8 + 4] = {[7] = 4};
	int written;

	if (user_len > INT_MAX)
		return false;
	for (size_t i = 0; i < sizeof user_head; i++)
		user_head[i] = (unsigned char)((uint64_t)user_len >> (56 - 8 * i));
	for (size_t i = 0; i < 4; i++)
		uid[8 + i] = (unsigned char)(owner->uid >> (24 - 8 * i));
	return EVP_CipherUpdate(gcm->ctx, NULL, &written, user_head, sizeof user_head) == 1 &&
	       EVP_CipherUpdate(
		       gcm->ctx, NULL, &written, (const unsigned char *)owner->user, (int)user_len) == 1 &&
	       EVP_CipherUpdate(gcm->ctx, NULL, &written, uid, sizeof uid) == 1;
}

static bool gcm_begin(struct gcm *gcm, const unsigned char key[KEY_LEN], const unsigned char *nonce,
	const struct totp_owner *owner, bool encrypt)
{
	gcm->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	gcm->ctx = gcm->cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
	return gcm->ctx != NULL &&
	       EVP_CipherInit_ex2(gcm->ctx, gcm->cipher, key, nonce, encrypt ? 1 : 0, NULL) == 1 &&
	       EVP_CIPHER_CTX_get_iv_length(gcm->ctx) == TOTP_NONCE_LEN && gcm_add_owner(gcm, owner);
}

static bool gcm_crypt(struct gcm *gcm, const unsigned char *in, unsigned len, unsigned char *out)
{
	int written = 0;

	return EVP_CipherUpdate(gcm->ctx, out, &written, in, (int)len) == 1 && written == (int)len;
}

static bool gcm_finish(struct gcm *gcm)
{
	unsigned char none[EVP_MAX_BLOCK_LENGTH];
	int written = 0;

	return EVP_CipherFinal_ex(gcm->ctx, none, &written) == 1 && written == 0;
}

static void gcm_end(struct gcm *gcm)
{
	EVP_CIPHER_CTX_free(gcm->ctx);
	EVP_CIPHER_free(gcm->cipher);
}

enum otp_err totp_seal(const struct keys *keys, const struct totp_owner *owner,
	const unsigned char nonce[TOTP_NONCE_LEN], const struct totp_secret *secret, struct totp_sealed *out,
	struct otp_why *why)
{
	struct gcm gcm = {NULL, NULL};

	memset(out, 0, sizeof *out);
	if (secret->len < TOTP_SECRET_MIN || secret->len > TOTP_SECRET_MAX)
		return why_set(why, OTP_ERR_INVALID, 0, "a secret has %d to %d bytes, not %u",
			TOTP_SECRET_MIN, TOTP_SECRET_MAX, secret->len);
	unsigned char *text = out->bytes + TOTP_NONCE_LEN, *tag = text + secret->len;
	(void)ERR_set_mark();
	bool ok = gcm_begin(&gcm, keys->totp, nonce, owner, true) &&
		  gcm_crypt(&gcm, secret->bytes, secret->len, text) && gcm_finish(&gcm) &&
		  EVP_CIPHER_CTX_ctrl(gcm.ctx, EVP_CTRL_AEAD_GET_TAG, TOTP_TAG_LEN, tag) == 1;
	gcm_end(&gcm);
	(void)ERR_pop_to_mark();
	if (!ok) {
		OPENSSL_cleanse(out, sizeof *out);
		return why_set(why, OTP_ERR_CRYPTO, 0, "libcrypto could not encrypt (AES-256-GCM)");
	}
	memcpy(out->bytes, nonce, TOTP_NONCE_LEN);
	out->len = TOTP_NONCE_LEN + secret->len + TOTP_TAG_LEN;
	return OTP_OK;
}

enum otp_err totp_open(const struct keys *keys, const struct totp_owner *owner,
	const struct totp_sealed *sealed, struct totp_secret *out, struct otp_why *why)
{
	struct gcm gcm = {NULL, NULL};
	unsigned char tag[TOTP_TAG_LEN];

	totp_secret_wipe(out);
	if (sealed->len < TOTP_SEALED_MIN || sealed->len > TOTP_SEALED_MAX)
		return why_set(why, OTP_ERR_CORRUPT, 0, "the app's secret is of no length that there is");
	const unsigned len = sealed->len - TOTP_NONCE_LEN - TOTP_TAG_LEN;
	const unsigned char *text = sealed->bytes + TOTP_NONCE_LEN;
	memcpy(tag, text + len, sizeof tag);
	(void)ERR_set_mark();
	bool done = gcm_begin(&gcm, keys->totp, sealed->bytes, owner, false) &&
		    gcm_crypt(&gcm, text, len, out->bytes) &&
		    EVP_CIPHER_CTX_ctrl(gcm.ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1;
	bool right = done && gcm_finish(&gcm);
	gcm_end(&gcm);
	(void)ERR_pop_to_mark();
	if (right) {
		out->len = len;
		return OTP_OK;
	}
	totp_secret_wipe(out);
	return done ? why_set(why, OTP_ERR_CORRUPT, 0,
			      "the app's secret was not encrypted for this user here")
		    : why_set(why, OTP_ERR_CRYPTO, 0, "libcrypto could not decrypt (AES-256-GCM)");
}

void totp_secret_wipe(struct totp_secret *secret)
{
	OPENSSL_cleanse(secret, sizeof *secret);
}
