/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONTACTS_FILE_H
#define OTPCODE_CONTACTS_FILE_H

/* A file with a line a user: "alice email:alice@example.org sms:+4915112345678". Inner part of contacts/. */

#include "config/config.h"
#include "contacts/lines.h"
#include "core/step.h"
#include "core/why.h"

#include <sys/types.h>

/*
 * Of the lines only the user's own are looked into, so that what is wrong with somebody else's shuts out
 * nobody but them; who has two lines has a fault.
 */
__attribute__((warn_unused_result)) enum otp_err file_find(
	const char *path, uid_t owner, const char *user, struct otp_contacts *out, struct otp_why *why);

/* The same in a text. */
__attribute__((warn_unused_result)) enum otp_err file_find_in(
	struct lines *lines, const char *user, struct otp_contacts *out, struct otp_why *why);

/* Every line, and whether config allows what it holds. */
__attribute__((warn_unused_result)) enum otp_err file_check(
	const struct config *config, uid_t owner, struct otp_why *why);

#endif
