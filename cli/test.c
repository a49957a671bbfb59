/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/contacts.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/mend.h"
#include "cli/report.h"
#include "cli/session.h"
#include "deliver/deliver.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One test message, and what became of it. */
struct trial {
	struct config config;
	struct request request;
	char mask[CONTACT_MASK_SIZE];
	enum deliver_end end;
	struct request_verdict verdict;
};

static void fill_request(struct trial *trial, const char *user, const char *provider)
{
	char host[ORIGIN_HOST_SIZE] = "";
	const char *tty = ttyname(STDIN_FILENO);
	struct origin origin;
	struct request *request = &trial->request;

	(void)gethostname(host, sizeof host - 1);
	origin_from_facts(&(struct origin_facts){.host = trial->config.delivery.host_name[0] != '\0'
								 ? trial->config.delivery.host_name
								 : host,
				  .service = "otpcode",
				  .tty = tty,
				  .caller_uid = getuid()},
		&origin);
	request->kind = REQUEST_TEST;
	memcpy(request->host, origin.host, sizeof request->host);
	memcpy(request->service, origin.service, sizeof request->service);
	memcpy(request->source, origin.source, sizeof request->source);
	request_set_user(request, user);
	(void)snprintf(request->support, sizeof request->support, "%s", trial->config.prompt.support);
	(void)snprintf(request->provider, sizeof request->provider, "%s", provider != NULL ? provider : "");
	request->time = clock_system().now(NULL);
	request->wait_ms = trial->config.delivery.wait_s * 1000;
	contact_mask(&request->contact, trial->mask);
}

/* The hook has blanked it once; this one does so for a hook of another kind. */
static void note_line(void *self, const char *line)
{
	const struct trial *trial = self;
	char copy[REQUEST_VERDICT_MAX];

	(void)snprintf(copy, sizeof copy, "%s", line);
	request_blank(&trial->request, copy);
	report_note("%s", copy);
}

/* What would help against what kept the message; NULL where it was sent, or nothing is known. */
static const struct mend *mend_of(const struct trial *trial)
{
	static const struct mend slow = {"timeout", "--verbose shows where it hangs; a provider that is "
						    "always slow needs a longer delivery.wait"};

	if (trial->end == DELIVER_SLOW)
		return &slow;
	return trial->verdict.outcome == VERDICT_SENT ? NULL : mend_find(trial->verdict.reason);
}

static const char *outcome_name(const struct trial *trial)
{
	if (trial->end == DELIVER_SLOW)
		return "slow";
	switch (trial->verdict.outcome) {
	case VERDICT_SENT:
		return "sent";
	case VERDICT_REFUSED:
		return "refused";
	case VERDICT_LATER:
		return "later";
	case VERDICT_UNKNOWN:
		return "unknown";
	case VERDICT_CONFIG:
		return "config";
	}
	return "none";
}

static enum cli_exit status_of(const struct trial *trial)
{
	if (trial->end == DELIVER_SLOW)
		return CLI_FAILED;
	if (trial->verdict.outcome == VERDICT_CONFIG)
		return CLI_CONFIG;
	return trial->verdict.outcome == VERDICT_SENT ? CLI_DONE : CLI_FAILED;
}

static void say_verdict(const struct trial *trial)
{
	const struct request_verdict *verdict = &trial->verdict;

	if (verdict->outcome == VERDICT_REFUSED && strcmp(verdict->provider, "-") == 0) {
		report_line(
			"refused: the message to %s goes to no provider: %s", trial->mask, verdict->reason);
		return;
	}
	switch (verdict->outcome) {
	case VERDICT_SENT:
		report_line("sent: %s took the message to %s in %ld ms", verdict->provider, trial->mask,
			verdict->ms);
		break;
	case VERDICT_REFUSED:
		report_line("refused: %s will not take the message to %s: %s", verdict->provider, trial->mask,
			verdict->reason);
		break;
	case VERDICT_LATER:
		report_line("not sent: %s cannot take the message to %s now: %s", verdict->provider,
			trial->mask, verdict->reason);
		break;
	case VERDICT_UNKNOWN:
		report_line("unknown: the connection to %s was lost when it had the message to %s; it may "
			    "arrive: %s",
			verdict->provider, trial->mask, verdict->reason);
		break;
	case VERDICT_CONFIG:
		report_line("not sent: the configuration is at fault: %s", verdict->reason);
		break;
	}
}

static enum cli_exit print_json(const struct trial *trial)
{
	struct report_json json = report_json_new();
	bool verdict = trial->end == DELIVER_VERDICT;
	bool sent = verdict && trial->verdict.outcome == VERDICT_SENT;

	report_json_put(&json, json.root, "to", json_string(trial->mask));
	report_json_put(&json, json.root, "outcome", json_string(outcome_name(trial)));
	report_json_put(&json, json.root, "provider",
		verdict ? report_json_text(trial->verdict.provider) : json_null());
	report_json_put(&json, json.root, "ms", sent ? json_integer(trial->verdict.ms) : json_null());
	report_json_put(&json, json.root, "reason",
		verdict && !sent ? report_json_text(trial->verdict.reason) : json_null());
	const struct mend *mend = mend_of(trial);
	report_json_put(&json, json.root, "cause", mend != NULL ? json_string(mend->cause) : json_null());
	report_json_put(&json, json.root, "mend", mend != NULL ? json_string(mend->advice) : json_null());
	return report_json_print(&json);
}

static void journal_trial(const struct trial *trial)
{
	struct logline line;

	logline_begin(&line, "test");
	logline_add(&line, "user", trial->request.user);
	logline_add(&line, "to", trial->mask);
	logline_add(&line, "outcome", outcome_name(trial));
	if (trial->end == DELIVER_VERDICT) {
		logline_add(&line, "provider", trial->verdict.provider);
		logline_add(&line, "why", trial->verdict.reason);
	}
	journal_write(&line);
}

static enum cli_exit send_message(struct trial *trial, bool as_json)
{
	struct otp_why why;
	const struct deliver_options options = {
		.hook = trial->config.delivery.hook,
		.config = trial->config.path,
		.hook_user = trial->config.delivery.hook_user,
		.trace = trial->request.trace ? note_line : NULL,
		.trace_self = trial,
	};
	enum otp_err err = deliver_send(&options, &trial->request, &trial->end, &trial->verdict, &why);

	if (err != OTP_OK)
		return report_failure(err, &why);
	journal_trial(trial);
	enum cli_exit printed = CLI_DONE;
	if (as_json)
		printed = print_json(trial);
	else if (trial->end == DELIVER_SLOW)
		report_line(
			"no verdict within %d s on the message to %s; the hook goes on and logs how it ended",
			trial->config.delivery.wait_s, trial->mask);
	else
		say_verdict(trial);
	if (!as_json && mend_of(trial) != NULL)
		report_line("what to do: %s", mend_of(trial)->advice);
	return status_of(trial) != CLI_DONE ? status_of(trial) : printed;
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
	status = session_find_record(&session, typed, &user, &record);
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
		status = send_message(&trial, arguments->given[OPTION_JSON] > 0);
	return status;
}
