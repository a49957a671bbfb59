/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/why.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FORGED "a\nevent=verified user=root\r\033[2J\177"
#define HARMLESS "a?event=verified user=root??[2J?"

static void no_text_can_begin_a_line_of_its_own(void **state)
{
	(void)state;
	struct otp_why why;

	assert_int_equal(why_set(&why, OTP_ERR_IO, 0, "%s", FORGED), OTP_ERR_IO);
	assert_string_equal(why.text, HARMLESS);
	why_prefix(&why, "%s", FORGED);
	assert_string_equal(why.text, HARMLESS HARMLESS);
}

static void the_systems_words_follow_and_errno_stays(void **state)
{
	(void)state;
	struct otp_why why;

	errno = ENOSPC;
	assert_int_equal(why_set(&why, OTP_ERR_IO, EACCES, "%s", "/x"), OTP_ERR_IO);
	assert_string_equal(why.text, "/x: Permission denied");
	assert_int_equal(why.os_error, EACCES);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(why_set(&why, OTP_ERR_IO, 4000, "%s", "/x"), OTP_ERR_IO);
	assert_string_equal(why.text, "/x: unknown error");
}

static void texts_are_cut_at_their_room(void **state)
{
	(void)state;
	struct otp_why why;
	char text[2 * WHY_TEXT_SIZE];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_int_equal(why_set(&why, OTP_ERR_IO, EACCES, "%s", text), OTP_ERR_IO);
	assert_int_equal(strlen(why.text), WHY_TEXT_SIZE - 1);
	why_prefix(&why, "%s", text);
	assert_int_equal(strlen(why.text), WHY_TEXT_SIZE - 1);
	why_prefix(&why, "%s", "y");
	assert_int_equal(strlen(why.text), WHY_TEXT_SIZE - 1);
	assert_int_equal(why.text[0], 'y');
}

static void nobody_need_want_to_know(void **state)
{
	(void)state;
	assert_int_equal(why_set(NULL, OTP_ERR_BUSY, EACCES, "%s", "x"), OTP_ERR_BUSY);
	why_prefix(NULL, "%s", "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_text_can_begin_a_line_of_its_own),
		cmocka_unit_test(the_systems_words_follow_and_errno_stays),
		cmocka_unit_test(texts_are_cut_at_their_room),
		cmocka_unit_test(nobody_need_want_to_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
