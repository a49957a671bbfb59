/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reading.h"

#include "config/ini.h"
#include "config/suggest.h"
#include "config/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define ARGUMENT_SHOWN_MAX 60
#define ARGUMENT_FORM "must be section.key=value or conf=PATH"

static_assert(READING_FILES_MAX < READING_ARGUMENT, "a file's number is never taken for an argument");

void reading_begin(struct reading *reading)
{
	memset(reading, 0, sizeof *reading);
	table_defaults(&reading->config);
}

void reading_place_name(
	const struct reading *reading, struct reading_place place, char out[READING_PLACE_SIZE])
{
	if (place.file == 0)
		(void)snprintf(out, READING_PLACE_SIZE, "default");
	else if (place.file == READING_ARGUMENT)
		(void)snprintf(out, READING_PLACE_SIZE, "argument");
	else
		(void)snprintf(out, READING_PLACE_SIZE, "%s:%u", reading->files[place.file - 1], place.line);
}

/* Where the keys of a section are kept, and where each was given. */
struct target {
	char *base;
	struct reading_place *places;
};

/*
 * Sets one key. The same key again in the same file, or in the arguments, is one too many; a later file may
 * override.
 */
static enum otp_err set_key(const struct config_key *key, const char *value, struct target target,
	struct reading_place at, struct otp_why *why)
{
	struct reading_place *place = &target.places[table_index(key)];

	if (place->file == at.file && at.file == READING_ARGUMENT)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s is given twice", key->key);
	if (place->file == at.file)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s is repeated: it stands in line %u already",
			key->key, place->line);
	*place = at;
	return value_parse(key, value, target.base + key->offset, why);
}

/* The name in "provider NAME", or NULL for another section. */
static const char *provider_name(const char *section)
{
	size_t len = sizeof TABLE_PROVIDER - 1;

	if (strncmp(section, TABLE_PROVIDER, len) != 0 || (section[len] != ' ' && section[len] != '\0'))
		return NULL;
	return section + len + strspn(section + len, " ");
}

/* Finds the provider, or makes it at its first line. */
static enum otp_err enter_provider(struct reading *reading, const char *name, struct reading_place at,
	struct target *target, struct otp_why *why)
{
	struct config *config = &reading->config;
	unsigned i = 0;

	if (!value_is_provider_name(name))
		return why_set(why, OTP_ERR_CONFIG, 0,
			"[provider NAME] needs a NAME of up to %d letters, digits, '-' or '_', the first a "
			"letter or digit",
			CONFIG_NAME_SIZE - 1);
	while (i < config->providers_n && strcmp(config->providers[i].name, name) != 0)
		i++;
	if (i == CONFIG_PROVIDERS_MAX)
		return why_set(
			why, OTP_ERR_CONFIG, 0, "there are more than %d providers", CONFIG_PROVIDERS_MAX);
	if (i == config->providers_n) {
		config->providers[i] = config_provider_default();
		memcpy(config->providers[i].name, name, strlen(name) + 1);
		reading->providers[i].section = at;
		config->providers_n++;
	}
	*target = (struct target){(char *)&config->providers[i], reading->providers[i].keys};
	return OTP_OK;
}

static enum otp_err read_ini_line(void *ctx, const struct ini_line *line, struct otp_why *why)
{
	struct reading *reading = ctx;
	struct reading_place at = {.file = reading->files_n, .line = line->line};
	struct target target = {(char *)&reading->config, reading->keys};
	const char *section = line->section;
	const char *name = provider_name(section);

	if (name != NULL) {
		enum otp_err err = enter_provider(reading, name, at, &target, why);
		if (err != OTP_OK)
			return err;
		section = TABLE_PROVIDER;
	}
	if (!table_has_section(section))
		return suggest_section(section, why);
	if (line->key == NULL)
		return OTP_OK;
	const struct config_key *key = table_find(section, line->key);
	return key != NULL ? set_key(key, line->value, target, at, why)
			   : suggest_key(section, line->key, why);
}

enum otp_err reading_add_file(
	struct reading *reading, const char *path, char *text, size_t len, struct otp_why *why)
{
	struct ini_visit visit = {read_ini_line, reading};

	if (reading->files_n == READING_FILES_MAX)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: more than %d drop-ins", path, CONFIG_DROPINS_MAX);
	if (reading->files_n == 0)
		(void)snprintf(reading->config.path, CONFIG_PATH_SIZE, "%s", path);
	(void)snprintf(reading->files[reading->files_n++], CONFIG_PATH_SIZE, "%s", path);
	return ini_parse(path, text, len, visit, why);
}

/* The key that "section.key" names. NULL, and why, where there is none that an argument may set. */
static const struct config_key *find_argument(char *name, struct otp_why *why)
{
	char *dot = strchr(name, '.');

	if (dot == NULL) {
		(void)why_set(why, OTP_ERR_CONFIG, 0, ARGUMENT_FORM);
		return NULL;
	}
	*dot = '\0';
	bool of_provider = strcmp(name, TABLE_PROVIDER) == 0;
	const struct config_key *key = table_find(name, of_provider ? "url" : dot + 1);
	if (!table_has_section(name))
		(void)suggest_section(name, why);
	else if (key == NULL)
		(void)suggest_key(name, dot + 1, why);
	else if (key->file_only != NULL)
		(void)why_set(why, OTP_ERR_CONFIG, 0, "may stand in the file only: %s", key->file_only);
	else
		return key;
	return NULL;
}

enum otp_err reading_add_argument(struct reading *reading, const char *argument, struct otp_why *why)
{
	struct target target = {(char *)&reading->config, reading->keys};
	char name[CONFIG_NAME_SIZE];
	size_t len = strcspn(argument, "=");
	int name_shown = len < ARGUMENT_SHOWN_MAX ? (int)len : ARGUMENT_SHOWN_MAX;

	if (argument[len] == '\0' || len >= sizeof name)
		return why_set(why, OTP_ERR_CONFIG, 0, "argument %.*s: " ARGUMENT_FORM, name_shown, argument);
	memcpy(name, argument, len);
	name[len] = '\0';
	const struct config_key *key = find_argument(name, why);
	if (key == NULL) {
		why_prefix(why, "argument %.*s: ", name_shown, argument);
		return OTP_ERR_CONFIG;
	}
	enum otp_err err = set_key(
		key, argument + len + 1, target, (struct reading_place){.file = READING_ARGUMENT}, why);
	if (err != OTP_OK)
		why_prefix(why, "argument %.*s: ", ARGUMENT_SHOWN_MAX, argument);
	return err;
}
