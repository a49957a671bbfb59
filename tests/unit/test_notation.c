/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/notation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void numbers_have_one_way_to_be_written(void **state)
{
	(void)state;
	static const uint64_t numbers[] = {0, 1, 9, 10, 4294967295, 123456789012345678, UINT64_MAX / 16};
	static const char *const refused[] = {"", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "0x1", "1e1",
		"\xd9\xa1", "1152921504606846976", "99999999999999999999999999999"};
	uint64_t number = 7;

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char text[24];
		struct notation_writer writer = {.text = text, .size = sizeof text};
		notation_put_number(&writer, numbers[i]);
		assert_true(notation_take_number(text, writer.len, UINT64_MAX / 16, &number));
		assert_int_equal(number, numbers[i]);
		assert_true(
			numbers[i] == 0 || !notation_take_number(text, writer.len, numbers[i] - 1, &number));
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_false(notation_take_number(refused[i], strlen(refused[i]), UINT64_MAX / 16, &number));
}

static void text_with_its_nul_fills_an_array_and_no_more(void **state)
{
	(void)state;
	char out[5] = "++++";

	assert_true(notation_take_text("abc", 3, out, 4));
	assert_string_equal(out, "abc");
	memcpy(out, "++++", 5);
	assert_false(notation_take_text("abcd", 4, out, 4));
	assert_int_equal(out[4], '\0');
	memset(out, '+', sizeof out);
	assert_false(notation_take_text("%20%20%20%20", 12, out, 4));
	assert_int_equal(out[4], '+');
	assert_true(notation_take_text("", 0, out, 1));
	assert_int_equal(out[0], '\0');
}

static void texts_have_one_way_to_be_written(void **state)
{
	(void)state;
	static const char *const refused[] = {"%", "%4", "%41", "%2a", "%2A", "%e9", "%00", "%G0", "% 0",
		"a b", "\x7f", "\x1f", "\xc3\xa9", "\n", "%%25", "%25%"};
	char out[16];

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (notation_take_text(refused[i], strlen(refused[i]), out, sizeof out))
			fail_msg("%s", refused[i]);
	assert_true(notation_take_text("%25%20%0A%FF%7F~!", 17, out, sizeof out));
	assert_string_equal(out, "% \n\xff\x7f~!");
}

static void every_byte_but_nul_comes_back(void **state)
{
	(void)state;

	for (unsigned byte = 1; byte < 256; byte++) {
		char in[3] = {(char)byte, 'x'}, text[8], out[3];
		struct notation_writer writer = {.text = text, .size = sizeof text};
		notation_put_text(&writer, in);
		assert_int_equal(writer.len, notation_text_len(in));
		assert_true(notation_take_text(text, writer.len, out, sizeof out));
		assert_string_equal(in, out);
	}
}

static void what_does_not_fit_is_said_and_written_nowhere(void **state)
{
	(void)state;
	static const unsigned char bytes[] = {0xab, 0xcd};
	char text[4] = "+++";

	struct notation_writer writer = {.text = text, .size = 3};
	notation_put(&writer, "abcd", 4);
	assert_true(writer.full);
	writer = (struct notation_writer){.text = text, .size = 3};
	notation_put_hex(&writer, bytes, 2);
	assert_true(writer.full);
	writer = (struct notation_writer){.text = text, .size = 3};
	notation_put_number(&writer, 1000);
	assert_true(writer.full);
	assert_int_equal(writer.len, 0);
	assert_string_equal(text, "+++");
	writer = (struct notation_writer){.text = text, .size = 3};
	notation_put_text(&writer, "a%");
	assert_true(writer.full);
	assert_int_equal(writer.len, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_one_way_to_be_written),
		cmocka_unit_test(text_with_its_nul_fills_an_array_and_no_more),
		cmocka_unit_test(texts_have_one_way_to_be_written),
		cmocka_unit_test(every_byte_but_nul_comes_back),
		cmocka_unit_test(what_does_not_fit_is_said_and_written_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
