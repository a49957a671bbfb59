/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/journal.h"
#include "cli/report.h"
#include "cli/session.h"
#include "contacts/contacts.h"

#include <stdio.h>

static const char *consequence(const struct config *config)
{
	if (contacts_are_elsewhere(config))
		return "has a new record after the next login, if [users] contacts knows an address";
	return config->users.unenrolled == CONFIG_UNENROLLED_IGNORE ? "logs in without a code from now on"
								    : "cannot log in by a code from now on";
}

/* What is to be destroyed may be unreadable: to remove it is then the way out. */
static bool confirm(struct session *session, const char *user, enum otp_err read, const struct record *record)
{
	char whom[DESCRIBE_CONTACTS_SIZE], warning[DESCRIBE_CONTACTS_SIZE + 2UL * RECORD_USER_SIZE + 128];

	if (read == OTP_OK) {
		describe_contacts(record, whom);
		(void)snprintf(warning, sizeof warning,
			"This removes the record of %s (%s, locks, history): %s %s.", user, whom, user,
			consequence(&session->config));
	} else {
		(void)snprintf(warning, sizeof warning,
			"This removes the record of %s, which cannot be read: %s %s.", user, user,
			consequence(&session->config));
	}
	return report_confirm(warning);
}

static enum cli_exit remove_record(struct session *session, const char *typed, bool sure)
{
	struct store *store = &session->core.store;
	struct user user;
	struct record record;
	struct otp_why why;
	enum otp_err err = user_find(typed, &user, &why);

	if (err != OTP_OK)
		return report_failure(err, &why);
	err = session_read(session, user.name, &record, NULL, &why);
	if (err == OTP_ERR_NOT_ENROLLED) {
		report_error("%s is not enrolled: there is nothing to remove", user.name);
		return CLI_FAILED;
	}
	if (err != OTP_OK && err != OTP_ERR_CORRUPT)
		return report_failure(err, &why);
	if (!sure && !confirm(session, user.name, err, &record))
		return CLI_FAILED;
	err = store->remove(store->self, (struct store_key){user.name}, &why);
	if (err != OTP_OK)
		return report_failure(err, &why);
	report_line(
		"%s is not enrolled any more: %s %s", user.name, user.name, consequence(&session->config));
	journal_write_user("unenroll", user.name);
	return CLI_DONE;
}

enum cli_exit command_unenroll(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct session session;
	(void)operands_n;

	enum cli_exit status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	status = remove_record(&session, operands[0], arguments->given[OPTION_YES] > 0);
	session_close(&session);
	return status;
}
