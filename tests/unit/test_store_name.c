/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_encoded(const char *user, const char *expected)
{
	char name[STORE_FILE_NAME_SIZE];
	char back[STORE_FILE_NAME_SIZE];
	struct otp_why why;

	assert_int_equal(store_file_name_encode(user, name, &why), OTP_OK);
	assert_string_equal(name, expected);
	assert_true(store_file_name_decode(name, back));
	assert_string_equal(back, user);
}

static void letters_digits_dash_and_underscore_stand_for_themselves(void **state)
{
	(void)state;

	assert_encoded("alice", "alice");
	assert_encoded("Alice_B-c09", "Alice_B-c09");
	assert_encoded("_", "_");
	assert_encoded("a-", "a-");
}

static void C18_everything_else_is_encoded_in_upper_case_hex(void **state)
{
	(void)state;

	assert_encoded(".", "%2E");
	assert_encoded("..", "%2E%2E");
	assert_encoded("a/b", "a%2Fb");
	assert_encoded("%41", "%2541");
	assert_encoded("a\nb", "a%0Ab");
	assert_encoded("%s", "%25s");
	assert_encoded("DOM\\user", "DOM%5Cuser");
	assert_encoded("user@example.org", "user%40example%2Eorg");
	assert_encoded("J\xc3\xb6rg", "J%C3%B6rg");
	assert_encoded("\x01\x7f\x80\xff", "%01%7F%80%FF");
	assert_encoded(".new-0123456789abcdef", "%2Enew-0123456789abcdef");
	assert_encoded("$", "%24");
}

static void every_byte_comes_back_as_it_was(void **state)
{
	(void)state;

	for (unsigned byte = 1; byte < 256; byte++) {
		char user[3] = {'u', (char)(unsigned char)byte, '\0'};
		char name[STORE_FILE_NAME_SIZE];
		char back[STORE_FILE_NAME_SIZE];
		struct otp_why why;
		assert_int_equal(store_file_name_encode(user, name, &why), OTP_OK);
		assert_null(strpbrk(name, "/. \n\\"));
		assert_true(store_file_name_decode(name, back));
		assert_string_equal(back, user);
	}
}

static void an_empty_name_or_a_leading_dash_is_refused(void **state)
{
	char name[STORE_FILE_NAME_SIZE];
	struct otp_why why;
	(void)state;

	assert_int_equal(store_file_name_encode("", name, &why), OTP_ERR_INVALID);
	assert_int_equal(store_file_name_encode("-", name, &why), OTP_ERR_INVALID);
	assert_int_equal(store_file_name_encode("-rf", name, &why), OTP_ERR_INVALID);
}

static void C19_names_of_every_length_fit_or_are_refused(void **state)
{
	static char user[1026];
	char name[STORE_FILE_NAME_SIZE];
	char back[STORE_FILE_NAME_SIZE];
	struct otp_why why;
	(void)state;

	for (size_t len = 1; len <= 1025; len++) {
		memset(user, 'a', len);
		user[len] = '\0';
		enum otp_err wanted = len <= 255 ? OTP_OK : OTP_ERR_INVALID;
		assert_int_equal(store_file_name_encode(user, name, &why), wanted);
		if (wanted == OTP_OK)
			assert_int_equal(strlen(name), len);
		memset(user, '.', len);
		wanted = len <= 85 ? OTP_OK : OTP_ERR_INVALID;
		assert_int_equal(store_file_name_encode(user, name, &why), wanted);
		if (wanted == OTP_OK)
			assert_int_equal(strlen(name), 3 * len);
		memset(user, 'a', len);
		assert_int_equal(store_file_name_decode(user, back), len <= 255);
	}
}

static void what_encode_does_not_make_is_no_name(void **state)
{
	static const char *const names[] = {"", "-", "-a", "%", "%4", "a%", "a%2", "%2e", "%2G", "%41", "%61",
		"%30", "%5F", "%2D", "%00", "a%00b", ".", "..", "a b", "a.b", "a/b", "\xc3\xb6", "%%", "%2",
		"%-1"};
	char user[STORE_FILE_NAME_SIZE];
	(void)state;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (store_file_name_decode(names[i], user))
			fail_msg("%s was taken for %s", names[i], user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_digits_dash_and_underscore_stand_for_themselves),
		cmocka_unit_test(C18_everything_else_is_encoded_in_upper_case_hex),
		cmocka_unit_test(every_byte_comes_back_as_it_was),
		cmocka_unit_test(an_empty_name_or_a_leading_dash_is_refused),
		cmocka_unit_test(C19_names_of_every_length_fit_or_are_refused),
		cmocka_unit_test(what_encode_does_not_make_is_no_name),
	};

	return cmocka_run_group_tests_name("store_name", tests, NULL, NULL);
}
