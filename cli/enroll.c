/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/contacts.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/prove.h"
#include "cli/report.h"
#include "cli/session.h"
#include "core/account.h"

#include <stdio.h>

struct enrolment {
	const struct contacts *contacts;
	struct record after;
};

static enum otp_err enroll(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct enrolment *enrolment = ctx;
	enum otp_err err;

	if (exists)
		return why_set(why, OTP_ERR_EXISTS, 0,
			"%s is enrolled already; another address: otpcode contact add %s --email ADDRESS "
			"(or --sms NUMBER)",
			record->user, record->user);
	err = account_enroll(record, exists, now, enrolment->contacts->list, enrolment->contacts->n, why);
	enrolment->after = *record;
	return err;
}

static void say_enrolled(const struct record *record)
{
	char whom[DESCRIBE_CONTACTS_SIZE];
	struct logline line;

	describe_contacts(record, whom);
	report_line("%s is enrolled: codes go to %s", record->user, whom);
	logline_begin(&line, "enroll");
	logline_add(&line, "user", record->user);
	logline_add(&line, "contacts", whom);
	journal_write(&line);
}

/* Each address in turn. Who is enrolled already is told so before anything is sent. */
static enum cli_exit prove(struct session *session, const struct user *user, const struct contacts *contacts)
{
	struct enrolment trial = {.contacts = contacts};
	struct record record, copy;
	struct otp_why why;
	enum cli_exit status = CLI_DONE;
	enum otp_err err = session_read(session, user->name, &record, NULL, &why);

	if (err != OTP_OK && err != OTP_ERR_NOT_ENROLLED)
		return session_explain(err, user->name, &why);
	if (err != OTP_OK) {
		record = (struct record){.uid = user->uid};
		(void)snprintf(record.user, sizeof record.user, "%s", user->name);
	}
	copy = record;
	err = enroll(&trial, &copy, err == OTP_OK, session_now(session), &why);
	if (err != OTP_OK)
		return session_explain(err, user->name, &why);
	for (unsigned i = 0; status == CLI_DONE && i < contacts->n; i++)
		status = prove_contact(session, &record, &contacts->list[i]);
	return status;
}

static enum cli_exit enroll_user(
	struct session *session, const char *typed, const struct contacts *contacts, bool to_prove)
{
	struct enrolment enrolment = {.contacts = contacts};
	struct user user;
	struct otp_why why;
	enum otp_err err = user_find(typed, &user, &why);

	if (err != OTP_OK)
		return report_failure(err, &why);
	if (!user.exists) {
		report_error("the system has no user '%s'; only its users can be enrolled", typed);
		return CLI_FAILED;
	}
	enum cli_exit status = to_prove ? prove(session, &user, contacts) : CLI_DONE;
	if (status == CLI_DONE)
		status = session_change(session, &user, (struct otp_edit){enroll, &enrolment});
	if (status == CLI_DONE)
		say_enrolled(&enrolment.after);
	return status;
}

enum cli_exit command_enroll(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct contacts contacts;
	struct session session;
	(void)operands_n;

	enum cli_exit status = contacts_from_options("enroll", arguments, &contacts);
	if (status == CLI_DONE)
		status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	status = session_may_enter_contacts(&session);
	if (status == CLI_DONE)
		status = contacts_are_allowed(&session.config, &contacts);
	if (status == CLI_DONE)
		status = enroll_user(&session, operands[0], &contacts, arguments->given[OPTION_PROVE] > 0);
	session_close(&session);
	return status;
}
