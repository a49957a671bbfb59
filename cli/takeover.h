/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_TAKEOVER_H
#define OTPCODE_CLI_TAKEOVER_H

#include "core/backup.h"
#include "core/record.h"
#include "core/totp.h"
#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What another module's file has for one user, and what of it does not come along. The parsers are pure; a
 * why of theirs names the line, never what stands in it. Secret: takeover_wipe on every way out.
 */
struct takeover {
	struct totp_form form;
	struct totp_secret secret;
	int64_t last_step; /* the latest of which a code is known to have been used */
	bool knows_used;   /* the file lists what was used; else last_step is meaningless */
	struct backup_code backups[RECORD_BACKUPS_MAX];
	unsigned backups_n;
	unsigned window;       /* how many steps' codes were accepted; 0: not said */
	bool has_rate_limit;   /* limits of its own, which end here */
	bool has_skew;         /* it made up for a clock that is wrong, which ends here */
	bool pin_is_elsewhere; /* another module checks a PIN or password first */
};

/*
 * A .google_authenticator file, which text[len] holds. OTP_ERR_INVALID for counter codes (HOTP), a secret of
 * less than TOTP_SECRET_MIN or more than TOTP_SECRET_MAX bytes, a time step that is not ours, and any line
 * that is not understood.
 */
__attribute__((warn_unused_result)) enum otp_err google_file_parse(
	const char *text, size_t len, struct takeover *out, struct otp_why *why);

/* One line of a users file of pam_oath. */
struct oath_line {
	unsigned number;
	char user[RECORD_USER_SIZE]; /* empty where the line has none */
	enum otp_err err; /* OTP_ERR_INVALID: why the token is not taken over; token is then empty */
	struct otp_why why;
	struct takeover token;
};

/* Where the reading of such a file is. */
struct oath_reader {
	const char *at, *end;
	unsigned number;
};

/* The next line that is neither empty nor a comment; false at the end. */
bool oath_file_next(struct oath_reader *reader, struct oath_line *out);

void takeover_wipe(struct takeover *takeover);

#endif
