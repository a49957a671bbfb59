/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record_text.h"

#include <string.h>

#define FOREVER "forever"
#define CONSONANTS "BCDFGHJKLMNPQRSTVWXZ"

/* One form of values: take reads what put writes of a sound value, and nothing else. sound NULL: all are. */
struct form {
	bool (*sound)(const struct record_field *field, const void *element);
	void (*put)(const struct record_field *field, const void *element, struct notation_writer *writer);
	bool (*take)(const struct record_field *field, void *element, const char *value, size_t len);
	const char *refusal;
};

static const void *value_of(const struct record_field *field, const void *element)
{
	return (const char *)element + field->offset;
}

static void *place_of(const struct record_field *field, void *element)
{
	return (char *)element + field->offset;
}

/* Counts, uids and enums are all loaded and stored as uint32_t. */
_Static_assert(sizeof(unsigned) == sizeof(uint32_t) && sizeof(enum record_event_kind) == sizeof(uint32_t) &&
		       sizeof(enum channel) == sizeof(uint32_t) && sizeof(enum lane) == sizeof(uint32_t) &&
		       sizeof(enum record_delivery) == sizeof(uint32_t),
	"one size");

static uint32_t load_u32(const struct record_field *field, const void *element)
{
	uint32_t value;

	memcpy(&value, value_of(field, element), sizeof value);
	return value;
}

static int64_t load_i64(const struct record_field *field, const void *element)
{
	int64_t value;

	memcpy(&value, value_of(field, element), sizeof value);
	return value;
}

static bool number_sound(const struct record_field *field, const void *element)
{
	return load_u32(field, element) >= field->min && load_u32(field, element) <= field->max;
}

static bool count_sound(const struct record_field *field, const void *element)
{
	return load_u32(field, element) >= field->min;
}

static void number_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	uint32_t value = load_u32(field, element);

	notation_put_number(writer, value < field->max ? value : field->max);
}

static bool number_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	uint64_t number;

	if (!notation_take_number(value, len, field->max, &number))
		return false;
	memcpy(place_of(field, element), &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
	return true;
}

static bool time_sound(const struct record_field *field, const void *element)
{
	return load_i64(field, element) >= 0 && load_i64(field, element) <= RECORD_TIME_MAX;
}

static void time_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	notation_put_number(writer, (uint64_t)load_i64(field, element));
}

static bool time_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	uint64_t number;

	if (!notation_take_number(value, len, RECORD_TIME_MAX, &number))
		return false;
	memcpy(place_of(field, element), &(int64_t){(int64_t)number}, sizeof(int64_t));
	return true;
}

static bool span_sound(const struct record_field *field, const void *element)
{
	int64_t span_s = load_i64(field, element);

	return span_s == RECORD_LOCK_FOREVER || (span_s >= 0 && span_s <= field->max);
}

static void span_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	if (load_i64(field, element) == RECORD_LOCK_FOREVER)
		notation_put_string(writer, FOREVER);
	else
		time_put(field, element, writer);
}

static bool span_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	if (len != strlen(FOREVER) || memcmp(value, FOREVER, len) != 0)
		return time_take(field, element, value, len);
	memcpy(place_of(field, element), &(int64_t){RECORD_LOCK_FOREVER}, sizeof(int64_t));
	return true;
}

static bool choice_sound(const struct record_field *field, const void *element)
{
	return load_u32(field, element) < field->names_n;
}

static void choice_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	notation_put_string(writer, field->names[load_u32(field, element)]);
}

static bool choice_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	for (uint32_t i = 0; i < field->names_n; i++) {
		if (strlen(field->names[i]) == len && memcmp(field->names[i], value, len) == 0) {
			memcpy(place_of(field, element), &i, sizeof i);
			return true;
		}
	}
	return false;
}

static void flag_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	const bool *flag = value_of(field, element);

	notation_put_string(writer, *flag ? "yes" : "no");
}

static bool flag_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	bool *flag = place_of(field, element);

	*flag = len == 3 && memcmp(value, "yes", 3) == 0;
	return *flag || (len == 2 && memcmp(value, "no", 2) == 0);
}

