/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/listing.h"
#include "cli/record_json.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/unenrolled.h"
#include "cli/walk.h"

/* Whom to list, and where the lines go. */
struct roll {
	struct session *session;
	bool locked_only;
	struct listing listing;
	enum cli_exit status;
};

static void add_object(struct listing *listing, const struct record *record, int64_t now)
{
	struct report_json *json = &listing->json;
	json_t *user = listing_add_object(listing), *contacts = json_array();

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
	report_json_put(json, user, "app", json_boolean(record->totp_n > 0));
	report_json_put(json, user, "backup_codes", json_integer(record->backups_n));
	report_json_put(json, user, "devices", json_integer(record->devices_n));
	report_json_put(json, user, "locks", record_json_locks(json, record, now));
}

static void add_cells(struct listing *listing, const struct record *record, int64_t now)
{
	char contacts[DESCRIBE_CONTACTS_SIZE], success[DESCRIBE_TIME_SIZE], locks[DESCRIBE_LOCKS_SIZE];
	char kept[DESCRIBE_KEPT_SIZE];

	describe_contacts(record, contacts);
	describe_kept(record, kept);
	describe_time(record->last_success, success);
	describe_locks(record, now, locks);
	listing_add_cells(listing, (const char *[]){record->user, contacts, kept, success, locks});
}

/* One record that cannot be read must not hide the others; it makes the whole a failure. */
static enum cli_exit add_user(struct roll *roll, const char *name)
{
	struct record record;
	struct otp_why why;
	int64_t now = session_now(roll->session);
	bool known;
	enum otp_err err = session_read(roll->session, name, &record, NULL, &why);
	/* A command is not run for everybody: what it said at the last login stands in the record. */
	if (err == OTP_OK && roll->session->config.users.contacts.from == CONFIG_CONTACTS_FILE)
		err = session_follow_contacts(roll->session, &record, &known, &why);

	if (err == OTP_ERR_NOT_ENROLLED) /* unenrolled since the name was read */
		return CLI_DONE;
	if (err != OTP_OK)
		return session_explain(err, name, &why);
	if (roll->locked_only && !describe_is_locked(&record, now))
		return CLI_DONE;
	if (roll->listing.as_json)
		add_object(&roll->listing, &record, now);
	else
		add_cells(&roll->listing, &record, now);
	return CLI_DONE;
}

static bool add_next(void *ctx, const char *name)
{
	struct roll *roll = ctx;
	enum cli_exit status = add_user(roll, name);

	if (status != CLI_DONE)
		roll->status = status;
	return true;
}

static enum cli_exit list_enrolled(struct session *session, bool locked_only, bool as_json)
{
	static const char *const headings[] = {"USER", "CODES GO TO", "ALSO", "LAST SUCCESS", "LANES"};
	struct roll roll = {.session = session, .locked_only = locked_only};

	roll.listing = listing_new(as_json, "users", headings, 5);
	enum cli_exit status = walk_users(session, (struct walk_visit){add_next, &roll});
	if (status == CLI_DONE)
		status = roll.status;
	enum cli_exit printed =
		listing_print(&roll.listing, locked_only ? "no user is locked" : "no user is enrolled");
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
