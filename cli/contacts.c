/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/contacts.h"

#include "cli/help.h"

enum cli_exit contacts_from_options(
	const char *command_name, const struct arguments *arguments, struct contacts *out)
{
	struct otp_why why;

	*out = (struct contacts){.n = 0};
	if (arguments->given[OPTION_EMAIL] == 0)
		return help_complain(command_name, "an address is missing: --email ADDRESS");
	for (unsigned i = 0; i < arguments->given[OPTION_EMAIL]; i++) {
		const char *text = arguments->values[OPTION_EMAIL][i];
		struct contact contact;

		if (contact_parse(CHANNEL_EMAIL, text, &contact, &why) != OTP_OK)
			return help_complain(command_name, "--email '%s': %s", text, why.text);
		out->list[out->n++] = contact;
	}
	return CLI_DONE;
}