static void hex_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	notation_put_hex(writer, value_of(field, element), field->size);
}

static bool hex_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	return notation_take_hex(value, len, place_of(field, element), field->size);
}

static bool sealed_sound(const struct record_field *field, const void *element)
{
	const struct totp_sealed *sealed = value_of(field, element);

	return sealed->len >= TOTP_SEALED_MIN && sealed->len <= TOTP_SEALED_MAX;
}

static void sealed_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	const struct totp_sealed *sealed = value_of(field, element);

	notation_put_hex(writer, sealed->bytes, sealed->len);
}

static bool sealed_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	struct totp_sealed *sealed = place_of(field, element);

	if (len / 2 > TOTP_SEALED_MAX)
		return false;
	sealed->len = (unsigned)(len / 2);
	return notation_take_hex(value, len, sealed->bytes, sealed->len);
}

static bool digits_sound(const struct record_field *field, const void *element)
{
	return load_u32(field, element) == 6 || load_u32(field, element) == 8;
}

static bool period_sound(const struct record_field *field, const void *element)
{
	return load_u32(field, element) == 30 || load_u32(field, element) == 60;
}

static void short_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	notation_put_number(writer, load_u32(field, element));
}

static bool short_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	uint64_t number;

	if (!notation_take_number(value, len, 99, &number))
		return false;
	memcpy(place_of(field, element), &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
	return true;
}

/* Names, refs, networks and addresses decide something: they are kept as they are, or refused. */

static bool exact_sound(const struct record_field *field, const void *element)
{
	const char *text = value_of(field, element);

	return memchr(text, '\0', field->size) != NULL && notation_text_len(text) >= field->min &&
	       notation_text_len(text) <= field->max;
}

static void exact_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	notation_put_text(writer, value_of(field, element));
}

static bool exact_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	return notation_take_text(value, len, place_of(field, element), field->size);
}

static bool ref_sound(const struct record_field *field, const void *element)
{
	const char *ref = value_of(field, element);

	return exact_sound(field, element) && ref[strspn(ref, CONSONANTS)] == '\0' &&
	       (*ref == '\0' || strlen(ref) == CODE_REF_LEN);
}

static bool network_sound(const struct record_field *field, const void *element)
{
	const char *network = value_of(field, element);

	return exact_sound(field, element) && network[strspn(network, "0123456789abcdef.:/")] == '\0';
}

static bool address_sound(const struct record_field *field, const void *element)
{
	const struct contact *contact = element;
	struct contact parsed;

	return exact_sound(field, element) &&
	       contact_parse(contact->channel, contact->address, &parsed, NULL) == OTP_OK &&
	       strcmp(parsed.address, contact->address) == 0;
}

/* Texts that only inform must not stand in the way of a login: what does not belong is replaced or cut. */

void record_value_clean(const struct record_field *field, const char *text, char *out)
{
	size_t written = 0;

	memset(out, 0, field->size);
	for (size_t i = 0; i + 1 < field->size && text[i] != '\0'; i++) {
		char c = text[i];
		if (!notation_is_printable(c))
			c = '?';
		written += notation_char_len(c);
		if (written > field->max)
			return;
		out[i] = c;
	}
}

static void text_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	char clean[RECORD_DETAIL_SIZE];

	record_value_clean(field, value_of(field, element), clean);
	notation_put_text(writer, clean);
}

static bool text_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	char *text = place_of(field, element);

	if (len > field->max || !notation_take_text(value, len, text, field->size))
		return false;
	for (; *text != '\0'; text++)
		if (!notation_is_printable(*text))
			return false;
	return true;
}

static bool days_sound(const struct record_field *field, const void *element)
{
	const struct record_lane *lane = element;

	(void)field;
	if (lane->days_n > RECORD_DAYS_MAX)
		return false;
	for (unsigned i = 0; i < lane->days_n; i++) {
		const struct record_day *day = &lane->days[i];
		if (day->day < 0 || day->day > RECORD_DAY_MAX || day->wrong == 0)
			return false;
		if (i > 0 && day->day <= day[-1].day)
			return false;
	}
	return true;
}

