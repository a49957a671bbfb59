/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/nearest.c" /* NOLINT(bugprone-suspicious-include): what only the command holds is in no library */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const words[] = {
	"init", "enroll", "unenroll", "contact", "show", "list", "lock", "unlock", "test", "config"};

static const char *nearest(const char *typed)
{
	return nearest_word(typed, words, sizeof words / sizeof words[0]);
}

static void slip_of_a_finger_is_understood(void **state)
{
	(void)state;
	assert_string_equal(nearest("enrol"), "enroll");
	assert_string_equal(nearest("enrroll"), "enroll");
	assert_string_equal(nearest("unenrol"), "unenroll");
	assert_string_equal(nearest("unlcok"), "unlock");
	assert_string_equal(nearest("lits"), "list");
	assert_string_equal(nearest("shwo"), "show");
	assert_string_equal(nearest("confg"), "config");
}

static void beginning_of_a_word_is_understood(void **state)
{
	(void)state;
	assert_string_equal(nearest("conf"), "config");
	assert_string_equal(nearest("un"), "unenroll");
	assert_null(nearest("u"));
}

static void nearest_of_two_near_words_is_taken(void **state)
{
	(void)state;
	assert_string_equal(nearest("unlok"), "unlock");
	assert_string_equal(nearest("lisk"), "list");
}

static void word_that_is_far_from_all_has_no_neighbour(void **state)
{
	(void)state;
	assert_null(nearest("status"));
	assert_null(nearest("pint"));
	assert_null(nearest("help"));
	assert_null(nearest(""));
	assert_null(nearest("xx"));
}

static void word_of_any_length_is_compared_within_bounds(void **state)
{
	char typed[4 * NEAREST_WORD_MAX];

	(void)state;
	for (size_t len = 0; len < sizeof typed; len++) {
		memset(typed, 'x', len);
		typed[len] = '\0';
		assert_null(nearest(typed));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slip_of_a_finger_is_understood),
		cmocka_unit_test(beginning_of_a_word_is_understood),
		cmocka_unit_test(nearest_of_two_near_words_is_taken),
		cmocka_unit_test(word_that_is_far_from_all_has_no_neighbour),
		cmocka_unit_test(word_of_any_length_is_compared_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
