/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/key.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/*
 * Every use of libcrypto stands between ERR_set_mark and ERR_pop_to_mark: the host may look at this thread's
 * error queue and must find what it left there. Everything is fetched from the process's default library
 * context.
 */

/* A parameter's data is only read, but OSSL_PARAM has no const. */
static OSSL_PARAM octet_param(const char *name, struct key_part part)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)part.data, part.len);
}

static bool hkdf_run(struct key_part secret, struct key_part salt, struct key_part info, unsigned char *out,
	size_t out_len)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[5];
	size_t n = 0;

	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[n++] = octet_param(OSSL_KDF_PARAM_KEY, secret);
	if (salt.len > 0)
		params[n++] = octet_param(OSSL_KDF_PARAM_SALT, salt);
	if (info.len > 0)
		params[n++] = octet_param(OSSL_KDF_PARAM_INFO, info);
	params[n] = OSSL_PARAM_construct_end();

	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool ok = ctx != NULL && EVP_KDF_derive(ctx, out, out_len, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

enum otp_err key_hkdf(struct key_part secret, struct key_part salt, struct key_part info, unsigned char *out,
	size_t out_len, struct otp_why *why)
{
	(void)ERR_set_mark();
	bool ok = hkdf_run(secret, salt, info, out, out_len);
	(void)ERR_pop_to_mark();
	if (ok)
		return OTP_OK;
	OPENSSL_cleanse(out, out_len);
	return why_set(why, OTP_ERR_CRYPTO, 0, "libcrypto could not derive a key (HKDF-SHA-256)");
}

enum otp_err keys_derive(const unsigned char host_key[KEY_HOST_LEN], struct keys *out, struct otp_why *why)
{
	const struct {
		const char *info;
		unsigned char *key;
	} purposes[] = {
		{"code", out->code},
		{"origin", out->origin},
		{"limits", out->limits},
		{"store", out->store},
		{"totp", out->totp},
		{"backup", out->backup},
		{"device", out->device},
	};
	const struct key_part secret = {host_key, KEY_HOST_LEN};
	const struct key_part no_salt = {NULL, 0};

	for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
		struct key_part info = {purposes[i].info, strlen(purposes[i].info)};
		enum otp_err err = key_hkdf(secret, no_salt, info, purposes[i].key, KEY_LEN, why);
		if (err != OTP_OK) {
			keys_wipe(out);
			return err;
		}
	}
	return OTP_OK;
}

void keys_wipe(struct keys *keys)
{
	OPENSSL_cleanse(keys, sizeof *keys);
}

static bool mac_add_part(EVP_MAC_CTX *ctx, struct key_part part)
{
	unsigned char len[8];

	for (size_t i = 0; i < sizeof len; i++)
		len[i] = (unsigned char)((uint64_t)part.len >> (56 - 8 * i));
	return EVP_MAC_update(ctx, len, sizeof len) == 1 &&
	       (part.len == 0 || EVP_MAC_update(ctx, part.data, part.len) == 1);
}

static bool mac_run(EVP_MAC_CTX *ctx, const unsigned char key[KEY_LEN], const struct key_part *parts,
	size_t parts_n, unsigned char out[KEY_MAC_LEN])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	size_t out_len = 0;

	if (EVP_MAC_init(ctx, key, KEY_LEN, params) != 1)
		return false;
	for (size_t i = 0; i < parts_n; i++)
		if (!mac_add_part(ctx, parts[i]))
			return false;
	return EVP_MAC_final(ctx, out, &out_len, KEY_MAC_LEN) == 1 && out_len == KEY_MAC_LEN;
}

enum otp_err key_mac(const unsigned char key[KEY_LEN], const struct key_part *parts, size_t parts_n,
	unsigned char out[KEY_MAC_LEN], struct otp_why *why)
{
	(void)ERR_set_mark();
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	bool ok = ctx != NULL && mac_run(ctx, key, parts, parts_n, out);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	(void)ERR_pop_to_mark();
	if (ok)
		return OTP_OK;
	OPENSSL_cleanse(out, KEY_MAC_LEN);
	return why_set(why, OTP_ERR_CRYPTO, 0, "libcrypto could not compute an HMAC-SHA-256");
}

enum otp_err key_store_id(const struct keys *keys, unsigned char out[KEY_MAC_LEN], struct otp_why *why)
{
	static const char text[] = "otpcode 1";
	const struct key_part part = {text, sizeof text - 1};

	return key_mac(keys->store, &part, 1, out, why);
}
