/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/import_users.h"
#include "cli/journal.h"
#include "cli/owned_file.h"
#include "cli/report.h"
#include "cli/secret.h"
#include "cli/session.h"
#include "cli/takeover.h"
#include "core/account.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX 262144
#define OUR_WINDOW (2 * TOTP_WINDOW + 1)

/* One run of the command. */
struct import {
	struct session session;
	const char *from; /* which module's file, for the log */
	bool sure;
	char *text; /* of the file: secret */
	size_t text_len;
};

/* What is stored for one user; no secret any more. */
struct adoption {
	struct account_totp totp;
	struct record_backup backups[RECORD_BACKUPS_MAX];
	unsigned backups_n;
};

static enum otp_err seal_all(struct import *import, const struct user *user, const struct takeover *takeover,
	struct adoption *adoption, struct otp_why *why)
{
	int64_t latest = totp_latest_step(&takeover->form, session_now(&import->session));
	bool known = takeover->knows_used && takeover->last_step < latest;
	enum otp_err err =
		secret_seal(&import->session, user, &takeover->secret, &adoption->totp.secret, why);

	/* What the other module has let pass must not pass once more. */
	adoption->totp.last_step = known ? takeover->last_step : latest;
	adoption->totp.form = takeover->form;
	adoption->backups_n = takeover->backups_n;
	for (unsigned i = 0; i < takeover->backups_n && err == OTP_OK; i++)
		err = backup_seal(&import->session.core.keys, user->name, user->uid, &takeover->backups[i],
			&adoption->backups[i].seal, why);
	return err;
}

static enum otp_err adopt(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	const struct adoption *adoption = ctx;

	account_set_totp(record, exists, now, &adoption->totp);
	if (adoption->backups_n == 0)
		return OTP_OK;
	return account_set_backups(record, true, now, adoption->backups, adoption->backups_n, false, why);
}

static void say_what_stays_behind(const struct user *user, const struct takeover *takeover)
{
	if (takeover->window != 0 && takeover->window != OUR_WINDOW)
		report_line("%s: its window of %u codes is now %d: the present one and one either side",
			user->name, takeover->window, OUR_WINDOW);
	if (takeover->has_rate_limit)
		report_line("%s: its RATE_LIMIT ends: the limits of otpcode.conf hold", user->name);
	if (takeover->has_skew)
		report_line("%s: its TIME_SKEW ends: the phone's clock must be right within %d s", user->name,
			takeover->form.period_s);
	if (takeover->pin_is_elsewhere)
		report_line("%s: it counted on another module to check a password first: see that one does",
			user->name);
}

static void say(const struct import *import, const struct user *user, const struct takeover *takeover)
{
	char form[DESCRIBE_FORM_SIZE], backups[40] = "";
	struct logline line;

	describe_form(&takeover->form, form);
	if (takeover->backups_n > 0)
		describe_count(takeover->backups_n, "backup code", backups, sizeof backups);
	report_line("%s: the authenticator app is taken over: %s%s%s", user->name, form,
		backups[0] != '\0' ? "; " : "", backups);
	say_what_stays_behind(user, takeover);
	if (!takeover->knows_used)
		report_line(
			"%s: codes that were shown until now are not accepted: wait a minute", user->name);
	logline_begin(&line, "import");
	logline_add(&line, "user", user->name);
	logline_add(&line, "from", import->from);
	logline_add(&line, "form", form);
	logline_add_number(&line, "backup_codes", takeover->backups_n);
	journal_write(&line);
}

/* Asks before it replaces what the user has. */
static bool may_replace(
	const struct import *import, const struct record *record, const struct takeover *takeover)
{
	char warning[RECORD_USER_SIZE + 160], kept[DESCRIBE_KEPT_SIZE];
	bool app = record->totp_n > 0, backups = record->backups_n > 0 && takeover->backups_n > 0;

	if (import->sure || (!app && !backups))
		return true;
	describe_kept(record, kept);
	(void)snprintf(warning, sizeof warning, "%s has: %s. The file's take the place of %s.", record->user,
		kept,
		app && backups ? "app and backup codes"
		: app          ? "the app"
			       : "the backup codes");
	return report_confirm(warning);
}

static enum cli_exit take_over(struct import *import, const char *typed, const struct takeover *takeover)
{
	struct adoption adoption = {.backups_n = 0};
	struct user user;
	struct record record;
	struct otp_why why;
	bool enrolled;
	enum cli_exit status = session_find_user(&import->session, typed, &user, &record, &enrolled);

	if (status == CLI_DONE && !may_replace(import, &record, takeover))
		status = CLI_FAILED;
	if (status != CLI_DONE)
		return status;
	enum otp_err err = seal_all(import, &user, takeover, &adoption, &why);
	if (err != OTP_OK)
		return report_failure(err, &why);
	status = session_change(&import->session, &user, (struct otp_edit){adopt, &adoption});
	if (status == CLI_DONE)
		say(import, &user, takeover);
	return status;
}

static enum cli_exit refuse(const char *user, const struct otp_why *why)
{
	report_error("%s is not taken over: %s", user, why->text);
	report_error("a new app: otpcode totp %s", user);
	return CLI_FAILED;
}

