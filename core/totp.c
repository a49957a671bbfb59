/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/totp.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/*
 * Every use of libcrypto stands between ERR_set_mark and ERR_pop_to_mark: the host may look at this thread's
 * error queue and must find what it left there.
 */

static const char *digest_name(enum totp_algorithm algorithm)
{
	switch (algorithm) {
	case TOTP_SHA1:
		return "SHA1";
	case TOTP_SHA256:
		return "SHA256";
	case TOTP_SHA512:
		return "SHA512";
	}
	return "";
}

static void put_be64(uint64_t value, unsigned char out[8])
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (unsigned char)(value >> (56 - 8 * i));
}

/* 0: libcrypto failed. */
static size_t hmac_run(EVP_MAC_CTX *ctx, const struct totp_form *form, const struct totp_secret *secret,
	int64_t step, unsigned char out[EVP_MAX_MD_SIZE])
{
	unsigned char counter[8];
	char digest[8];
	size_t len = 0;

	(void)snprintf(digest, sizeof digest, "%s", digest_name(form->algorithm));
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	put_be64((uint64_t)step, counter);
	if (EVP_MAC_init(ctx, secret->bytes, secret->len, params) != 1 ||
		EVP_MAC_update(ctx, counter, sizeof counter) != 1 ||
		EVP_MAC_final(ctx, out, &len, EVP_MAX_MD_SIZE) != 1)
		return 0;
	return len;
}

static size_t hmac(const struct totp_form *form, const struct totp_secret *secret, int64_t step,
	unsigned char out[EVP_MAX_MD_SIZE])
{
	(void)ERR_set_mark();
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	size_t len = ctx != NULL ? hmac_run(ctx, form, secret, step, out) : 0;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	(void)ERR_pop_to_mark();
	return len;
}

static bool form_is_sound(const struct totp_form *form)
{
	return (form->digits == 6 || form->digits == 8) && (form->period_s == 30 || form->period_s == 60);
}

/* RFC 4226 section 5.3: dynamic truncation. */
static void truncate_mac(const unsigned char *mac, size_t len, unsigned digits, struct code *out)
{
	const unsigned char *at = mac + (mac[len - 1] & 0x0f);
	uint32_t number = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
			  (uint32_t)at[3];

	for (unsigned i = digits; i-- > 0; number /= 10)
		out->text[i] = (char)('0' + number % 10);
	OPENSSL_cleanse(&number, sizeof number);
}

enum otp_err totp_code(const struct totp_form *form, const struct totp_secret *secret, int64_t step,
	struct code *out, struct otp_why *why)
{
	unsigned char mac[EVP_MAX_MD_SIZE];

	code_wipe(out);
	if (!form_is_sound(form) || secret->len < TOTP_SECRET_MIN || secret->len > TOTP_SECRET_MAX ||
		step < 0)
		return why_set(
			why, OTP_ERR_INVALID, 0, "no app makes codes of this form, secret or time step");
	size_t len = hmac(form, secret, step, mac);
	if (len > 0)
		truncate_mac(mac, len, form->digits, out);
	OPENSSL_cleanse(mac, sizeof mac);
	return len > 0 ? OTP_OK
		       : why_set(why, OTP_ERR_CRYPTO, 0, "libcrypto could not compute the app's code");
}

static int64_t step_of(const struct totp_form *form, int64_t now)
{
	return now > 0 && form->period_s > 0 ? now / form->period_s : 0;
}

int64_t totp_latest_step(const struct totp_form *form, int64_t now)
{
	return step_of(form, now) + TOTP_WINDOW;
}

/*
 * Of two steps with the same code the later one is found: the earlier would leave the same characters good
 * for the other.
 */
enum otp_err totp_find(const struct totp_form *form, const struct totp_secret *secret, int64_t now,
	int64_t last_step, const struct code *typed, int64_t *step, struct otp_why *why)
{
	const int64_t present = step_of(form, now);
	struct code padded = {{0}}, code;
	enum otp_err err = OTP_OK;
	int64_t found = -1;

	*step = -1;
	memcpy(padded.text, typed->text, strnlen(typed->text, sizeof typed->text));
	for (int64_t i = present - TOTP_WINDOW; err == OTP_OK && i <= present + TOTP_WINDOW; i++) {
		const bool may_be = i >= 0 && i > last_step;
		err = totp_code(form, secret, i >= 0 ? i : 0, &code, why);
		if (CRYPTO_memcmp(code.text, padded.text, sizeof code.text) == 0 && may_be)
			found = i;
	}
	code_wipe(&padded);
	code_wipe(&code);
	if (err == OTP_OK)
		*step = found;
	return err;
}
