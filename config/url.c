/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/url.h"

#include "config/gateway.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_SIZE 254                  /* RFC 1035: a name has at most 253 characters */
#define AUTHORITY_SIZE (HOST_SIZE + 8) /* and brackets or a port */
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char *const schemes[URL_SCHEMES_N] = {
	[URL_SMTP] = "smtp://",
	[URL_SMTPS] = "smtps://",
	[URL_HTTP] = "http://",
	[URL_HTTPS] = "https://",
};

const char *url_scheme_name(enum url_scheme scheme)
{
	return schemes[scheme];
}

bool url_has_tls_first(const struct url *url)
{
	return url->scheme == URL_SMTPS || url->scheme == URL_HTTPS;
}

bool url_is_http(const struct url *url)
{
	return url->scheme == URL_HTTP || url->scheme == URL_HTTPS;
}

static enum otp_err refuse(struct otp_why *why, const char *fault)
{
	return why_set(why, OTP_ERR_CONFIG, 0,
		"url %s: smtp://HOST[:PORT], smtps://HOST[:PORT] or https://HOST[:PORT]/PATH", fault);
}

/*
 * Labels of letters, digits and hyphens, 1 to 63 of them, no hyphen at either end; a dot at the end is
 * refused too.
 */
static bool is_host_name(const char *host)
{
	for (;;) {
		size_t len = strcspn(host, ".");
		if (len == 0 || len > 63 || strspn(host, LETTERS DIGITS "-") != len || host[0] == '-' ||
			host[len - 1] == '-')
			return false;
		if (host[len] == '\0')
			return true;
		host += len + 1;
	}
}

/*
 * Of digits and dots alone only four plain numbers are an address: "127.1" or "0177.0.0.1" mean something
 * else to everyone.
 */
static bool read_host(const char *host, struct url *out)
{
	struct in_addr ipv4;

	if (inet_pton(AF_INET, host, &ipv4) == 1) {
		out->loopback = ntohl(ipv4.s_addr) >> 24 == 127;
		return true;
	}
	out->loopback = strcmp(host, "localhost") == 0;
	return strspn(host, DIGITS ".") != strlen(host) && is_host_name(host);
}

static bool read_ipv6(const char *host, struct url *out)
{
	struct in6_addr ipv6;

	if (inet_pton(AF_INET6, host, &ipv6) != 1)
		return false;
	out->loopback = IN6_IS_ADDR_LOOPBACK(&ipv6);
	return true;
}

/* Empty, or ":1" to ":65535". */
static bool is_port(const char *text)
{
	if (*text == '\0')
		return true;
	size_t len = strspn(text + 1, DIGITS);
	if (*text != ':' || len == 0 || len > 5 || text[1 + len] != '\0')
		return false;
	long port = strtol(text + 1, NULL, 10);
	return port >= 1 && port <= 65535;
}

/* What stands between the scheme and the path. */
static enum otp_err read_authority(const char *text, struct url *out, struct otp_why *why)
{
	char host[HOST_SIZE];
	bool bracketed = *text == '[';

	text += bracketed ? 1 : 0;
	size_t len = strcspn(text, bracketed ? "]" : ":");
	if (len >= sizeof host || (bracketed && text[len] != ']'))
		return refuse(why, "has no valid host");
	memcpy(host, text, len);
	host[len] = '\0';
	if (!(bracketed ? read_ipv6(host, out) : read_host(host, out)))
		return refuse(why, "has no valid host");
	if (!is_port(text + len + (bracketed ? 1 : 0)))
		return refuse(why, "has no valid port");
	return OTP_OK;
}

enum otp_err url_parse(const char *text, struct url *out, struct otp_why *why)
{
	char authority[AUTHORITY_SIZE];
	unsigned scheme = 0;

	while (scheme < URL_SCHEMES_N && strncmp(text, schemes[scheme], strlen(schemes[scheme])) != 0)
		scheme++;
	*out = (struct url){.scheme = (enum url_scheme)scheme};
	if (scheme == URL_SCHEMES_N)
		return refuse(why, "has another scheme or none");
	text += strlen(schemes[scheme]);
	size_t len = strcspn(text, "/?#");
	if (memchr(text, '@', url_is_http(out) ? len : strlen(text)) != NULL)
		return refuse(
			why, "must not hold a user or password, username= and password_file= are for that");
	if (text[len] != '\0' && !url_is_http(out))
		return refuse(why, "must not have anything behind the host and port");
	if (len >= sizeof authority)
		return refuse(why, "has no valid host");
	memcpy(authority, text, len);
	authority[len] = '\0';
	enum otp_err err = read_authority(authority, out, why);
	return err != OTP_OK ? err : gateway_check_target("url", text + len, why);
}
