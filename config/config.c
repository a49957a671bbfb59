/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"

#include "config/reading.h"
#include "config/value.h"
#include "trust/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DROPINS "otpcode.conf.d"
#define DROPIN_SUFFIX ".conf"
#define CONF_ARGUMENT "conf="

/* One load. On the heap: hosts run PAM modules on small thread stacks. */
struct load {
	uid_t owner;
	struct reading reading;
	char dropins[CONFIG_DROPINS_MAX][NAME_MAX + 1];
	unsigned dropins_n;
	char text[CONFIG_FILE_MAX + 1];
};

/*
 * A file that is missing, too long or not root's is the admin's to mend, like a wrong value; a failing system
 * is not.
 */
static enum otp_err as_fault(enum otp_err err, struct otp_why *why)
{
	bool absent = err == OTP_ERR_IO && (why->os_error == ENOENT || why->os_error == EACCES);

	if (absent || err == OTP_ERR_UNTRUSTED || err == OTP_ERR_TOO_LARGE || err == OTP_ERR_INVALID)
		return OTP_ERR_CONFIG;
	return err;
}

/* Reads the file name of an open folder; path is what messages call it. */
static enum otp_err add_file(
	struct load *load, int folder_fd, const char *name, const char *path, struct otp_why *why)
{
	struct trust_rule rule = {.mode = TRUST_READABLE, .owner = load->owner};
	size_t len = 0;
	int fd = -1;

	enum otp_err err = trust_open_at(folder_fd, name, O_RDONLY, rule, path, &fd, why);
	if (err != OTP_OK)
		return as_fault(err, why);
	err = trust_read(fd, path, load->text, sizeof load->text, &len, why);
	(void)close(fd);
	if (err != OTP_OK)
		return as_fault(err, why);
	return reading_add_file(&load->reading, path, load->text, len, why);
}

/*
 * What editors and package tools leave beside a file does not end so; a leading dot hides a file here as
 * everywhere.
 */
static bool is_dropin(const char *name)
{
	size_t len = strlen(name), suffix = sizeof DROPIN_SUFFIX - 1;
	return name[0] != '.' && len > suffix && strcmp(name + len - suffix, DROPIN_SUFFIX) == 0;
}

static enum otp_err list_dropins(struct load *load, DIR *folder, const char *path, struct otp_why *why)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (entry == NULL)
			return errno == 0 ? OTP_OK : why_set(why, OTP_ERR_IO, errno, "%s", path);
		if (!is_dropin(entry->d_name))
			continue;
		if (load->dropins_n == CONFIG_DROPINS_MAX)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s: more than %d .conf files", path,
				CONFIG_DROPINS_MAX);
		(void)snprintf(load->dropins[load->dropins_n++], NAME_MAX + 1, "%s", entry->d_name);
	}
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(a, b);
}

static enum otp_err add_dropins(struct load *load, DIR *folder, const char *path, struct otp_why *why)
{
	enum otp_err err = list_dropins(load, folder, path, why);

	qsort(load->dropins, load->dropins_n, sizeof load->dropins[0], by_bytes);
	for (unsigned i = 0; err == OTP_OK && i < load->dropins_n; i++) {
		char file[CONFIG_PATH_SIZE];
		int len = snprintf(file, sizeof file, "%s/%s", path, load->dropins[i]);
		if (len < 0 || (size_t)len >= sizeof file)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s: a path of over %zu bytes", file,
				sizeof file - 1);
		err = add_file(load, dirfd(folder), load->dropins[i], file, why);
	}
	return err;
}

static enum otp_err add_dropin_folder(
	struct load *load, int folder_fd, const char *folder_path, struct otp_why *why)
{
	char path[CONFIG_PATH_SIZE + sizeof "/" DROPINS];
	int fd = -1;

	(void)snprintf(path, sizeof path, "%s/" DROPINS, strcmp(folder_path, "/") == 0 ? "" : folder_path);
	enum otp_err err = trust_open_folder_at(folder_fd, DROPINS, load->owner, path, &fd, why);
	if (err == OTP_ERR_IO && why->os_error == ENOENT)
		return OTP_OK;
	if (err != OTP_OK)
		return as_fault(err, why);
	DIR *folder = fdopendir(fd);
	if (folder == NULL) {
		err = why_set(why, OTP_ERR_IO, errno, "%s", path);
		(void)close(fd);
		return err;
	}
	err = add_dropins(load, folder, path, why);
	(void)closedir(folder);
	return err;
}

/* Both are looked up under one descriptor of their folder: never a main file of one and drop-ins of another.
 */
static enum otp_err add_files(struct load *load, const char *path, struct otp_why *why)
{
	char folder[CONFIG_PATH_SIZE];
	const char *slash = strrchr(path, '/');
	int fd = -1;

