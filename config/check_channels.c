/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/check.h"

#include <string.h>

/* Whether messages can be sent on each channel, and which channels are used. */

/* Every name has its section, which can send on this channel. */
static enum otp_err check_providers(
	const struct reading *reading, enum channel channel, const char *section, struct otp_why *why)
{
	const struct config_channel *facts = config_find_channel(&reading->config, channel);
	struct reading_place at = check_place(reading, section, "providers");

	for (unsigned i = 0; i < facts->providers_n; i++) {
		const char *name = facts->providers[i];
		const struct config_provider *provider = config_find_provider(&reading->config, name);
		if (provider == NULL)
			return check_fault(reading, at, why,
				"providers names %s, but there is no section [provider %s]", name, name);
		if (channel == CHANNEL_SMS && provider->kind == CONFIG_PROVIDER_SMTP)
			return check_fault(reading, at, why,
				"providers names %s, whose url is for email: a gateway has an https:// url",
				name);
	}
	return OTP_OK;
}

static enum otp_err check_email(const struct reading *reading, struct otp_why *why)
{
	const struct config *config = &reading->config;
	struct reading_place at = check_place(reading, "email", "providers");

	if (config->email.providers_n == 0 && config->sms.providers_n == 0)
		return check_fault(reading, at, why,
			"[email] providers is empty, so no code can be sent: name a [provider NAME] section");
	enum otp_err err = check_providers(reading, CHANNEL_EMAIL, "email", why);
	if (err == OTP_OK && config->email.providers_n > 0 && config->email.from[0] == '\0') {
		struct reading_place from = check_place(reading, "email", "from");
		return check_fault(reading, from.file != 0 ? from : at, why,
			"[email] from is empty: it must be the address that messages come from");
	}
	return err;
}

/* Whoever can enrol a number could run up a bill in any country: so the countries are written down. */
static enum otp_err check_sms(const struct reading *reading, struct otp_why *why)
{
	const struct config *config = &reading->config;
	struct reading_place at = check_place(reading, "sms", "allow_prefixes");
	struct reading_place providers = check_place(reading, "sms", "providers");

	if (config->sms.providers_n > 0 && !config->allow_prefixes.any && config->allow_prefixes.n == 0)
		return check_fault(reading, at.file != 0 ? at : providers, why,
			"[sms] allow_prefixes is empty: country codes such as +1,+44, or the word any");
	return check_providers(reading, CHANNEL_SMS, "sms", why);
}

static enum otp_err check_used(struct reading *reading, struct otp_why *why)
{
	static const enum channel all[CHANNELS_N] = {CHANNEL_EMAIL, CHANNEL_SMS};
	struct otp_channels *used = &reading->config.delivery.channels;
	bool chosen = used->n > 0;

	for (unsigned i = 0; i < CHANNELS_N; i++) {
		bool can_send = config_find_channel(&reading->config, all[i])->providers_n > 0;
		if (!chosen && can_send)
			used->list[used->n++] = all[i];
		if (chosen && !can_send && channel_is_among(all[i], used))
			return check_fault(reading, check_place(reading, "delivery", "channels"), why,
				"channels names %s, but [%s] providers is empty", channel_name(all[i]),
				channel_name(all[i]));
	}
	return OTP_OK;
}

enum otp_err check_channels(struct reading *reading, struct otp_why *why)
{
	enum otp_err err = check_email(reading, why);

	if (err == OTP_OK)
		err = check_sms(reading, why);
	return err != OTP_OK ? err : check_used(reading, why);
}
