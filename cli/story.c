/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/story_parts.h"

#include "cli/describe.h"
#include "prompt/texts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct story_paragraph *story_next(struct story *story, const char *about)
{
	struct story_paragraph *paragraph =
		&story->list[story->n < STORY_PARAGRAPHS_MAX ? story->n++ : STORY_PARAGRAPHS_MAX - 1];

	*paragraph = (struct story_paragraph){.about = about, .service = "", .source = "", .ref = ""};
	return paragraph;
}

void story_say(struct story_paragraph *paragraph, const char *format, ...)
{
	size_t len = strlen(paragraph->text);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(paragraph->text + len, sizeof paragraph->text - len, format, args);
	va_end(args);
}

void story_advise(struct story_paragraph *paragraph, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(paragraph->advice, sizeof paragraph->advice, format, args);
	va_end(args);
}

static void format_local(int64_t when, bool clock_alone, char out[STORY_TIME_SIZE])
{
	time_t seconds = (time_t)when;
	struct tm parts;
	size_t len = 0;

	if (localtime_r(&seconds, &parts) != NULL)
		len = clock_alone ? strftime(out, STORY_TIME_SIZE, "%H:%M:%S", &parts)
				  : strftime(out, STORY_TIME_SIZE, "%Y-%m-%d %H:%M:%S %Z", &parts);
	if (len == 0)
		(void)snprintf(out, STORY_TIME_SIZE, "second %lld", (long long)when);
}

void story_when(int64_t when, int64_t now, char out[STORY_TIME_SIZE])
{
	char span[TEXTS_SPAN_SIZE];

	format_local(when, false, out);
	size_t len = strlen(out);
	texts_span(when > now ? when - now : now - when, span);
	if (when == now)
		(void)snprintf(out + len, STORY_TIME_SIZE - len, ", just now");
	else
		(void)snprintf(out + len, STORY_TIME_SIZE - len, when > now ? ", in %s" : ", %s ago", span);
}

void story_clock(int64_t when, char out[STORY_TIME_SIZE])
{
	format_local(when, true, out);
}

void story_times(unsigned count, char out[STORY_TIMES_SIZE])
{
	out[0] = '\0';
	if (count > 1)
		(void)snprintf(out, STORY_TIMES_SIZE, " %u times", count);
}

static void advise_of_event(
	const struct story_facts *facts, enum record_event_kind kind, struct story_paragraph *paragraph)
{
	if (kind == EVENT_REMEMBERED)
		story_advise(paragraph, "Nothing. To be asked again: otpcode devices %s --revoke all",
			facts->user);
	else if (kind == EVENT_DAMAGED)
		story_advise(paragraph, "If it comes again, check the disk.");
}

/* An event of no challenge. */
static void tell_event(const struct story_facts *facts, const struct record_event *event, struct story *out)
{
	const bool remembered = event->kind == EVENT_REMEMBERED;
	struct story_paragraph *paragraph = story_next(out, record_event_name(event->kind));
	char when[STORY_TIME_SIZE], times[STORY_TIMES_SIZE];

	paragraph->first = event->first;
	paragraph->last = event->last;
	paragraph->service = event->service;
	paragraph->source = event->source;
	story_when(event->last, facts->now, when);
	story_times(event->count, times);
	story_say(paragraph, "%s", when);
	if (event->service[0] != '\0')
		story_say(paragraph, ", %s", event->service);
	if (event->source[0] != '\0')
		story_say(paragraph, " from %s", event->source);
	if (remembered)
		story_say(paragraph, ": the device is known, so nobody was asked for a code%s.", times);
	else
		story_say(paragraph, ": %s%s%s%s.", describe_event(event->kind), times,
			event->detail[0] != '\0' ? ": " : "", event->detail);
	advise_of_event(facts, event->kind, paragraph);
}

static bool is_latest_of_login(const struct record *record, unsigned index)
{
	for (unsigned i = index + 1; i < record->events_n; i++)
		if (strcmp(record->events[i].ref, record->events[index].ref) == 0)
			return false;
	return true;
}

static void tell_events(const struct story_facts *facts, struct story *out)
{
	const struct record *record = facts->record;

	for (unsigned i = 0; i < record->events_n; i++) {
		if (record->events[i].ref[0] == '\0')
			tell_event(facts, &record->events[i], out);
		else if (is_latest_of_login(record, i))
			story_tell_login(facts, &record->events[i], out);
	}
}

static void tell_unreadable(const struct story_facts *facts, struct story *out)
{
	struct story_paragraph *paragraph = story_next(out, "unreadable");

	story_say(paragraph, "The state of %s cannot be read, so every login is denied: %s.", facts->user,
		facts->unreadable);
	story_advise(paragraph,
		"Restore the file from a backup (then all of it), or begin anew: otpcode unenroll %s --yes",
		facts->user);
}

void story_tell(const struct story_facts *facts, struct story *out)
{
	out->n = 0;
	if (facts->state == STORY_UNREADABLE) {
		tell_unreadable(facts, out);
		return;
	}
	tell_events(facts, out);
	story_tell_now(facts, out);
}
