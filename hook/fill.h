/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_FILL_H
#define OTPCODE_HOOK_FILL_H

#include "config/placeholder.h"
#include "hook/provider.h"
#include "hook/text.h"

/* By where a value stands: what it is made of there can neither end it nor begin anything else. */
enum fill_form {
	FILL_PLAIN,  /* an argument of a program: as it is */
	FILL_URL,    /* a component of a url, a value of a form: RFC 3986's unreserved, the rest as %XX */
	FILL_JSON,   /* inside a JSON string (RFC 8259 7); what is not UTF-8 becomes U+FFFD */
	FILL_HEADER, /* a header: printable ASCII, ends of line as blanks, the rest as ? */
};

/* Fills a template that placeholder_check has passed. password may be NULL where no {password} can be. The
 * result is as secret as the message. */
void fill_template(const char *from, enum fill_form form, const struct provider_message *message,
	const char *password, struct text *out);

#endif
