/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/listing.h"
#include "cli/record_json.h"
#include "cli/report.h"
#include "cli/session.h"
#include "core/account.h"

#include <stdio.h>
#include <string.h>

/* What is to be forgotten, and what came of it. */
struct revocation {
	unsigned number; /* 0: all */
	unsigned forgotten;
};

static enum otp_err revoke(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct revocation *revocation = ctx;
	unsigned before = record->devices_n;

	if (!exists)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "%s is not enrolled", record->user);
	enum otp_err err = account_revoke_device(record, now, revocation->number, why);
	revocation->forgotten = before - record->devices_n;
	return err;
}

static enum cli_exit revoke_of(
	struct session *session, const struct user *user, struct revocation *revocation)
{
	enum cli_exit status = session_change(session, user, (struct otp_edit){revoke, revocation});
	char forgotten[32];
	struct logline line;

	if (status != CLI_DONE)
		return status;
	describe_count(revocation->forgotten, "device", forgotten, sizeof forgotten);
	report_line("%s: %s forgotten: who logs in from there is asked again", user->name, forgotten);
	logline_begin(&line, "devices-revoke");
	logline_add(&line, "user", user->name);
	logline_add_number(&line, "devices", revocation->forgotten);
	journal_write(&line);
	return CLI_DONE;
}

static enum cli_exit print(const struct record *record, bool as_json)
{
	static const char *const headings[] = {"NUMBER", "SERVICE", "NETWORK", "SINCE", "UNTIL"};

	if (as_json) {
		struct report_json json = report_json_new();
		report_json_put(&json, json.root, "user", report_json_text(record->user));
		report_json_put(&json, json.root, "devices", record_json_devices(&json, record));
		return report_json_print(&json);
	}
	struct listing listing = listing_new(false, "", headings, 5);
	for (unsigned i = 0; i < record->devices_n; i++) {
		const struct record_device *device = &record->devices[i];
		char number[16], since[DESCRIBE_TIME_SIZE], until[DESCRIBE_TIME_SIZE];
		(void)snprintf(number, sizeof number, "%u", i + 1);
		describe_time(device->since, since);
		describe_time(device->until, until);
		listing_add_cells(
			&listing, (const char *[]){number, device->service, device->network, since, until});
	}
	return listing_print(&listing, "no device is known");
}

/* "all", or a device's number as devices prints it: one digit. */
static bool read_number(const char *text, unsigned *number)
{
	bool fine = text[0] >= '1' && text[0] <= '9' && text[1] == '\0';

	*number = fine ? (unsigned)(text[0] - '0') : 0;
	return fine || strcmp(text, "all") == 0;
}

enum cli_exit command_devices(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	const char *which = arguments_value(arguments, OPTION_REVOKE);
	bool as_json = arguments->given[OPTION_JSON] > 0;
	struct revocation revocation = {.number = 0};
	struct session session;
	struct user user;
	struct record record;
	(void)operands_n;

	if (which != NULL && as_json)
		return help_complain("devices", "either --revoke or --json, not both");
	if (which != NULL && !read_number(which, &revocation.number))
		return help_complain("devices", "--revoke '%s': a device's number, or all", which);
	enum cli_exit status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	status = session_find_record(&session, operands[0], &user, &record);
	if (status == CLI_DONE)
		status = which != NULL ? revoke_of(&session, &user, &revocation) : print(&record, as_json);
	session_close(&session);
	return status;
}
