/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/session.h"

#include "cli/report.h"
#include "contacts/contacts.h"
#include "core/settle.h"
#include "store/hostkey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only the folder is resolved: that the file itself is no symbolic link is for the rules of trust to say. */
static enum otp_err resolve_path(const char *given, char out[CONFIG_PATH_SIZE], struct otp_why *why)
{
	char folder[CONFIG_PATH_SIZE];
	const char *slash = strrchr(given, '/');
	const char *name = slash != NULL ? slash + 1 : given;

	if ((size_t)snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - given + 1) : 2,
		    slash != NULL ? given : "./") >= sizeof folder)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: the path is too long", given);
	char *real = realpath(folder, NULL);
	if (real == NULL)
		return why_set(why, OTP_ERR_CONFIG, errno, "%s", given);
	int len = snprintf(out, CONFIG_PATH_SIZE, "%s/%s", strcmp(real, "/") != 0 ? real : "", name);
	free(real);
	if (len < 0 || len >= CONFIG_PATH_SIZE)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: the path is too long", given);
	return OTP_OK;
}

enum otp_err session_config_path(const char *given, char out[CONFIG_PATH_SIZE], struct otp_why *why)
{
	if (given == NULL)
		given = OTPCODE_SYSCONFDIR "/otpcode.conf";
	if (given[0] != '/')
		return resolve_path(given, out, why);
	if ((size_t)snprintf(out, CONFIG_PATH_SIZE, "%s", given) >= CONFIG_PATH_SIZE)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: the path is too long", given);
	return OTP_OK;
}

enum cli_exit session_load_config(const struct arguments *arguments, struct config *config)
{
	char path[CONFIG_PATH_SIZE];
	struct otp_why why;
	enum otp_err err = session_config_path(arguments_value(arguments, OPTION_CONFIG), path, &why);

	if (err == OTP_OK)
		err = config_load(path, SESSION_OWNER, 0, NULL, config, &why);
	if (err == OTP_OK)
		return CLI_DONE;
	(void)report_failure(err, &why);
	return err == OTP_ERR_NO_MEMORY ? CLI_FAILED : CLI_CONFIG;
}

static enum otp_err open_store(struct session *session, struct otp_why *why)
{
	const struct config *config = &session->config;
	unsigned char id[KEY_MAC_LEN];
	enum otp_err err = hostkey_load(config->store.key, SESSION_OWNER, &session->core.keys, why);

	if (err != OTP_OK) {
		if (why->os_error == ENOENT)
			why_prefix(why, "there is no host key; 'otpcode init' makes one: ");
		return err;
	}
	err = key_store_id(&session->core.keys, id, why);
	if (err != OTP_OK)
		return err;
	return store_file_open(&session->file, config->store.path, SESSION_OWNER, id, why);
}

enum cli_exit session_open(const struct arguments *arguments, struct session *session)
{
	struct otp_why why;
	enum cli_exit status = session_load_config(arguments, &session->config);

	if (status != CLI_DONE)
		return status;
	session->file.users_fd = -1;
	session->core = (struct otp_core){
		.clock = clock_system(), .random = random_system(), .policy = session->config.policy};
	enum otp_err err = open_store(session, &why);
	if (err != OTP_OK) {
		keys_wipe(&session->core.keys);
		return report_failure(err, &why);
	}
	session->core.store = store_file_interface(&session->file);
	return CLI_DONE;
}

void session_close(struct session *session)
{
	store_file_close(&session->file);
	keys_wipe(&session->core.keys);
}

enum cli_exit session_explain(enum otp_err err, const char *user, const struct otp_why *why)
{
	if (err == OTP_ERR_NOT_ENROLLED) {
		report_error(
			"%s is not enrolled; to enrol: otpcode enroll %s --email ADDRESS (or --sms NUMBER)",
			user, user);
		return CLI_FAILED;
	}
	if (err == OTP_ERR_OTHER_USER) {
		report_error("the record under this name belongs to another user, who had another uid: %s",
			why->text);
		report_error(
			"if %s is to begin anew, remove it first: otpcode unenroll %s --yes", user, user);
		return CLI_FAILED;
	}
	if (err == OTP_ERR_CORRUPT) {
		report_error("the record of %s cannot be read: %s", user, why->text);
		report_error("restore it from a backup, or begin anew: otpcode unenroll %s --yes", user);
		return CLI_FAILED;
	}
	return report_failure(err, why);
}

void session_host_name(const struct config *config, char out[ORIGIN_HOST_SIZE])
{
	out[0] = '\0';
	if (config->delivery.host_name[0] != '\0')
		(void)snprintf(out, ORIGIN_HOST_SIZE, "%s", config->delivery.host_name);
	else if (gethostname(out, ORIGIN_HOST_SIZE) == 0)
		out[ORIGIN_HOST_SIZE - 1] = '\0';
}

int64_t session_now(const struct session *session)
{
	return session->core.clock.now(session->core.clock.self);
}

enum otp_err session_read(const struct session *session, const char *name, struct record *out, bool *damaged,
	struct otp_why *why)
{
	enum otp_err err = otp_read(&session->core, name, out, damaged, why);

	if (err == OTP_OK)
		(void)settle_record(out, &session->core.policy, session_now(session));
	return err;
}

