/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/check.h"

#include "config/placeholder.h"
#include "config/url.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What depends on more than one key. Each fault names the line of the key that is best changed. */

enum otp_err check_fault(const struct reading *reading, struct reading_place place, struct otp_why *why,
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

struct reading_place check_place(const struct reading *reading, const char *section, const char *key)
{
	return reading->keys[table_index(table_find(section, key))];
}

struct reading_place check_provider_place(const struct reading *reading, unsigned i, const char *key)
{
	struct reading_place place = reading->providers[i].keys[table_index(table_find(TABLE_PROVIDER, key))];
	return place.file != 0 ? place : reading->providers[i].section;
}

static bool is_set(const char *text)
{
	return text[0] != '\0';
}

bool check_is_given(const struct reading *reading, unsigned i, const char *key)
{
	return reading->providers[i].keys[table_index(table_find(TABLE_PROVIDER, key))].file != 0;
}

/* Plain only to loopback, where it is the default: a code must not cross a network in the clear. */
static enum otp_err check_tls(struct reading *reading, unsigned i, const struct url *url, struct otp_why *why)
{
	struct config_provider *provider = &reading->config.providers[i];
	struct reading_place at = check_provider_place(reading, i, "tls");

	if (!check_is_given(reading, i, "tls") && url->loopback && !url_has_tls_first(url))
		provider->tls = CONFIG_TLS_NONE;
	if (url->scheme == URL_HTTP && !url->loopback)
		return check_fault(reading, check_provider_place(reading, i, "url"), why,
			"http:// is for loopback only (localhost, 127.0.0.0/8, [::1]): use https://");
	if (url->scheme == URL_HTTP && provider->tls == CONFIG_TLS_REQUIRED)
		return check_fault(reading, at, why, "tls=required contradicts an http:// url: use https://");
	if (provider->tls == CONFIG_TLS_REQUIRED)
		return OTP_OK;
	if (url_has_tls_first(url))
		return check_fault(reading, at, why, "tls=none contradicts an %s url: leave tls out",
			url_scheme_name(url->scheme));
	if (!url->loopback)
		return check_fault(reading, at, why,
			"tls=none is for loopback only (localhost, 127.0.0.0/8, [::1]): leave tls out");
	if (is_set(provider->ca_file))
		return check_fault(reading, check_provider_place(reading, i, "ca_file"), why,
			"ca_file without TLS: set tls=required, or leave ca_file out");
	return OTP_OK;
}

static enum otp_err check_login(const struct reading *reading, unsigned i, struct otp_why *why)
{
	const struct config_provider *provider = &reading->config.providers[i];

	if (is_set(provider->username) && !is_set(provider->password_file))
		return check_fault(reading, check_provider_place(reading, i, "username"), why,
			"[provider %s] has a username and no password_file", provider->name);
	if (is_set(provider->password_file) && !is_set(provider->username))
		return check_fault(reading, check_provider_place(reading, i, "password_file"), why,
			"[provider %s] has a password_file and no username", provider->name);
	return OTP_OK;
}

/* The keys that a kind of provider takes: "url, username, header.1 to header.8". */
static void list_keys(enum config_provider_kind kind, char out[WHY_TEXT_SIZE])
{
	const struct config_key *key;
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; (key = table_at(i)) != NULL && len < WHY_TEXT_SIZE; i++) {
		bool range = strncmp(key->key, "header.", 7) == 0;
		if ((key->serves & 1U << kind) == 0 ||
			(range && key->key[7] != '1' && key->key[7] != '0' + CONFIG_HEADERS_MAX))
			continue;
		len += (size_t)snprintf(out + len, WHY_TEXT_SIZE - len, "%s%s",
			len == 0                      ? ""
			: range && key->key[7] != '1' ? " to "
						      : ", ",
			key->key);
	}
}

/* A key of another kind of provider is not passed over: whoever wrote it relies on it. */
static enum otp_err check_keys(
	const struct reading *reading, unsigned i, const char *what, struct otp_why *why)
{
	const struct config_provider *provider = &reading->config.providers[i];
	const struct config_key *key;
	char list[WHY_TEXT_SIZE];

	for (size_t k = 0; (key = table_at(k)) != NULL; k++) {
		struct reading_place at = reading->providers[i].keys[k];
		if (key->serves == 0 || (key->serves & 1U << provider->kind) != 0 || at.file == 0)
			continue;
		list_keys(provider->kind, list);
		return check_fault(reading, at, why, "%s is not for a provider with %s, which takes: %s",
			key->key, what, list);
	}
	return OTP_OK;
}

