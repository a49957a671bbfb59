/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/file.h"

#include "store/slot.h"
#include "tests/unit/counter.h"
#include "tests/unit/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE "store/users/alice"

static struct store store;
static const struct store_key alice = {.user = "alice"};

static int stage(void **state)
{
	store = store_file_interface(&counter_file);
	return counter_stage(state);
}

static void raw_read(char pair[SLOT_PAIR_LEN])
{
	assert_int_equal(staging_read(ALICE, pair, SLOT_PAIR_LEN), SLOT_PAIR_LEN);
}

static void assert_raw(const char pair[SLOT_PAIR_LEN])
{
	char now[SLOT_PAIR_LEN];

	raw_read(now);
	assert_memory_equal(now, pair, SLOT_PAIR_LEN);
}

static void assert_count(long expected, bool expected_damaged)
{
	long count = 0;
	bool damaged = false;

	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_OK);
	assert_int_equal(count, expected);
	assert_int_equal(damaged, expected_damaged);
}

static void add(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		assert_int_equal(counter_add(&counter_file, "alice", 100, NULL), OTP_OK);
}

static void a_new_record_has_two_valid_slots(void **state)
{
	char pair[SLOT_PAIR_LEN];
	struct counter seen;
	struct stat st;
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_add(&counter_file, "alice", 3, &seen), OTP_OK);
	assert_false(seen.existed);
	raw_read(pair);
	assert_memory_equal(pair, "otpcode 1 rev=1 len=11 sha256=", 30);
	assert_memory_equal(pair + STORE_FILE_SLOT, "otpcode 1 rev=2 len=11 sha256=", 30);
	assert_int_equal(stat(staging_path(ALICE), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, SLOT_PAIR_LEN);
	for (size_t broken = 0; broken < 2; broken++) {
		pair[broken * STORE_FILE_SLOT] = 'X';
		staging_write(ALICE, pair, sizeof pair);
		assert_count(1, true);
		pair[broken * STORE_FILE_SLOT] = 'o';
	}
}

static void an_update_writes_the_other_slot_and_leaves_the_newest_alone(void **state)
{
	char before[SLOT_PAIR_LEN];
	char after[SLOT_PAIR_LEN];
	(void)state;

	counter_need_stage();
	add(1);
	for (unsigned i = 0; i < 20; i++) {
		size_t written = i % 2 == 0 ? 0 : STORE_FILE_SLOT;
		size_t kept = STORE_FILE_SLOT - written;
		raw_read(before);
		assert_int_equal(counter_add(&counter_file, "alice", 8000 - 400 * i, NULL), OTP_OK);
		raw_read(after);
		assert_memory_equal(before + kept, after + kept, STORE_FILE_SLOT);
		assert_memory_not_equal(before + written, after + written, STORE_FILE_SLOT);
		assert_count(2 + (long)i, false);
	}
}

static void a_shorter_record_leaves_nothing_of_a_longer_one(void **state)
{
	char pair[SLOT_PAIR_LEN];
	(void)state;

	counter_need_stage();
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(counter_add(&counter_file, "alice", i < 2 ? 8000 : 0, NULL), OTP_OK);
	raw_read(pair);
	assert_null(memchr(pair + 200, 'x', STORE_FILE_SLOT - 200));
	assert_null(memchr(pair + STORE_FILE_SLOT + 200, 'x', STORE_FILE_SLOT - 200));
}

static void no_record_is_not_enrolled(void **state)
{
	long count;
	bool damaged;
	struct otp_why why;
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_ERR_NOT_ENROLLED);
	assert_int_equal(store.remove(store.self, alice, &why), OTP_ERR_NOT_ENROLLED);
	struct counter keeper = {.action = STORE_KEEP};
	assert_int_equal(store.update(store.self, alice, counter_edit(&keeper), &why), OTP_OK);
	assert_int_equal(keeper.runs, 1);
	assert_false(keeper.existed);
	assert_int_equal(access(staging_path(ALICE), F_OK), -1);
}

static void an_edit_that_keeps_leaves_every_byte(void **state)
{
	char pair[SLOT_PAIR_LEN];
	struct counter keeper = {.action = STORE_KEEP};
	(void)state;

	counter_need_stage();
	add(3);
	raw_read(pair);
	assert_int_equal(store.update(store.self, alice, counter_edit(&keeper), NULL), OTP_OK);
	assert_int_equal(keeper.seen, 3);
	assert_raw(pair);
}

static void a_record_that_does_not_fit_is_refused_and_the_old_one_stays(void **state)
{
	char pair[SLOT_PAIR_LEN];
	struct counter longer = {.action = STORE_WRITE, .fill = STORE_RECORD_MAX - 8, .extra = 1};
	struct otp_why why;
	(void)state;

	counter_need_stage();
	assert_int_equal(store.update(store.self, alice, counter_edit(&longer), &why), OTP_ERR_TOO_LARGE);
	assert_int_equal(access(staging_path(ALICE), F_OK), -1);
	add(3);
	raw_read(pair);
	assert_int_equal(store.update(store.self, alice, counter_edit(&longer), &why), OTP_ERR_TOO_LARGE);
	assert_raw(pair);
	longer.extra = 0;
	assert_int_equal(store.update(store.self, alice, counter_edit(&longer), &why), OTP_OK);
	assert_count(4, false);
}

