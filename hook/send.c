/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/send.h"

#include "core/random.h"
#include "hook/command.h"
#include "hook/http.h"
#include "hook/message.h"
#include "hook/report.h"
#include "hook/rounds.h"
#include "hook/smtp.h"
#include "hook/template.h"
#include "hook/trace.h"
#include "hook/words.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ID_BYTES 16
static_assert(2 * ID_BYTES + 1 == PROVIDER_ID_SIZE, "two digits a byte");

/* A message on its way through the providers. Secret. */
struct order {
	const struct request *request;
	struct words words;
	struct message mail;
	char id[PROVIDER_ID_SIZE];
	struct provider_message message;
	struct trace trace;
};

static int64_t world_now(void *self)
{
	struct timespec now;

	(void)self;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void world_pause(void *self, int64_t ms)
{
	struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)self;
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static void world_send(void *self, const struct config_provider *provider, struct provider_limits limits,
	struct provider_result *result)
{
	struct order *order = self;
	struct trace *trace = order->message.trace;

	trace_tellf(trace, '*', "provider %s: %s", provider->name,
		provider->kind == CONFIG_PROVIDER_COMMAND ? provider->command : provider->url);
	switch (provider->kind) {
	case CONFIG_PROVIDER_SMTP:
		smtp_send(provider, &order->message, limits, result);
		break;
	case CONFIG_PROVIDER_HTTP:
		http_send(provider, &order->message, limits, result);
		break;
	case CONFIG_PROVIDER_COMMAND:
		command_send(provider, &order->message, limits, result);
		break;
	}
}

static void world_note(
	void *self, const struct config_provider *provider, const struct provider_result *result)
{
	const struct order *order = self;

	report_provider(order->request, provider->name, result->outcome, result->reason);
}

static enum otp_err add_provider(
	const struct config *config, const char *name, struct rounds_list *list, struct otp_why *why)
{
	const struct config_provider *provider = config_find_provider(config, name);

	if (provider == NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s has no section [provider %s]", config->path, name);
	list->providers[list->n++] = provider;
	return OTP_OK;
}

/* The one provider that was asked for, or all of the channel. */
static enum otp_err find_providers(const struct config *config, const struct request *request,
	struct rounds_list *list, struct otp_why *why)
{
	enum channel channel = request->contact.channel;
	const struct config_channel *facts = config_find_channel(config, channel);
	enum otp_err err = OTP_OK;

	if (request->provider[0] != '\0')
		err = add_provider(config, request->provider, list, why);
	else if (facts->providers_n == 0)
		err = why_set(why, OTP_ERR_CONFIG, 0, "%s: [%s] providers is empty", config->path,
			channel_name(channel));
	else
		for (unsigned i = 0; err == OTP_OK && i < facts->providers_n; i++)
			err = add_provider(config, facts->providers[i], list, why);
	for (unsigned i = 0; err == OTP_OK && channel == CHANNEL_SMS && i < list->n; i++)
		if (list->providers[i]->kind == CONFIG_PROVIDER_SMTP)
			err = why_set(why, OTP_ERR_CONFIG, 0, "[provider %s] is for email, not for SMS",
				list->providers[i]->name);
	return err;
}

/* A template must be right for a test message too, which has the built-in text. */
static enum otp_err find_words(
	const struct config *config, const struct request *request, struct words *words, struct otp_why *why)
{
	const char *template_file = config_find_channel(config, request->contact.channel)->template_file;

	if (template_file[0] != '\0') {
		enum otp_err err = template_fill_file(template_file, 0, request, words, why);
		if (err != OTP_OK || request->kind == REQUEST_CODE)
			return err;
	}
	words_build(request, words);
	return OTP_OK;
}

static enum otp_err draw_id(const struct otp_random *random, char id[PROVIDER_ID_SIZE], struct otp_why *why)
{
	unsigned char bytes[ID_BYTES];
	enum otp_err err = random->fill(random->self, bytes, sizeof bytes, why);

	for (size_t i = 0; err == OTP_OK && i < sizeof bytes; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", bytes[i]);
	return err;
}

static enum otp_err write_order(const struct config *config, struct order *order, struct otp_why *why)
{
	const struct request *request = order->request;
	bool is_email = request->contact.channel == CHANNEL_EMAIL;
	struct message_facts facts = {.from = config_find_channel(config, request->contact.channel)->from,
		.to = request->contact.address,
		.now = (int64_t)time(NULL)};
	struct otp_random random = random_system();
	enum otp_err err = draw_id(&random, order->id, why);

	if (err == OTP_OK)
		err = find_words(config, request, &order->words, why);
	if (err == OTP_OK && is_email)
		err = message_build(&facts, &order->words, &random, &order->mail, why);
	order->message = (struct provider_message){.channel = request->contact.channel,
		.to = request->contact.address,
		.from = facts.from,
		.text = order->words.body,
		.mail = order->mail.text,
		.mail_len = order->mail.len,
		.code = request->code.text,
		.ref = request->ref,
		.host = request->host,
		.user = request->user,
		.id = order->id,
		.trace = request->trace ? &order->trace : NULL};
	order->trace.request = request;
	trace_hide(order->message.trace, request->contact.address);
	return err;
}

static bool hand_over(
	struct order *order, const struct rounds_list *list, int64_t begun, struct request_verdict *verdict)
{
	const struct request *request = order->request;
	const struct rounds_world world = {.self = order,
		.now = world_now,
		.pause = world_pause,
		.send = world_send,
		.note = world_note};
	int64_t life_ms = ROUNDS_BACKGROUND_MS;

	if (request->kind == REQUEST_CODE)
		life_ms = (request->works_until - (int64_t)time(NULL)) * 1000;
	struct rounds_times times = rounds_plan(begun, request->wait_ms, life_ms);
	return rounds_run(list, &times, &world, verdict);
}

static bool send_order(
	const struct config *config, struct order *order, int64_t begun, struct request_verdict *verdict)
{
	struct rounds_list list = {.n = 0};
	struct otp_why why = {0};
	enum request_outcome outcome = VERDICT_CONFIG;
	enum otp_err err = find_providers(config, order->request, &list, &why);

	if (err == OTP_OK) {
		err = config_allows(config, &order->request->contact, &why);
		outcome = err == OTP_OK ? VERDICT_CONFIG : VERDICT_REFUSED;
	}
	if (err == OTP_OK)
		err = write_order(config, order, &why);
	if (err == OTP_OK)
		return hand_over(order, &list, begun, verdict);
	*verdict = (struct request_verdict){.outcome = outcome, .provider = "-"};
	(void)snprintf(
		verdict->reason, sizeof verdict->reason, "%.*s", (int)sizeof verdict->reason - 1, why.text);
	return false;
}

bool send_needs_new_privileges(const struct config *config, const struct request *request)
{
	struct rounds_list list = {.n = 0};

	if (find_providers(config, request, &list, NULL) != OTP_OK)
		return false;
	for (unsigned i = 0; i < list.n; i++)
		if (list.providers[i]->kind == CONFIG_PROVIDER_COMMAND)
			return true;
	return false;
}

bool send_request(const struct config *config, const struct request *request, int64_t begun,
	struct request_verdict *verdict)
{
	struct order *order = calloc(1, sizeof *order);

	if (order == NULL) {
		*verdict = (struct request_verdict){
			.outcome = VERDICT_LATER, .provider = "-", .reason = "no memory for the message"};
		return false;
	}
	order->request = request;
	bool background = send_order(config, order, begun, verdict);
	OPENSSL_cleanse(order, sizeof *order);
	free(order);
	return background;
}
