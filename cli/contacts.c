/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/contacts.h"

#include "cli/help.h"
#include "cli/report.h"

/* The options that give contacts, by channel. */
static const enum option_id options[CHANNELS_N] = {
	[CHANNEL_EMAIL] = OPTION_EMAIL, [CHANNEL_SMS] = OPTION_SMS};

/* The channel whose next option stands first; taken: how many of each were taken already. */
static enum channel next_channel(const struct arguments *arguments, const unsigned taken[CHANNELS_N])
{
	unsigned email = taken[CHANNEL_EMAIL], sms = taken[CHANNEL_SMS];

	if (email == arguments->given[OPTION_EMAIL])
		return CHANNEL_SMS;
	if (sms == arguments->given[OPTION_SMS])
		return CHANNEL_EMAIL;
	return arguments->places[OPTION_EMAIL][email] < arguments->places[OPTION_SMS][sms] ? CHANNEL_EMAIL
											   : CHANNEL_SMS;
}

enum cli_exit contacts_from_options(
	const char *command_name, const struct arguments *arguments, struct contacts *out)
{
	unsigned n = arguments->given[OPTION_EMAIL] + arguments->given[OPTION_SMS];
	unsigned taken[CHANNELS_N] = {0};
	struct otp_why why;

	*out = (struct contacts){.n = 0};
	if (n == 0)
		return help_complain(command_name, "an address is missing: --email ADDRESS or --sms NUMBER");
	if (n > RECORD_CONTACTS_MAX)
		return help_complain(command_name, "a user has at most %d contacts", RECORD_CONTACTS_MAX);
	while (out->n < n) {
		enum channel channel = next_channel(arguments, taken);
		enum option_id option = options[channel];
		const char *text = arguments->values[option][taken[channel]++];

		if (contact_parse(channel, text, &out->list[out->n++], &why) != OTP_OK)
			return help_complain(command_name, "--%s '%s': %s", arguments_option(option)->name,
				text, why.text);
	}
	return CLI_DONE;
}

enum cli_exit contacts_are_allowed(const struct config *config, const struct contacts *contacts)
{
	char mask[CONTACT_MASK_SIZE];
	struct otp_why why;

	for (unsigned i = 0; i < contacts->n; i++) {
		contact_mask(&contacts->list[i], mask);
		if (config_allows(config, &contacts->list[i], &why) != OTP_OK) {
			report_error("%s: %s", mask, why.text);
			return CLI_FAILED;
		}
		enum channel channel = contacts->list[i].channel;
		if (!channel_is_among(channel, &config->delivery.channels))
			report_line(
				"%s is passed over: this host sends no codes by %s (see [delivery] channels)",
				mask, channel_name(channel));
	}
	return CLI_DONE;
}
