/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/logline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void plain_values_stand_bare_and_others_in_quotes(void **state)
{
	(void)state;
	struct logline line;

	logline_begin(&line, "sent");
	logline_add(&line, "user", "alice");
	logline_add(&line, "why", "550 no such user");
	logline_add_number(&line, "ms", 412);
	assert_string_equal(line.text, "event=sent user=alice why=\"550 no such user\" ms=412");
}

static void no_value_can_end_its_quotes_or_the_line(void **state)
{
	(void)state;
	struct logline line;

	logline_begin(&line, "error");
	logline_add(&line, "user", "a\" event=verified user=\"root");
	logline_add(&line, "why", "one\ntwo\r\033[2J");
	assert_string_equal(
		line.text, "event=error user=\"a' event=verified user='root\" why=\"one?two??[2J\"");
}

static void a_value_that_looks_like_a_field_is_quoted(void **state)
{
	(void)state;
	struct logline line;

	logline_begin(&line, "denied");
	logline_add(&line, "rhost", "event=wrong");
	assert_string_equal(line.text, "event=denied rhost=\"event=wrong\"");
}

static void an_empty_value_leaves_no_field(void **state)
{
	(void)state;
	struct logline line;

	logline_begin(&line, "denied");
	logline_add(&line, "ref", "");
	logline_add(&line, "why", NULL);
	assert_string_equal(line.text, "event=denied");
}

static void times_are_utc(void **state)
{
	(void)state;
	struct logline line;

	logline_begin(&line, "denied");
	logline_add_time(&line, "until", 1767239220);
	assert_string_equal(line.text, "event=denied until=2026-01-01T03:47:00Z");
}

static void a_line_never_outgrows_its_room(void **state)
{
	(void)state;
	struct logline line;
	char value[2000];

	memset(value, 'x', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	logline_begin(&line, "error");
	logline_add(&line, "why", value);
	logline_add(&line, "more", value);
	assert_int_equal(strlen(line.text), LOGLINE_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_values_stand_bare_and_others_in_quotes),
		cmocka_unit_test(no_value_can_end_its_quotes_or_the_line),
		cmocka_unit_test(a_value_that_looks_like_a_field_is_quoted),
		cmocka_unit_test(an_empty_value_leaves_no_field),
		cmocka_unit_test(times_are_utc),
		cmocka_unit_test(a_line_never_outgrows_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
