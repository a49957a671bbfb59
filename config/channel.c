/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/channel.h"

#include "config/list.h"
#include "config/value.h"

#include <stdio.h>
#include <string.h>

#define ANY "any"

enum otp_err channel_list_parse(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	struct otp_channels *channels = field;
	const char *rest = text;
	char name[8];

	channels->n = 0;
	while (*rest != '\0') {
		enum channel channel;
		if (!list_take(&rest, name, sizeof name) || !channel_parse(name, &channel))
			return value_refuse(key, text, "must be", why);
		if (channel_is_among(channel, channels))
			return why_set(why, OTP_ERR_CONFIG, 0, "%s names %s twice", key->key, name);
		channels->list[channels->n++] = channel;
	}
	return OTP_OK;
}

void channel_list_format(const struct config_key *key, const void *field, char *out, size_t size)
{
	const struct otp_channels *channels = field;
	size_t len = 0;

	(void)key;
	out[0] = '\0';
	for (unsigned i = 0; i < channels->n && len < size; i++)
		len += (size_t)snprintf(
			out + len, size - len, "%s%s", i > 0 ? "," : "", channel_name(channels->list[i]));
}

void channel_list_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	(void)key;
	(void)snprintf(out, CONFIG_RANGE_SIZE, "email, sms, or both with a comma between");
}

/* E.164: a country code does not begin with 0. */
static bool is_prefix(const char *text)
{
	size_t digits = strspn(text[0] == '+' ? text + 1 : "", "0123456789");

	return digits > 0 && text[1] != '0' && text[1 + digits] == '\0';
}

static enum otp_err add_prefix(const struct config_key *key, const char *prefix,
	struct config_prefixes *prefixes, struct otp_why *why)
{
	if (!is_prefix(prefix))
		return value_refuse(key, prefix, "must be", why);
	for (unsigned i = 0; i < prefixes->n; i++)
		if (strcmp(prefixes->list[i], prefix) == 0)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s names %s twice", key->key, prefix);
	if (prefixes->n == CONFIG_PREFIXES_MAX)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s takes at most %d prefixes", key->key,
			CONFIG_PREFIXES_MAX);
	memcpy(prefixes->list[prefixes->n++], prefix, strlen(prefix) + 1);
	return OTP_OK;
}

enum otp_err channel_prefixes_parse(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	struct config_prefixes *prefixes = field;
	char prefix[CONFIG_PREFIX_SIZE];
	enum otp_err err = OTP_OK;

	*prefixes = (struct config_prefixes){.any = strcmp(text, ANY) == 0};
	while (err == OTP_OK && !prefixes->any && *text != '\0') {
		if (!list_take(&text, prefix, sizeof prefix))
			return value_refuse(key, text, "must be", why);
		if (strcmp(prefix, ANY) == 0)
			return why_set(why, OTP_ERR_CONFIG, 0,
				"%s: the word " ANY " stands alone, or leave it out", key->key);
		err = add_prefix(key, prefix, prefixes, why);
	}
	return err;
}

void channel_prefixes_format(const struct config_key *key, const void *field, char *out, size_t size)
{
	const struct config_prefixes *prefixes = field;
	size_t len = 0;

	(void)key;
	(void)snprintf(out, size, "%s", prefixes->any ? ANY : "");
	for (unsigned i = 0; i < prefixes->n && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? "," : "", prefixes->list[i]);
}

void channel_prefixes_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	(void)key;
	(void)snprintf(out, CONFIG_RANGE_SIZE, "country codes such as +1,+44, or the word any");
}

const struct config_channel *config_find_channel(const struct config *config, enum channel channel)
{
	return channel == CHANNEL_EMAIL ? &config->email : &config->sms;
}

/* As many whole prefixes as fit. */
static void list_prefixes(const struct config_prefixes *prefixes, char *out, size_t size)
{
	channel_prefixes_format(NULL, prefixes, out, size);
	if (strlen(out) == size - 1) {
		char *comma = strrchr(out, ',');
		if (comma != NULL)
			(void)snprintf(comma, size - (size_t)(comma - out), "...");
	}
}

enum otp_err config_allows(const struct config *config, const struct contact *contact, struct otp_why *why)
{
	const struct config_prefixes *prefixes = &config->allow_prefixes;
	char list[64];

	if (contact->channel != CHANNEL_SMS || prefixes->any)
		return OTP_OK;
	for (unsigned i = 0; i < prefixes->n; i++)
		if (strncmp(contact->address, prefixes->list[i], strlen(prefixes->list[i])) == 0)
			return OTP_OK;
	if (prefixes->n == 0)
		return why_set(why, OTP_ERR_INVALID, 0,
			"nothing may be texted to: [sms] providers and allow_prefixes are not set");
	list_prefixes(prefixes, list, sizeof list);
	return why_set(why, OTP_ERR_INVALID, 0,
		"no number with this country code may be texted to: [sms] allow_prefixes is %s", list);
}
