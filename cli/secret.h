/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_SECRET_H
#define OTPCODE_CLI_SECRET_H

#include "cli/session.h"
#include "core/totp.h"

/* totp_seal for this user, with a nonce drawn afresh. */
__attribute__((warn_unused_result)) enum otp_err secret_seal(const struct session *session,
	const struct user *user, const struct totp_secret *secret, struct totp_sealed *out,
	struct otp_why *why);

#endif
