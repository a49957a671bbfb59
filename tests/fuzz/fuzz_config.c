/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reading.h"
#include "config/url.h"
#include "config/value.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is a main file, a drop-in and module arguments, with this byte between them. */
#define SEPARATOR 0x1e

static void must(int holds)
{
	if (!holds)
		abort();
}

static enum otp_err add_part(
	struct reading *reading, unsigned part, const uint8_t *data, size_t size, struct otp_why *why)
{
	char *text = malloc(size + 1);
	enum otp_err err = OTP_OK;

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (part < 2)
		err = reading_add_file(reading, part == 0 ? "main" : "drop-in", text, size, why);
	else
		err = reading_add_argument(reading, text, why);
	free(text);
	return err;
}

static enum otp_err read_parts(struct reading *reading, const uint8_t *data, size_t size, struct otp_why *why)
{
	enum otp_err err = OTP_OK;

	reading_begin(reading);
	for (unsigned part = 0; err == OTP_OK; part++) {
		const uint8_t *end = size > 0 ? memchr(data, SEPARATOR, size) : NULL;
		size_t len = end != NULL ? (size_t)(end - data) : size;
		err = add_part(reading, part, data, len, why);
		if (end == NULL)
			break;
		data += len + 1;
		size -= len + 1;
	}
	return err != OTP_OK ? err : reading_finish(reading, why);
}

/* A fault is one line that says where. */
static void check_fault(enum otp_err err, const struct otp_why *why)
{
	must(err == OTP_ERR_CONFIG);
	must(strncmp(why->text, "main:", 5) == 0 || strncmp(why->text, "drop-in:", 8) == 0 ||
		strncmp(why->text, "argument", 8) == 0);
	for (const char *c = why->text; *c != '\0'; c++)
		must((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void check_policy(const struct policy *policy)
{
	must(policy->form.alphabet == CODE_DIGITS || policy->form.alphabet == CODE_LETTERS);
	must(policy->form.length >= CODE_MIN_LEN && policy->form.length <= CODE_MAX_LEN);
	must(policy->lifetime_s >= POLICY_LIFETIME_MIN_S && policy->lifetime_s <= POLICY_LIFETIME_MAX_S);
	must(policy->tries >= 1 && policy->tries <= POLICY_TRIES_MAX);
	must(policy->resend_after_s >= 1 && policy->resend_after_s <= policy->lifetime_s);
	must(policy->sends_per_user.count >= 1 && policy->sends_per_user.count <= POLICY_SENDS_MAX);
	must(policy->sends_per_user.window_s == 3600 || policy->sends_per_user.window_s == 86400);
	must(policy->lock_after >= 1 && policy->lock_after <= POLICY_WRONG_30D_MAX);
	must(policy->lock_for_s >= 1 && policy->lock_for_s <= POLICY_LOCK_MAX_S);
	must(policy->wrong_per_30d >= 1 && policy->wrong_per_30d <= POLICY_WRONG_30D_MAX);
}

static void check_providers(const struct config *config)
{
	struct url url;

	must(config->providers_n <= CONFIG_PROVIDERS_MAX);
	for (unsigned i = 0; i < config->providers_n; i++) {
		const struct config_provider *provider = &config->providers[i];
		must(value_is_provider_name(provider->name));
		must(url_parse(provider->url, &url, NULL) == OTP_OK);
		must(provider->tls == CONFIG_TLS_REQUIRED || (url.loopback && !url_has_tls_first(&url)));
		must(provider->username[0] == '\0' || provider->password_file[0] != '\0');
		must(url_is_http(&url) == (provider->kind == CONFIG_PROVIDER_HTTP));
	}
}

static void check_channels(const struct config *config)
{
	const struct otp_channels *used = &config->delivery.channels;
	struct contact from;

	must(used->n >= 1 && used->n <= CHANNELS_N);
	for (unsigned c = 0; c < used->n; c++)
		must(config_find_channel(config, used->list[c])->providers_n >= 1);
	for (unsigned c = 0; c < CHANNELS_N; c++) {
		const struct config_channel *channel = config_find_channel(config, (enum channel)c);
		must(channel->providers_n <= CONFIG_CHANNEL_PROVIDERS_MAX);
		for (unsigned i = 0; i < channel->providers_n; i++) {
			const struct config_provider *provider =
				config_find_provider(config, channel->providers[i]);
			must(provider != NULL);
			must(c == CHANNEL_EMAIL || provider->kind != CONFIG_PROVIDER_SMTP);
		}
	}
	if (config->email.providers_n > 0)
		must(contact_parse(CHANNEL_EMAIL, config->email.from, &from, NULL) == OTP_OK);
	must(config->sms.providers_n == 0 || config->allow_prefixes.any || config->allow_prefixes.n > 0);
	must(config->allow_prefixes.n <= CONFIG_PREFIXES_MAX);
}

/* What is written as a value is read as the same again. */
static void check_value(const struct config_key *key, const char *base)
{
	static struct config again;
	char text[CONFIG_VALUE_SIZE], text_again[CONFIG_VALUE_SIZE];

	memset(&again, 0, sizeof again);
	value_format(key, base + key->offset, text);
	must(value_parse(key, text, &again, NULL) == OTP_OK);
	value_format(key, &again, text_again);
	must(strcmp(text, text_again) == 0);
}

static void check_values(const struct config *config)
{
	const struct config_key *key;

	for (size_t i = 0; (key = table_at(i)) != NULL; i++)
		if (strcmp(key->section, TABLE_PROVIDER) != 0)
			check_value(key, (const char *)config);
		else
			for (unsigned p = 0; p < config->providers_n; p++)
				check_value(key, (const char *)&config->providers[p]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading reading;
	struct otp_why why = {0};

	enum otp_err err = read_parts(&reading, data, size, &why);
	if (err != OTP_OK) {
		check_fault(err, &why);
		return 0;
	}
	check_policy(&reading.config.policy);
	check_providers(&reading.config);
	check_channels(&reading.config);
	check_values(&reading.config);
	return 0;
}
