/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/otpauth.h"

#include "cli/base32.h"
#include "core/origin.h"
#include "core/record.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define ENCODED_SIZE(text_size) (3 * (text_size))

static_assert(OTPAUTH_URI_SIZE >= ENCODED_SIZE(2 * ORIGIN_HOST_SIZE + RECORD_USER_SIZE) +
					  BASE32_SIZE(TOTP_SECRET_MAX) + 128,
	"a URI holds the longest names and the longest secret");

const char *otpauth_algorithm_name(enum totp_algorithm algorithm)
{
	static const char *const names[] = {
		[TOTP_SHA1] = "SHA1", [TOTP_SHA256] = "SHA256", [TOTP_SHA512] = "SHA512"};

	return names[algorithm];
}

/* Not isalnum, which follows the locale. */
static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

/* RFC 3986 section 2.1; cut to size. */
static void encode(const char *text, char *out, size_t size)
{
	size_t len = 0;

	for (; *text != '\0' && len + 4 <= size; text++) {
		if (is_unreserved(*text))
			out[len++] = *text;
		else
			len += (size_t)snprintf(out + len, size - len, "%%%02X", (unsigned char)*text);
	}
	out[len] = '\0';
}

void otpauth_uri(const struct otpauth_facts *facts, char out[OTPAUTH_URI_SIZE])
{
	char host[ENCODED_SIZE(ORIGIN_HOST_SIZE)], user[ENCODED_SIZE(RECORD_USER_SIZE)];
	char secret[BASE32_SIZE(TOTP_SECRET_MAX)];
	char more[64] = "";
	const struct totp_form *form = &facts->form;
	size_t len = 0;

	encode(facts->host, host, sizeof host);
	encode(facts->user, user, sizeof user);
	base32_encode(facts->secret->bytes, facts->secret->len, secret);
	if (form->algorithm != TOTP_SHA1)
		len += (size_t)snprintf(
			more, sizeof more, "&algorithm=%s", otpauth_algorithm_name(form->algorithm));
	if (form->digits != 6)
		len += (size_t)snprintf(more + len, sizeof more - len, "&digits=%u", form->digits);
	if (form->period_s != 30)
		(void)snprintf(more + len, sizeof more - len, "&period=%d", form->period_s);
	(void)snprintf(out, OTPAUTH_URI_SIZE, "otpauth://totp/%s:%s?secret=%s&issuer=%s%s", host, user,
		secret, host, more);
	OPENSSL_cleanse(secret, sizeof secret);
}
