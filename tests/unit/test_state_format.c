/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include "core/quota.h"
#include "core/record_text.h"
#include "store/limits.h"
#include "store/slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Holds docs/state-format.md and the program in step. Tests run from the repository's top folder. */
#define DOC "docs/state-format.md"

static char doc[65536];

static int read_doc(void **state)
{
	(void)state;
	FILE *file = fopen(DOC, "r");
	if (file == NULL)
		return -1;
	size_t len = fread(doc, 1, sizeof doc - 1, file);
	doc[len] = '\0';
	return fclose(file) == 0 && len > 0 && len < sizeof doc - 1 ? 0 : -1;
}

/* The words of a choice as the document lists them: `a`, `b` or `c`. */
static void describe_choice(const char *const *names, unsigned names_n, char *out, size_t size)
{
	out[0] = '\0';
	for (unsigned i = 0; i < names_n; i++) {
		size_t len = strlen(out);
		const char *before = i == 0 ? "" : i + 1 == names_n ? " or " : ", ";
		(void)snprintf(out + len, size - len, "%s`%s`", before, names[i]);
	}
}

/* What must stand in the value column of a key. */
static void describe(const struct record_field *field, char *out, size_t size)
{
	static const char *const flags[] = {"no", "yes"};

	switch (field->form) {
	case RECORD_AS_NUMBER:
		(void)snprintf(out, size, "number, %u..%u", field->min, field->max);
		return;
	case RECORD_AS_COUNT:
		(void)snprintf(out, size, "count, %u..%u", field->min, field->max);
		return;
	case RECORD_AS_TIME:
		(void)snprintf(out, size, "time");
		return;
	case RECORD_AS_SPAN:
		(void)snprintf(out, size, "seconds, %u..%u, or `forever`", field->min, field->max);
		return;
	case RECORD_AS_CHOICE:
		describe_choice(field->names, field->names_n, out, size);
		return;
	case RECORD_AS_FLAG:
		describe_choice(flags, 2, out, size);
		return;
	case RECORD_AS_HEX:
		(void)snprintf(out, size, "hex, %zu bytes", field->size);
		return;
	case RECORD_AS_SEALED:
		(void)snprintf(out, size, "hex, %d..%d bytes", TOTP_SEALED_MIN, TOTP_SEALED_MAX);
		return;
	case RECORD_AS_DIGITS:
		(void)snprintf(out, size, "6 or 8");
		return;
	case RECORD_AS_PERIOD:
		(void)snprintf(out, size, "30 or 60");
		return;
	case RECORD_AS_REF:
		(void)snprintf(out, size, "%s", field->min == 0 ? "ref or empty" : "ref");
		return;
	case RECORD_AS_NAME:
		(void)snprintf(out, size, "name, %u..%u bytes", field->min, field->max);
		return;
	case RECORD_AS_TEXT:
		(void)snprintf(out, size, "text, at most %u bytes", field->max);
		return;
	case RECORD_AS_NETWORK:
		(void)snprintf(out, size, "network");
		return;
	case RECORD_AS_ADDRESS:
		(void)snprintf(out, size, "address");
		return;
	case RECORD_AS_DAYS:
		(void)snprintf(out, size, "days");
		return;
	}
	fail_msg("a form that the document does not know");
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static const char *next_line(const char *line)
{
	const char *newline = strchr(line, '\n');

	return newline != NULL ? newline + 1 : line + strlen(line);
}

/* The line under the heading that names the word; two words with the same keys may share one. */
static const char *find_section(const char *word)
{
	char quoted[64];

	(void)snprintf(quoted, sizeof quoted, "`%s`", word);
	for (const char *line = doc; *line != '\0'; line = next_line(line)) {
		const char *at = starts_with(line, "### ") ? strstr(line, quoted) : NULL;
		if (at != NULL && at < next_line(line))
			return next_line(line);
	}
	fail_msg(DOC " has no heading for `%s`", word);
	return NULL;
}

static void assert_line_starts_with(const char *line, const char *start)
{
	if (!starts_with(line, start))
		fail_msg("should begin with \"%s\": %.*s", start, (int)strcspn(line, "\n"), line);
}

static void each_word_and_key_is_described_and_no_other(void **state)
{
	(void)state;
	char start[1024], value[896];

	for (enum record_word_id id = RECORD_WORD_USER; id < RECORD_WORDS_N; id++) {
		const struct record_word *word = &record_words[id];
		const char *line = find_section(word->name);
		if (id == RECORD_WORD_USER)
			(void)snprintf(start, sizeof start, "Lines: 1.");
		else
			(void)snprintf(start, sizeof start, "Lines: 0..%u", word->max);
		assert_line_starts_with(line, start);
		while (!starts_with(line, "|"))
			line = next_line(line);
		line = next_line(next_line(line)); /* the table's head */
		for (unsigned i = 0; i < word->fields_n; i++, line = next_line(line)) {
			describe(&word->fields[i], value, sizeof value);
			(void)snprintf(start, sizeof start, "| `%s` | %s | ", word->fields[i].key, value);
			assert_line_starts_with(line, start);
		}
		assert_line_starts_with(line, "\n"); /* no key more */
	}
}

static void words_stand_in_their_order_and_none_is_made_up(void **state)
{
	(void)state;
	unsigned headings = 0, words = 0;
	const char *before = doc;

	for (enum record_word_id id = RECORD_WORD_USER; id < RECORD_WORDS_N; id++) {
		const char *section = find_section(record_words[id].name);
		assert_true(section >= before);
		headings += section > before;
		before = section;
	}
	for (const char *line = doc; *line != '\0'; line = next_line(line))
		words += starts_with(line, "### ");
	assert_int_equal(words, headings);
}

static void assert_in_doc(const char *text)
{
	if (strstr(doc, text) == NULL)
		fail_msg(DOC " does not say: %s", text);
}

static void numbers_of_the_notation_are_those_of_the_program(void **state)
{
	(void)state;
	char text[128];

	(void)snprintf(text, sizeof text, "0 to %lld |", (long long)RECORD_TIME_MAX);
	assert_in_doc(text);
	(void)snprintf(
		text, sizeof text, "together have at most %d bytes as written |", RECORD_ADDRESSES_MAX);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "shortest form, 1 to %d bytes |", RECORD_NETWORK_WRITTEN);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text,
		"ascending, at most %d; DAY is days since 1970-01-01 UTC, 0 to %d; WRONG a count, 1 to %d;",
		RECORD_DAYS_MAX, RECORD_DAY_MAX, RECORD_DAY_WRONG_MAX);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "exactly %zu bytes: two slots of %d, each", SLOT_PAIR_LEN,
		STORE_FILE_SLOT);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "LEN is 0 to %d,", STORE_RECORD_MAX);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "REV counts the writes: 1 to %lld,", (long long)SLOT_REV_MAX);
	assert_in_doc(text);
	assert_int_equal(RECORD_TEXT_MAX, STORE_RECORD_MAX);
}

