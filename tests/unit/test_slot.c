/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/slot.h"

#include "store/store.h"
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#define PATH "users/alice"
#define SECTOR 512
#define SECTORS (STORE_FILE_SLOT / SECTOR)

static char pair[SLOT_PAIR_LEN];

static char *slot_at(unsigned index)
{
	return pair + (size_t)index * STORE_FILE_SLOT;
}

static void put(unsigned index, uint64_t rev, const char *text)
{
	struct otp_why why;

	assert_int_equal(slot_fill(rev, text, strlen(text), slot_at(index), &why), OTP_OK);
}

static enum otp_err choose(struct slot_choice *choice)
{
	struct otp_why why;

	memset(choice, 0x55, sizeof *choice);
	return slot_choose(pair, PATH, choice, &why);
}

static bool choice_is(const struct slot_choice *choice, const char *text, bool damaged)
{
	return choice->len == strlen(text) && memcmp(choice->data, text, choice->len) == 0 &&
	       choice->damaged == damaged;
}

static void assert_chosen(const char *text, bool damaged)
{
	struct slot_choice choice;

	assert_int_equal(choose(&choice), OTP_OK);
	assert_true(choice_is(&choice, text, damaged));
}

static void a_slot_has_the_documented_form(void **state)
{
	/* printf 'otpcode 1 rev=42 len=5\nhello' | sha256sum */
	static const char expected[] =
		"otpcode 1 rev=42 len=5 "
		"sha256=63590ba5bcba4b560060172a3df466f09469ae4a68e9f0ad7e2cc553dfcd5d5c\nhello";
	char slot[STORE_FILE_SLOT];
	struct otp_why why;
	(void)state;

	memset(slot, 'x', sizeof slot);
	assert_int_equal(slot_fill(42, "hello", 5, slot, &why), OTP_OK);
	assert_memory_equal(slot, expected, sizeof expected - 1);
	for (size_t i = sizeof expected - 1; i < sizeof slot; i++)
		assert_int_equal(slot[i], 0);
}

static void what_was_written_is_read_at_every_length(void **state)
{
	static char data[STORE_RECORD_MAX];
	struct slot_choice choice;
	struct otp_why why;
	(void)state;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7 + i / 256);
	for (size_t len = 0; len <= sizeof data; len += len < 200 ? 1 : 131) {
		size_t at = len > sizeof data - 131 ? sizeof data : len;
		assert_int_equal(slot_fill(1, "older", 5, slot_at(0), &why), OTP_OK);
		assert_int_equal(slot_fill(2, data, at, slot_at(1), &why), OTP_OK);
		assert_int_equal(choose(&choice), OTP_OK);
		assert_int_equal(choice.index, 1);
		assert_int_equal(choice.rev, 2);
		assert_int_equal(choice.len, at);
		assert_memory_equal(choice.data, data, at);
		assert_false(choice.damaged);
	}
}

static void what_does_not_fit_is_refused(void **state)
{
	static char data[STORE_RECORD_MAX + 1];
	struct otp_why why;
	(void)state;

	assert_int_equal(slot_fill(1, data, STORE_RECORD_MAX, pair, &why), OTP_OK);
	assert_int_equal(slot_fill(SLOT_REV_MAX, data, STORE_RECORD_MAX, pair, &why), OTP_OK);
	assert_int_equal(slot_fill(1, data, STORE_RECORD_MAX + 1, pair, &why), OTP_ERR_TOO_LARGE);
	assert_int_equal(slot_fill(0, data, 1, pair, &why), OTP_ERR_TOO_LARGE);
	assert_int_equal(slot_fill((uint64_t)SLOT_REV_MAX + 1, data, 1, pair, &why), OTP_ERR_TOO_LARGE);
}

static void the_higher_rev_is_chosen_wherever_it_stands(void **state)
{
	static const uint64_t revs[] = {1, 2, 9, 10, 99, 100, 4294967295, 4294967296, SLOT_REV_MAX};
	(void)state;

	for (size_t i = 1; i < sizeof revs / sizeof revs[0]; i++) {
		put(0, revs[i - 1], "older");
		put(1, revs[i], "newer");
		assert_chosen("newer", false);
		put(0, revs[i], "newer");
		put(1, revs[i - 1], "older");
		assert_chosen("newer", false);
	}
}

