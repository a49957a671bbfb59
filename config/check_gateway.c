/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/check.h"
#include "config/placeholder.h"

#include <string.h>
#include <strings.h>

static bool is_set(const char *text)
{
	return text[0] != '\0';
}

/* Whether any template of the provider holds one of the placeholders of a mask. */
static bool holds(const struct config_provider *provider, unsigned mask)
{
	for (unsigned which = 0; which < PLACEHOLDERS_N; which++) {
		if ((mask & 1U << which) == 0)
			continue;
		if (placeholder_stands_in(provider->url, (enum placeholder)which) ||
			placeholder_stands_in(provider->body.text, (enum placeholder)which))
			return true;
		for (unsigned i = 0; i < CONFIG_HEADERS_MAX; i++)
			if (placeholder_stands_in(provider->headers[i], (enum placeholder)which))
				return true;
	}
	return false;
}

/* The key of a header that signs in by itself, or NULL. */
static const char *login_header(const struct config_provider *provider)
{
	static const char *const keys[CONFIG_HEADERS_MAX] = {"header.1", "header.2", "header.3", "header.4",
		"header.5", "header.6", "header.7", "header.8"};
	static const char name[] = "Authorization:";

	for (unsigned i = 0; i < CONFIG_HEADERS_MAX; i++)
		if (strncasecmp(provider->headers[i], name, sizeof name - 1) == 0)
			return keys[i];
	return NULL;
}

static enum config_auth default_auth(const struct config_provider *provider)
{
	if (is_set(provider->sigv4))
		return CONFIG_AUTH_AWS_SIGV4;
	if (is_set(provider->username))
		return CONFIG_AUTH_BASIC;
	if (is_set(provider->password_file) && !holds(provider, 1U << PLACEHOLDER_PASSWORD))
		return CONFIG_AUTH_BEARER;
	return CONFIG_AUTH_NONE;
}

static enum otp_err check_auth(struct reading *reading, unsigned i, struct otp_why *why)
{
	struct config_provider *provider = &reading->config.providers[i];

	if (!check_is_given(reading, i, "auth"))
		provider->auth = default_auth(provider);
	bool named = provider->auth == CONFIG_AUTH_BASIC || provider->auth == CONFIG_AUTH_AWS_SIGV4;
	bool secret = provider->auth != CONFIG_AUTH_NONE || holds(provider, 1U << PLACEHOLDER_PASSWORD);
	if (provider->auth != CONFIG_AUTH_NONE && login_header(provider) != NULL)
		return check_fault(reading, check_provider_place(reading, i, login_header(provider)), why,
			"[provider %s] signs in twice: by this header, and by username or password_file",
			provider->name);
	if (named && !is_set(provider->username))
		return check_fault(reading, check_provider_place(reading, i, "auth"), why,
			"[provider %s] signs in by name and has no username", provider->name);
	if (!named && is_set(provider->username))
		return check_fault(reading, check_provider_place(reading, i, "username"), why,
			"username is for auth=basic and auth=aws-sigv4");
	if (secret && !is_set(provider->password_file))
		return check_fault(reading, check_provider_place(reading, i, "auth"), why,
			"[provider %s] needs a password and has no password_file", provider->name);
	if (!secret && is_set(provider->password_file))
		return check_fault(reading, check_provider_place(reading, i, "password_file"), why,
			"auth=none, and no {password} in [provider %s]: password_file is for nothing",
			provider->name);
	if ((provider->auth == CONFIG_AUTH_AWS_SIGV4) != is_set(provider->sigv4))
		return check_fault(reading, check_provider_place(reading, i, "sigv4"), why,
			"auth=aws-sigv4 and sigv4=aws:amz:REGION:SERVICE belong together");
	return OTP_OK;
}

static enum otp_err check_body(const struct reading *reading, unsigned i, struct otp_why *why)
{
	const struct config_provider *provider = &reading->config.providers[i];

	if (provider->method == CONFIG_METHOD_GET && provider->body.kind != CONFIG_BODY_NONE)
		return check_fault(reading, check_provider_place(reading, i, "method"), why,
			"method=GET has no body: put it into the url, behind a ?");
	if (!holds(provider, 1U << PLACEHOLDER_TEXT | 1U << PLACEHOLDER_CODE))
		return check_fault(reading, check_provider_place(reading, i, "url"), why,
			"[provider %s] holds neither {text} nor {code}: no code would be sent",
			provider->name);
	if (!holds(provider, 1U << PLACEHOLDER_TO | 1U << PLACEHOLDER_TO_DIGITS | 1U << PLACEHOLDER_USER))
		return check_fault(reading, check_provider_place(reading, i, "url"), why,
			"[provider %s] holds none of {to} {to_digits} {user}: nobody would get the code",
			provider->name);
	return OTP_OK;
}

/* What is for the connection, and for TLS alone. */
static enum otp_err check_connection(const struct reading *reading, unsigned i, struct otp_why *why)
{
	const struct config_provider *provider = &reading->config.providers[i];
	bool cert = is_set(provider->client_cert);

	if (cert != is_set(provider->client_key))
		return check_fault(reading,
			check_provider_place(reading, i, cert ? "client_cert" : "client_key"), why,
			"client_cert and client_key belong together");
	if (cert && provider->tls == CONFIG_TLS_NONE)
		return check_fault(reading, check_provider_place(reading, i, "client_cert"), why,
			"client_cert without TLS: use https://, or leave it out");
	if (is_set(provider->proxy) && provider->tls == CONFIG_TLS_NONE)
		return check_fault(reading, check_provider_place(reading, i, "proxy"), why,
			"proxy without TLS: the code would leave this host in the clear");
	return OTP_OK;
}

enum otp_err check_gateway(struct reading *reading, unsigned i, struct otp_why *why)
{
	enum otp_err err = check_body(reading, i, why);

	if (err == OTP_OK)
		err = check_auth(reading, i, why);
	return err != OTP_OK ? err : check_connection(reading, i, why);
}
