/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include "core/record_text.h"

#include <string.h>

bool record_contacts_fit(const struct contact *contacts, unsigned contacts_n)
{
	size_t len = 0;

	for (unsigned i = 0; i < contacts_n; i++)
		len += notation_text_len(contacts[i].address);
	return len <= RECORD_ADDRESSES_MAX;
}

bool record_lane_is_empty(const struct record_lane *lane)
{
	return lane->consecutive == 0 && lane->lock_since == 0 && lane->lock_for_s == 0 && lane->days_n == 0;
}

static const char *challenge_fault(const struct record *record, unsigned index)
{
	const struct record_challenge *challenge = &record->challenges[index];

	for (unsigned i = 0; i < index; i++) {
		if (strcmp(record->challenges[i].ref, challenge->ref) == 0)
			return "repeats a ref";
		if (memcmp(record->challenges[i].id, challenge->id, sizeof challenge->id) == 0)
			return "repeats an id";
	}
	return NULL;
}

const char *record_line_fault(const struct record *record, enum record_word_id word, unsigned index)
{
	switch (word) {
	case RECORD_WORD_CONTACT:
		return record_contacts_fit(record->contacts, index + 1) ? NULL
									: "makes the addresses too long";
	case RECORD_WORD_KNOWN_LANE:
		return record_lane_is_empty(&record->lanes[LANE_KNOWN]) ? "says nothing" : NULL;
	case RECORD_WORD_STRANGER_LANE:
		return record_lane_is_empty(&record->lanes[LANE_STRANGER]) ? "says nothing" : NULL;
	case RECORD_WORD_CHALLENGE:
		return challenge_fault(record, index);
	case RECORD_WORD_USER:
	case RECORD_WORD_CODE:
	case RECORD_WORD_SEND:
	case RECORD_WORD_NETWORK:
	case RECORD_WORD_TOTP:
	case RECORD_WORD_BACKUP:
	case RECORD_WORD_DEVICE:
	case RECORD_WORD_EVENT:
	case RECORD_WORDS_N:
		break;
	}
	return NULL;
}

static enum otp_err put_line(const struct record_word *word, const void *element,
	struct notation_writer *writer, struct otp_why *why)
{
	notation_put_string(writer, word->name);
	for (unsigned i = 0; i < word->fields_n; i++) {
		const struct record_field *field = &word->fields[i];
		const char *fault = record_value_fault(field, element);
		if (fault != NULL)
			return why_set(
				why, OTP_ERR_INVALID, 0, "record, %s: %s %s", word->name, field->key, fault);
		notation_put_string(writer, " ");
		notation_put_string(writer, field->key);
		notation_put_string(writer, "=");
		record_value_put(field, element, writer);
	}
	notation_put_string(writer, "\n");
	return writer->full ? why_set(why, OTP_ERR_TOO_LARGE, 0, "record, %s: does not fit", word->name)
			    : OTP_OK;
}

/* How many elements of a word parent has; more than max says that the record is broken. */
static unsigned count_of(const struct record_word *word, const void *parent)
{
	unsigned count = 1;

	if (word->count_offset != RECORD_COUNT_NONE)
		memcpy(&count, (const char *)parent + word->count_offset, sizeof count);
	return count;
}

static enum otp_err put_lines(const struct record *record, enum record_word_id id, const void *parent,
	struct notation_writer *writer, struct otp_why *why)
{
	const struct record_word *word = &record_words[id];
	unsigned count = count_of(word, parent);

	if (count > word->max)
		return why_set(why, OTP_ERR_INVALID, 0, "record, %s: too many", word->name);
	for (unsigned i = 0; i < count; i++) {
		const char *element = (const char *)parent + word->offset + i * word->stride;
		enum otp_err err = put_line(word, element, writer, why);
		if (err != OTP_OK)
			return err;
		const char *fault = record_line_fault(record, id, i);
		if (fault != NULL)
			return why_set(why, OTP_ERR_INVALID, 0, "record, %s: %s", word->name, fault);
		if (id == RECORD_WORD_CHALLENGE)
			err = put_lines(record, RECORD_WORD_CODE, element, writer, why);
		if (err != OTP_OK)
			return err;
	}
	return OTP_OK;
}

