/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reading.h"
#include "config/url.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What depends on more than one key. Each fault names the line of the key that is best changed. */

static enum otp_err fault(const struct reading *reading, struct reading_place place, struct otp_why *why,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

static enum otp_err fault(const struct reading *reading, struct reading_place place, struct otp_why *why,
	const char *format, ...)
{
	char where[READING_PLACE_SIZE], text[WHY_TEXT_SIZE];
	va_list args;

	if (place.file == 0)
		(void)snprintf(where, sizeof where, "%s", reading->config.path);
	else
		reading_place_name(reading, place, where);
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return why_set(why, OTP_ERR_CONFIG, 0, "%s: %s", where, text);
}

static struct reading_place place_of(const struct reading *reading, const char *section, const char *key)
{
	return reading->keys[table_index(table_find(section, key))];
}

static struct reading_place provider_place(const struct reading *reading, unsigned i, const char *key)
{
	struct reading_place place = reading->providers[i].keys[table_index(table_find(TABLE_PROVIDER, key))];
	return place.file != 0 ? place : reading->providers[i].section;
}

static bool is_set(const char *text)
{
	return text[0] != '\0';
}

/* Plain only to loopback, where it is the default: a code must not cross a network in the clear. */
static enum otp_err check_tls(struct reading *reading, unsigned i, struct otp_why *why)
{
	struct config_provider *provider = &reading->config.providers[i];
	bool given = reading->providers[i].keys[table_index(table_find(TABLE_PROVIDER, "tls"))].file != 0;
	struct reading_place at = provider_place(reading, i, "tls");
	struct url url;

	enum otp_err err = url_parse(provider->url, &url, why);
	if (err != OTP_OK)
		return err;
	if (!given && url.loopback && !url.tls_first)
		provider->tls = CONFIG_TLS_NONE;
	if (provider->tls == CONFIG_TLS_REQUIRED)
		return OTP_OK;
	if (url.tls_first)
		return fault(reading, at, why, "tls=none contradicts an smtps:// url: leave tls out");
	if (!url.loopback)
		return fault(reading, at, why,
			"tls=none is for loopback only (localhost, 127.0.0.0/8, [::1]): leave tls out");
	if (is_set(provider->ca_file))
		return fault(reading, provider_place(reading, i, "ca_file"), why,
			"ca_file without TLS: set tls=required, or leave ca_file out");
	return OTP_OK;
}

static enum otp_err check_provider(struct reading *reading, unsigned i, struct otp_why *why)
{
	const struct config_provider *provider = &reading->config.providers[i];

	if (!is_set(provider->url))
		return fault(reading, provider_place(reading, i, "url"), why,
			"[provider %s] has no url: smtp://HOST[:PORT] or smtps://HOST[:PORT]",
			provider->name);
	if (is_set(provider->username) && !is_set(provider->password_file))
		return fault(reading, provider_place(reading, i, "username"), why,
			"[provider %s] has a username and no password_file", provider->name);
	if (is_set(provider->password_file) && !is_set(provider->username))
		return fault(reading, provider_place(reading, i, "password_file"), why,
			"[provider %s] has a password_file and no username", provider->name);
	return check_tls(reading, i, why);
}

static enum otp_err check_email(const struct reading *reading, struct otp_why *why)
{
	const struct config *config = &reading->config;
	struct reading_place at = place_of(reading, "email", "providers");

	if (config->email.providers_n == 0)
		return fault(reading, at, why,
			"[email] providers is empty, so no code can be sent: name a [provider NAME] section");
	for (unsigned i = 0; i < config->email.providers_n; i++)
		if (config_find_provider(config, config->email.providers[i]) == NULL)
			return fault(reading, at, why,
				"providers names %s, but there is no section [provider %s]",
				config->email.providers[i], config->email.providers[i]);
	if (!is_set(config->email.from)) {
		struct reading_place from = place_of(reading, "email", "from");
		return fault(reading, from.file != 0 ? from : at, why,
			"[email] from is empty: it must be the address that messages come from");
	}
	return OTP_OK;
}

/* Otherwise no code could be asked for again while the first one works. */
static enum otp_err check_times(const struct reading *reading, struct otp_why *why)
{
	const struct policy *policy = &reading->config.policy;
	struct reading_place resend = place_of(reading, "limits", "resend_after");

	if (policy->resend_after_s <= policy->lifetime_s)
		return OTP_OK;
	return fault(reading, resend.file != 0 ? resend : place_of(reading, "code", "lifetime"), why,
		"[limits] resend_after is longer than [code] lifetime: it must not be");
}

enum otp_err reading_finish(struct reading *reading, struct otp_why *why)
{
	enum otp_err err = check_times(reading, why);

	for (unsigned i = 0; err == OTP_OK && i < reading->config.providers_n; i++)
		err = check_provider(reading, i, why);
	return err != OTP_OK ? err : check_email(reading, why);
}
