/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/story.h"
#include "store/limits.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 78
#define INDENT 4

/* What is read to tell the story from. */
struct reading {
	struct session *session;
	struct user user;
	struct record record;
	struct story_facts facts;
	struct otp_why why, contacts_why, limits_why;
	char from[CONFIG_VALUE_SIZE];
};

/* Of whom nothing is known but the contacts that another place has. */
static void begin_empty(struct reading *reading)
{
	memset(&reading->record, 0, sizeof reading->record);
	reading->record.uid = reading->user.uid;
	(void)snprintf(reading->record.user, sizeof reading->record.user, "%s", reading->user.name);
}

static void read_record(struct reading *reading)
{
	struct story_facts *facts = &reading->facts;
	enum otp_err err = session_read(
		reading->session, reading->user.name, &reading->record, &facts->damaged, &reading->why);

	if (err == OTP_OK)
		return;
	begin_empty(reading);
	facts->state = err == OTP_ERR_NOT_ENROLLED ? STORY_NOT_ENROLLED : STORY_UNREADABLE;
	facts->unreadable = reading->why.text;
}

static void read_contacts(struct reading *reading)
{
	struct story_facts *facts = &reading->facts;
	bool known = false;

	facts->contacts_from = session_contacts_from(reading->session, reading->from);
	if (session_follow_contacts(reading->session, &reading->record, &known, &reading->contacts_why) !=
		OTP_OK)
		facts->contacts_fault = reading->contacts_why.text;
}

/* What the shared table would say to a login from where the latest came from. */
static void read_limits(struct reading *reading)
{
	const struct otp_core *core = &reading->session->core;
	const struct record *record = &reading->record;
	struct story_facts *facts = &reading->facts;
	struct origin origin = {.local = true};
	struct limits_file file;

	limits_set(&file, reading->session->config.store.path, SESSION_OWNER);
	const struct quota_table table = limits_interface(&file);
	for (unsigned i = record->events_n; i-- > 0 && origin.source[0] == '\0';)
		if (record->events[i].ref[0] != '\0')
			(void)snprintf(origin.source, sizeof origin.source, "%s", record->events[i].source);
	if (origin.source[0] != '\0' && strncmp(origin.source, "tty:", 4) != 0)
		origin.local = strcmp(origin.source, "local") == 0;
	for (unsigned i = 0; i < record->contacts_n; i++)
		if (quota_look(&table, &core->keys, &core->policy,
			    (struct quota_send){&origin, &record->contacts[i]}, facts->now,
			    &facts->stopped[i], &reading->limits_why) != OTP_OK) {
			facts->stopped[i].limit = QUOTA_NONE;
			facts->limits_fault = reading->limits_why.text;
		}
}

static enum cli_exit read_all(struct session *session, const char *typed, struct reading *reading)
{
	enum otp_err err = user_find(typed, &reading->user, &reading->why);

	if (err != OTP_OK)
		return report_failure(err, &reading->why);
	reading->session = session;
	reading->facts = (struct story_facts){.state = STORY_ENROLLED,
		.user = reading->user.name,
		.record = &reading->record,
		.policy = &session->core.policy,
		.channels = session->config.delivery.channels,
		.now = session_now(session),
		.user_exists = reading->user.exists,
		.uid = reading->user.uid,
		.unenrolled_pass = session->config.users.unenrolled == CONFIG_UNENROLLED_IGNORE};
	read_record(reading);
	if (reading->facts.state == STORY_NOT_ENROLLED && !reading->user.exists) {
		report_error("there is no user '%s', neither in the system nor enrolled", typed);
		return CLI_FAILED;
	}
	if (reading->facts.state != STORY_UNREADABLE) {
		read_contacts(reading);
		read_limits(reading);
	}
	return CLI_DONE;
}

/* Lines of at most WIDTH columns, broken at blanks. */
static void print_wrapped(const char *text, int indent)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t room = (size_t)(WIDTH - indent), len = left;
		if (left > room) {
			for (len = room; len > 0 && text[len] != ' ';)
				len--;
			len = len > 0 ? len : room;
		}
		report_line("%*s%.*s", indent, "", (int)len, text);
		text += len;
		left -= len;
		while (*text == ' ') {
			text++;
			left--;
		}
	}
}

static void print_story(const struct story *story)
{
	for (unsigned i = 0; i < story->n; i++) {
		const struct story_paragraph *paragraph = &story->list[i];
		char advice[STORY_ADVICE_SIZE + sizeof "What to do: "];
		if (i > 0)
			report_line("%s", "");
		if (paragraph->last == 0 && (i == 0 || story->list[i - 1].last != 0))
			report_line("Now:");
		print_wrapped(paragraph->text, 0);
		(void)snprintf(advice, sizeof advice, "What to do: %s", paragraph->advice);
		if (paragraph->advice[0] != '\0')
			print_wrapped(advice, INDENT);
	}
}

static void put_text(struct report_json *json, json_t *object, const char *key, const char *text)
{
	report_json_put(json, object, key, *text != '\0' ? report_json_text(text) : json_null());
}

static enum cli_exit print_json(const struct story_facts *facts, const struct story *story)
{
	static const char *const states[] = {[STORY_ENROLLED] = "enrolled",
		[STORY_NOT_ENROLLED] = "not-enrolled",
		[STORY_UNREADABLE] = "unreadable"};
	struct report_json json = report_json_new();
	json_t *list = json_array();

	for (unsigned i = 0; i < story->n; i++) {
		const struct story_paragraph *paragraph = &story->list[i];
		json_t *object = json_object();
		put_text(&json, object, "about", paragraph->about);
		report_json_put(&json, object, "now", json_boolean(paragraph->last == 0));
		report_json_put(&json, object, "first", report_json_time(paragraph->first));
		report_json_put(&json, object, "last", report_json_time(paragraph->last));
		put_text(&json, object, "service", paragraph->service);
		put_text(&json, object, "source", paragraph->source);
		put_text(&json, object, "ref", paragraph->ref);
		put_text(&json, object, "text", paragraph->text);
		put_text(&json, object, "advice", paragraph->advice);
		report_json_append(&json, list, object);
	}
	put_text(&json, json.root, "user", facts->user);
	put_text(&json, json.root, "state", states[facts->state]);
	report_json_put(&json, json.root, "story", list);
	return report_json_print(&json);
}

enum cli_exit command_why(const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	static struct story story;
	struct session session;
	struct reading reading;
	(void)operands_n;

	enum cli_exit status = session_open(arguments, &session);
	if (status != CLI_DONE)
		return status;
	status = read_all(&session, operands[0], &reading);
	if (status == CLI_DONE) {
		story_tell(&reading.facts, &story);
		if (arguments->given[OPTION_JSON] > 0)
			status = print_json(&reading.facts, &story);
		else
			print_story(&story);
	}
	if (status == CLI_DONE && reading.facts.state == STORY_UNREADABLE)
		status = CLI_FAILED;
	session_close(&session);
	return status;
}
