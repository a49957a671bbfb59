/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "config/quantity.h"
#include "core/account.h"
#include "core/backup.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#define SET_N 10 /* of those that a person keeps */
#define EXPIRES_MIN_S 60
#define EXPIRES_MAX_S 604800

/* New codes. printed is wiped on every way out. */
struct new_codes {
	unsigned n;
	bool beside;   /* those that there are stay */
	int expires_s; /* 0: never */
	struct record_backup backups[RECORD_BACKUPS_MAX];
	char printed[RECORD_BACKUPS_MAX][BACKUP_PRINTED_SIZE];
	unsigned left; /* that the user then has */
};

static bool read_options(const struct arguments *arguments, struct new_codes *codes)
{
	static const struct config_key count = {
		.key = "--count", .kind = CONFIG_KIND_NUMBER, .min = 1, .max = SET_N};
	static const struct config_key expires = {.key = "--expires",
		.kind = CONFIG_KIND_DURATION,
		.min = EXPIRES_MIN_S,
		.max = EXPIRES_MAX_S,
		.unit = "min"};
	const char *n = arguments_value(arguments, OPTION_COUNT);
	const char *lifetime = arguments_value(arguments, OPTION_EXPIRES);
	struct otp_why why;

	*codes = (struct new_codes){.n = lifetime != NULL ? 1 : SET_N, .beside = lifetime != NULL};
	enum otp_err err = OTP_OK;
	if (n != NULL && lifetime == NULL)
		err = why_set(&why, OTP_ERR_INVALID, 0,
			"--count needs --expires: codes for a while, beside those that are kept");
	else if (n != NULL)
		err = quantity_parse_number(&count, n, &codes->n, &why);
	if (err == OTP_OK && lifetime != NULL)
		err = quantity_parse_duration(&expires, lifetime, &codes->expires_s, &why);
	if (err != OTP_OK)
		(void)help_complain("backup-codes", "%s", why.text);
	return err == OTP_OK;
}

static enum otp_err draw_one(const struct session *session, const struct user *user, struct new_codes *codes,
	unsigned i, struct otp_why *why)
{
	struct record_backup *backup = &codes->backups[i];
	struct backup_code code;
	enum otp_err err = backup_draw(&session->core.random, &code, why);

	if (err == OTP_OK)
		err = backup_seal(&session->core.keys, user->name, user->uid, &code, &backup->seal, why);
	if (err == OTP_OK)
		backup_print(&code, codes->printed[i]);
	backup->until = codes->expires_s > 0 ? session_now(session) + codes->expires_s : 0;
	backup_wipe(&code);
	return err;
}

static enum otp_err set(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct new_codes *codes = ctx;
	enum otp_err err =
		account_set_backups(record, exists, now, codes->backups, codes->n, codes->beside, why);

	codes->left = record->backups_n;
	return err;
}

static bool print(const struct new_codes *codes)
{
	char line[BACKUP_PRINTED_SIZE + 8];
	bool fine = true;

	for (unsigned i = 0; fine && i < codes->n; i++) {
		int len = snprintf(line, sizeof line, "  %s\n", codes->printed[i]);
		fine = terminal_write(line, (size_t)len);
	}
	OPENSSL_cleanse(line, sizeof line);
	return fine;
}

static enum cli_exit say(const struct user *user, const struct new_codes *codes)
{
	char until[DESCRIBE_TIME_SIZE], made[40], left[40];
	int64_t ends = codes->backups[0].until;
	struct logline line;

	describe_time(ends, until);
	describe_count(codes->n, "backup code", made, sizeof made);
	describe_count(codes->left, "backup code", left, sizeof left);
	logline_begin(&line, "backup-codes");
	logline_add(&line, "user", user->name);
	logline_add_number(&line, "made", codes->n);
	logline_add_number(&line, "left", codes->left);
	if (ends != 0)
		logline_add_time(&line, "until", ends);
	journal_write(&line);
	report_line("%s: %s, each for one login%s%s:", user->name, made, ends != 0 ? ", until " : "",
		ends != 0 ? until : "");
	if (!print(codes)) {
		report_error(
			"the codes could not be written; 'otpcode backup-codes %s' makes others", user->name);
		return CLI_FAILED;
	}
	if (codes->beside)
		report_line("%s now has %s.", user->name, left);
	else
		report_line("They are shown this once. They belong where the phone is not.");
	return CLI_DONE;
}

static enum cli_exit make(struct session *session, const struct user *user, struct new_codes *codes)
{
	struct otp_why why;
	enum otp_err err = OTP_OK;

	for (unsigned i = 0; i < codes->n && err == OTP_OK; i++)
		err = draw_one(session, user, codes, i, &why);
	if (err != OTP_OK)
		return report_failure(err, &why);
	enum cli_exit status = session_change(session, user, (struct otp_edit){set, codes});
	return status == CLI_DONE ? say(user, codes) : status;
}

static enum cli_exit run(const struct arguments *arguments, const char *typed, struct new_codes *codes)
{
	char warning[RECORD_USER_SIZE + 128], old[40];
	struct session session;
	struct user user;
	struct record record;
	bool enrolled;
	enum cli_exit status = session_open(arguments, &session);

	if (status != CLI_DONE)
		return status;
	status = session_find_user(&session, typed, &user, &record, &enrolled);
	bool asks = !codes->beside && record.backups_n > 0 && arguments->given[OPTION_YES] == 0;
	describe_count(record.backups_n, "backup code", old, sizeof old);
	(void)snprintf(warning, sizeof warning, "%s has %s: they will be worth nothing.", user.name, old);
	if (status == CLI_DONE && asks && !report_confirm(warning))
		status = CLI_FAILED;
	if (status == CLI_DONE)
		status = make(&session, &user, codes);
	session_close(&session);
	return status;
}

enum cli_exit command_backup_codes(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct new_codes codes;
	(void)operands_n;

	if (!read_options(arguments, &codes))
		return CLI_USAGE;
	(void)prctl(PR_SET_DUMPABLE, 0); /* no core file with the codes in it */
	enum cli_exit status = run(arguments, operands[0], &codes);
	OPENSSL_cleanse(&codes, sizeof codes);
	return status;
}