	if (path[0] != '/' || slash == NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: must be an absolute path", path);
	if (strlen(path) >= sizeof folder)
		return why_set(
			why, OTP_ERR_CONFIG, 0, "%s: a path of over %zu bytes", path, sizeof folder - 1);
	(void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	enum otp_err err = trust_open_folder(folder, load->owner, &fd, why);
	if (err != OTP_OK)
		return as_fault(err, why);
	err = add_file(load, fd, slash + 1, path, why);
	if (err == OTP_OK)
		err = add_dropin_folder(load, fd, folder, why);
	(void)close(fd);
	return err;
}

static enum otp_err add_arguments(
	struct reading *reading, int args_n, const char *const *args, struct otp_why *why)
{
	enum otp_err err = OTP_OK;

	for (int i = 0; err == OTP_OK && i < args_n; i++)
		if (strncmp(args[i], CONF_ARGUMENT, sizeof CONF_ARGUMENT - 1) != 0)
			err = reading_add_argument(reading, args[i], why);
	return err;
}

static enum otp_err read_all(
	struct load *load, const char *path, int args_n, const char *const *args, struct otp_why *why)
{
	load->dropins_n = 0;
	reading_begin(&load->reading);
	enum otp_err err = add_files(load, path != NULL ? path : OTPCODE_SYSCONFDIR "/otpcode.conf", why);
	if (err == OTP_OK)
		err = add_arguments(&load->reading, args_n, args, why);
	return err != OTP_OK ? err : reading_finish(&load->reading, why);
}

/* NULL with *err set, else to be freed. */
static struct load *load_all(const char *path, uid_t owner, int args_n, const char *const *args,
	enum otp_err *err, struct otp_why *why)
{
	struct load *load = malloc(sizeof *load);
	struct otp_why own; /* as_fault looks into it, whether or not the caller wants it */

	if (load == NULL) {
		*err = why_set(why, OTP_ERR_NO_MEMORY, 0, "no memory for the configuration");
		return NULL;
	}
	load->owner = owner;
	*err = read_all(load, path, args_n, args, why != NULL ? why : &own);
	if (*err == OTP_OK)
		return load;
	free(load);
	return NULL;
}

enum otp_err config_load(const char *path, uid_t owner, int args_n, const char *const *args,
	struct config *out, struct otp_why *why)
{
	enum otp_err err;
	struct load *load = load_all(path, owner, args_n, args, &err, why);

	memset(out, 0, sizeof *out);
	if (load == NULL)
		return err;
	*out = load->reading.config;
	free(load);
	return OTP_OK;
}

enum otp_err config_conf_argument(int args_n, const char *const *args, const char **path, struct otp_why *why)
{
	*path = NULL;
	for (int i = 0; i < args_n; i++) {
		if (strncmp(args[i], CONF_ARGUMENT, sizeof CONF_ARGUMENT - 1) != 0)
			continue;
		const char *value = args[i] + sizeof CONF_ARGUMENT - 1;
		enum otp_err err = OTP_OK;
		if (*path != NULL)
			err = why_set(why, OTP_ERR_CONFIG, 0, "argument %s: conf is given twice", args[i]);
		else if (value[0] != '/')
			err = why_set(
				why, OTP_ERR_CONFIG, 0, "argument %s: must be an absolute path", args[i]);
		if (err != OTP_OK) {
			*path = NULL;
			return err;
		}
		*path = value;
	}
	return OTP_OK;
}

const struct config_provider *config_find_provider(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->providers_n; i++)
		if (strcmp(config->providers[i].name, name) == 0)
			return &config->providers[i];
	return NULL;
}

/* One section of the configuration, or one provider. */
struct shown {
	const char *table_section, *section;
	const char *base;
	const struct reading_place *places;
	unsigned serves; /* only keys that do; 0: all */
};

static void show_section(const struct reading *reading, struct shown shown, config_visit *visit, void *ctx)
{
	char value[CONFIG_VALUE_SIZE], source[READING_PLACE_SIZE];
	const struct config_key *key;

	for (size_t i = 0; (key = table_at(i)) != NULL; i++) {
		if (strcmp(key->section, shown.table_section) != 0 ||
			(key->serves & shown.serves) != shown.serves)
			continue;
		value_format(key, shown.base + key->offset, value);
		reading_place_name(reading, shown.places[i], source);
		visit(ctx, shown.section, key->key, value, source);
	}
}

static void show_providers(const struct reading *reading, config_visit *visit, void *ctx)
{
	for (unsigned i = 0; i < reading->config.providers_n; i++) {
		const struct config_provider *provider = &reading->config.providers[i];
		char section[CONFIG_NAME_SIZE + sizeof TABLE_PROVIDER];
		(void)snprintf(section, sizeof section, TABLE_PROVIDER " %s", provider->name);
		struct shown shown = {TABLE_PROVIDER, section, (const char *)provider,
			reading->providers[i].keys, 1U << provider->kind};
		show_section(reading, shown, visit, ctx);
	}
}

enum otp_err config_show(const char *path, uid_t owner, config_visit *visit, void *ctx, struct otp_why *why)
{
	const struct config_key *key;
	const char *last = "";
	enum otp_err err;
	struct load *load = load_all(path, owner, 0, NULL, &err, why);

	if (load == NULL)
		return err;
	for (size_t i = 0; (key = table_at(i)) != NULL; i++) {
		if (strcmp(key->section, last) == 0)
			continue;
		last = key->section;
		struct shown shown = {last, last, (const char *)&load->reading.config, load->reading.keys, 0};
		if (strcmp(last, TABLE_PROVIDER) == 0)
			show_providers(&load->reading, visit, ctx);
		else
			show_section(&load->reading, shown, visit, ctx);
	}
	free(load);
	return OTP_OK;
}
