/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONTACTS_COMMAND_H
#define OTPCODE_CONTACTS_COMMAND_H

/*
 * A command that says a user's contacts: "email:ADDRESS" and "sms:NUMBER", some in a line or one a line, and
 * a line "end" after the last; without that it failed, whatever it said before. Inner part of contacts/.
 */

#include "config/config.h"
#include "contacts/lines.h"
#include "core/step.h"
#include "core/why.h"

__attribute__((warn_unused_result)) enum otp_err command_find(
	const struct config *config, const char *user, struct otp_contacts *out, struct otp_why *why);

/* What it said, in a text that lines_check found good. */
__attribute__((warn_unused_result)) enum otp_err command_read(
	struct lines *lines, struct otp_contacts *out, struct otp_why *why);

/* Whether it may be run, and as whom. */
__attribute__((warn_unused_result)) enum otp_err command_check(
	const struct config *config, struct otp_why *why);

#endif
