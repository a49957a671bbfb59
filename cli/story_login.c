/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/story_parts.h"

#include "cli/describe.h"
#include "core/challenge.h"
#include "prompt/texts.h"

#include <stdio.h>
#include <string.h>

/* One login: the events of a challenge, as they are told. */
struct login {
	const struct story_facts *facts;
	const struct record_challenge *challenge; /* NULL: it ended */
	const struct record_event *issued;        /* the latest; NULL: no code was made */
	unsigned made, decided;                   /* codes, and those whose fate is known */
	unsigned answers;
	bool verified, delivered;
	struct story_paragraph *paragraph;
};

static bool is_of(const struct record_event *event, const char *ref)
{
	return strcmp(event->ref, ref) == 0;
}

static void survey(struct login *login, const char *ref)
{
	const struct record *record = login->facts->record;

	for (unsigned i = 0; i < record->challenges_n; i++)
		if (strcmp(record->challenges[i].ref, ref) == 0)
			login->challenge = &record->challenges[i];
	for (unsigned i = 0; i < record->events_n; i++) {
		const struct record_event *event = &record->events[i];
		const enum record_event_kind kind = event->kind;
		if (!is_of(event, ref))
			continue;
		if (kind == EVENT_ISSUED) {
			login->issued = event;
			login->made += event->count;
		}
		if (kind == EVENT_SENT || kind == EVENT_SLOW || kind == EVENT_REFUSED)
			login->decided += event->count;
		if (kind == EVENT_WRONG || kind == EVENT_EXPIRED || kind == EVENT_REF_TYPED)
			login->answers += event->count;
		login->delivered |= kind == EVENT_SENT || kind == EVENT_SLOW;
		login->verified |= kind == EVENT_VERIFIED;
	}
}

/* Where the send went that this event tells of: to where the latest before it did; after a repeat, which
 * moves to the end, any. */
static const char *find_receiver(const struct login *login, const struct record_event *event)
{
	const struct record *record = login->facts->record;
	const char *to = login->issued != NULL ? login->issued->detail : "an address";

	for (const struct record_event *before = record->events; before < event; before++)
		if (before->kind == EVENT_ISSUED && is_of(before, event->ref))
			to = before->detail;
	return to;
}

static const char *code_noun(const struct policy *policy)
{
	return policy->form.alphabet == CODE_DIGITS ? "digits" : "letters";
}

static void say_sent(struct login *login, const struct record_event *event)
{
	const char *to = find_receiver(login, event);
	char clock[STORY_TIME_SIZE], times[STORY_TIMES_SIZE];

	story_clock(event->last, clock);
	story_times(event->count, times);
	if (event->kind == EVENT_SENT) {
		login->paragraph->about = "sent";
		story_say(login->paragraph, " A code for %s was taken by provider %s%s.", to, event->detail,
			times);
		return;
	}
	login->paragraph->about = "slow";
	story_say(login->paragraph,
		" A code was sent to %s; there was no verdict within the wait%s, so it is not known whether "
		"it arrived.",
		to, times);
	story_advise(login->paragraph,
		"Look for message %s, also among spam: a late code works until it expires. The log has what "
		"became of it, under ref=%s.",
		event->ref, event->ref);
}

static bool is_limit(const char *detail)
{
	for (int limit = QUOTA_COOLDOWN; limit <= QUOTA_SMS_DAILY; limit++)
		if (strcmp(detail, quota_limit_name((enum quota_limit)limit)) == 0)
			return true;
	return false;
}

