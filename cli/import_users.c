/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/import_users.h"

#include "cli/adopt.h"
#include "cli/command.h"
#include "cli/contacts.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/users_file.h"

#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* One run of the command. */
struct import {
	struct session session;
	struct users_file file;
	struct progress progress;
	bool dry_run, update;
	unsigned long made_n, changed_n, same_n, refused_n;
};

/* What becomes of a line. */
enum fate {
	FATE_DONE,
	FATE_REFUSED, /* the line or its user is at fault */
	FATE_STOP,    /* the store is: the next line would fare no better */
};

static enum fate refuse(struct import *import, const struct otp_why *why)
{
	progress_clear(&import->progress);
	report_error("%s", why->text);
	import->refused_n++;
	return FATE_REFUSED;
}

/* A fault of the line that is none of its text. */
static enum fate refuse_line(struct import *import, const struct otp_why *fault)
{
	struct otp_why why;

	(void)lines_fault(&import->file.where, &why, "%s", fault->text);
	return refuse(import, &why);
}

static enum fate judge(struct import *import, enum otp_err err, const struct otp_why *why)
{
	bool of_user = err == OTP_ERR_INVALID || err == OTP_ERR_EXISTS || err == OTP_ERR_OTHER_USER ||
		       err == OTP_ERR_CORRUPT || err == OTP_ERR_TOO_LARGE || err == OTP_ERR_UNTRUSTED;

	if (err == OTP_OK)
		return FATE_DONE;
	(void)refuse_line(import, why);
	return of_user ? FATE_REFUSED : FATE_STOP;
}

static enum otp_err check_user(const char *name, struct user *user, struct otp_why *why)
{
	enum otp_err err = user_find(name, user, why);

	if (err == OTP_OK && !user->exists)
		return why_set(why, OTP_ERR_INVALID, 0,
			"user: the system has no user '%s'; only its users can be enrolled", name);
	return err;
}

static enum otp_err check_contacts(
	const struct config *config, const struct otp_contacts *contacts, struct otp_why *why)
{
	for (unsigned i = 0; i < contacts->n; i++)
		if (config_allows(config, &contacts->list[i], why) != OTP_OK) {
			why_prefix(why, "contact %u: ", i + 1);
			return OTP_ERR_INVALID;
		}
	return OTP_OK;
}

static void journal_adopted(const struct adoption *adoption)
{
	char whom[DESCRIBE_CONTACTS_SIZE];
	struct logline line;

	describe_contacts(&adoption->after, whom);
	logline_begin(&line, "import");
	logline_add(&line, "user", adoption->after.user);
	logline_add(&line, "contacts", whom);
	logline_add(&line, "record", adoption->made ? "made" : "changed");
	journal_write(&line);
}

static enum fate store(struct import *import, struct adoption *adoption, const struct user *user)
{
	struct otp_why why;
	enum otp_err err = otp_change(
		&import->session.core, user->name, user->uid, (struct otp_edit){adopt_edit, adoption}, &why);

	if (err != OTP_OK)
		return judge(import, err, &why);
	import->made_n += adoption->made;
	import->changed_n += adoption->changed;
	import->same_n += !adoption->made && !adoption->changed;
	if (adoption->made || adoption->changed)
		journal_adopted(adoption);
	return FATE_DONE;
}

/* What is there already is not written again: so a run that was cut short is soon where it was. */
static enum fate take_entry(struct import *import, const struct roster_entry *entry)
{
	struct session *session = &import->session;
	struct adoption adoption = {.keys = &session->core.keys, .entry = entry, .update = import->update};
	struct user user;
	struct record record;
	struct otp_why why;
	enum otp_err err = check_user(entry->user, &user, &why);

