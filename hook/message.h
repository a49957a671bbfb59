/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_MESSAGE_H
#define OTPCODE_HOOK_MESSAGE_H

#include "core/random.h"
#include "core/why.h"
#include "hook/words.h"

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX 65536

/* A whole message: headers and body, CR LF at every line's end. Holds the code: message_wipe on every way
 * out. */
struct message {
	char text[MESSAGE_MAX];
	size_t len;
};

/* Whose message it is, to whom, and when; both addresses as contact_parse gives them. */
struct message_facts {
	const char *from;
	const char *to;
	int64_t now;
};

/*
 * One text/plain message (RFC 5322, RFC 2045) that says words; random makes its Message-ID. OTP_ERR_INVALID
 * for a control byte in a header, OTP_ERR_TOO_LARGE, or what the random source says.
 */
__attribute__((warn_unused_result)) enum otp_err message_build(const struct message_facts *facts,
	const struct words *words, const struct otp_random *random, struct message *out, struct otp_why *why);

void message_wipe(struct message *message);

#endif
