/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/url.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_SIZE 254 /* RFC 1035: a name has at most 253 characters */
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static enum otp_err refuse(struct otp_why *why, const char *fault)
{
	return why_set(why, OTP_ERR_CONFIG, 0, "url %s: smtp://HOST[:PORT] or smtps://HOST[:PORT]", fault);
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

enum otp_err url_parse(const char *text, struct url *out, struct otp_why *why)
{
	static const char plain[] = "smtp://", tls[] = "smtps://";
	char host[HOST_SIZE];

	*out = (struct url){.tls_first = strncmp(text, tls, sizeof tls - 1) == 0};
	if (!out->tls_first && strncmp(text, plain, sizeof plain - 1) != 0)
		return refuse(why, "has another scheme or none");
	const char *rest = text + (out->tls_first ? sizeof tls : sizeof plain) - 1;
	if (strchr(rest, '@') != NULL)
		return refuse(
			why, "must not hold a user or password, username= and password_file= are for that");
	if (strpbrk(rest, "/?#") != NULL)
		return refuse(why, "must not have anything behind the host and port");

	bool bracketed = *rest == '[';
	rest += bracketed ? 1 : 0;
	size_t len = strcspn(rest, bracketed ? "]" : ":");
	if (len >= sizeof host || (bracketed && rest[len] != ']'))
		return refuse(why, "has no valid host");
	memcpy(host, rest, len);
	host[len] = '\0';
	if (!(bracketed ? read_ipv6(host, out) : read_host(host, out)))
		return refuse(why, "has no valid host");
	if (!is_port(rest + len + (bracketed ? 1 : 0)))
		return refuse(why, "has no valid port");
	return OTP_OK;
}
