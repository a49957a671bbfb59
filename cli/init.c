/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/journal.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/system_user.h"
#include "store/hostkey.h"
#include "store/limits.h"
#include "store/machine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One thing that init makes where it is missing. */
struct init_step {
	const char *what;
	enum otp_err (*make)(const struct config *config, bool *made, struct otp_why *why);
	const char *(*name)(const struct config *config);
};

static const char *key_path(const struct config *config)
{
	return config->store.key;
}

static const char *store_path(const struct config *config)
{
	return config->store.path;
}

static const char *limits_path(const struct config *config)
{
	static char path[CONFIG_PATH_SIZE + sizeof "/" LIMITS_NAME];

	(void)snprintf(path, sizeof path, "%s/" LIMITS_NAME, config->store.path);
	return path;
}

static const char *hook_user(const struct config *config)
{
	return config->delivery.hook_user;
}

static bool is_there(const char *path)
{
	struct stat facts;

	return lstat(path, &facts) == 0;
}

/* A new key beside an old store would make every record worthless while the old key may only be mislaid. */
static enum otp_err refuse_lost_key(const struct config *config, struct otp_why *why)
{
	char id[CONFIG_PATH_SIZE + sizeof "/store.id"];

	(void)snprintf(id, sizeof id, "%s/store.id", config->store.path);
	if (is_there(config->store.key) || !is_there(id))
		return OTP_OK;
	return why_set(why, OTP_ERR_WRONG_STORE, 0,
		"%s was made with a host key that is not there: restore %s, or check store.path and "
		"store.key; to begin "
		"anew, move the folder away",
		config->store.path, config->store.key);
}

static enum otp_err make_key_folder(const struct config *config, struct otp_why *why)
{
	char folder[CONFIG_PATH_SIZE];
	const char *slash = strrchr(config->store.key, '/');

	(void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - config->store.key), config->store.key);
	if (folder[0] == '\0' || is_there(folder))
		return OTP_OK;
	if (mkdir(folder, 0755) != 0 || chmod(folder, 0755) != 0)
		return why_set(why, OTP_ERR_IO, errno, "cannot make %s", folder);
	return OTP_OK;
}

static enum otp_err make_key(const struct config *config, bool *made, struct otp_why *why)
{
	enum otp_err err = refuse_lost_key(config, why);

	*made = false;
	if (err == OTP_OK)
		err = make_key_folder(config, why);
	return err == OTP_OK ? hostkey_create(config->store.key, SESSION_OWNER, made, why) : err;
}

static enum otp_err make_store(const struct config *config, bool *made, struct otp_why *why)
{
	unsigned char id[KEY_MAC_LEN];
	struct keys keys;
	enum otp_err err = hostkey_load(config->store.key, SESSION_OWNER, &keys, why);

	if (err == OTP_OK)
		err = key_store_id(&keys, id, why);
	keys_wipe(&keys);
	if (err == OTP_OK)
		err = store_file_create(config->store.path, SESSION_OWNER, id, made, why);
	return err;
}

static const char *machine_path(const struct config *config)
{
	static char path[CONFIG_PATH_SIZE + sizeof "/" MACHINE_NAME];

	(void)snprintf(path, sizeof path, "%s/" MACHINE_NAME, config->store.path);
	return path;
}

static enum otp_err make_machine(const struct config *config, bool *made, struct otp_why *why)
{
	struct keys keys;
	enum otp_err err = hostkey_load(config->store.key, SESSION_OWNER, &keys, why);

	if (err == OTP_OK)
		err = machine_note(config->store.path, SESSION_OWNER, &keys, made, why);
	keys_wipe(&keys);
	return err;
}

static enum otp_err make_limits(const struct config *config, bool *made, struct otp_why *why)
{
	return limits_create(config->store.path, SESSION_OWNER, made, why);
}

static enum otp_err make_hook_user(const struct config *config, bool *made, struct otp_why *why)
{
	return system_user_create(config->delivery.hook_user, made, why);
}

static const struct init_step steps[] = {
	{"host key", make_key, key_path},
	{"state folder", make_store, store_path},
	{"table of limits", make_limits, limits_path},
	{"note of this machine", make_machine, machine_path},
	{"system user", make_hook_user, hook_user},
};

#define STEPS_N (sizeof steps / sizeof steps[0])

static enum cli_exit explain(enum otp_err err, const struct init_step *step, const struct config *config,
	const struct otp_why *why)
{
	report_error("%s %s: %s", step->what, step->name(config), why->text);
	if (err == OTP_ERR_WRONG_STORE)
		report_error("nothing was changed in it. Was this machine cloned, or is store.path (%s) "
			     "another machine's? "
			     "Records made elsewhere need the host key that they were made with",
			config->store.path);
	return err == OTP_ERR_CONFIG ? CLI_CONFIG : CLI_FAILED;
}

static enum cli_exit report_made(const struct config *config, const bool *made, size_t steps_n, bool as_json)
{
	struct report_json json = report_json_new();
	json_t *list = json_array();

	report_json_put(&json, json.root, "parts", list);
	for (size_t i = 0; i < steps_n; i++) {
		const char *name = steps[i].name(config);
		json_t *part = json_object();
		report_json_put(&json, part, "part", json_string(steps[i].what));
		report_json_put(&json, part, "name", report_json_text(name));
		report_json_put(&json, part, "made", json_boolean(made[i]));
		report_json_append(&json, list, part);
		if (!as_json)
			report_line("%s %s %s", made[i] ? "made" : "already there:", steps[i].what, name);
	}
	if (as_json)
		return report_json_print(&json);
	report_json_drop(&json);
	return CLI_DONE;
}

static void journal_made(const struct config *config, const struct init_step *step)
{
	struct logline line;

	logline_begin(&line, "init");
	logline_add(&line, "made", step->what);
	logline_add(&line, "name", step->name(config));
	journal_write(&line);
}

static bool is_any(const bool *made, size_t steps_n)
{
	bool any = false;

	for (size_t i = 0; i < steps_n; i++)
		any = any || made[i];
	return any;
}

enum cli_exit command_init(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	bool as_json = arguments->given[OPTION_JSON] > 0;
	bool made[STEPS_N] = {false};
	size_t done_n = 0;
	struct config config;
	struct otp_why why;
	(void)operands;
	(void)operands_n;

	enum cli_exit status = session_load_config(arguments, &config);
	if (status != CLI_DONE)
		return status;
	for (; done_n < STEPS_N; done_n++) {
		enum otp_err err = steps[done_n].make(&config, &made[done_n], &why);
		if (err != OTP_OK) {
			status = explain(err, &steps[done_n], &config, &why);
			break;
		}
		if (made[done_n])
			journal_made(&config, &steps[done_n]);
	}
	enum cli_exit printed = report_made(&config, made, done_n, as_json);
	if (status == CLI_DONE && !as_json && is_any(made, STEPS_N))
		report_line("Now enrol a user: otpcode enroll USER --email ADDRESS (or --sms NUMBER)");
	return status != CLI_DONE ? status : printed;
}
