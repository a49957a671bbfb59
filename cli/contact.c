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

/* One change of a user's contacts, and what it came to. */
struct change {
	struct contacts added; /* at most one */
	unsigned number;
	unsigned order[RECORD_CONTACTS_MAX];
	unsigned order_n;
	char mask[CONTACT_MASK_SIZE]; /* of the contact added or removed */
	struct record after;
	bool ended_challenges;
};

static enum otp_err finish_change(
	enum otp_err err, struct change *change, const struct record *record, unsigned challenges_before)
{
	change->ended_challenges = record->challenges_n < challenges_before;
	change->after = *record;
	return err;
}

static enum otp_err not_enrolled(const struct record *record, struct otp_why *why)
{
	return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "%s is not enrolled", record->user);
}

static enum otp_err add(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct change *change = ctx;
	unsigned before = record->challenges_n;

	if (!exists)
		return not_enrolled(record, why);
	contact_mask(&change->added.list[0], change->mask);
	return finish_change(
		account_add_contact(record, now, &change->added.list[0], why), change, record, before);
}

static enum otp_err remove_one(
	void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct change *change = ctx;
	unsigned before = record->challenges_n;

	if (!exists)
		return not_enrolled(record, why);
	if (change->number >= 1 && change->number <= record->contacts_n)
		contact_mask(&record->contacts[change->number - 1], change->mask);
	return finish_change(
		account_remove_contact(record, now, change->number, why), change, record, before);
}

static enum otp_err reorder(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct change *change = ctx;
	unsigned before = record->challenges_n;

	if (!exists)
		return not_enrolled(record, why);
	return finish_change(account_order_contacts(record, now, change->order, change->order_n, why), change,
		record, before);
}

static void say_change(const char *event, const char *what, const struct change *change)
{
	char whom[DESCRIBE_CONTACTS_SIZE];
	const struct record *record = &change->after;
	struct logline line;

	describe_contacts(record, whom);
	if (change->mask[0] != '\0')
		report_line("%s: %s is %s: codes go to %s", record->user, change->mask, what, whom);
	else
		report_line("%s: the contacts are %s: codes go to %s", record->user, what, whom);
	if (change->ended_challenges)
		report_line("Codes that were on their way stopped working: who waits for one logs in again.");
	logline_begin(&line, event);
	logline_add(&line, "user", record->user);
	logline_add(&line, "contact", change->mask);
	logline_add(&line, "contacts", whom);
	journal_write(&line);
}

/* Whether it could be added is known before anything is sent. */
static enum cli_exit prove_added(
	struct session *session, const struct record *record, const struct change *change)
{
	struct change trial = *change;
	struct record copy = *record;
	struct otp_why why;
	enum otp_err err = add(&trial, &copy, true, session_now(session), &why);

	if (err != OTP_OK)
		return session_explain(err, record->user, &why);
	return prove_contact(session, record, &change->added.list[0]);
}

static enum cli_exit run_change(const struct arguments *arguments, const char *typed, struct change *change,
	struct otp_edit edit, const char *event, const char *what)
{
	struct session session;
	struct user user;
	struct record record;
	enum cli_exit status = session_open(arguments, &session);

	if (status != CLI_DONE)
		return status;
	status = session_may_enter_contacts(&session);
	if (status == CLI_DONE)
		status = contacts_are_allowed(&session.config, &change->added);
	if (status == CLI_DONE)
		status = session_find_record(&session, typed, &user, &record);
	if (status == CLI_DONE && arguments->given[OPTION_PROVE] > 0)
		status = prove_added(&session, &record, change);
	if (status == CLI_DONE)
		status = session_change(&session, &user, edit);
	if (status == CLI_DONE)
		say_change(event, what, change);
	session_close(&session);
	return status;
}

enum cli_exit command_contact_add(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct change change = {.number = 0};
	(void)operands_n;

	enum cli_exit status = contacts_from_options("contact add", arguments, &change.added);
	if (status != CLI_DONE)
		return status;
	if (change.added.n > 1)
		return help_complain("contact add", "one address at a time");
	return run_change(
		arguments, operands[0], &change, (struct otp_edit){add, &change}, "contact-add", "added");
}

/* A contact's number as show prints it: one digit. 0 for anything else. */
static unsigned read_number(const char *text)
{
	return text[0] >= '1' && text[0] <= '9' && text[1] == '\0' ? (unsigned)(text[0] - '0') : 0;
}

enum cli_exit command_contact_remove(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct change change = {.number = read_number(operands[1])};
	(void)operands_n;

	if (change.number == 0)
		return help_complain("contact remove",
			"'%s' is no contact's number; 'otpcode show %s' prints the numbers", operands[1],
			operands[0]);
	return run_change(arguments, operands[0], &change, (struct otp_edit){remove_one, &change},
		"contact-remove", "removed");
}

enum cli_exit command_contact_order(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct change change = {.number = 0};

	for (unsigned i = 1; i < operands_n; i++) {
		unsigned number = read_number(operands[i]);
		if (number == 0)
			return help_complain("contact order",
				"'%s' is no contact's number; 'otpcode show %s' prints the numbers",
				operands[i], operands[0]);
		change.order[change.order_n++] = number;
	}
	return run_change(arguments, operands[0], &change, (struct otp_edit){reorder, &change},
		"contact-order", "reordered");
}