static bool is_for_sms(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->sms.providers_n; i++)
		if (strcmp(config->sms.providers[i], name) == 0)
			return true;
	return false;
}

/* An email names its recipient itself (sendmail -t); of an SMS the command is given the text alone. */
static enum otp_err check_command(struct reading *reading, unsigned i, struct otp_why *why)
{
	struct config_provider *provider = &reading->config.providers[i];
	const char *command = provider->command;

	provider->kind = CONFIG_PROVIDER_COMMAND;
	if (is_for_sms(&reading->config, provider->name) && !placeholder_stands_in(command, PLACEHOLDER_TO) &&
		!placeholder_stands_in(command, PLACEHOLDER_TO_DIGITS) &&
		!placeholder_stands_in(command, PLACEHOLDER_USER))
		return check_fault(reading, check_provider_place(reading, i, "command"), why,
			"[provider %s] command holds none of {to} {to_digits} {user}: nobody would get the "
			"code",
			provider->name);
	return check_keys(reading, i, "a command", why);
}

static enum otp_err check_provider(struct reading *reading, unsigned i, struct otp_why *why)
{
	struct config_provider *provider = &reading->config.providers[i];
	char what[sizeof "an smtps:// url"];
	struct url url;

	if (is_set(provider->command))
		return check_command(reading, i, why);
	if (!is_set(provider->url))
		return check_fault(reading, check_provider_place(reading, i, "url"), why,
			"[provider %s] has no url: smtp://HOST[:PORT], smtps://HOST[:PORT] or "
			"https://HOST[:PORT]/PATH; and no command",
			provider->name);
	enum otp_err err = url_parse(provider->url, &url, why);
	if (err != OTP_OK)
		return err;
	provider->kind = url_is_http(&url) ? CONFIG_PROVIDER_HTTP : CONFIG_PROVIDER_SMTP;
	(void)snprintf(what, sizeof what, "an %s url", url_scheme_name(url.scheme));
	err = check_keys(reading, i, what, why);
	if (err == OTP_OK)
		err = check_tls(reading, i, &url, why);
	if (err == OTP_OK)
		err = url_is_http(&url) ? check_gateway(reading, i, why) : check_login(reading, i, why);
	return err;
}

/* Otherwise no code could be asked for again while the first one works. */
static enum otp_err check_times(const struct reading *reading, struct otp_why *why)
{
	const struct policy *policy = &reading->config.policy;
	struct reading_place resend = check_place(reading, "limits", "resend_after");

	if (policy->resend_after_s <= policy->lifetime_s)
		return OTP_OK;
	return check_fault(reading, resend.file != 0 ? resend : check_place(reading, "code", "lifetime"), why,
		"[limits] resend_after is longer than [code] lifetime: it must not be");
}

/* What a login tells the command to look up comes from outside, so nothing of root's answers. */
static enum otp_err check_users(const struct reading *reading, struct otp_why *why)
{
	const struct config *config = &reading->config;

	if (config->users.contacts.from != CONFIG_CONTACTS_COMMAND || is_set(config->users.contacts_user))
		return OTP_OK;
	return check_fault(reading, check_place(reading, "users", "contacts"), why,
		"contacts=command: needs contacts_user, whom the command runs as");
}

/* Who is let in without being asked is told apart from everybody else. */
static enum otp_err check_reveal(const struct reading *reading, struct otp_why *why)
{
	const struct config *config = &reading->config;
	struct reading_place reveal = check_place(reading, "prompt", "reveal");

	if (config->prompt.reveal != CONFIG_REVEAL_NONE)
		return OTP_OK;
	if (config->users.unenrolled == CONFIG_UNENROLLED_IGNORE)
		return check_fault(reading, reveal, why,
			"[prompt] reveal=none contradicts [users] unenrolled=ignore: it would show who is "
			"enrolled");
	if (config->policy.remember_for_s > 0)
		return check_fault(reading, reveal, why,
			"[prompt] reveal=none contradicts [devices] remember_for: it would show who logged "
			"in before");
	return OTP_OK;
}

enum otp_err reading_finish(struct reading *reading, struct otp_why *why)
{
	enum otp_err err = check_times(reading, why);

	if (err == OTP_OK)
		err = check_reveal(reading, why);
	if (err == OTP_OK)
		err = check_users(reading, why);
	for (unsigned i = 0; err == OTP_OK && i < reading->config.providers_n; i++)
		err = check_provider(reading, i, why);
	return err != OTP_OK ? err : check_channels(reading, why);
}
