/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONTACTS_PEOPLE_H
#define OTPCODE_CONTACTS_PEOPLE_H

/* Who somebody on a shared account is: lines "deploy SHA256:... alice" of [users] people. */

#include "contacts/lines.h"
#include "core/origin.h"
#include "core/record.h"
#include "core/why.h"

#include <sys/types.h>

/*
 * The person whose key opened account: person is her user's name, or empty where the file does not list that
 * key for it. key is a fingerprint, or "-". OTP_ERR_CONFIG for a line of this account that cannot be read,
 * and for a key listed twice; OTP_ERR_UNTRUSTED, OTP_ERR_IO, OTP_ERR_NO_MEMORY.
 */
__attribute__((warn_unused_result)) enum otp_err people_find(const char *path, uid_t owner,
	const char *account, const char *key, char person[RECORD_USER_SIZE], struct otp_why *why);

/* The same in a text. */
__attribute__((warn_unused_result)) enum otp_err people_find_in(struct lines *lines, const char *account,
	const char *key, char person[RECORD_USER_SIZE], struct otp_why *why);

/* Every line. */
__attribute__((warn_unused_result)) enum otp_err people_check(
	const char *path, uid_t owner, struct otp_why *why);

#endif