static void equal_revs_are_corrupt_even_with_equal_bytes(void **state)
{
	struct slot_choice choice;
	(void)state;

	put(0, 7, "one");
	put(1, 7, "two");
	assert_int_equal(choose(&choice), OTP_ERR_CORRUPT);
	put(1, 7, "one");
	assert_int_equal(choose(&choice), OTP_ERR_CORRUPT);
}

static void two_bad_slots_are_corrupt(void **state)
{
	struct slot_choice choice;
	(void)state;

	memset(pair, 0, sizeof pair);
	assert_int_equal(choose(&choice), OTP_ERR_CORRUPT);
	put(0, 1, "older");
	put(1, 2, "newer");
	slot_at(1)[20] ^= 1;
	assert_chosen("older", true);
	slot_at(0)[30] ^= 1;
	assert_int_equal(choose(&choice), OTP_ERR_CORRUPT);
}

static void flip(size_t bit)
{
	unsigned char *bytes = (unsigned char *)pair;

	bytes[bit / 8] = (unsigned char)(bytes[bit / 8] ^ 1U << bit % 8);
}

static void C59_no_flipped_bit_gives_anything_but_the_newest_or_the_older_as_damaged(void **state)
{
	static char newer[913];
	static char older[700];
	struct slot_choice choice;
	size_t newest_n = 0;
	size_t older_n = 0;
	(void)state;

	memset(newer, 'n', sizeof newer - 1);
	memset(older, 'o', sizeof older - 1);
	put(0, 43, newer);
	put(1, 42, older);
	for (size_t bit = 0; bit < 8 * sizeof pair; bit++) {
		flip(bit);
		if (choose(&choice) != OTP_OK)
			fail_msg("bit %zu: both slots refused", bit);
		bool newest = choice_is(&choice, newer, choice.damaged);
		if (!newest && !choice_is(&choice, older, true))
			fail_msg("bit %zu: something else came back", bit);
		newest_n += newest;
		older_n += !newest;
		flip(bit);
	}
	assert_chosen(newer, false);
	/* Every bit of the newer slot's header and text matters, and no other makes it give way. */
	size_t header_len = strlen("otpcode 1 rev=43 len=912 sha256=\n") + 64;
	assert_int_equal(older_n, 8 * (header_len + sizeof newer - 1));
	assert_int_equal(newest_n + older_n, 8 * sizeof pair);
}

static void C42_any_mixture_of_old_and_new_sectors_is_the_new_record_or_the_older_as_damaged(void **state)
{
	static char second[4000];
	static char third[2000];
	static char before[STORE_FILE_SLOT];
	static char after[STORE_FILE_SLOT];
	struct slot_choice choice;
	struct otp_why why;
	(void)state;

	memset(second, '2', sizeof second - 1);
	memset(third, '3', sizeof third - 1);
	assert_int_equal(slot_fill(1, second, 3000, before, &why), OTP_OK);
	assert_int_equal(slot_fill(3, third, strlen(third), after, &why), OTP_OK);
	put(1, 2, second);
	/* Header and text of the first take seven sectors, those of the third five: from the eighth on all is
	 * zeros. */
	for (unsigned written = 0; written < 1U << 8; written++) {
		for (unsigned i = 0; i < SECTORS; i++)
			memcpy(pair + (size_t)i * SECTOR,
				((written >> i & 1) != 0 ? after : before) + (size_t)i * SECTOR, SECTOR);
		assert_int_equal(choose(&choice), OTP_OK);
		bool whole = (written & 0x1f) == 0x1f;
		bool nothing = (written & 0x7f) == 0;
		if (whole ? !choice_is(&choice, third, false) : !choice_is(&choice, second, !nothing))
			fail_msg("sectors %#x: not what was whole", written);
	}
}

/* A slot with this header (without its sum) and text, and a sum that is right for them. */
static void forge(unsigned index, const char *head, const char *text, const char *digits)
{
	unsigned char digest[32];
	char hex[65];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_non_null(ctx);
	assert_int_equal(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, head, strlen(head)), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, "\n", 1), 1);
	assert_int_equal(EVP_DigestUpdate(ctx, text, strlen(text)), 1);
	assert_int_equal(EVP_DigestFinal_ex(ctx, digest, NULL), 1);
	EVP_MD_CTX_free(ctx);
	for (size_t i = 0; i < sizeof digest; i++)
		(void)snprintf(hex + 2 * i, 3, "%c%c", digits[digest[i] >> 4], digits[digest[i] & 15]);
	memset(slot_at(index), 0, STORE_FILE_SLOT);
	(void)snprintf(slot_at(index), STORE_FILE_SLOT, "%s sha256=%s\n%s", head, hex, text);
}

