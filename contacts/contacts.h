/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONTACTS_CONTACTS_H
#define OTPCODE_CONTACTS_CONTACTS_H

/* The contacts of users who have them elsewhere than in their records: otpcode-contacts(5). */

#include "config/config.h"
#include "core/step.h"
#include "core/why.h"

#include <stdbool.h>
#include <sys/types.h>

bool contacts_are_elsewhere(const struct config *config);

/*
 * What the place where contacts live has for user; n is 0 where it has none. OTP_ERR_CONFIG: something there
 * is wrong, with "FILE:LINE: ..." and what would be right. OTP_ERR_UNTRUSTED, OTP_ERR_IO, OTP_ERR_NSS,
 * OTP_ERR_NO_MEMORY: it could not be asked. With any error nothing is known of the user, not even that there
 * are no contacts. owner is whose the file must be. A command is given users_wait at most; the host process
 * afterwards is as it was.
 */
__attribute__((warn_unused_result)) enum otp_err contacts_find(const struct config *config, uid_t owner,
	const char *user, struct otp_contacts *out, struct otp_why *why);

/* Reads the whole file and checks each line; of a command, that it may be run. */
__attribute__((warn_unused_result)) enum otp_err contacts_check(
	const struct config *config, uid_t owner, struct otp_why *why);

#endif