static void days_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	const struct record_lane *lane = element;

	(void)field;
	for (unsigned i = 0; i < lane->days_n; i++) {
		unsigned wrong = lane->days[i].wrong;
		notation_put_string(writer, i > 0 ? "," : "");
		notation_put_number(writer, (uint64_t)lane->days[i].day);
		notation_put_string(writer, ":");
		notation_put_number(writer, wrong < RECORD_DAY_WRONG_MAX ? wrong : RECORD_DAY_WRONG_MAX);
	}
}

static bool day_take(struct record_lane *lane, const char *value, size_t len)
{
	const char *colon = memchr(value, ':', len);
	uint64_t day, wrong;

	if (colon == NULL || lane->days_n == RECORD_DAYS_MAX)
		return false;
	size_t day_len = (size_t)(colon - value);
	if (!notation_take_number(value, day_len, RECORD_DAY_MAX, &day) ||
		!notation_take_number(colon + 1, len - day_len - 1, RECORD_DAY_WRONG_MAX, &wrong))
		return false;
	lane->days[lane->days_n].day = (int64_t)day;
	lane->days[lane->days_n++].wrong = (unsigned)wrong;
	return true;
}

static bool days_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	const char *end = value + len;

	(void)field;
	if (len == 0)
		return true;
	for (;;) {
		const char *comma = memchr(value, ',', (size_t)(end - value));
		if (!day_take(element, value, (size_t)((comma != NULL ? comma : end) - value)))
			return false;
		if (comma == NULL)
			return true;
		value = comma + 1;
	}
}

static const struct form forms[] = {
	[RECORD_AS_NUMBER] = {number_sound, number_put, number_take, "is out of range"},
	[RECORD_AS_COUNT] = {count_sound, number_put, number_take, "is out of range"},
	[RECORD_AS_TIME] = {time_sound, time_put, time_take, "is no time"},
	[RECORD_AS_SPAN] = {span_sound, span_put, span_take, "is out of range"},
	[RECORD_AS_CHOICE] = {choice_sound, choice_put, choice_take, "is none of its words"},
	[RECORD_AS_FLAG] = {NULL, flag_put, flag_take, "is neither yes nor no"},
	[RECORD_AS_HEX] = {NULL, hex_put, hex_take, "is not hex of its length"},
	[RECORD_AS_SEALED] = {sealed_sound, sealed_put, sealed_take, "is not hex of its length"},
	[RECORD_AS_DIGITS] = {digits_sound, short_put, short_take, "is neither 6 nor 8"},
	[RECORD_AS_PERIOD] = {period_sound, short_put, short_take, "is neither 30 nor 60"},
	[RECORD_AS_REF] = {ref_sound, exact_put, exact_take, "is no ref"},
	[RECORD_AS_NAME] = {exact_sound, exact_put, exact_take, "is no user's name"},
	[RECORD_AS_TEXT] = {NULL, text_put, text_take, "is no text of its length"},
	[RECORD_AS_NETWORK] = {network_sound, exact_put, exact_take, "is no network"},
	[RECORD_AS_ADDRESS] = {address_sound, exact_put, exact_take, "is no address of its channel"},
	[RECORD_AS_DAYS] = {days_sound, days_put, days_take, "are not days in ascending order"},
};

const char *record_value_fault(const struct record_field *field, const void *element)
{
	const struct form *form = &forms[field->form];

	return form->sound == NULL || form->sound(field, element) ? NULL : form->refusal;
}

void record_value_put(const struct record_field *field, const void *element, struct notation_writer *writer)
{
	forms[field->form].put(field, element, writer);
}

const char *record_value_take(const struct record_field *field, void *element, const char *value, size_t len)
{
	const struct form *form = &forms[field->form];

	if (!form->take(field, element, value, len))
		return form->refusal;
	return record_value_fault(field, element);
}