static void C07_a_header_in_any_other_form_is_damage_though_its_sum_is_right(void **state)
{
	static const char *const heads[] = {
		"otpcode 1 rev=03 len=4",
		"otpcode 1 rev=+3 len=4",
		"otpcode 1 rev= 3 len=4",
		"otpcode 1 rev= len=4",
		"otpcode 1 rev=0 len=4",
		"otpcode 1 rev=-3 len=4",
		"otpcode 1 rev=9223372036854775808 len=4",
		"otpcode 1 rev=18446744073709551619 len=4",
		"otpcode 1 rev=3 len=04",
		"otpcode 1 rev=3 len=",
		"otpcode 1 rev=3 len=5",
		"otpcode 1 rev=3 len=8065",
		"otpcode 1 rev=3 len=99999",
		"otpcode 1  rev=3 len=4",
		"otpcode 2 rev=3 len=4",
		"otpcode 1 len=4 rev=3",
		"OTPCODE 1 rev=3 len=4",
		"otpcode 1 rev=3 len=4 ",
		"",
	};
	(void)state;

	put(0, 2, "older");
	forge(1, "otpcode 1 rev=3 len=4", "text", "0123456789abcdef");
	assert_chosen("text", false);
	forge(1, "otpcode 1 rev=3 len=4", "text", "0123456789ABCDEF");
	assert_chosen("older", true);
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		forge(1, heads[i], "text", "0123456789abcdef");
		assert_chosen("older", true);
	}
}

static void C19_a_text_too_long_for_a_record_is_damage_though_its_sum_is_right(void **state)
{
	static char longest[STORE_RECORD_MAX + 1];
	static char longer[STORE_RECORD_MAX + 2];
	(void)state;

	memset(longest, 'x', sizeof longest - 1);
	memset(longer, 'x', sizeof longer - 1);
	put(0, 2, "older");
	forge(1, "otpcode 1 rev=3 len=8064", longest, "0123456789abcdef");
	assert_chosen(longest, false);
	forge(1, "otpcode 1 rev=3 len=8065", longer, "0123456789abcdef");
	assert_chosen("older", true);
}

static void a_slot_cut_off_anywhere_is_damage(void **state)
{
	(void)state;

	size_t whole = strlen("otpcode 1 rev=3 len=5 sha256=\n") + 64 + strlen("newer");
	for (size_t cut = 0; cut < whole; cut++) {
		put(0, 2, "older");
		put(1, 3, "newer");
		memset(slot_at(1) + cut, cut % 2 == 0 ? 0 : '7', STORE_FILE_SLOT - cut);
		assert_chosen("older", true);
	}
}

static void C02_a_libcrypto_that_fails_is_no_damage(void **state)
{
	struct slot_choice choice;
	(void)state;

	put(0, 1, "older");
	put(1, 2, "newer");
	error_queue_break_libcrypto();
	enum otp_err whole = choose(&choice);
	slot_at(1)[100] ^= 1;
	enum otp_err damaged = choose(&choice);
	error_queue_mend_libcrypto();
	assert_int_equal(whole, OTP_ERR_CRYPTO);
	assert_int_equal(damaged, OTP_ERR_CRYPTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_has_the_documented_form),
		cmocka_unit_test(what_was_written_is_read_at_every_length),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(the_higher_rev_is_chosen_wherever_it_stands),
		cmocka_unit_test(equal_revs_are_corrupt_even_with_equal_bytes),
		cmocka_unit_test(two_bad_slots_are_corrupt),
		cmocka_unit_test(C59_no_flipped_bit_gives_anything_but_the_newest_or_the_older_as_damaged),
		cmocka_unit_test(C02_a_libcrypto_that_fails_is_no_damage),
		cmocka_unit_test(
			C42_any_mixture_of_old_and_new_sectors_is_the_new_record_or_the_older_as_damaged),
		cmocka_unit_test(C07_a_header_in_any_other_form_is_damage_though_its_sum_is_right),
		cmocka_unit_test(C19_a_text_too_long_for_a_record_is_damage_though_its_sum_is_right),
		cmocka_unit_test(a_slot_cut_off_anywhere_is_damage),
	};

	return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
