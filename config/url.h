/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_URL_H
#define OTPCODE_CONFIG_URL_H

#include "core/why.h"

#include <stdbool.h>

enum url_scheme {
	URL_SMTP, /* TLS by STARTTLS, or none */
	URL_SMTPS,
	URL_HTTP, /* never TLS */
	URL_HTTPS,
	URL_SCHEMES_N,
};

struct url {
	enum url_scheme scheme;
	bool loopback; /* localhost, 127.0.0.0/8 or ::1, literally: no name is looked up */
};

/*
 * smtp://HOST[:PORT] or smtps://HOST[:PORT], and nothing else in it: curl would take a path as the name to
 * greet with. http://HOST[:PORT][/PATH][?QUERY] or https://...: see gateway_check_target. HOST is a name, an
 * IPv4 address or an IPv6 address in brackets. A password has a file of its own. OTP_ERR_CONFIG says
 * "url ...".
 */
__attribute__((warn_unused_result)) enum otp_err url_parse(
	const char *text, struct url *out, struct otp_why *why);

bool url_has_tls_first(const struct url *url);
bool url_is_http(const struct url *url);

/* "smtp://", for people. */
const char *url_scheme_name(enum url_scheme scheme);

#endif