/* A lane without anything to say has no line; codes come with their challenge, events last. */
static bool has_lines_of_its_own(const struct record *record, enum record_word_id id)
{
	if (id == RECORD_WORD_KNOWN_LANE)
		return !record_lane_is_empty(&record->lanes[LANE_KNOWN]);
	if (id == RECORD_WORD_STRANGER_LANE)
		return !record_lane_is_empty(&record->lanes[LANE_STRANGER]);
	return id != RECORD_WORD_CODE && id != RECORD_WORD_EVENT;
}

static enum otp_err put_facts(
	const struct record *record, struct notation_writer *writer, struct otp_why *why)
{
	enum otp_err err = OTP_OK;

	for (enum record_word_id id = RECORD_WORD_USER; err == OTP_OK && id < RECORD_WORDS_N; id++)
		if (has_lines_of_its_own(record, id))
			err = put_lines(record, id, record, writer, why);
	return err;
}

/* Latest first, from the end of the buffer, until there is no room: so the oldest are those left out. */
static enum otp_err put_events(
	const struct record *record, struct notation_writer *writer, struct otp_why *why)
{
	const struct record_word *word = &record_words[RECORD_WORD_EVENT];
	size_t room = writer->size - writer->len, used = 0;
	char line[RECORD_EVENT_LEN];

	if (record->events_n > word->max)
		return why_set(why, OTP_ERR_INVALID, 0, "record, %s: too many", word->name);
	for (unsigned i = record->events_n; i-- > 0;) {
		struct notation_writer event = {.text = line, .size = sizeof line};
		enum otp_err err = put_line(word, &record->events[i], &event, why);
		if (err != OTP_OK)
			return err;
		if (event.len > room - used)
			break;
		used += event.len;
		memcpy(writer->text + writer->size - used, line, event.len);
	}
	memmove(writer->text + writer->len, writer->text + writer->size - used, used);
	writer->len += used;
	return OTP_OK;
}

enum otp_err record_encode(
	const struct record *record, char text[RECORD_TEXT_MAX], size_t *len, struct otp_why *why)
{
	struct notation_writer writer = {.text = text, .size = RECORD_TEXT_MAX};
	enum otp_err err = put_facts(record, &writer, why);

	if (err == OTP_OK)
		err = put_events(record, &writer, why);
	*len = err == OTP_OK ? writer.len : 0;
	return err;
}

static bool events_are_equal(const struct record_event *a, const struct record_event *b)
{
	return a->kind == b->kind && strcmp(a->service, b->service) == 0 &&
	       strcmp(a->source, b->source) == 0 && strcmp(a->ref, b->ref) == 0 &&
	       strcmp(a->detail, b->detail) == 0;
}

static void forget_event(struct record *record, unsigned index)
{
	record->events_n--;
	memmove(record->events + index, record->events + index + 1,
		(record->events_n - index) * sizeof record->events[0]);
}

/* As a line would bring it back, so that it equals a decoded one; what is no value is left out. */
static void set_text(struct record_event *event, const char *key, const char *text)
{
	const struct record_word *word = &record_words[RECORD_WORD_EVENT];

	for (unsigned i = 0; text != NULL && i < word->fields_n; i++) {
		const struct record_field *field = &word->fields[i];
		char *out = (char *)event + field->offset;
		if (strcmp(field->key, key) != 0)
			continue;
		record_value_clean(field, text, out);
		if (record_value_fault(field, event) != NULL)
			*out = '\0';
	}
}

void record_add_event(struct record *record, int64_t now, const struct record_event_facts *facts)
{
	int64_t at = now < 0 ? 0 : now < RECORD_TIME_MAX ? now : RECORD_TIME_MAX;
	struct record_event event = {.kind = facts->kind, .first = at, .last = at, .count = 1};

	set_text(&event, "service", facts->service);
	set_text(&event, "source", facts->source);
	set_text(&event, "ref", facts->ref);
	set_text(&event, "detail", facts->detail);
	for (unsigned i = 0; i < record->events_n; i++) {
		if (!events_are_equal(&record->events[i], &event))
			continue;
		event.first = record->events[i].first;
		event.count = record->events[i].count + (record->events[i].count < RECORD_COUNT_MAX ? 1 : 0);
		forget_event(record, i);
		break;
	}
	if (record->events_n == RECORD_EVENTS_MAX)
		forget_event(record, 0);
	record->events[record->events_n++] = event;
}
