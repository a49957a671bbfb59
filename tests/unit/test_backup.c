/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/backup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct keys some_keys(unsigned char seed)
{
	unsigned char host_key[KEY_HOST_LEN] = {seed};
	struct keys keys;

	assert_int_equal(keys_derive(host_key, &keys, NULL), OTP_OK);
	return keys;
}

static struct code_seal seal(const struct keys *keys, const char *user, uint32_t uid, const char *text)
{
	struct backup_code code = {{0}};
	struct code_seal out;

	memcpy(code.text, text, strlen(text));
	assert_int_equal(backup_seal(keys, user, uid, &code, &out, NULL), OTP_OK);
	return out;
}

static void drawn_codes_have_every_character_in_every_place(void **state)
{
	(void)state;
	static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	struct otp_random random = random_system();
	unsigned seen[BACKUP_LEN][32] = {{0}};
	struct backup_code code;

	for (unsigned i = 0; i < 32 * 100; i++) {
		assert_int_equal(backup_draw(&random, &code, NULL), OTP_OK);
		assert_int_equal(strlen(code.text), BACKUP_LEN);
		for (unsigned at = 0; at < BACKUP_LEN; at++) {
			const char *found = strchr(base32, code.text[at]);
			assert_non_null(found);
			seen[at][found - base32]++;
		}
	}
	/* 100 expected of each, with a deviation of 10. */
	for (unsigned at = 0; at < BACKUP_LEN; at++)
		for (unsigned c = 0; c < 32; c++)
			assert_in_range(seen[at][c], 20, 200);
}

static enum otp_err failing_fill(void *self, void *out, size_t len, struct otp_why *why)
{
	unsigned *left = self;

	if ((*left)-- == 0)
		return why_set(why, OTP_ERR_NO_RANDOM, 0, "no randomness");
	memset(out, 0, len);
	return OTP_OK;
}

static void without_randomness_there_is_no_code(void **state)
{
	(void)state;
	static const struct backup_code empty;

	for (unsigned after = 0; after < BACKUP_LEN; after++) {
		unsigned left = after;
		struct otp_random random = {.fill = failing_fill, .self = &left};
		struct backup_code code = {"AAAA"};
		assert_int_equal(backup_draw(&random, &code, NULL), OTP_ERR_NO_RANDOM);
		assert_memory_equal(&code, &empty, sizeof code);
	}
}

static void printed_codes_stand_in_groups_and_are_read_back(void **state)
{
	(void)state;
	struct otp_random random = random_system();
	struct backup_code code, back;
	char printed[BACKUP_PRINTED_SIZE];

	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(backup_draw(&random, &code, NULL), OTP_OK);
		backup_print(&code, printed);
		assert_int_equal(strlen(printed), BACKUP_PRINTED_SIZE - 1);
		assert_true(printed[4] == '-' && printed[9] == '-' && printed[14] == '-');
		assert_true(backup_clean(printed, &back));
		assert_memory_equal(&code, &back, sizeof code);
	}
	backup_print(&(struct backup_code){"12345678"}, printed);
	assert_string_equal(printed, "1234-5678");
}

static void typing_is_forgiven_as_with_other_codes(void **state)
{
	(void)state;
	static const char *const same[] = {"ABCD-EFGH-IJKL-MN67", "abcdefghijklmn67", "abcd efgh ijkl mn67",
		" ABCD\xe2\x80\x93"
		"EFGH IJKLMN 67 ",
		"\xef\xbc\xa1"
		"BCD EFGHIJKLMN67"};
	struct backup_code code;

	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		assert_true(backup_clean(same[i], &code));
		assert_string_equal(code.text, "ABCDEFGHIJKLMN67");
	}
	assert_true(backup_clean("1234 5678", &code));
	assert_string_equal(code.text, "12345678");
}

static void what_can_be_no_backup_code_is_none(void **state)
{
	(void)state;
	static const struct backup_code empty;
	static const char *const none[] = {"", "-", "ABCD-EFGH-IJKL-MN6", "ABCD-EFGH-IJKL-MN677",
		"ABCD-EFGH-IJKL-MN61", "ABCD-EFGH-IJKL-MN60", "ABCD-EFGH-IJKL-MN6\xc3\xa9", "1234567",
		"123456789", "1234567A", "ABCDEFGH", "123456", "\b\n\r\177INCORRECT",
		"\b\n\r\177INCORRECT\b\n\r", "ABCD_EFGH_IJKLMN6"};

	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct backup_code code = {"AAAA"};
		assert_false(backup_clean(none[i], &code));
		assert_memory_equal(&code, &empty, sizeof code);
	}
}

/* Computed elsewhere: seals in records must stay what they are. */
static void seal_stays_what_it_is(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	static const unsigned char expected[CODE_SEAL_LEN] = {0x48, 0x9c, 0x4f, 0xc8, 0x6a, 0x79, 0x7d, 0xad,
		0x62, 0xc0, 0x2c, 0xce, 0x9d, 0x46, 0x13, 0xf2};
	struct code_seal found = seal(&keys, "alice", 1000, "ABCDEFGHIJKLMN67");

	assert_memory_equal(found.mac, expected, CODE_SEAL_LEN);
}

static void seal_is_bound_to_user_uid_key_and_the_whole_code(void **state)
{
	(void)state;
	struct keys keys = some_keys(1), others = some_keys(2);
	const struct code_seal right = seal(&keys, "alice", 1000, "ABCDEFGHIJKLMN67");
	const struct code_seal wrong[] = {
		seal(&keys, "bob", 1000, "ABCDEFGHIJKLMN67"),
		seal(&keys, "alice", 1001, "ABCDEFGHIJKLMN67"),
		seal(&others, "alice", 1000, "ABCDEFGHIJKLMN67"),
		seal(&keys, "alice", 1000, "ABCDEFGHIJKLMN66"),
		seal(&keys, "alice", 1000, "ABCDEFGHIJKLMN6"),
		seal(&keys, "alice", 1000, ""),
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(code_seal_equal(&right, &wrong[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drawn_codes_have_every_character_in_every_place),
		cmocka_unit_test(without_randomness_there_is_no_code),
		cmocka_unit_test(printed_codes_stand_in_groups_and_are_read_back),
		cmocka_unit_test(typing_is_forgiven_as_with_other_codes),
		cmocka_unit_test(what_can_be_no_backup_code_is_none),
		cmocka_unit_test(seal_stays_what_it_is),
		cmocka_unit_test(seal_is_bound_to_user_uid_key_and_the_whole_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
