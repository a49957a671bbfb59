/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_BASE32_H
#define OTPCODE_CLI_BASE32_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 4648 section 6, as authenticator apps write secrets: without padding. Pure. */

#define BASE32_SIZE(bytes) (((bytes)*8 + 4) / 5 + 1) /* with a NUL */

/* out[BASE32_SIZE(len)]; as secret as the bytes. */
void base32_encode(const unsigned char *bytes, size_t len, char *out);

/*
 * Either case; spaces, dashes and padding are passed over; bits left over at the end must be 0. At most size
 * bytes. False for anything else, and out is then wiped.
 */
__attribute__((warn_unused_result)) bool base32_decode(
	const char *text, size_t text_len, unsigned char *out, size_t size, size_t *len);

#endif
