/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/walk.h"
#include "core/account.h"

#include <stdio.h>

/* The users whose records came back from a backup. */
struct restoration {
	struct session *session;
	enum cli_exit status;
	unsigned long users_n;
};

static enum otp_err drop(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)ctx;
	if (!exists)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "%s is not enrolled", record->user);
	account_restored(record, now);
	return OTP_OK;
}

/* One record that cannot be read must not keep the others as they are; it makes the whole a failure. */
static bool restore(void *ctx, const char *typed)
{
	struct restoration *restoration = ctx;
	struct user user;
	struct record record;
	enum cli_exit status = session_find_record(restoration->session, typed, &user, &record);

	if (status == CLI_DONE)
		status = session_change(restoration->session, &user, (struct otp_edit){drop, NULL});
	if (status == CLI_DONE) {
		restoration->users_n++;
		journal_write_user("restored", user.name);
	} else {
		restoration->status = status;
	}
	return true;
}

static bool confirm(const char *const *names, unsigned names_n)
{
	char warning[512];

	(void)snprintf(warning, sizeof warning,
		"This ends waiting logins, forgets devices and takes away backup codes of %s%s: after a "
		"restore, some of them may have been used or revoked since the backup.",
		names_n == 0 ? "every user" : names[0], names_n > 1 ? " and others" : "");
	return report_confirm(warning);
}

enum cli_exit command_restored(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	bool all = arguments->given[OPTION_ALL] > 0;
	struct session session;
	struct restoration restoration = {.session = &session};

	if (all && operands_n > 0)
		return help_complain("restored", "either USER or --all, not both");
	if (!all && operands_n == 0)
		return help_complain("restored", "USER is missing (or --all, for every user)");
	enum cli_exit status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	if (arguments->given[OPTION_YES] == 0 && !confirm(operands, operands_n)) {
		session_close(&session);
		return CLI_FAILED;
	}
	if (all)
		status = walk_users(&session, (struct walk_visit){restore, &restoration});
	for (unsigned i = 0; i < operands_n; i++)
		(void)restore(&restoration, operands[i]);
	session_close(&session);
	report_line("%lu user%s: waiting logins, devices and backup codes are gone; codes that an app has "
		    "shown until now are not accepted",
		restoration.users_n, restoration.users_n == 1 ? "" : "s");
	return status != CLI_DONE ? status : restoration.status;
}