static void the_table_of_limits_is_as_described(void **state)
{
	(void)state;
	char text[160];
	unsigned char bytes[QUOTA_ROW_SIZE];
	struct quota_row row = {.name = "name", .at = 0x0102030405060708};

	(void)snprintf(text, sizeof text,
		"exactly %zu bytes, all written when it is made: a header of %d bytes, then %d sets of %d "
		"rows of %zu\nbytes",
		LIMITS_SIZE, LIMITS_HEADER_LEN, QUOTA_SETS, QUOTA_SET_ROWS, QUOTA_ROW_SIZE);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "The header is `%.*s`, a newline and zeros",
		(int)sizeof LIMITS_HEADER - 2, LIMITS_HEADER);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "locked for over %d ms", LIMITS_LOCK_MS);
	assert_in_doc(text);

	row.hour[0] = 0x0a0b0c0d;
	row.day[QUOTA_SLICES - 1] = 0x1a1b1c1d;
	quota_row_encode(&row, bytes);
	assert_in_doc("| 0 to 11 | name");
	assert_memory_equal(bytes, row.name, 12);
	assert_in_doc("| 16 to 23 | when");
	assert_memory_equal(bytes + 16, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	assert_in_doc("| 24 to 75 | 13 counts");
	assert_memory_equal(bytes + 24, "\x0a\x0b\x0c\x0d", 4);
	assert_in_doc("| 76 to 127 | 13 counts");
	assert_memory_equal(bytes + 124, "\x1a\x1b\x1c\x1d", 4);
	assert_in_doc("| 12 to 15 | checksum: FNV-1a, 32 bits");
	uint32_t sum = 2166136261;
	for (unsigned i = 0; i < QUOTA_ROW_SIZE; i++)
		if (i < 12 || i > 15)
			sum = (sum ^ bytes[i]) * 16777619;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(bytes[12 + i], sum >> (24 - 8 * i) & 0xff);
}

static void worked_example_is_what_the_program_writes(void **state)
{
	(void)state;
	static char pair[SLOT_PAIR_LEN], again[RECORD_TEXT_MAX];
	static struct record record;
	struct slot_choice choice = {0};
	struct otp_why why = {0};
	size_t again_len;

	char *example = strstr(doc, "```\notpcode 1 ");
	assert_non_null(example);
	example += strlen("```\n");
	char *end = strstr(example, "```");
	assert_non_null(end);
	assert_in_range(end - example, 1, STORE_FILE_SLOT);
	memcpy(pair, example, (size_t)(end - example));
	if (slot_choose(pair, "the example", &choice, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(choice.rev, 42);
	if (record_decode(choice.data, choice.len, &record, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(record_encode(&record, again, &again_len, &why), OTP_OK);
	assert_int_equal(again_len, choice.len);
	assert_memory_equal(again, choice.data, again_len);
	assert_true(choice.data + choice.len == pair + (end - example));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_word_and_key_is_described_and_no_other, read_doc),
		cmocka_unit_test_setup(words_stand_in_their_order_and_none_is_made_up, read_doc),
		cmocka_unit_test_setup(numbers_of_the_notation_are_those_of_the_program, read_doc),
		cmocka_unit_test_setup(the_table_of_limits_is_as_described, read_doc),
		cmocka_unit_test_setup(worked_example_is_what_the_program_writes, read_doc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
