/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/gateway.h"

#include "config/placeholder.h"
#include "config/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TOKEN LETTERS DIGITS "!#$%&'*+-.^_`|~" /* RFC 9110 5.6.2 */
/* RFC 3986: what a query may hold as it is, less the quote that some servers trip over */
#define URL_CHARS LETTERS DIGITS "-._~!$&()*+,;=:@/?"

static const char *const reserved_headers[] = {"Host", "Content-Length", "Transfer-Encoding", "Connection",
	"Expect", "Upgrade", "TE", "Trailer", "Proxy-Authorization"};

enum otp_err gateway_check_header(const char *key, const char *text, struct otp_why *why)
{
	size_t len = strspn(text, TOKEN);

	if (len == 0 || text[len] != ':' || text[len + 1 + strspn(text + len + 1, " ")] == '\0')
		return why_set(why, OTP_ERR_CONFIG, 0, "%s must be Name: value", key);
	for (size_t i = 0; i < sizeof reserved_headers / sizeof *reserved_headers; i++)
		if (strlen(reserved_headers[i]) == len && strncasecmp(reserved_headers[i], text, len) == 0)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s must not be %s: it is set for you", key,
				reserved_headers[i]);
	return placeholder_check(key, text + len, PLACEHOLDERS_HTTP, why);
}

/* Placeholders, the characters of a url, and %XX; no others. */
static enum otp_err check_encoded(const char *key, const char *text, struct otp_why *why)
{
	size_t step;
	enum otp_err err = placeholder_check(key, text, PLACEHOLDERS_HTTP, why);

	for (; err == OTP_OK && *text != '\0'; text += step) {
		step = strspn(text, URL_CHARS);
		if (*text == '{')
			(void)placeholder_at(text, &step);
		else if (*text == '%' && strspn(text + 1, HEX) >= 2)
			step = 3;
		else if (step == 0)
			err = why_set(why, OTP_ERR_CONFIG, 0,
				"%s: '%c' must be written as %%%02X, as everything in it but placeholders is "
				"url-encoded",
				key, *text, (unsigned char)*text);
	}
	return err;
}

enum otp_err gateway_check_form(const char *key, const char *text, struct otp_why *why)
{
	for (const char *pair = text; *pair != '\0';) {
		size_t len = strcspn(pair, "&"), name = strcspn(pair, "=&{");
		if (name == 0 || name == len || pair[name] != '=')
			return why_set(why, OTP_ERR_CONFIG, 0, "%s must be name=value&name=value", key);
		pair += len;
		if (*pair == '&' && *++pair == '\0')
			return why_set(why, OTP_ERR_CONFIG, 0, "%s ends in &", key);
	}
	return check_encoded(key, text, why);
}

enum otp_err gateway_check_json(const char *key, const char *text, struct otp_why *why)
{
	if (*text != '{' && *text != '[')
		return why_set(why, OTP_ERR_CONFIG, 0, "%s must be a JSON object or array", key);
	return placeholder_check_json(key, text, PLACEHOLDERS_HTTP, why);
}

enum otp_err gateway_check_target(const char *key, const char *text, struct otp_why *why)
{
	if (memchr(text, '{', strcspn(text, "?")) != NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: a placeholder may stand behind the ? only", key);
	return check_encoded(key, text, why);
}

/* The status at text and the length of its words; 0: all of 2xx; -1: none. */
static long read_status(const char *text, size_t *len)
{
	*len = strcspn(text, ",");
	if (*len != 3 || text[0] != '2')
		return -1;
	if (strncmp(text, "2xx", 3) == 0)
		return 0;
	return strspn(text, DIGITS) == 3 ? strtol(text, NULL, 10) : -1;
}

bool gateway_is_status_list(const char *text)
{
	size_t len;

	for (;;) {
		if (read_status(text, &len) < 0)
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

bool gateway_status_is_in(const char *list, long status)
{
	size_t len;

	for (; status >= 200 && status < 300; list += len + 1) {
		long one = read_status(list, &len);
		if (one == 0 || one == status)
			return true;
		if (list[len] == '\0')
			return false;
	}
	return false;
}

/* The length of a path of members at text; 0: there is none. */
static size_t path_len(const char *text)
{
	for (size_t len = 0;;) {
		size_t name = strspn(text + len, LETTERS DIGITS "_-");
		if (name == 0)
			return 0;
		len += name;
		if (text[len] != '.')
			return len;
		len++;
	}
}

bool gateway_is_json_path(const char *text)
{
	size_t len = path_len(text);

	return len > 0 && text[len] == '\0';
}

bool gateway_is_json_condition(const char *text)
{
	size_t len = path_len(text);

	return len > 0 && text[len] == '=' && text[len + 1] != '\0';
}

bool gateway_is_sigv4(const char *text)
{
	for (unsigned part = 1;; part++) {
		size_t len = strspn(text, LETTERS DIGITS "-");
		if (len == 0)
			return false;
		if (part == 4)
			return text[len] == '\0';
		if (text[len] != ':')
			return false;
		text += len + 1;
	}
}

bool gateway_is_proxy(const char *text)
{
	struct url url;

	if (url_parse(text, &url, NULL) != OTP_OK || url.scheme != URL_HTTP)
		return false;
	return text[strcspn(text + sizeof "http://" - 1, "/?") + sizeof "http://" - 1] == '\0';
}
