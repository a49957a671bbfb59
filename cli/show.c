/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/record_json.h"
#include "cli/report.h"
#include "cli/session.h"
#include "core/challenge.h"
#include "core/lane.h"

#include <stddef.h>
#include <stdio.h>

#define INDENT "  "
#define NUMBER_SIZE 32

/* What is shown of whom. */
struct view {
	const struct user *user;
	const struct record *record;
	const struct policy *policy;
	int64_t now;
	const char *contacts_from; /* NULL: the record */
	bool damaged;
};

static void show_head(const struct view *view)
{
	const struct record *record = view->record;
	char enrolled[DESCRIBE_TIME_SIZE], success[DESCRIBE_TIME_SIZE];

	describe_time(record->enrolled, enrolled);
	describe_time(record->last_success, success);
	report_line("%s, uid %lu, enrolled %s", record->user, (unsigned long)record->uid, enrolled);
	if (!view->user->exists)
		report_line("The system has no such user any more. To remove the record: otpcode unenroll %s",
			record->user);
	else if (view->user->uid != record->uid)
		report_line("The record is not of today's %s, who has uid %lu: every login is denied. To "
			    "begin anew: "
			    "otpcode unenroll %s",
			record->user, (unsigned long)view->user->uid, record->user);
	if (view->damaged)
		report_line(
			"One of the two slots of the state file is damaged, so this may be what stood there "
			"one change ago.\nThe next login drops the codes that wait and counts a failure. If "
			"it comes again, check the disk.");
	report_line("Last success: %s", success);
	if (record->wrong_since_success > 0)
		report_line("Wrong codes since then: %u%s%s", record->wrong_since_success,
			record->wrong_latest_source[0] != '\0' ? ", latest from " : "",
			record->wrong_latest_source);
	if (record->admin_locked)
		report_line("Locked by an admin. To unlock: otpcode unlock %s", record->user);
}

static enum cli_exit show_contacts(const struct view *view)
{
	if (view->record->contacts_n == 0) {
		report_line("No address is registered.");
		return CLI_DONE;
	}
	struct report_table table = report_table_new((const char *[]){"NUMBER", "CHANNEL", "ADDRESS"}, 3);

	for (unsigned i = 0; i < view->record->contacts_n; i++) {
		const struct contact *contact = &view->record->contacts[i];
		char number[NUMBER_SIZE];
		(void)snprintf(number, sizeof number, "%u", i + 1);
		report_table_add(
			&table, (const char *[]){number, channel_name(contact->channel), contact->address});
	}
	if (view->contacts_from != NULL)
		report_line("Contacts come from %s.", view->contacts_from);
	report_line("Contacts, in the order in which they are tried:");
	return report_table_print(&table, INDENT);
}

static void show_backup_codes(const struct view *view)
{
	char count[NUMBER_SIZE], until[DESCRIBE_TIME_SIZE];

	describe_count(view->record->backups_n, "backup code", count, sizeof count);
	if (view->record->backups_n > 0)
		report_line("%s left.", count);
	else
		report_line("No backup code is left.");
	for (unsigned i = 0; i < view->record->backups_n; i++) {
		if (view->record->backups[i].until == 0)
			continue;
		describe_time(view->record->backups[i].until, until);
		report_line(INDENT "one of them until %s", until);
	}
}

static enum cli_exit show_kept(const struct view *view)
{
	const struct record_totp *app = &view->record->totp[0];
	char since[DESCRIBE_TIME_SIZE], form[DESCRIBE_FORM_SIZE];

	if (view->record->totp_n > 0) {
		describe_time(app->since, since);
		describe_form(&app->form, form);
		report_line("Authenticator app since %s: %s%s.", since, form,
			app->preferred ? "; asked for first" : "");
	} else {
		report_line("No authenticator app is enrolled.");
	}
	show_backup_codes(view);
	return CLI_DONE;
}

static enum cli_exit show_lanes(const struct view *view)
{
	struct report_table table = report_table_new(
		(const char *[]){"LANE", "STATE", "FAILURES", "WRONG IN 30 DAYS", "SENDS LEFT"}, 5);

	for (unsigned i = 0; i < LANES_N; i++) {
		const struct record_lane *lane = &view->record->lanes[i];
		char lock[DESCRIBE_LOCK_SIZE], failures[NUMBER_SIZE], wrong[NUMBER_SIZE], sends[NUMBER_SIZE];
		describe_lock(view->record, (enum lane)i, view->now, lock);
		(void)snprintf(failures, sizeof failures, "%u", lane->consecutive);
		(void)snprintf(wrong, sizeof wrong, "%u of %u", lane_wrong_30d(lane, view->now),
			view->policy->wrong_per_30d);
		(void)snprintf(sends, sizeof sends, "%u of %u",
			describe_sends_left(view->record, (enum lane)i, view->policy, view->now),
			describe_sends_most((enum lane)i, view->policy));
		report_table_add(
			&table, (const char *[]){lane_name((enum lane)i), lock, failures, wrong, sends});
	}
	report_line("Lanes:");
	return report_table_print(&table, INDENT);
}

