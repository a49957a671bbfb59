/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Everything that was visited, as "LINE[section]key=value;" or "LINE[section];". */
struct seen {
	char text[512];
};

static enum otp_err note(void *ctx, const struct ini_line *line, struct otp_why *why)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->text);

	if (line->key != NULL && strcmp(line->key, "refused") == 0)
		return why_set(why, OTP_ERR_CONFIG, 0, "refused it is");
	assert_true(line->key == NULL || strchr(line->key, '=') == NULL);
	(void)snprintf(seen->text + len, sizeof seen->text - len, "%u[%s]%s%s%s;", line->line, line->section,
		line->key != NULL ? line->key : "", line->key != NULL ? "=" : "",
		line->value != NULL ? line->value : "");
	return OTP_OK;
}

/* From a buffer of exactly the size that ini_parse may touch, so that a sanitizer sees one byte more. */
static enum otp_err parse(const char *text, size_t len, struct seen *seen, struct otp_why *why)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = 'x';
	*seen = (struct seen){0};
	enum otp_err err = ini_parse("f.conf", copy, len, (struct ini_visit){note, seen}, why);
	free(copy);
	return err;
}

static void assert_reads(const char *text, const char *expected)
{
	struct seen seen;
	struct otp_why why = {0};

	assert_int_equal(parse(text, strlen(text), &seen, &why), OTP_OK);
	assert_string_equal(seen.text, expected);
}

static void assert_fault_bytes(const char *text, size_t len, const char *expected)
{
	struct seen seen;
	struct otp_why why = {0};

	assert_int_equal(parse(text, len, &seen, &why), OTP_ERR_CONFIG);
	assert_string_equal(why.text, expected);
}

static void assert_fault(const char *text, const char *expected)
{
	assert_fault_bytes(text, strlen(text), expected);
}

static void sections_and_keys_come_in_order_with_their_lines(void **state)
{
	(void)state;
	assert_reads("[a]\nk=v\n\nl=w\n[b c]\nk=v\n[a]\n", "1[a];2[a]k=v;4[a]l=w;5[b c];6[b c]k=v;7[a];");
}

static void blanks_around_everything_are_dropped(void **state)
{
	(void)state;
	assert_reads(" \t[ a ]\t \n\t k \t = \t v w \t\n \t\n", "1[a];2[a]k=v w;");
}

static void a_value_is_everything_behind_the_first_equals_sign(void **state)
{
	(void)state;
	assert_reads("[a]\nk=v # no comment\nl=;x\nm=a=b\nn=\"q\"\no=[x]\n",
		"1[a];2[a]k=v # no comment;3[a]l=;x;4[a]m=a=b;5[a]n=\"q\";6[a]o=[x];");
}

static void an_empty_value_is_a_value(void **state)
{
	(void)state;
	assert_reads("[a]\nk=\nl= \t", "1[a];2[a]k=;3[a]l=;");
}

static void comments_are_whole_lines_and_may_hold_any_text(void **state)
{
	(void)state;
	assert_reads("# gr\xc3\xbc\xc3\x9f \xff\t\n;[x\n \t# k\n[a]\n#k=v\n", "4[a];");
}

static void the_last_line_needs_no_newline(void **state)
{
	(void)state;
	assert_reads("[a]\nk=v", "1[a];2[a]k=v;");
	assert_reads("[a]", "1[a];");
	assert_reads("", "");
	assert_reads("#", "");
}

static void a_line_without_equals_sign_is_a_fault_and_is_not_shown(void **state)
{
	(void)state;
	assert_fault(
		"[a]\nhunter2\n", "f.conf:2: there is no '=': write key=value, or # in front of a comment");
}

static void a_line_without_key_is_a_fault(void **state)
{
	(void)state;
	assert_fault("[a]\n = v\n", "f.conf:2: there is no key in front of '='");
}

static void a_key_above_any_section_is_a_fault(void **state)
{
	(void)state;
	assert_fault("# x\nk=v\n[a]\n", "f.conf:2: a key stands above the first [section]");
}

