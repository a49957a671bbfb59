/* SPDX-License-Identifier: BSD-2-Clause */
/* NOLINTBEGIN(bugprone-suspicious-include): what only the command holds is in no library */
#include "cli/base32.c"
#include "cli/describe.c"
#include "cli/otpauth.c"
/* NOLINTEND(bugprone-suspicious-include) */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1767239220 /* 2026-01-01 03:47:00 UTC */

static void add_send(struct record *record, enum lane lane, int64_t at)
{
	record->sends[record->sends_n++] = (struct record_send){.at = at, .lane = lane};
}

static void time_is_told_in_utc_and_none_as_never(void **state)
{
	char text[DESCRIBE_TIME_SIZE];

	(void)state;
	describe_time(NOW, text);
	assert_string_equal(text, "2026-01-01 03:47:00 UTC");
	describe_time(0, text);
	assert_string_equal(text, "never");
	describe_time(INT64_MAX, text);
	assert_string_equal(text, "at second 9223372036854775807");
}

static void open_lane_is_called_open(void **state)
{
	struct record record = {.user = "alice"};
	char lock[DESCRIBE_LOCK_SIZE], locks[DESCRIBE_LOCKS_SIZE];

	(void)state;
	describe_lock(&record, LANE_KNOWN, NOW, lock);
	describe_locks(&record, NOW, locks);
	assert_string_equal(lock, "open");
	assert_string_equal(locks, "open");
	assert_false(describe_is_locked(&record, NOW));
}

static void timed_lock_tells_until_when_and_how_long(void **state)
{
	struct record record = {.lanes[LANE_STRANGER] = {.lock_since = NOW - 60, .lock_for_s = 900}};
	char lock[DESCRIBE_LOCK_SIZE], locks[DESCRIBE_LOCKS_SIZE];

	(void)state;
	describe_lock(&record, LANE_STRANGER, NOW, lock);
	describe_locks(&record, NOW, locks);
	assert_string_equal(lock, "locked until 2026-01-01 04:01:00 UTC (14 min)");
	assert_string_equal(locks, "strangers locked until 2026-01-01 04:01:00 UTC (14 min)");
	assert_true(describe_is_locked(&record, NOW));
	assert_false(describe_is_locked(&record, NOW + 840));
}

static void lock_without_an_end_tells_who_ends_it(void **state)
{
	struct record record = {.lanes[LANE_KNOWN] = {.lock_since = NOW, .lock_for_s = RECORD_LOCK_FOREVER}};
	char locks[DESCRIBE_LOCKS_SIZE];

	(void)state;
	describe_locks(&record, NOW, locks);
	assert_string_equal(locks, "known locked until an admin unlocks");
	record.admin_locked = true;
	describe_locks(&record, NOW, locks);
	assert_string_equal(locks, "locked by an admin");
	assert_true(describe_is_locked(&record, NOW));
}

static void locks_of_both_lanes_are_both_told(void **state)
{
	struct record record = {
		.lanes = {[LANE_KNOWN] = {.lock_since = NOW, .lock_for_s = 86400},
			[LANE_STRANGER] = {.lock_since = NOW, .lock_for_s = RECORD_LOCK_FOREVER}}};
	char locks[DESCRIBE_LOCKS_SIZE];

	(void)state;
	describe_locks(&record, NOW, locks);
	assert_string_equal(locks,
		"known locked until 2026-01-02 03:47:00 UTC (24 h), strangers locked until an admin unlocks");
}

static void sends_left_of_strangers_leave_the_owner_some(void **state)
{
	const struct policy policy = policy_default();
	struct record record = {.user = "alice"};

	(void)state;
	assert_int_equal(describe_sends_left(&record, LANE_KNOWN, &policy, NOW), 5);
	assert_int_equal(describe_sends_left(&record, LANE_STRANGER, &policy, NOW), 3);
	for (int i = 0; i < 3; i++)
		add_send(&record, LANE_STRANGER, NOW - i);
	assert_int_equal(describe_sends_left(&record, LANE_KNOWN, &policy, NOW), 2);
	assert_int_equal(describe_sends_left(&record, LANE_STRANGER, &policy, NOW), 0);
}

static void sends_left_of_strangers_are_no_more_than_those_left_at_all(void **state)
{
	const struct policy policy = policy_default();
	struct record record = {.user = "alice"};

	(void)state;
	for (int i = 0; i < 4; i++)
		add_send(&record, LANE_KNOWN, NOW - i);
	assert_int_equal(describe_sends_left(&record, LANE_STRANGER, &policy, NOW), 1);
	add_send(&record, LANE_KNOWN, NOW);
	add_send(&record, LANE_KNOWN, NOW);
	assert_int_equal(describe_sends_left(&record, LANE_STRANGER, &policy, NOW), 0);
	assert_int_equal(describe_sends_left(&record, LANE_KNOWN, &policy, NOW), 0);
}

static void sends_left_agree_with_what_the_lane_makes_wait_for(void **state)
{
	const struct policy policy = policy_default();
	const int window_s = policy.sends_per_user.window_s;

	(void)state;
	for (int age_s = window_s - 2; age_s <= window_s + 2; age_s++) {
		struct record record = {.user = "alice"};
		for (unsigned i = 0; i < policy.sends_per_user.count; i++)
			add_send(&record, LANE_KNOWN, NOW - age_s);
		assert_int_equal(describe_sends_left(&record, LANE_KNOWN, &policy, NOW) > 0,
			lane_send_wait_s(&record, LANE_KNOWN, &policy, NOW) == 0);
	}
}

static void tries_left_never_go_below_none(void **state)
{
	const struct policy policy = policy_default();
	const struct record_challenge fresh = {.tries_used = 2}, spent = {.tries_used = 9};

	(void)state;
	assert_int_equal(describe_tries_left(&fresh, &policy), 3);
	assert_int_equal(describe_tries_left(&spent, &policy), 0);
}

static void longest_masks_fit(void **state)
{
	struct record record = {.contacts_n = RECORD_CONTACTS_MAX};
	char text[DESCRIBE_CONTACTS_SIZE];
	struct otp_why why;

	(void)state;
	for (unsigned i = 0; i < RECORD_CONTACTS_MAX; i++)
		assert_int_equal(contact_parse(CHANNEL_EMAIL, "anna@mail.example.internationalized-top-label",
					 &record.contacts[i], &why),
			OTP_OK);
	describe_contacts(&record, text);
	unsigned seen = 0;
	for (const char *at = text; (at = strstr(at, "a***@")) != NULL; at++)
		seen++;
	assert_int_equal(seen, RECORD_CONTACTS_MAX);
	assert_null(strstr(text, "example"));
}

static void every_event_has_words(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < EVENT_KINDS_N; kind++)
		assert_true(strlen(describe_event((enum record_event_kind)kind)) > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_told_in_utc_and_none_as_never),
		cmocka_unit_test(open_lane_is_called_open),
		cmocka_unit_test(timed_lock_tells_until_when_and_how_long),
		cmocka_unit_test(lock_without_an_end_tells_who_ends_it),
		cmocka_unit_test(locks_of_both_lanes_are_both_told),
		cmocka_unit_test(sends_left_of_strangers_leave_the_owner_some),
		cmocka_unit_test(sends_left_of_strangers_are_no_more_than_those_left_at_all),
		cmocka_unit_test(sends_left_agree_with_what_the_lane_makes_wait_for),
		cmocka_unit_test(tries_left_never_go_below_none),
		cmocka_unit_test(longest_masks_fit),
		cmocka_unit_test(every_event_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
