/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/check.h"

#include "hook/command.h"
#include "hook/gsm7.h"
#include "hook/http.h"
#include "hook/smtp.h"
#include "hook/template.h"
#include "hook/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_EMAIL "login@example.org"
#define SAMPLE_NUMBER "+12025550123"

static int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whoever asked may be gone: then nobody wants to know. */
static void tell_fact(const char *key, long long number)
{
	char line[64];
	int len = snprintf(line, sizeof line, REQUEST_FACT "%s %lld\n", key, number);

	if (len > 0 && (size_t)len < sizeof line && write(STDOUT_FILENO, line, (size_t)len) != len)
		return;
}

static enum otp_err find_provider(const struct config *config, const struct request *request,
	const struct config_provider **out, struct otp_why *why)
{
	const struct config_channel *channel = config_find_channel(config, request->contact.channel);
	const char *name = request->provider;

	if (name[0] == '\0' && channel->providers_n > 0)
		name = channel->providers[0];
	*out = config_find_provider(config, name);
	if (*out == NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s has no section [provider %s]", config->path, name);
	if (request->contact.channel == CHANNEL_SMS && (*out)->kind == CONFIG_PROVIDER_SMTP)
		return why_set(why, OTP_ERR_CONFIG, 0, "[provider %s] is for email, not for SMS", name);
	return OTP_OK;
}

/* A code such as the next login's, though it is none. */
static void fill_sample(const struct config *config, const struct request *request, struct request *sample)
{
	bool is_sms = request->contact.channel == CHANNEL_SMS;

	*sample = *request;
	sample->kind = REQUEST_CODE;
	sample->works_until = request->time + config->policy.lifetime_s;
	(void)snprintf(sample->contact.address, sizeof sample->contact.address, "%s",
		is_sms ? SAMPLE_NUMBER : SAMPLE_EMAIL);
	memset(sample->code.text, '0', config->policy.form.length);
	(void)snprintf(sample->ref, sizeof sample->ref, "XYZ");
}

static enum otp_err check_text(
	const struct config *config, const struct request *request, struct words *words, struct otp_why *why)
{
	const char *template_file = config_find_channel(config, request->contact.channel)->template_file;
	struct request sample;
	enum otp_err err = OTP_OK;

	fill_sample(config, request, &sample);
	if (template_file[0] != '\0')
		err = template_fill_file(template_file, 0, &sample, words, why);
	else
		words_build(&sample, words);
	if (err == OTP_OK && request->contact.channel == CHANNEL_SMS) {
		size_t septets = gsm7_septets(words->body);
		tell_fact(REQUEST_FACT_PARTS,
			septets <= GSM7_PART
				? 1
				: (long long)((septets + GSM7_PART_OF_MANY - 1) / GSM7_PART_OF_MANY));
	}
	return err;
}

static void ask_provider(const struct config *config, const struct config_provider *provider,
	const struct request *request, struct provider_result *result)
{
	const struct provider_message message = {.channel = request->contact.channel,
		.to = request->contact.channel == CHANNEL_SMS ? SAMPLE_NUMBER : SAMPLE_EMAIL,
		.from = config_find_channel(config, request->contact.channel)->from,
		.text = "",
		.mail = "",
		.code = "",
		.ref = "",
		.host = request->host,
		.user = request->user,
		.id = ""};
	long ms = request->wait_ms - request->wait_ms / 10;
	const struct provider_limits limits = {.connect_ms = ms, .total_ms = ms};

	switch (provider->kind) {
	case CONFIG_PROVIDER_SMTP:
		smtp_check(provider, &message, limits, result);
		break;
	case CONFIG_PROVIDER_HTTP:
		http_check(provider, &message, limits, result);
		break;
	case CONFIG_PROVIDER_COMMAND:
		command_probe(provider, result);
		break;
	}
}

void check_request(
	const struct config *config, const struct request *request, struct request_verdict *verdict)
{
	const struct config_provider *provider = NULL;
	struct provider_result result = {.outcome = VERDICT_CONFIG};
	struct words *words = calloc(1, sizeof *words);
	struct otp_why why = {0};
	int64_t begun = clock_ms();
	enum otp_err err = words != NULL ? OTP_OK : why_set(&why, OTP_ERR_NO_MEMORY, 0, "no memory");

	if (err == OTP_OK)
		err = find_provider(config, request, &provider, &why);
	if (err == OTP_OK)
		err = check_text(config, request, words, &why);
	free(words);
	if (err == OTP_OK)
		ask_provider(config, provider, request, &result);
	else
		(void)snprintf(
			result.reason, sizeof result.reason, "%.*s", (int)sizeof result.reason - 1, why.text);
	if (result.certificate_ends > 0)
		tell_fact(REQUEST_FACT_CERTIFICATE, (long long)result.certificate_ends);
	*verdict = (struct request_verdict){.outcome = result.outcome, .ms = (long)(clock_ms() - begun)};
	(void)snprintf(
		verdict->provider, sizeof verdict->provider, "%s", provider != NULL ? provider->name : "-");
	(void)snprintf(verdict->reason, sizeof verdict->reason, "%s", result.reason);
}
