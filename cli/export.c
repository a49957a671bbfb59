/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/adopt.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* One run of the command. */
struct export
{
	struct session session;
	FILE *out;
	const char *path; /* NULL: standard output */
	bool as_json, with_secrets;
	int write_error; /* errno of the first write that failed */
	enum cli_exit status;
	unsigned long users_n, apps_n, backups_n;
};

/* A column of the table, or a member of the object. */
struct export_column {
	enum roster_field field;
	unsigned number;
	bool secret;
};

static const struct export_column columns[] = {
	{ROSTER_USER, 0, false},
	{ROSTER_CONTACT, 0, false},
	{ROSTER_CONTACT, 1, false},
	{ROSTER_CONTACT, 2, false},
	{ROSTER_CONTACT, 3, false},
	{ROSTER_LOCKED, 0, false},
	{ROSTER_ENROLLED, 0, false},
	{ROSTER_TOTP, 0, true},
	{ROSTER_BACKUP_CODES, 0, true},
};
#define COLUMNS_N (sizeof columns / sizeof columns[0])

_Static_assert(RECORD_CONTACTS_MAX == 4, "every contact has a column");

/* RFC 4180: in quotes where it has to be. */
static void put_cell(FILE *out, bool first, const char *text)
{
	if (!first)
		(void)fputc(',', out);
	if (text[strcspn(text, ",\"\r\n")] == '\0') {
		(void)fputs(text, out);
		return;
	}
	(void)fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)fputc('"', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

static void put_head(const struct export *export)
{
	for (size_t i = 0; !export->as_json && i < COLUMNS_N; i++)
		if (export->with_secrets || !columns[i].secret)
			put_cell(export->out, i == 0, roster_field_name(columns[i].field));
	if (!export->as_json)
		(void)fputs("\n", export->out);
}

static void put_row(const struct export *export, const struct roster_entry *entry)
{
	char text[ROSTER_TEXT_SIZE];

	for (size_t i = 0; i < COLUMNS_N; i++)
		if (export->with_secrets || !columns[i].secret) {
			roster_put(entry, columns[i].field, columns[i].number, text);
			put_cell(export->out, i == 0, text);
		}
	(void)fputs("\n", export->out);
	OPENSSL_cleanse(text, sizeof text);
}

/* A member of the object; none where there is nothing to say. */
static bool put_member(json_t *object, const struct roster_entry *entry, const struct export_column *column)
{
	char text[ROSTER_TEXT_SIZE];
	const char *name = roster_field_name(column->field);
	bool fine;

	roster_put(entry, column->field, column->number, text);
	if (column->field == ROSTER_CONTACT)
		fine = text[0] == '\0' ||
		       json_array_append_new(json_object_get(object, "contacts"), json_string(text)) == 0;
	else if (column->field == ROSTER_LOCKED)
		fine = json_object_set_new(object, name, json_boolean(entry->locked)) == 0;
	else
		fine = text[0] == '\0' || json_object_set_new(object, name, json_string(text)) == 0;
	OPENSSL_cleanse(text, sizeof text);
	return fine;
}

/* False where the name is no UTF-8, which JSON is. */
static bool put_object(const struct export *export, const struct roster_entry *entry)
{
	json_t *object = json_object();
	bool fine = object != NULL;

	for (size_t i = 0; fine && i < COLUMNS_N; i++) {
		if (export->with_secrets || !columns[i].secret)
			fine = put_member(object, entry, &columns[i]);
		if (i == 0)
			fine = fine && json_object_set_new(object, "contacts", json_array()) == 0;
	}
	if (fine) {
		(void)json_dumpf(object, export->out, 0);
		(void)fputc('\n', export->out);
	}
	json_decref(object);
	return fine;
}

static void fail(struct export *export, enum cli_exit status)
{
	if (export->status == CLI_DONE)
		export->status = status;
}

/* One record that cannot be read must not hide the others; it makes the whole a failure. */
static bool export_user(void *ctx, const char *name)
{
	struct export *export = ctx;
	struct record record;
	struct roster_entry entry;
	struct otp_why why;
	enum otp_err err = session_read(&export->session, name, &record, NULL, &why);

	if (err == OTP_ERR_NOT_ENROLLED) /* unenrolled since the name was read */
		return true;
	if (err == OTP_OK)
		err = adopt_tell(&export->session.core.keys, &record, export->with_secrets, &entry, &why);
	if (err != OTP_OK) {
		fail(export, session_explain(err, name, &why));
		return true;
	}
	if (!export->as_json) {
		put_row(export, &entry);
	} else if (!put_object(export, &entry)) {
		report_error("%s is left out: the name is no UTF-8, which JSON must be; CSV takes it", name);
		fail(export, CLI_FAILED);
		export->users_n--;
	}
	export->users_n++;
	export->apps_n += entry.has_totp;
	export->backups_n += entry.backups_n;
	roster_wipe(&entry);
	if (export->write_error == 0 && ferror(export->out) != 0)
		export->write_error = errno;
	return export->write_error == 0;
}

/* A file of that name is never replaced; the new one is the owner's alone. */
static enum cli_exit open_file(struct export *export)
{
	int fd = open(export->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && errno == EEXIST) {
		report_error("%s is there already and is left as it is: give another name, or remove it",
			export->path);
		return CLI_FAILED;
	}
	if (fd >= 0 && fchmod(fd, 0600) == 0)
		export->out = fdopen(fd, "w");
	if (export->out != NULL)
		return CLI_DONE;
	report_error("%s: %s", export->path, strerror(errno));
	if (fd >= 0) {
		(void)unlink(export->path);
		(void)close(fd);
	}
	return CLI_FAILED;
}

/* A file that is not whole is taken away. */
static enum cli_exit close_file(struct export *export)
{
	int error = export->write_error;

	if (fflush(export->out) != 0 || fsync(fileno(export->out)) != 0)
		error = error != 0 ? error : errno;
	if (fclose(export->out) != 0)
		error = error != 0 ? error : errno;
	if (error == 0)
		return CLI_DONE;
	(void)unlink(export->path);
	report_error("%s could not be written, and is not there: %s", export->path, strerror(error));
	return CLI_FAILED;
}

static void say(const struct export *export)
{
	struct logline line;

	report_line("%s: %lu user%s", export->path, export->users_n, export->users_n == 1 ? "" : "s");
	if (export->with_secrets)
		report_line("It holds secrets: of %lu authenticator app%s, and the seals of %lu backup "
			    "code%s. Its mode is 0600: guard it as well as the host key",
			export->apps_n, export->apps_n == 1 ? "" : "s", export->backups_n,
			export->backups_n == 1 ? "" : "s");
	logline_begin(&line, "export");
	logline_add_number(&line, "users", (int64_t) export->users_n);
	logline_add(&line, "file", export->path);
	logline_add(&line, "secrets", export->with_secrets ? "yes" : "no");
	journal_write(&line);
}

static enum cli_exit run(struct export *export)
{
	if (export->path == NULL)
		export->out = stdout;
	else if (open_file(export) != CLI_DONE)
		return CLI_FAILED;
	put_head(export);
	enum cli_exit walked =
		walk_users(&export->session, (struct walk_visit){.user = export_user, .ctx = export});
	fail(export, walked);
	report_check_written();
	if (export->path == NULL)
		return export->status;
	enum cli_exit closed = close_file(export);
	if (closed == CLI_DONE)
		say(export);
	fail(export, closed);
	return export->status;
}

enum cli_exit command_export(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct export export = {
		.path = operands_n > 0 ? operands[0] : NULL,
		.as_json = arguments->given[OPTION_JSON_LINES] > 0,
		.with_secrets = arguments->given[OPTION_WITH_SECRETS] > 0,
	};

	if (export.with_secrets && export.path == NULL)
		return help_complain(
			"export", "--with-secrets needs FILE, which is made with mode 0600 and no other");
	(void)prctl(PR_SET_DUMPABLE, 0); /* no core file with secrets in it */
	enum cli_exit status = session_open(arguments, &export.session);
	if (status != CLI_DONE)
		return status;
	status = run(&export);
	session_close(&export.session);
	return status;
}
