/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_PROVIDER_H
#define OTPCODE_HOOK_PROVIDER_H

#include "deliver/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every kind of provider is given, and what it gives back. */

/* How long one send may take; both over 0. */
struct provider_limits {
	long connect_ms; /* name, connection, greeting, TLS, login */
	long total_ms;
};

/*
 * What became of one send. VERDICT_CONFIG: this provider's settings are at fault, so it is as good as
 * refused. reason: one line, printable ASCII; it may still hold the code or the address, see request_blank.
 */
struct provider_result {
	enum request_outcome outcome;
	char reason[REQUEST_REASON_SIZE];
	int64_t retry_after_ms; /* VERDICT_LATER: not before this has passed; 0: whenever */
	bool may_arrive; /* VERDICT_LATER: it may arrive all the same, and this provider alone, which knows a
			    repeated request, may be asked again */
	int64_t certificate_ends; /* of a check: the first one of the chain; 0: none was seen */
};

#define PROVIDER_ID_SIZE 33

struct trace;

/*
 * A message, and what a provider may say beside it; never NULL. Every value is printable ASCII but text,
 * which is UTF-8. text, mail and code are secret.
 */
struct provider_message {
	enum channel channel;
	const char *to;   /* checked by contact_parse */
	const char *from; /* email: checked by contact_parse; SMS: what the gateway takes for a sender, or
			     empty */
	const char *text; /* what the person reads: of an email its body, lines ended by a newline; of an SMS
			     all */
	const char *mail; /* email: the whole message, headers and all, with CR LF; SMS: empty */
	size_t mail_len;
	const char *code; /* empty in a test message */
	const char *ref;  /* may be empty in a test message */
	const char *host; /* what this host calls itself: an SMTP server is greeted with it */
	const char *user;
	const char
		*id; /* random, 32 hexadecimal digits, the same for every provider and try of this message */
	struct trace *trace; /* who wants to know what is said; NULL: nobody */
};

#endif
