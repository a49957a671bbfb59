/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_URL_H
#define OTPCODE_CONFIG_URL_H

#include "core/why.h"

#include <stdbool.h>

struct url {
	bool tls_first; /* smtps: TLS before the first word */
	bool loopback;  /* localhost, 127.0.0.0/8 or ::1, literally: no name is looked up */
};

/*
 * smtp://HOST[:PORT] or smtps://HOST[:PORT], HOST a name, an IPv4 address or an IPv6 address in brackets.
 * Nothing else may be in it: curl would take a path as the name to greet with, and a password has a file of
 * its own. OTP_ERR_CONFIG says "url ...".
 */
__attribute__((warn_unused_result)) enum otp_err url_parse(
	const char *text, struct url *out, struct otp_why *why);

#endif
