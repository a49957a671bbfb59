/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_ADOPT_H
#define OTPCODE_CLI_ADOPT_H

#include "cli/roster.h"
#include "cli/user.h"
#include "core/key.h"
#include "core/random.h"
#include "core/record.h"
#include "otp_core.h"

#include <stdbool.h>

/* A line of a users file and the record of its user, both ways. Challenges, devices, locks that end, failures
 * and history belong to this host and are in no file. */

/* What a record says. The app's secret only with secrets; then backup codes too. */
__attribute__((warn_unused_result)) enum otp_err adopt_tell(const struct keys *keys,
	const struct record *record, bool with_secrets, struct roster_entry *out, struct otp_why *why);

/* One line on its way into a record. */
struct adoption {
	const struct keys *keys;
	const struct roster_entry *entry;
	struct totp_sealed secret; /* of the entry's app, under this host's key */
	bool update;               /* a record that says otherwise is changed */
	bool made, changed;        /* out: of the record's edit */
	struct record after;       /* out */
};

/* OTP_ERR_INVALID where the backup codes are another host's or another user's: they would never match. */
__attribute__((warn_unused_result)) enum otp_err adopt_prepare(struct adoption *adoption,
	const struct user *user, const struct otp_random *random, struct otp_why *why);

/*
 * OTP_OK where the record has all that the file says; OTP_ERR_EXISTS where it says otherwise, with what does.
 * The file's silence says nothing; nor do its backup codes, of which some may have been used since.
 */
__attribute__((warn_unused_result)) enum otp_err adopt_compare(
	const struct adoption *adoption, const struct record *record, struct otp_why *why);

/* The edit; its ctx is the struct adoption. A changed contact ends live challenges and forgets all devices;
 * an app's codes of up to now are not accepted; nothing is unlocked. */
enum otp_err adopt_edit(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why);

#endif
