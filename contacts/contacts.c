/* SPDX-License-Identifier: BSD-2-Clause */
#include "contacts/contacts.h"

#include "contacts/command.h"
#include "contacts/file.h"

bool contacts_are_elsewhere(const struct config *config)
{
	return config->users.contacts.from != CONFIG_CONTACTS_RECORD;
}

enum otp_err contacts_find(const struct config *config, uid_t owner, const char *user,
	struct otp_contacts *out, struct otp_why *why)
{
	enum otp_err err = OTP_OK;

	*out = (struct otp_contacts){.n = 0};
	switch (config->users.contacts.from) {
	case CONFIG_CONTACTS_RECORD:
		break;
	case CONFIG_CONTACTS_FILE:
		err = file_find(config->users.contacts.where, owner, user, out, why);
		break;
	case CONFIG_CONTACTS_COMMAND:
		err = command_find(config, user, out, why);
		break;
	}
	if (err != OTP_OK)
		*out = (struct otp_contacts){.n = 0};
	return err;
}

enum otp_err contacts_check(const struct config *config, uid_t owner, struct otp_why *why)
{
	switch (config->users.contacts.from) {
	case CONFIG_CONTACTS_RECORD:
		break;
	case CONFIG_CONTACTS_FILE:
		return file_check(config, owner, why);
	case CONFIG_CONTACTS_COMMAND:
		return command_check(config, why);
	}
	return OTP_OK;
}
