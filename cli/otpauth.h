/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_OTPAUTH_H
#define OTPCODE_CLI_OTPAUTH_H

#include "core/totp.h"

#include <stddef.h>

/* What an authenticator app is told. */
struct otpauth_facts {
	struct totp_form form;
	const struct totp_secret *secret;
	const char *host; /* the issuer */
	const char *user;
};

/* Host and user twice, each byte as three; the secret in base32. */
#define OTPAUTH_URI_SIZE 2048

/*
 * "otpauth://totp/HOST:USER?secret=...&issuer=HOST", in the Key URI format that apps read; algorithm, digits
 * and period stand in it where they are not what every app takes for granted. Pure. Secret.
 */
void otpauth_uri(const struct otpauth_facts *facts, char out[OTPAUTH_URI_SIZE]);

const char *otpauth_algorithm_name(enum totp_algorithm algorithm); /* "SHA1", "SHA256", "SHA512" */

#endif
