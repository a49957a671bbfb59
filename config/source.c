/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/source.h"

#include "config/command_line.h"
#include "config/placeholder.h"
#include "config/value.h"

#include <stdio.h>
#include <string.h>

#define RECORD "record"

static const char *const prefixes[] = {
	[CONFIG_CONTACTS_FILE] = "file:",
	[CONFIG_CONTACTS_COMMAND] = "command:",
};

/* What stands behind the prefix, or NULL if text does not begin with it. */
static const char *behind(const char *text, enum config_contacts_from from)
{
	size_t len = strlen(prefixes[from]);

	return strncmp(text, prefixes[from], len) == 0 ? text + len : NULL;
}

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static enum otp_err refuse(const struct config_key *key, struct otp_why *why)
{
	char range[CONFIG_RANGE_SIZE];

	source_range(key, range);
	return why_set(why, OTP_ERR_CONFIG, 0, "%s must be %s", key->key, range);
}

/* Without arguments it is given the user's name, with arguments what they say. */
static enum otp_err check_command(const char *key, const char *line, struct otp_why *why)
{
	const char *rest = line, *word;
	size_t len;

	if (*line == '\0')
		return why_set(
			why, OTP_ERR_CONFIG, 0, "%s must begin with the absolute path of a program", key);
	enum otp_err err = command_line_check_for(key, line, 1U << PLACEHOLDER_USER, why);
	if (err != OTP_OK)
		return err;
	(void)command_line_take(&rest, &word, &len);
	if (command_line_take(&rest, &word, &len) && !placeholder_stands_in(line, PLACEHOLDER_USER))
		return why_set(why, OTP_ERR_CONFIG, 0,
			"%s: the arguments hold no {user}: whose contacts are asked for?", key);
	return OTP_OK;
}

enum otp_err source_parse(const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	struct config_contacts *contacts = field;
	const char *path = behind(text, CONFIG_CONTACTS_FILE), *line = behind(text, CONFIG_CONTACTS_COMMAND);
	const char *where = path != NULL ? path : line != NULL ? line : "";

	*contacts = (struct config_contacts){.from = path != NULL   ? CONFIG_CONTACTS_FILE
						     : line != NULL ? CONFIG_CONTACTS_COMMAND
								    : CONFIG_CONTACTS_RECORD};
	if ((path == NULL && line == NULL && strcmp(text, RECORD) != 0) || !is_printable(where) ||
		strlen(where) >= sizeof contacts->where ||
		(path != NULL && (!value_is_path(path) || strlen(path) >= CONFIG_PATH_SIZE)))
		return refuse(key, why);
	enum otp_err err = line != NULL ? check_command(key->key, line, why) : OTP_OK;
	if (err == OTP_OK)
		memcpy(contacts->where, where, strlen(where) + 1);
	return err;
}

void source_format(const struct config_key *key, const void *field, char *out, size_t size)
{
	const struct config_contacts *contacts = field;

	(void)key;
	if (contacts->from == CONFIG_CONTACTS_RECORD)
		(void)snprintf(out, size, RECORD);
	else
		(void)snprintf(out, size, "%s%s", prefixes[contacts->from], contacts->where);
}

void source_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	(void)key;
	(void)snprintf(out, CONFIG_RANGE_SIZE, RECORD ", file:/PATH or command:/PATH ARGUMENT...");
}
