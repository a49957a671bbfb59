/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/admin_request.h"
#include "cli/command.h"
#include "cli/contacts.h"
#include "cli/help.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/trial.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void fill_request(struct trial *trial, const char *user, const char *provider)
{
	admin_request_fill(&trial->config, user, provider, &trial->request);
	trial->request.kind = REQUEST_TEST;
	contact_mask(&trial->request.contact, trial->mask);
}

static enum cli_exit check_provider(const struct config *config, const char *name)
{
	if (name == NULL || config_find_provider(config, name) != NULL)
		return CLI_DONE;
	report_error("--provider: there is no [provider %s] in %s; 'otpcode config show' lists them", name,
		config->path);
	return CLI_FAILED;
}

static bool is_listed(const struct config_channel *channel, const char *provider)
{
	for (unsigned i = 0; i < channel->providers_n; i++)
		if (strcmp(channel->providers[i], provider) == 0)
			return true;
	return false;
}

/* Whether codes go by this channel, and by the provider if there is one: a new one that no channel lists yet
 * is tried with what it can take. */
static bool is_served(const struct config *config, enum channel channel, const char *name)
{
	const struct config_provider *provider = name != NULL ? config_find_provider(config, name) : NULL;

	if (provider == NULL)
		return channel_is_among(channel, &config->delivery.channels);
	if (is_listed(&config->email, name) || is_listed(&config->sms, name))
		return is_listed(config_find_channel(config, channel), name);
	return channel == CHANNEL_EMAIL || provider->kind != CONFIG_PROVIDER_SMTP;
}

/* The first contact of the user's order that is served is where a code would go. */
static enum cli_exit choose_contact(const struct record *record, const char *provider, struct trial *trial)
{
	for (unsigned i = 0; i < record->contacts_n; i++) {
		if (!is_served(&trial->config, record->contacts[i].channel, provider))
			continue;
		trial->request.contact = record->contacts[i];
		return CLI_DONE;
	}
	report_error("%s has no contact that %s sends to", record->user,
		provider != NULL ? provider : "this host");
	return CLI_FAILED;
}

static enum cli_exit test_user(const struct arguments *arguments, const char *typed, struct trial *trial)
{
	struct session session;
	struct user user;
	struct record record;
	enum cli_exit status = session_open(arguments, &session);

	if (status != CLI_DONE)
		return status;
	trial->config = session.config;
	status = session_find_followed(&session, typed, &user, &record);
	session_close(&session);
	if (status == CLI_DONE)
		status = choose_contact(&record, arguments_value(arguments, OPTION_PROVIDER), trial);
	if (status != CLI_DONE)
		return status;
	fill_request(trial, user.name, arguments_value(arguments, OPTION_PROVIDER));
	return CLI_DONE;
}

static enum cli_exit test_address(const struct arguments *arguments, struct trial *trial)
{
	const char *address = arguments_value(arguments, OPTION_TO);
	const char *provider = arguments_value(arguments, OPTION_PROVIDER);
	char admin[RECORD_USER_SIZE];
	/* What cannot be an email address was meant as a number, as people write it. */
	bool number = address[strspn(address, "+0123456789 .-()/")] == '\0';
	enum channel channel = number ? CHANNEL_SMS : CHANNEL_EMAIL;
	struct otp_why why;

	if (contact_parse(channel, address, &trial->request.contact, &why) != OTP_OK)
		return help_complain("test", "--to '%s': %s", address, why.text);
	enum cli_exit status = session_load_config(arguments, &trial->config);
	if (status != CLI_DONE)
		return status;
	if (provider != NULL && config_find_provider(&trial->config, provider) != NULL &&
		!is_served(&trial->config, channel, provider)) {
		report_error("--provider: %s is not for %s", provider, channel_name(channel));
		return CLI_FAILED;
	}
	user_name_of(getuid(), admin);
	fill_request(trial, admin, provider);
	return CLI_DONE;
}

enum cli_exit command_test(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	bool to_address = arguments->given[OPTION_TO] > 0;
	struct trial trial;

	memset(&trial, 0, sizeof trial);
	if (to_address && operands_n > 0)
		return help_complain("test", "either USER or --to ADDRESS, not both");
	if (!to_address && operands_n == 0)
		return help_complain("test", "USER is missing (or --to ADDRESS)");
	enum cli_exit status =
		to_address ? test_address(arguments, &trial) : test_user(arguments, operands[0], &trial);
	if (status == CLI_DONE)
		status = check_provider(&trial.config, arguments_value(arguments, OPTION_PROVIDER));
	trial.request.trace = arguments->given[OPTION_VERBOSE] > 0;
	if (status == CLI_DONE)
		status = trial_send(&trial, arguments->given[OPTION_JSON] > 0);
	return status;
}
