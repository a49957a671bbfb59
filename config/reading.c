/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reading.h"

#include "config/ini.h"
#include "config/suggest.h"
#include "config/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define ARGUMENT_SHOWN_MAX 60

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

/* Splits "section.key" from a copy of an argument; false where it is none. */
static bool split_argument(char *name, const char **section, const char **key)
{
	char *dot = strchr(name, '.');

	if (dot == NULL)
		return false;
	*dot = '\0';
	*section = name;
	*key = dot + 1;
	return true;
}

static enum otp_err set_argument(struct reading *reading, const char *section, const char *name,
	const char *value, struct otp_why *why)
{
	struct target target = {(char *)&reading->config, reading->keys};

	if (!table_has_section(section))
		return suggest_section(section, why);
	const struct config_key *key = table_find(section, name);
	if (key == NULL && strcmp(section, TABLE_PROVIDER) != 0)
		return suggest_key(section, name, why);
	if (key == NULL || key->file_only != NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "may stand in the file only: %s",
			key != NULL ? key->file_only : table_find(TABLE_PROVIDER, "url")->file_only);
	return set_key(key, value, target, (struct reading_place){.file = READING_ARGUMENT}, why);
}

enum otp_err reading_add_argument(struct reading *reading, const char *argument, struct otp_why *why)
{
	char name[CONFIG_NAME_SIZE];
	const char *section, *key;
	size_t len = strcspn(argument, "=");

	if (argument[len] == '\0' || len >= sizeof name)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"argument %.*s: must be section.key=value or conf=PATH", ARGUMENT_SHOWN_MAX,
			argument);
	memcpy(name, argument, len);
	name[len] = '\0';
	enum otp_err err =
		split_argument(name, &section, &key)
			? set_argument(reading, section, key, argument + len + 1, why)
			: why_set(why, OTP_ERR_CONFIG, 0, "must be section.key=value or conf=PATH");
	if (err != OTP_OK)
		why_prefix(why, "argument %.*s: ", ARGUMENT_SHOWN_MAX, argument);
	return err;
}