static void say_refused(struct login *login, const struct record_event *event)
{
	const char *to = find_receiver(login, event);
	char times[STORY_TIMES_SIZE];

	story_times(event->count, times);
	if (is_limit(event->detail)) {
		login->paragraph->about = "limit";
		story_say(login->paragraph,
			" No code was sent to %s%s: the limit %s of [limits] was reached.", to, times,
			event->detail);
		story_advise(login->paragraph, "Wait, or use a code that was sent before it. If logins of "
					       "many people come from one address, name it in "
					       "limits.trusted_sources.");
	} else if (strcmp(event->detail, "limits") == 0) {
		login->paragraph->about = "limit";
		story_say(login->paragraph,
			" No code was sent to %s%s: the table of limits could not be asked.", to, times);
		story_advise(login->paragraph, "The log says why; 'otpcode init' makes the table where it "
					       "is missing or damaged.");
	} else {
		login->paragraph->about = "refused";
		story_say(login->paragraph, " The code for %s was refused%s: \"%s\".", to, times,
			event->detail);
		story_advise(login->paragraph,
			"If the address is wrong, change it (otpcode contact, or where contacts come from). "
			"Else try: otpcode test %s --verbose",
			login->facts->user);
	}
}

static void say_wrong(struct login *login, const struct record_event *event)
{
	char clock[STORY_TIME_SIZE], times[STORY_TIMES_SIZE];

	story_clock(event->last, clock);
	story_times(event->count, times);
	if (event->detail[0] != '\0') {
		login->paragraph->about = "other-login";
		story_say(login->paragraph,
			" The code of message %s, which belongs to another login, was typed%s, last at %s.",
			event->detail, times, clock);
		story_advise(login->paragraph,
			"Type a code where the prompt shows its ref: here %s, not %s. Of several messages "
			"the ref tells which is which.",
			event->ref, event->detail);
		return;
	}
	login->paragraph->about = "wrong";
	story_say(login->paragraph, " A wrong code was typed%s, last at %s.", times, clock);
	story_advise(login->paragraph,
		"Use the code of the message whose ref stands at the prompt; a code of an older message does "
		"not work. If %s typed nothing, somebody else did, and passed what comes before the code.",
		login->facts->user);
}

static void say_expired(struct login *login, const struct record_event *event)
{
	char clock[STORY_TIME_SIZE], times[STORY_TIMES_SIZE];

	story_clock(event->last, clock);
	story_times(event->count, times);
	if (login->made > 1) {
		login->paragraph->about = "older-code";
		story_say(login->paragraph,
			" An older code of this login, expired by then, was typed%s, last at %s.", times,
			clock);
		story_advise(login->paragraph, "Of several messages with ref %s use the latest.", event->ref);
		return;
	}
	login->paragraph->about = "too-late";
	story_say(login->paragraph, " The right code was typed%s after it had expired, last at %s.", times,
		clock);
	story_advise(login->paragraph,
		"Log in again for a new code. If messages take longer than codes live: "
		"code.lifetime.");
}

static void say_ref_typed(struct login *login, const struct record_event *event)
{
	const struct policy *policy = login->facts->policy;

	login->paragraph->about = "ref-typed";
	story_say(
		login->paragraph, " The ref %s was typed in place of the code, which is no try.", event->ref);
	story_advise(login->paragraph,
		"%s only tells which message it is: type the %u %s that stand in that message.", event->ref,
		policy->form.length, code_noun(policy));
}

static void say_verified(struct login *login, const struct record_event *event)
{
	char clock[STORY_TIME_SIZE];
	const char *what = "The right code";

	story_clock(event->last, clock);
	if (strcmp(event->detail, "app") == 0)
		what = "A code of the authenticator app";
	else if (strcmp(event->detail, "backup code") == 0)
		what = "A backup code";
	login->paragraph->about = "verified";
	story_say(login->paragraph, " %s was typed at %s, and the login went on.", what, clock);
}

static void say(struct login *login, const struct record_event *event)
{
	/* Not a switch: most kinds never stand in a login. */
	if (event->kind == EVENT_SENT || event->kind == EVENT_SLOW)
		say_sent(login, event);
	else if (event->kind == EVENT_REFUSED)
		say_refused(login, event);
	else if (event->kind == EVENT_WRONG)
		say_wrong(login, event);
	else if (event->kind == EVENT_EXPIRED)
		say_expired(login, event);
	else if (event->kind == EVENT_REF_TYPED)
		say_ref_typed(login, event);
	else if (event->kind == EVENT_VERIFIED)
		say_verified(login, event);
	else if (event->kind == EVENT_LOCKED) {
		login->paragraph->about = "locked";
		story_say(login->paragraph, " That locked the %s lane.", event->detail);
	}
}