static void C59_a_damaged_newer_slot_shows_the_edit_the_older_and_is_written_over(void **state)
{
	char pair[SLOT_PAIR_LEN];
	struct counter seen;
	(void)state;

	counter_need_stage();
	for (unsigned n = 4; n < 8; n++) {
		size_t newest =
			n % 2 == 0 ? 0 : STORE_FILE_SLOT; /* the second update wrote slot 0, then in turn */
		struct counter keeper = {.action = STORE_KEEP};

		add(n);
		raw_read(pair);
		pair[newest + 120] ^= 1;
		staging_write(ALICE, pair, sizeof pair);
		assert_count(n - 1, true);
		assert_int_equal(store.update(store.self, alice, counter_edit(&keeper), NULL), OTP_OK);
		assert_true(keeper.damaged);
		assert_raw(pair);
		assert_int_equal(counter_add(&counter_file, "alice", 9, &seen), OTP_OK);
		assert_true(seen.damaged);
		assert_int_equal(seen.seen, n - 1);
		assert_count(n, false);
		assert_int_equal(store.remove(store.self, alice, NULL), OTP_OK);
	}
}

static void C59_a_damaged_older_slot_shows_the_newest_as_damaged(void **state)
{
	char pair[SLOT_PAIR_LEN];
	(void)state;

	counter_need_stage();
	add(4);
	raw_read(pair);
	pair[STORE_FILE_SLOT + 120] ^= 1; /* the third update wrote slot 1, the fourth slot 0 */
	staging_write(ALICE, pair, sizeof pair);
	assert_count(4, true);
	add(1);
	assert_count(5, false);
}

static void two_damaged_slots_are_corrupt_and_left_for_the_admin(void **state)
{
	char pair[SLOT_PAIR_LEN];
	struct counter counter = {.action = STORE_WRITE};
	struct otp_why why;
	long count;
	bool damaged;
	(void)state;

	counter_need_stage();
	add(3);
	raw_read(pair);
	pair[50] ^= 1;
	pair[STORE_FILE_SLOT + 50] ^= 1;
	staging_write(ALICE, pair, sizeof pair);
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_ERR_CORRUPT);
	assert_int_equal(store.update(store.self, alice, counter_edit(&counter), &why), OTP_ERR_CORRUPT);
	assert_non_null(strstr(why.text, staging_path(ALICE)));
	assert_int_equal(counter.runs, 0);
	assert_raw(pair);
	assert_int_equal(store.remove(store.self, alice, &why), OTP_OK);
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_ERR_NOT_ENROLLED);
}

static void equal_revs_are_corrupt(void **state)
{
	char pair[SLOT_PAIR_LEN];
	(void)state;

	counter_need_stage();
	add(3);
	raw_read(pair);
	memcpy(pair, pair + STORE_FILE_SLOT, STORE_FILE_SLOT);
	staging_write(ALICE, pair, sizeof pair);
	assert_int_equal(counter_add(&counter_file, "alice", 0, NULL), OTP_ERR_CORRUPT);
	assert_raw(pair);
}

static void a_file_of_any_other_size_is_corrupt(void **state)
{
	static const off_t sizes[] = {0, 1, 8191, 8192, 8193, 16383, 16385, 24576, 1 << 20};
	char pair[SLOT_PAIR_LEN];
	long count;
	bool damaged;
	(void)state;

	counter_need_stage();
	add(3);
	raw_read(pair);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		staging_write(ALICE, pair, sizeof pair);
		assert_int_equal(truncate(staging_path(ALICE), sizes[i]), 0);
		assert_int_equal(counter_add(&counter_file, "alice", 0, NULL), OTP_ERR_CORRUPT);
		assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_ERR_CORRUPT);
		struct stat st;
		assert_int_equal(stat(staging_path(ALICE), &st), 0);
		assert_int_equal(st.st_size, sizes[i]);
	}
	staging_write(ALICE, pair, sizeof pair);
	assert_count(3, false);
}

static void a_removed_record_is_gone_and_may_be_made_again(void **state)
{
	struct otp_why why;
	(void)state;

	counter_need_stage();
	add(3);
	assert_int_equal(store.remove(store.self, alice, &why), OTP_OK);
	assert_int_equal(access(staging_path(ALICE), F_OK), -1);
	assert_int_equal(store.remove(store.self, alice, &why), OTP_ERR_NOT_ENROLLED);
	add(1);
	assert_count(1, false);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage, counter_unstage)
	const struct CMUnitTest tests[] = {
		STAGED(a_new_record_has_two_valid_slots),
		STAGED(an_update_writes_the_other_slot_and_leaves_the_newest_alone),
		STAGED(a_shorter_record_leaves_nothing_of_a_longer_one),
		STAGED(no_record_is_not_enrolled),
		STAGED(an_edit_that_keeps_leaves_every_byte),
		STAGED(a_record_that_does_not_fit_is_refused_and_the_old_one_stays),
		STAGED(C59_a_damaged_newer_slot_shows_the_edit_the_older_and_is_written_over),
		STAGED(C59_a_damaged_older_slot_shows_the_newest_as_damaged),
		STAGED(two_damaged_slots_are_corrupt_and_left_for_the_admin),
		STAGED(equal_revs_are_corrupt),
		STAGED(a_file_of_any_other_size_is_corrupt),
		STAGED(a_removed_record_is_gone_and_may_be_made_again),
	};

	return cmocka_run_group_tests_name("store_file", tests, NULL, NULL);
}
