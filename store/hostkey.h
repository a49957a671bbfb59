/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_HOSTKEY_H
#define OTPCODE_STORE_HOSTKEY_H

#include "core/key.h"
#include "core/why.h"

#include <stdbool.h>
#include <sys/types.h>

/* Reads the host key: exactly 32 bytes, owner's, mode 0600, and derives the keys from it; the key itself is
 * wiped at once. */
__attribute__((warn_unused_result)) enum otp_err hostkey_load(
	const char *path, uid_t owner, struct keys *out, struct otp_why *why);

/* Makes a new host key (RAND_priv_bytes) where there is none; *created is false where one was there already.
 * Never overwrites. */
__attribute__((warn_unused_result)) enum otp_err hostkey_create(
	const char *path, uid_t owner, bool *created, struct otp_why *why);

#endif