static void an_unclosed_section_is_a_fault(void **state)
{
	(void)state;
	assert_fault("[a\nk=v\n", "f.conf:1: the section is not closed: [NAME]");
	assert_fault("\n[", "f.conf:2: the section is not closed: [NAME]");
}

static void something_behind_a_section_is_a_fault(void **state)
{
	(void)state;
	assert_fault("[a] # comment\n", "f.conf:1: nothing may stand behind ']'");
	assert_fault("[a]]\n", "f.conf:1: nothing may stand behind ']'");
}

static void a_control_byte_is_a_fault_anywhere(void **state)
{
	(void)state;
	assert_fault_bytes("[a]\nk=v\0w\n", 10, "f.conf:2: holds the control byte 0x00");
	assert_fault_bytes("[a]\nk=v\0", 8, "f.conf:2: holds the control byte 0x00");
	assert_fault_bytes("#\0\n", 3, "f.conf:1: holds the control byte 0x00");
	assert_fault("# \x1b[2J\n", "f.conf:1: holds the control byte 0x1b");
	assert_fault("[a]\nk=\x7f\n", "f.conf:2: holds the control byte 0x7f");
	assert_fault("[a]\nk=v\rw\n", "f.conf:2: holds the control byte 0x0d");
}

static void windows_line_ends_are_a_fault_that_says_so(void **state)
{
	(void)state;
	assert_fault("# x\r\n[a]\r\n", "f.conf:1: ends in CR LF: save the file with plain LF line ends");
	assert_fault("[a]\nk=v\r", "f.conf:2: ends in CR LF: save the file with plain LF line ends");
}

static void other_than_ascii_is_a_fault_outside_comments(void **state)
{
	(void)state;
	assert_fault("[a]\nk=\xc3\xbc\n",
		"f.conf:2: holds the byte 0xc3: only comments may hold anything but ASCII");
	assert_fault(
		"[a]\nk\xe4=v\n", "f.conf:2: holds the byte 0xe4: only comments may hold anything but ASCII");
	assert_fault("[\xff]\n", "f.conf:1: holds the byte 0xff: only comments may hold anything but ASCII");
	assert_fault("\xef\xbb\xbf[a]\nk=v\n",
		"f.conf:1: holds the byte 0xef: only comments may hold anything but ASCII");
}

static void what_the_visitor_refuses_gets_its_line(void **state)
{
	(void)state;
	assert_fault("[a]\nk=v\n\nrefused=1\nl=w\n", "f.conf:4: refused it is");
}

static void nothing_is_visited_after_a_fault(void **state)
{
	(void)state;
	struct seen seen;
	char text[] = "[a]\nk=v\nrefused=1\nl=w\n";

	assert_int_equal(parse(text, strlen(text), &seen, NULL), OTP_ERR_CONFIG);
	assert_string_equal(seen.text, "1[a];2[a]k=v;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_and_keys_come_in_order_with_their_lines),
		cmocka_unit_test(blanks_around_everything_are_dropped),
		cmocka_unit_test(a_value_is_everything_behind_the_first_equals_sign),
		cmocka_unit_test(an_empty_value_is_a_value),
		cmocka_unit_test(comments_are_whole_lines_and_may_hold_any_text),
		cmocka_unit_test(the_last_line_needs_no_newline),
		cmocka_unit_test(a_line_without_equals_sign_is_a_fault_and_is_not_shown),
		cmocka_unit_test(a_line_without_key_is_a_fault),
		cmocka_unit_test(a_key_above_any_section_is_a_fault),
		cmocka_unit_test(an_unclosed_section_is_a_fault),
		cmocka_unit_test(something_behind_a_section_is_a_fault),
		cmocka_unit_test(a_control_byte_is_a_fault_anywhere),
		cmocka_unit_test(windows_line_ends_are_a_fault_that_says_so),
		cmocka_unit_test(other_than_ascii_is_a_fault_outside_comments),
		cmocka_unit_test(what_the_visitor_refuses_gets_its_line),
		cmocka_unit_test(nothing_is_visited_after_a_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