static enum cli_exit import_google(struct import *import, const char *user)
{
	struct takeover takeover;
	struct otp_why why;
	enum cli_exit status;

	if (google_file_parse(import->text, import->text_len, &takeover, &why) == OTP_OK)
		status = take_over(import, user, &takeover);
	else
		status = refuse(user, &why);
	takeover_wipe(&takeover);
	return status;
}

/* pam_oath tries every line of a user; here a user has one app, the first that can be taken over. */
static bool is_among(const char *user, char (*names)[RECORD_USER_SIZE], size_t names_n)
{
	for (size_t i = 0; i < names_n; i++)
		if (strcmp(names[i], user) == 0)
			return true;
	return false;
}

/* names: of the users taken over so far; room for one a line. */
struct oath_import {
	struct import *import;
	const char *only; /* this user; NULL: all */
	char (*names)[RECORD_USER_SIZE];
	size_t names_n, refused_n;
};

static void import_line(struct oath_import *oath, const struct oath_line *line)
{
	struct otp_why why = line->why;

	if (oath->only != NULL && strcmp(oath->only, line->user) != 0)
		return;
	bool again = is_among(line->user, oath->names, oath->names_n);
	if (again)
		(void)why_set(
			&why, OTP_ERR_INVALID, 0, "a user has one app, and it has one from a line above");
	if (again || line->err != OTP_OK) {
		report_error("line %u: %s is not taken over: %s", line->number,
			line->user[0] != '\0' ? line->user : "it", why.text);
		oath->refused_n++;
	} else if (take_over(oath->import, line->user, &line->token) == CLI_DONE) {
		memcpy(oath->names[oath->names_n++], line->user, RECORD_USER_SIZE);
	} else {
		oath->refused_n++;
	}
}

static size_t count_lines(const struct import *import)
{
	size_t n = 1;

	for (size_t i = 0; i < import->text_len; i++)
		n += import->text[i] == '\n';
	return n;
}

static enum cli_exit import_oath(struct import *import, const char *only)
{
	struct oath_import oath = {.import = import, .only = only};
	struct oath_reader reader = {.at = import->text, .end = import->text + import->text_len};
	struct oath_line line;

	oath.names = calloc(count_lines(import), sizeof *oath.names);
	if (oath.names == NULL) {
		report_error("there is not enough memory");
		return CLI_FAILED;
	}
	while (oath_file_next(&reader, &line)) {
		import_line(&oath, &line);
		takeover_wipe(&line.token);
	}
	free(oath.names);
	if (oath.names_n == 0 && oath.refused_n == 0)
		report_error("the file has %s%s", only != NULL ? "no line of " : "no user",
			only != NULL ? only : "");
	else if (only == NULL)
		report_line("%zu taken over, %zu not", oath.names_n, oath.refused_n);
	return oath.names_n > 0 && oath.refused_n == 0 ? CLI_DONE : CLI_FAILED;
}

static enum cli_exit read_file(struct import *import, const char *path, const char *typed)
{
	struct user user = {.uid = 0};
	struct otp_why why;
	enum otp_err err = typed != NULL ? user_find(typed, &user, &why) : OTP_OK;

	if (err == OTP_OK && typed != NULL && !user.exists) {
		report_error("the system has no user '%s'", typed);
		return CLI_FAILED;
	}
	import->text = calloc(1, FILE_SIZE_MAX);
	if (err == OTP_OK && import->text == NULL)
		err = why_set(&why, OTP_ERR_NO_MEMORY, 0, "there is not enough memory");
	if (err == OTP_OK)
		err = owned_file_read(path, user.uid, import->text, FILE_SIZE_MAX, &import->text_len, &why);
	return err == OTP_OK ? CLI_DONE : report_failure(err, &why);
}

enum cli_exit command_import(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	const char *google = arguments_value(arguments, OPTION_GOOGLE_AUTHENTICATOR);
	const char *oath = arguments_value(arguments, OPTION_PAM_OATH);
	const char *user = operands_n > 0 ? operands[0] : NULL;
	struct import import = {.from = google != NULL ? "google-authenticator" : "pam-oath",
		.sure = arguments->given[OPTION_YES] > 0};

	if (google == NULL && oath == NULL)
		return import_users(arguments, user);
	if (google != NULL && oath != NULL)
		return help_complain("import", "either --google-authenticator FILE or --pam-oath FILE");
	if (arguments->given[OPTION_DRY_RUN] > 0 || arguments->given[OPTION_UPDATE] > 0)
		return help_complain("import", "--dry-run and --update go with a users file alone");
	if (google != NULL && user == NULL)
		return help_complain("import", "USER is missing: whose file it is");
	enum cli_exit status = session_open(arguments, &import.session);
	if (status != CLI_DONE)
		return status;
	status = read_file(&import, google != NULL ? google : oath, user);
	if (status == CLI_DONE)
		status = google != NULL ? import_google(&import, user) : import_oath(&import, user);
	if (import.text != NULL)
		OPENSSL_cleanse(import.text, FILE_SIZE_MAX);
	free(import.text);
	session_close(&import.session);
	return status;
}
