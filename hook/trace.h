/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_TRACE_H
#define OTPCODE_HOOK_TRACE_H

/*
 * The conversation with a provider, told to whoever sent a test message with "trace yes": a line
 * "trace MARK TEXT" each, before the verdict. MARK is > for what is sent, < for what comes back, * for what
 * is said about it. A trace is NULL where nobody asked; then all of this does nothing.
 */

#include "deliver/request.h"
#include "hook/secrets.h"

#include <stdbool.h>
#include <stddef.h>

#define TRACE_LINES_MAX 500

/* Secret. */
struct trace {
	const struct request *request; /* whose code and address are blanked */
	struct secrets secrets;
	unsigned lines_n;
	bool signing_in; /* what an SMTP client says now is its login */
};

/* From now on secret is blanked, also as it stands in a url, a form or a JSON text. */
void trace_hide(struct trace *trace, const char *secret);

/* Tells each line of bytes; what is not printable ASCII becomes a blank, and long lines are cut. */
void trace_tell(struct trace *trace, char mark, const char *bytes, size_t len);
void trace_tellf(struct trace *trace, char mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
