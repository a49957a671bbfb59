/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONTACTS_LINES_H
#define OTPCODE_CONTACTS_LINES_H

/* A text of lines of words. A '#' at its beginning makes a line a comment. Inner part of contacts/. */

#include "core/step.h"
#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LINES_FILE_MAX (4U << 20)

/* Of a NUL-ended text, which is cut into words as it is read. */
struct lines {
	const char *name; /* of the text, for messages */
	char *rest;
	unsigned number; /* of the line last taken */
	char *word;      /* what is left of that line */
};

/*
 * Reads the file, which must be owner's and not writable by others. OTP_ERR_CONFIG names the line of a
 * control byte. The caller frees *text.
 */
__attribute__((warn_unused_result)) enum otp_err lines_read_file(
	const char *path, uid_t owner, char **text, struct otp_why *why);

/* OTP_ERR_CONFIG, with the line, if the len bytes hold a byte that no line has: a control byte but tab and
 * newline. */
__attribute__((warn_unused_result)) enum otp_err lines_check(
	const char *name, const char *text, size_t len, struct otp_why *why);

/* Goes on to the next line that holds anything; false at the end. */
bool lines_next(struct lines *lines);

/* The next word of the line, or NULL. */
char *lines_word(struct lines *lines);

/* OTP_ERR_CONFIG "NAME:LINE: ..." */
enum otp_err lines_fault(const struct lines *lines, struct otp_why *why, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes "email:ADDRESS" or "sms:NUMBER" for a further contact. OTP_ERR_CONFIG where it is none, is there
 * already, or is one too many. */
__attribute__((warn_unused_result)) enum otp_err lines_add_contact(
	const struct lines *lines, const char *word, struct otp_contacts *contacts, struct otp_why *why);

#endif
