/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_GATEWAY_H
#define OTPCODE_CONFIG_GATEWAY_H

/* What the values of an HTTP provider must be made of. All text is printable ASCII already. */

#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>

/* Each says "KEY: ..." and what would be right. */

/* "Name: value" (RFC 9110 5.1); not a header that decides where a request ends or goes. */
__attribute__((warn_unused_result)) enum otp_err gateway_check_header(
	const char *key, const char *text, struct otp_why *why);

/* name=value&name=value, url-encoded but for its placeholders. */
__attribute__((warn_unused_result)) enum otp_err gateway_check_form(
	const char *key, const char *text, struct otp_why *why);

/* Placeholders inside strings only. Whether it is JSON at all is for whoever has a parser to say. */
__attribute__((warn_unused_result)) enum otp_err gateway_check_json(
	const char *key, const char *text, struct otp_why *why);

/* What stands behind the host of an http url: /path?query, url-encoded, placeholders in the query only. */
__attribute__((warn_unused_result)) enum otp_err gateway_check_target(
	const char *key, const char *text, struct otp_why *why);

/* Statuses of 200 to 299 with commas between; 2xx is all of them. */
bool gateway_is_status_list(const char *text);
bool gateway_status_is_in(const char *list, long status);

/* Names of members, or indexes of arrays, with dots between. */
bool gateway_is_json_path(const char *text);
/* The same, '=' and a value. */
bool gateway_is_json_condition(const char *text);

/* PROVIDER:PROVIDER:REGION:SERVICE, as libcurl takes it. */
bool gateway_is_sigv4(const char *text);

/* http://HOST:PORT */
bool gateway_is_proxy(const char *text);

#endif
