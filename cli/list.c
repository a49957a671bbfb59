/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/record_json.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/unenrolled.h"

#include <stdio.h>

/* Where the lines of a list go: a table or JSON. */
struct listing {
	struct session *session;
	bool locked_only;
	bool as_json;
	struct report_table table;
	struct report_json json;
	json_t *users;
	unsigned users_n;
};

static void add_json(struct listing *listing, const struct record *record, int64_t now)
{
	struct report_json *json = &listing->json;
	json_t *user = json_object(), *contacts = json_array();

	for (unsigned i = 0; i < record->contacts_n; i++) {
		char mask[CONTACT_MASK_SIZE];
		json_t *contact = json_object();
		contact_mask(&record->contacts[i], mask);
		report_json_put(
			json, contact, "channel", json_string(channel_name(record->contacts[i].channel)));
		report_json_put(json, contact, "masked", json_string(mask));
		report_json_append(json, contacts, contact);
	}
	report_json_put(json, user, "user", report_json_text(record->user));
	report_json_put(json, user, "uid", json_integer(record->uid));
	report_json_put(json, user, "enrolled", report_json_time(record->enrolled));
	report_json_put(json, user, "contacts", contacts);
	report_json_put(json, user, "last_success", report_json_time(record->last_success));
	report_json_put(json, user, "locks", record_json_locks(json, record, now));
	report_json_append(json, listing->users, user);
}

static void add_row(struct listing *listing, const struct record *record, int64_t now)
{
	char contacts[DESCRIBE_CONTACTS_SIZE], success[DESCRIBE_TIME_SIZE], locks[DESCRIBE_LOCKS_SIZE];

	describe_contacts(record, contacts);
	describe_time(record->last_success, success);
	describe_locks(record, now, locks);
	report_table_add(&listing->table, (const char *[]){record->user, contacts, success, locks});
}

/* One record that cannot be read must not hide the others; it makes the whole a failure. */
static enum cli_exit add_user(struct listing *listing, const char *name)
{
	struct record record;
	struct otp_why why;
	int64_t now = session_now(listing->session);
	enum otp_err err = session_read(listing->session, name, &record, &why);

	if (err == OTP_ERR_NOT_ENROLLED) /* unenrolled since the names were read */
		return CLI_DONE;
	if (err != OTP_OK)
		return session_explain(err, name, &why);
	if (listing->locked_only && !describe_is_locked(&record, now))
		return CLI_DONE;
	listing->users_n++;
	if (listing->as_json)
		add_json(listing, &record, now);
	else
		add_row(listing, &record, now);
	return CLI_DONE;
}

static void begin(struct listing *listing)
{
	if (listing->as_json) {
		listing->json = report_json_new();
		listing->users = json_array();
		report_json_put(&listing->json, listing->json.root, "users", listing->users);
	} else {
		listing->table =
			report_table_new((const char *[]){"USER", "CODES GO TO", "LAST SUCCESS", "LANES"}, 4);
	}
}

static enum cli_exit finish(struct listing *listing)
{
	if (listing->as_json)
		return report_json_print(&listing->json);
	if (listing->users_n == 0)
		report_line("%s", listing->locked_only ? "no user is locked" : "no user is enrolled");
	return report_table_print(&listing->table, "");
}

static enum cli_exit list_enrolled(struct session *session, bool locked_only, bool as_json)
{
	struct listing listing = {.session = session, .locked_only = locked_only, .as_json = as_json};
	struct session_names names;
	enum cli_exit status = session_list_names(session, &names);

	if (status != CLI_DONE)
		return status;
	begin(&listing);
	for (size_t i = 0; i < names.n; i++) {
		enum cli_exit one = add_user(&listing, names.list[i]);
		if (one != CLI_DONE)
			status = one;
	}
	session_free_names(&names);
	enum cli_exit printed = finish(&listing);
	return status != CLI_DONE ? status : printed;
}

enum cli_exit command_list(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	bool as_json = arguments->given[OPTION_JSON] > 0;
	struct session session;
	(void)operands;
	(void)operands_n;

	if (arguments->given[OPTION_LOCKED] > 0 && arguments->given[OPTION_UNENROLLED] > 0)
		return help_complain("list", "either --locked or --unenrolled, not both");
	enum cli_exit status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	if (arguments->given[OPTION_UNENROLLED] > 0)
		status = unenrolled_list(&session, as_json);
	else
		status = list_enrolled(&session, arguments->given[OPTION_LOCKED] > 0, as_json);
	session_close(&session);
	return status;
}
