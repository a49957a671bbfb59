/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/walk.h"
#include "core/account.h"

static enum otp_err lock(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)ctx;
	if (!exists)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "%s is not enrolled", record->user);
	account_lock(record, now);
	return OTP_OK;
}

static enum otp_err unlock(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)ctx;
	if (!exists)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "%s is not enrolled", record->user);
	account_unlock(record, now);
	return OTP_OK;
}

static enum cli_exit lock_user(struct session *session, const char *typed)
{
	struct user user;
	struct record record;
	enum cli_exit status = session_find_record(session, typed, &user, &record);

	if (status == CLI_DONE)
		status = session_change(session, &user, (struct otp_edit){lock, NULL});
	if (status != CLI_DONE)
		return status;
	report_line("%s is locked: no code is accepted until 'otpcode unlock %s'", user.name, user.name);
	journal_write_user("lock", user.name);
	return CLI_DONE;
}

static enum cli_exit unlock_user(struct session *session, const struct user *user)
{
	enum cli_exit status = session_change(session, user, (struct otp_edit){unlock, NULL});

	if (status != CLI_DONE)
		return status;
	report_line("%s is unlocked: locks, failures and 30-day counts are cleared", user->name);
	journal_write_user("unlock", user->name);
	return CLI_DONE;
}

static enum cli_exit unlock_one(struct session *session, const char *typed)
{
	struct user user;
	struct record record;
	enum cli_exit status = session_find_record(session, typed, &user, &record);

	return status == CLI_DONE ? unlock_user(session, &user) : status;
}

/* Opens all who are locked. */
struct opening {
	struct session *session;
	enum cli_exit status;
	size_t unlocked_n;
};

/* One record that cannot be read must not keep the others locked; it makes the whole a failure. */
static bool unlock_next(void *ctx, const char *name)
{
	struct opening *opening = ctx;
	struct user user;
	struct record record;
	enum cli_exit status = session_find_record(opening->session, name, &user, &record);

	if (status == CLI_DONE && !describe_is_locked(&record, session_now(opening->session)))
		return true;
	if (status == CLI_DONE)
		status = unlock_user(opening->session, &user);
	if (status != CLI_DONE)
		opening->status = status;
	else
		opening->unlocked_n++;
	return true;
}

static enum cli_exit unlock_all(struct session *session)
{
	struct opening opening = {.session = session};
	enum cli_exit walked = walk_users(session, (struct walk_visit){unlock_next, &opening});

	if (walked != CLI_DONE)
		return walked;
	if (opening.unlocked_n == 0)
		report_line("%s", opening.status == CLI_DONE ? "no user is locked" : "no user was unlocked");
	return opening.status;
}

enum cli_exit command_lock(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct session session;
	(void)operands_n;

	enum cli_exit status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	status = lock_user(&session, operands[0]);
	session_close(&session);
	return status;
}

enum cli_exit command_unlock(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	bool all = arguments->given[OPTION_ALL] > 0;
	struct session session;

	if (all && operands_n > 0)
		return help_complain("unlock", "either USER or --all, not both");
	if (!all && operands_n == 0)
		return help_complain("unlock", "USER is missing (or --all, for every user who is locked)");
	enum cli_exit status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	status = all ? unlock_all(&session) : unlock_one(&session, operands[0]);
	session_close(&session);
	return status;
}
