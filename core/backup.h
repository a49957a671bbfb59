/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_BACKUP_H
#define OTPCODE_CORE_BACKUP_H

#include "core/code.h"
#include "core/key.h"
#include "core/random.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>

/* Backup codes: for the day when neither phone nor mail is at hand. Each works once. Pure. */

#define BACKUP_LEN 16      /* characters of base32 (RFC 4648): 80 bits */
#define BACKUP_SHORT_LEN 8 /* digits: codes taken over from google-authenticator */

/* The characters, as they are sealed: upper case, without dashes, NUL-ended. Secret: backup_wipe. */
struct backup_code {
	char text[BACKUP_LEN + 1];
};

#define BACKUP_PRINTED_SIZE (BACKUP_LEN + 4)

__attribute__((warn_unused_result)) enum otp_err backup_draw(
	const struct otp_random *random, struct backup_code *out, struct otp_why *why);

/* "ABCD-EFGH-IJKL-MNOP", as a person gets it. Secret. */
void backup_print(const struct backup_code *code, char out[BACKUP_PRINTED_SIZE]);

/*
 * What was typed, brought into that form: spaces and dashes dropped, case and full-width characters folded.
 * False, and out wiped, for what can be no backup code: neither 16 characters of base32 nor 8 digits.
 */
bool backup_clean(const char *typed, struct backup_code *out);

/* HMAC-SHA-256, cut to CODE_SEAL_LEN, under keys->backup of length-prefixed user, uid and code. */
__attribute__((warn_unused_result)) enum otp_err backup_seal(const struct keys *keys, const char *user,
	uint32_t uid, const struct backup_code *code, struct code_seal *out, struct otp_why *why);

void backup_wipe(struct backup_code *code);

#endif
