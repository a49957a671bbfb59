/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_KEY_H
#define OTPCODE_CORE_KEY_H

#include "core/why.h"

#include <stddef.h>

#define KEY_HOST_LEN 32
#define KEY_LEN 32
#define KEY_MAC_LEN 32

/* Derived from the host key by HKDF-SHA-256 (RFC 5869), one a purpose. Secret: keys_wipe on every way out. */
struct keys {
	unsigned char code[KEY_LEN];   /* info "code": seals */
	unsigned char origin[KEY_LEN]; /* info "origin": what ties a challenge to where it began */
	unsigned char limits[KEY_LEN]; /* info "limits": names of rows in the table of limits */
	unsigned char store[KEY_LEN];  /* info "store": ties a state folder to this host key */
	unsigned char totp[KEY_LEN];   /* info "totp": AES-256-GCM, what the secrets of apps rest under */
	unsigned char backup[KEY_LEN]; /* info "backup": seals of backup codes */
	unsigned char device[KEY_LEN]; /* info "device": names of places remembered after a success */
};

__attribute__((warn_unused_result)) enum otp_err keys_derive(
	const unsigned char host_key[KEY_HOST_LEN], struct keys *out, struct otp_why *why);
void keys_wipe(struct keys *keys);

struct key_part {
	const void *data;
	size_t len;
};

/*
 * HKDF-SHA-256 (RFC 5869), extract and expand: out_len bytes, at most 255 * 32. salt and info may be empty.
 * out is wiped on error.
 */
__attribute__((warn_unused_result)) enum otp_err key_hkdf(struct key_part secret, struct key_part salt,
	struct key_part info, unsigned char *out, size_t out_len, struct otp_why *why);

/*
 * HMAC-SHA-256 of the parts, each preceded by its length in 8 bytes (big-endian), so that no two lists of
 * parts collide. out is wiped on error.
 */
__attribute__((warn_unused_result)) enum otp_err key_mac(const unsigned char key[KEY_LEN],
	const struct key_part *parts, size_t parts_n, unsigned char out[KEY_MAC_LEN], struct otp_why *why);

/* The content that store.id must have under these keys. */
__attribute__((warn_unused_result)) enum otp_err key_store_id(
	const struct keys *keys, unsigned char out[KEY_MAC_LEN], struct otp_why *why);

#endif