const char *session_contacts_from(const struct session *session, char out[CONFIG_VALUE_SIZE])
{
	const struct config_contacts *contacts = &session->config.users.contacts;

	if (!contacts_are_elsewhere(&session->config))
		return NULL;
	(void)snprintf(out, CONFIG_VALUE_SIZE, "%s:%s",
		contacts->from == CONFIG_CONTACTS_FILE ? "file" : "command", contacts->where);
	return out;
}

enum cli_exit session_may_enter_contacts(const struct session *session)
{
	char from[CONFIG_VALUE_SIZE];

	if (session_contacts_from(session, from) == NULL)
		return CLI_DONE;
	report_error("contacts come from %s ([users] contacts): change them there; a record is made by the "
		     "first login",
		from);
	return CLI_FAILED;
}

enum otp_err session_follow_contacts(
	const struct session *session, struct record *record, bool *known, struct otp_why *why)
{
	struct otp_contacts contacts;

	if (!contacts_are_elsewhere(&session->config))
		return OTP_OK;
	enum otp_err err = contacts_find(&session->config, SESSION_OWNER, record->user, &contacts, why);
	if (err != OTP_OK)
		return err;
	*known = contacts.n > 0;
	memset(record->contacts, 0, sizeof record->contacts);
	memcpy(record->contacts, contacts.list, contacts.n * sizeof contacts.list[0]);
	record->contacts_n = contacts.n;
	return OTP_OK;
}

/* Nobody need be enrolled where contacts live elsewhere. */
static enum otp_err read_followed(
	struct session *session, const struct user *user, struct record *record, struct otp_why *why)
{
	enum otp_err err = session_read(session, user->name, record, &session->damaged, why);
	bool known = false;

	if (err != OTP_OK && (err != OTP_ERR_NOT_ENROLLED || !user->exists))
		return err;
	if (err != OTP_OK) {
		*record = (struct record){.uid = user->uid};
		(void)snprintf(record->user, sizeof record->user, "%s", user->name);
	}
	enum otp_err followed = session_follow_contacts(session, record, &known, why);
	if (followed != OTP_OK)
		return followed;
	return known ? OTP_OK : err;
}

/* Who is not enrolled, where enrolling is not what would help. asked: the place of contacts knows nobody by
 * that name. */
static enum cli_exit explain_elsewhere(
	const struct session *session, enum otp_err err, const char *user, bool asked)
{
	char from[CONFIG_VALUE_SIZE];

	if (err != OTP_ERR_NOT_ENROLLED || session_contacts_from(session, from) == NULL)
		return CLI_DONE;
	if (asked)
		report_error("%s is not enrolled: there is no contact for %s in %s", user, user, from);
	else
		report_error("%s has no record yet: the first login makes it, from what %s has", user, from);
	return CLI_FAILED;
}

static enum cli_exit find_record(
	struct session *session, const char *typed, bool follow, struct user *user, struct record *record)
{
	struct otp_why why;
	enum otp_err err = user_find(typed, user, &why);

	if (err != OTP_OK)
		return report_failure(err, &why);
	err = follow ? read_followed(session, user, record, &why)
		     : session_read(session, user->name, record, &session->damaged, &why);
	if (err == OTP_ERR_NOT_ENROLLED && !user->exists) {
		report_error("there is no user '%s', neither in the system nor enrolled", typed);
		return CLI_FAILED;
	}
	if (explain_elsewhere(session, err, user->name, follow) != CLI_DONE)
		return CLI_FAILED;
	if (err != OTP_OK)
		return session_explain(err, user->name, &why);
	if (!user->exists)
		user->uid = record->uid;
	return CLI_DONE;
}

enum cli_exit session_find_record(
	struct session *session, const char *typed, struct user *user, struct record *record)
{
	return find_record(session, typed, false, user, record);
}

enum cli_exit session_find_followed(
	struct session *session, const char *typed, struct user *user, struct record *record)
{
	return find_record(session, typed, true, user, record);
}

enum cli_exit session_find_user(
	struct session *session, const char *typed, struct user *user, struct record *record, bool *enrolled)
{
	struct otp_why why;
	enum otp_err err = user_find(typed, user, &why);

	*record = (struct record){.uid = 0};
	*enrolled = false;
	if (err != OTP_OK)
		return report_failure(err, &why);
	if (!user->exists) {
		report_error("the system has no user '%s'", typed);
		return CLI_FAILED;
	}
	err = session_read(session, user->name, record, NULL, &why);
	if (err == OTP_ERR_NOT_ENROLLED)
		return CLI_DONE;
	if (err == OTP_OK && record->uid != user->uid)
		err = why_set(&why, OTP_ERR_OTHER_USER, 0, "%s has uid %lu, the record is of uid %lu",
			user->name, (unsigned long)user->uid, (unsigned long)record->uid);
	if (err != OTP_OK)
		return session_explain(err, user->name, &why);
	*enrolled = true;
	return CLI_DONE;
}

enum cli_exit session_change(struct session *session, const struct user *user, struct otp_edit edit)
{
	struct otp_why why;
	enum otp_err err = otp_change(&session->core, user->name, user->uid, edit, &why);

	if (explain_elsewhere(session, err, user->name, false) != CLI_DONE)
		return CLI_FAILED;
	return err == OTP_OK ? CLI_DONE : session_explain(err, user->name, &why);
}
