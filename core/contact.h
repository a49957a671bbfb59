/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_CONTACT_H
#define OTPCODE_CORE_CONTACT_H

#include "core/why.h"

#include <stdbool.h>

enum channel {
	CHANNEL_EMAIL,
	CHANNEL_SMS,
};

/* Which channels can deliver; contacts on others are passed over. */
#define CHANNELS_N 2
struct otp_channels {
	enum channel list[CHANNELS_N];
	unsigned n;
};

#define CONTACT_ADDRESS_SIZE 255 /* RFC 5321 4.5.3.1.3: a path has 256 octets, two of them brackets */
#define CONTACT_MASK_SIZE 40     /* leaves every line at the prompt within 78 columns */

/* An email address or phone number of a user; valid by construction, see contact_parse. */
struct contact {
	enum channel channel;
	char address[CONTACT_ADDRESS_SIZE];
};

/* "email" or "sms". */
const char *channel_name(enum channel channel);
bool channel_parse(const char *name, enum channel *out);
bool channel_is_among(enum channel channel, const struct otp_channels *channels);

/*
 * Email: ASCII, RFC 5321 dot-string local part of at most 64 octets, domain of letter-digit-hyphen labels of
 * at most 63, 254 octets in all; no quoted local part, no address literal, no control byte. Phone: E.164,
 * '+', then 7 to 15 digits, the first not 0; spaces, dots, dashes and parentheses are dropped.
 * OTP_ERR_INVALID says what would be right. libcurl 7.88 passes CR LF inside a recipient on to the server, so
 * nothing reaches the hook that was not checked here.
 */
__attribute__((warn_unused_result)) enum otp_err contact_parse(
	enum channel channel, const char *text, struct contact *out, struct otp_why *why);

/* "j***@e***.org", or "the phone ending 67". Says nothing of the lengths of what it hides. */
void contact_mask(const struct contact *contact, char out[CONTACT_MASK_SIZE]);

/* Only the domain is the same in any case; what the local part means is up to its host (RFC 5321 2.4). */
bool contact_equal(const struct contact *a, const struct contact *b);

/* A from address for messages obeys the same rules: contact_parse(CHANNEL_EMAIL, ...). */

#endif