	if (err == OTP_OK)
		err = check_contacts(&session->config, &entry->contacts, &why);
	if (err == OTP_OK)
		err = adopt_prepare(&adoption, &user, &session->core.random, &why);
	if (err != OTP_OK)
		return judge(import, err, &why);
	err = session_read(session, user.name, &record, NULL, &why);
	if (err == OTP_OK && record.uid != user.uid)
		err = why_set(&why, OTP_ERR_OTHER_USER, 0,
			"the record of %s is another user's, who had uid %lu: otpcode unenroll %s", user.name,
			(unsigned long)record.uid, user.name);
	bool exists = err == OTP_OK;
	if (err != OTP_OK && err != OTP_ERR_NOT_ENROLLED)
		return judge(import, err, &why);
	err = exists ? adopt_compare(&adoption, &record, &why) : OTP_OK;
	if (exists && err == OTP_OK) {
		import->same_n++;
		return FATE_DONE;
	}
	if (err == OTP_ERR_EXISTS && !import->update)
		return judge(import, err, &why);
	if (!import->dry_run)
		return store(import, &adoption, &user);
	import->made_n += !exists;
	import->changed_n += exists;
	return FATE_DONE;
}

static enum fate take_next(struct import *import, bool *end)
{
	struct roster_entry entry;
	struct otp_why why;
	enum otp_err error;
	enum fate fate = FATE_DONE;

	progress_show(&import->progress, ftello(import->file.in));
	switch (users_file_read(&import->file, &entry, &error, &why)) {
	case USERS_FILE_ENTRY:
		fate = take_entry(import, &entry);
		break;
	case USERS_FILE_FAULT:
		fate = refuse(import, &why);
		break;
	case USERS_FILE_END:
		*end = true;
		if (error != OTP_OK) {
			(void)refuse(import, &why);
			fate = FATE_STOP;
		}
		break;
	}
	roster_wipe(&entry);
	return fate;
}

static enum cli_exit take_all(struct import *import)
{
	enum fate fate = FATE_DONE;
	bool end = false;

	while (!end && fate != FATE_STOP)
		fate = take_next(import, &end);
	progress_clear(&import->progress);
	report_line("%s%lu enrolled, %lu changed, %lu passed over (enrolled with these facts), %lu refused",
		import->dry_run ? "nothing was changed; it would be: " : "", import->made_n,
		import->changed_n, import->same_n, import->refused_n);
	if (fate == FATE_STOP)
		report_error("%s:%u: stopped here; run it again to go on", import->file.where.name,
			import->file.where.number);
	return import->refused_n == 0 ? CLI_DONE : CLI_FAILED;
}

static enum cli_exit read_from(struct import *import, const char *path, FILE *in)
{
	struct stat st;
	struct otp_why why;
	bool regular = fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode);
	enum otp_err err = users_file_begin(&import->file, in, path, &why);
	enum cli_exit status;

	import->progress = progress_new(regular ? st.st_size : 0);
	if (err == OTP_OK) {
		status = take_all(import);
	} else {
		report_error("%s", why.text);
		status = CLI_FAILED;
	}
	users_file_end(&import->file);
	return status;
}

static enum cli_exit read_path(struct import *import, const char *path)
{
	if (strcmp(path, "-") == 0)
		return read_from(import, "standard input", stdin);
	FILE *in = fopen(path, "re");
	if (in == NULL) {
		report_error("%s: %s", path, strerror(errno));
		return CLI_FAILED;
	}
	enum cli_exit status = read_from(import, path, in);
	(void)fclose(in);
	return status;
}

/* Secrets pass through jansson's memory. */
static void wipe_and_free(void *memory)
{
	if (memory != NULL)
		OPENSSL_cleanse(memory, malloc_usable_size(memory));
	free(memory);
}

enum cli_exit import_users(const struct arguments *arguments, const char *path)
{
	struct import *import;

	if (path == NULL)
		return help_complain("import",
			"FILE is missing (or --google-authenticator FILE USER, or --pam-oath FILE)");
	if (arguments->given[OPTION_YES] > 0)
		return help_complain("import", "a users file is not asked about: without --yes");
	import = calloc(1, sizeof *import);
	if (import == NULL) {
		report_error("there is not enough memory");
		return CLI_FAILED;
	}
	import->dry_run = arguments->given[OPTION_DRY_RUN] > 0;
	import->update = arguments->given[OPTION_UPDATE] > 0;
	(void)prctl(PR_SET_DUMPABLE, 0); /* no core file with secrets in it */
	json_set_alloc_funcs(malloc, wipe_and_free);
	enum cli_exit status = session_open(arguments, &import->session);
	if (status == CLI_DONE) {
		status = session_may_enter_contacts(&import->session);
		if (status == CLI_DONE)
			status = read_path(import, path);
		session_close(&import->session);
	}
	free(import);
	return status;
}
