/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_PROVIDER_H
#define OTPCODE_HOOK_PROVIDER_H

#include "deliver/request.h"

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
};

/* A message as it goes to a server. text holds the code. */
struct provider_message {
	const char *from; /* both checked by contact_parse */
	const char *to;
	const char *greeting; /* the name that this host greets with; empty: the system's */
	const char *text;
	size_t len;
};

#endif