static void add_challenge(
	struct report_table *table, const struct record_challenge *challenge, const struct view *view)
{
	const struct record_code *newest = challenge_newest_live(challenge, view->now);
	char since[DESCRIBE_TIME_SIZE], until[DESCRIBE_TIME_SIZE] = "", tries[NUMBER_SIZE];

	describe_time(challenge->opened, since);
	if (newest != NULL)
		describe_time(newest->expires, until);
	(void)snprintf(tries, sizeof tries, "%u of %u", describe_tries_left(challenge, view->policy),
		view->policy->tries);
	report_table_add(table, (const char *[]){challenge->ref, challenge->service, challenge->source, since,
					tries, newest != NULL ? newest->to : "", until});
}

static enum cli_exit show_challenges(const struct view *view)
{
	if (view->record->challenges_n == 0) {
		report_line("No login waits for a code.");
		return CLI_DONE;
	}
	struct report_table table = report_table_new(
		(const char *[]){"REF", "SERVICE", "SOURCE", "SINCE", "TRIES LEFT", "SENT TO", "WORKS UNTIL"},
		7);
	for (unsigned i = 0; i < view->record->challenges_n; i++)
		add_challenge(&table, &view->record->challenges[i], view);
	report_line("Logins that wait for a code:");
	return report_table_print(&table, INDENT);
}

static enum cli_exit show_networks(const struct view *view)
{
	if (view->record->networks_n == 0) {
		report_line("No network is known.");
		return CLI_DONE;
	}
	struct report_table table = report_table_new((const char *[]){"NETWORK", "LAST SUCCESS"}, 2);
	for (unsigned i = 0; i < view->record->networks_n; i++) {
		char success[DESCRIBE_TIME_SIZE];
		describe_time(view->record->networks[i].last_success, success);
		report_table_add(&table, (const char *[]){view->record->networks[i].network, success});
	}
	report_line("Known networks:");
	return report_table_print(&table, INDENT);
}

static enum cli_exit show_devices(const struct view *view)
{
	char count[NUMBER_SIZE];

	describe_count(view->record->devices_n, "known device", count, sizeof count);
	if (view->record->devices_n == 0)
		report_line("No device is known.");
	else
		report_line("%s: otpcode devices %s", count, view->record->user);
	return CLI_DONE;
}

static enum cli_exit show_events(const struct view *view)
{
	struct report_table table = report_table_new(
		(const char *[]){"LAST", "TIMES", "EVENT", "SERVICE", "SOURCE", "REF", "DETAIL"}, 7);

	for (unsigned i = 0; i < view->record->events_n; i++) {
		const struct record_event *event = &view->record->events[i];
		char last[DESCRIBE_TIME_SIZE], times[NUMBER_SIZE];
		describe_time(event->last, last);
		(void)snprintf(times, sizeof times, "%u", event->count);
		report_table_add(&table, (const char *[]){last, times, describe_event(event->kind),
						 event->service, event->source, event->ref, event->detail});
	}
	report_line("Events, the latest last:");
	return report_table_print(&table, INDENT);
}

static enum cli_exit show_text(const struct view *view)
{
	static enum cli_exit (*const parts[])(const struct view *) = {show_contacts, show_kept, show_lanes,
		show_challenges, show_networks, show_devices, show_events};
	enum cli_exit status = CLI_DONE;

	show_head(view);
	for (size_t i = 0; status == CLI_DONE && i < sizeof parts / sizeof parts[0]; i++) {
		report_line("%s", "");
		status = parts[i](view);
	}
	return status;
}

static enum cli_exit show_json(const struct view *view)
{
	struct report_json json = report_json_new();
	json_t *uid_now = view->user->exists ? json_integer(view->user->uid) : json_null();

	record_json_put_all(&json, json.root, view->record, view->policy, view->now);
	report_json_put(&json, json.root, "system_uid", uid_now);
	report_json_put(&json, json.root, "damaged", json_boolean(view->damaged));
	return report_json_print(&json);
}

enum cli_exit command_show(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct session session;
	struct user user;
	struct record record;
	(void)operands_n;

	enum cli_exit status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	status = session_find_followed(&session, operands[0], &user, &record);
	if (status == CLI_DONE) {
		char from[CONFIG_VALUE_SIZE];
		struct view view = {&user, &record, &session.core.policy, session_now(&session),
			session_contacts_from(&session, from), session.damaged};
		status = arguments->given[OPTION_JSON] > 0 ? show_json(&view) : show_text(&view);
	}
	session_close(&session);
	return status;
}
