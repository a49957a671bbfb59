/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/story_parts.h"

#include "cli/describe.h"
#include "core/lane.h"
#include "prompt/texts.h"

#include <stdio.h>
#include <string.h>

#define SOURCES_SIZE 400
#define SOURCES_MAX 4

/* Whose logins a lane takes. */
static const char *lane_people(enum lane lane)
{
	return lane == LANE_KNOWN ? "Logins with a proved SSH key, from a network of a recent success "
				    "or by the user on this host (the known lane),"
				  : "Logins from new networks without a proved key (the stranger lane)";
}

static void say_whose(const struct story_facts *facts, struct story *out)
{
	struct story_paragraph *paragraph;

	if (!facts->user_exists) {
		paragraph = story_next(out, "no-such-user");
		story_say(paragraph, "The system has no user %s any more.", facts->user);
		story_advise(paragraph, "To remove the record: otpcode unenroll %s", facts->user);
	} else if (facts->state == STORY_ENROLLED && facts->uid != facts->record->uid) {
		paragraph = story_next(out, "other-uid");
		story_say(paragraph,
			"The record is of another user: of uid %lu, while %s has uid %lu. Every login is "
			"denied.",
			(unsigned long)facts->record->uid, facts->user, (unsigned long)facts->uid);
		story_advise(paragraph, "To begin anew: otpcode unenroll %s, then enrol again", facts->user);
	}
	if (facts->damaged) {
		paragraph = story_next(out, "damaged");
		story_say(paragraph, "One of the two slots of the state file is damaged: this may be what "
				     "stood there one change ago. The next login drops the codes that wait "
				     "and counts a failure.");
		story_advise(paragraph, "Log in again for a new code. If it comes again, check the disk.");
	}
}

/* The latest sources of wrong answers since the latest success. */
static void list_sources(const struct record *record, char out[SOURCES_SIZE])
{
	unsigned listed = 0;
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = record->events_n; i-- > 0 && listed <= SOURCES_MAX;) {
		const struct record_event *event = &record->events[i];
		bool seen = event->source[0] == '\0' || event->last < record->last_success;
		unsigned count = 0;
		for (unsigned e = 0; e < record->events_n; e++) {
			const struct record_event *other = &record->events[e];
			if ((other->kind != EVENT_WRONG && other->kind != EVENT_EXPIRED) ||
				strcmp(other->source, event->source) != 0)
				continue;
			seen |= e > i; /* told there */
			count += other->count;
		}
		if (seen || (event->kind != EVENT_WRONG && event->kind != EVENT_EXPIRED))
			continue;
		len += (size_t)snprintf(out + len, SOURCES_SIZE - len,
			listed == SOURCES_MAX ? " and others" : "%s%s (%u)", listed > 0 ? ", " : "",
			event->source, count);
		listed++;
	}
}

static void say_lock(const struct story_facts *facts, enum lane lane, struct story *out)
{
	int64_t locked_s = lane_locked_s(facts->record, lane, facts->now);
	char since[STORY_TIME_SIZE], sources[SOURCES_SIZE];

	if (locked_s == 0)
		return;
	struct story_paragraph *paragraph = story_next(out, "lane-locked");
	story_when(facts->record->lanes[lane].lock_since, facts->now, since);
	list_sources(facts->record, sources);
	story_say(paragraph, "%s are locked since %s, ", lane_people(lane), since);
	if (locked_s == RECORD_LOCK_FOREVER) {
		story_say(paragraph, "until an admin unlocks");
	} else {
		char until[STORY_TIME_SIZE];
		story_when(facts->now + locked_s, facts->now, until);
		story_say(paragraph, "until %s", until);
	}
	story_say(paragraph, "%s%s.", sources[0] != '\0' ? "; the wrong codes came from " : "", sources);
	story_advise(paragraph,
		"%s, the admin: otpcode unlock %s. If %s did not type them, whoever is at "
		"those addresses guesses.",
		locked_s == RECORD_LOCK_FOREVER ? "After looking into it" : "Wait; or at once", facts->user,
		facts->user);
}

static void say_locks(const struct story_facts *facts, struct story *out)
{
	if (facts->record->admin_locked) {
		struct story_paragraph *paragraph = story_next(out, "admin-locked");
		story_say(paragraph, "An admin locked %s: no code is accepted.", facts->user);
		story_advise(paragraph, "The admin: otpcode unlock %s", facts->user);
		return;
	}
	for (unsigned lane = 0; lane < LANES_N; lane++)
		say_lock(facts, (enum lane)lane, out);
}

static bool has_kept(const struct record *record)
{
	return record->totp_n > 0 || record->backups_n > 0;
}

static void say_no_contact(const struct story_facts *facts, bool has_any, struct story *out)
{
	struct story_paragraph *paragraph = story_next(out, "no-contact");

	if (has_any)
		story_say(paragraph, "No address of %s is on a channel that delivers (delivery.channels)",
			facts->user);
	else
		story_say(paragraph, "No address is registered for %s", facts->user);
	story_say(paragraph, "%s: no code can be sent.",
		has_kept(facts->record) ? ", only an app or backup codes" : "");
	if (facts->contacts_from != NULL)
		story_advise(paragraph, "Add one in %s.", facts->contacts_from);
	else
		story_advise(
			paragraph, "otpcode contact add %s --email ADDRESS (or --sms NUMBER)", facts->user);
}