static void say_undecided(struct login *login)
{
	if (login->made <= login->decided || login->issued == NULL)
		return;
	login->paragraph->about = "no-verdict";
	story_say(login->paragraph,
		" A code was made for %s and given to the hook. No verdict is on record: a good one is "
		"written with the next answer, and is in the log at once.",
		login->issued->detail);
	story_advise(login->paragraph,
		"What became of it is in the log, under ref=%s. Whether messages get "
		"through: otpcode test %s",
		login->issued->ref, login->facts->user);
}

static void say_waiting(struct login *login, const struct record_code *code)
{
	const struct story_facts *facts = login->facts;
	unsigned tries = describe_tries_left(login->challenge, facts->policy);
	char until[STORY_TIME_SIZE];

	story_when(code->expires, facts->now, until);
	if (tries > 0) {
		story_say(login->paragraph, " It works until %s; %u %s left.", until, tries,
			tries == 1 ? "try is" : "tries are");
		return;
	}
	login->paragraph->about = "spent";
	story_say(login->paragraph, " All tries of this login are used up until %s.", until);
	story_advise(login->paragraph,
		"Log in again after that for a new code, or at once: otpcode unlock %s", facts->user);
}

/* How it ended where no right code came. */
static void say_end(struct login *login)
{
	const struct story_facts *facts = login->facts;
	const struct record_code *newest =
		login->challenge != NULL ? challenge_newest_live(login->challenge, facts->now) : NULL;
	char when[STORY_TIME_SIZE];

	if (login->issued == NULL || (login->decided >= login->made && !login->delivered))
		return;
	int64_t expired = login->issued->last + facts->policy->lifetime_s;
	if (newest != NULL) {
		say_waiting(login, newest);
	} else if (expired > facts->now) {
		login->paragraph->about = "withdrawn";
		story_say(login->paragraph, " It does not work any more: an admin's change, a changed "
					    "address or newer logins ended it.");
		story_advise(login->paragraph, "Log in again for a new code.");
	} else if (login->answers == 0) {
		login->paragraph->about = "unused";
		story_when(expired, facts->now, when);
		story_say(login->paragraph,
			" Nothing that could be a code was typed before it expired at %s.", when);
		story_advise(login->paragraph,
			"If the message did not come, or came late, look among spam and try: otpcode test %s",
			facts->user);
	} else {
		story_when(expired, facts->now, when);
		story_say(login->paragraph, " No right code came before it expired at %s.", when);
	}
}

void story_tell_login(const struct story_facts *facts, const struct record_event *latest, struct story *out)
{
	const struct record *record = facts->record;
	struct login login = {.facts = facts, .paragraph = story_next(out, "login")};
	struct story_paragraph *paragraph = login.paragraph;
	char when[STORY_TIME_SIZE];

	survey(&login, latest->ref);
	paragraph->first = latest->first;
	for (unsigned i = 0; i < record->events_n; i++)
		if (is_of(&record->events[i], latest->ref) && record->events[i].first < paragraph->first)
			paragraph->first = record->events[i].first;
	paragraph->last = latest->last;
	paragraph->service = latest->service;
	paragraph->source = latest->source;
	paragraph->ref = latest->ref;
	story_when(paragraph->first, facts->now, when);
	story_say(paragraph, "%s, %s from %s, ref %s:", when, latest->service, latest->source, latest->ref);
	if (!login.verified && login.answers > 0)
		say_undecided(&login);
	for (unsigned i = 0; i < record->events_n; i++)
		if (is_of(&record->events[i], latest->ref))
			say(&login, &record->events[i]);
	if (!login.verified && login.answers == 0)
		say_undecided(&login);
	if (!login.verified)
		say_end(&login);
	if (login.verified || paragraph->last < record->last_success)
		paragraph->advice[0] = '\0'; /* it was overcome */
}