/* True if there is somewhere to send to. */
static bool say_contacts(const struct story_facts *facts, struct story *out)
{
	const struct record *record = facts->record;

	if (facts->contacts_fault != NULL) {
		struct story_paragraph *paragraph = story_next(out, "contacts-fault");
		story_say(paragraph,
			"Where the addresses come from cannot be asked, so logins are denied: %s.",
			facts->contacts_fault);
		story_advise(paragraph, "Mend %s; 'otpcode config check' looks at it.",
			facts->contacts_from != NULL ? facts->contacts_from : "it");
		return false;
	}
	for (unsigned i = 0; i < record->contacts_n; i++)
		if (channel_is_among(record->contacts[i].channel, &facts->channels))
			return true;
	if (facts->state == STORY_ENROLLED)
		say_no_contact(facts, record->contacts_n > 0, out);
	return false;
}

static void say_not_enrolled(const struct story_facts *facts, struct story *out)
{
	struct story_paragraph *paragraph = story_next(out, "not-enrolled");

	if (facts->contacts_from != NULL && facts->record->contacts_n > 0) {
		char contacts[DESCRIBE_CONTACTS_SIZE];
		describe_contacts(facts->record, contacts);
		story_say(paragraph, "%s has no record yet: the first login makes it, and sends to %s (%s).",
			facts->user, contacts, facts->contacts_from);
		return;
	}
	story_say(paragraph, "%s is not enrolled: logins %s.", facts->user,
		facts->unenrolled_pass ? "ask for no code (users.unenrolled=ignore)" : "are denied");
	if (facts->contacts_from != NULL)
		story_advise(paragraph, "Add an address in %s.", facts->contacts_from);
	else
		story_advise(paragraph, "otpcode enroll %s --email ADDRESS (or --sms NUMBER)", facts->user);
}

static void say_own_limit(const struct story_facts *facts, enum lane lane, struct story *out)
{
	int64_t wait_s = lane_send_wait_s(facts->record, lane, facts->policy, facts->now);
	char until[STORY_TIME_SIZE], window[TEXTS_SPAN_SIZE];

	if (wait_s == 0)
		return;
	struct story_paragraph *paragraph = story_next(out, "send-limit");
	story_when(facts->now + wait_s, facts->now, until);
	texts_span(facts->policy->sends_per_user.window_s, window);
	story_say(paragraph, "%s get no new code until %s: %u in %s is their limit (limits.sends_per_user).",
		lane_people(lane), until, describe_sends_most(lane, facts->policy), window);
	story_advise(paragraph, "Use a code that was sent already%s, or wait.",
		has_kept(facts->record) ? ", the app or a backup code" : "");
}

static void say_limits(const struct story_facts *facts, struct story *out)
{
	const struct record *record = facts->record;

	if (facts->limits_fault != NULL) {
		struct story_paragraph *paragraph = story_next(out, "limits-fault");
		story_say(paragraph, "The table of limits cannot be asked, so nothing is sent: %s.",
			facts->limits_fault);
		story_advise(paragraph, "'otpcode init' makes it where it is missing or damaged.");
	}
	for (unsigned lane = 0; lane < LANES_N; lane++)
		say_own_limit(facts, (enum lane)lane, out);
	for (unsigned i = 0; i < record->contacts_n; i++) {
		char mask[CONTACT_MASK_SIZE], until[STORY_TIME_SIZE];
		if (facts->stopped[i].limit == QUOTA_NONE)
			continue;
		struct story_paragraph *paragraph = story_next(out, "shared-limit");
		contact_mask(&record->contacts[i], mask);
		story_when(facts->now + facts->stopped[i].wait_s, facts->now, until);
		story_say(paragraph, "Nothing is sent to %s until %s: the limit %s of [limits] is reached.",
			mask, until, quota_limit_name(facts->stopped[i].limit));
		story_advise(paragraph, quota_limit_is_of_host(facts->stopped[i].limit)
						? "This stops everybody: look in the log who sends so much, "
						  "then raise the limit."
						: "Wait, or use a code that was sent already.");
	}
}

static void say_nothing_stands_in_the_way(const struct story_facts *facts, struct story *out)
{
	struct story_paragraph *paragraph = story_next(out, "open");
	char contacts[DESCRIBE_CONTACTS_SIZE], kept[DESCRIBE_KEPT_SIZE];

	describe_contacts(facts->record, contacts);
	describe_kept(facts->record, kept);
	story_say(paragraph, "Nothing on record stands in the way now: codes go to %s%s%s.", contacts,
		facts->contacts_from != NULL ? ", as in " : "",
		facts->contacts_from != NULL ? facts->contacts_from : "");
	if (kept[0] != '\0')
		story_say(paragraph, " There is also: %s.", kept);
}

void story_tell_now(const struct story_facts *facts, struct story *out)
{
	const unsigned before = out->n;

	say_whose(facts, out);
	if (facts->state == STORY_NOT_ENROLLED && facts->contacts_fault == NULL) {
		say_not_enrolled(facts, out);
		return;
	}
	say_locks(facts, out);
	if (say_contacts(facts, out))
		say_limits(facts, out);
	if (out->n == before)
		say_nothing_stands_in_the_way(facts, out);
}
