/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

static struct otp_login remote(const char *source, const char *key)
{
	struct otp_login login = {
		.user = "alice", .uid = 1000, .origin = {.host = "web1", .service = "sshd"}};

	(void)snprintf(login.origin.source, sizeof login.origin.source, "%s", source);
	(void)snprintf(login.origin.key, sizeof login.origin.key, "%s", key);
	return login;
}

static struct otp_login local(uint32_t caller)
{
	struct otp_login login = remote("tty:pts/1", "-");

	login.origin.local = true;
	login.origin.caller_uid = caller;
	return login;
}

static void charge(struct record *record, enum lane lane, unsigned times, int64_t now)
{
	struct policy policy = policy_default();

	for (unsigned i = 0; i < times; i++)
		lane_charge(record, lane, &policy, "192.0.2.7", now);
}

static void a_proved_key_is_known(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct otp_login with_key = remote("192.0.2.7", "SHA256:abc");
	struct otp_login without = remote("192.0.2.7", "-");

	assert_int_equal(lane_decide(&record, &with_key, NOW), LANE_KNOWN);
	assert_int_equal(lane_decide(&record, &without, NOW), LANE_STRANGER);
}

static void the_network_of_a_success_is_known_for_thirty_days(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct otp_login login = remote("192.0.2.7", "-");
	struct otp_login neighbour = remote("192.0.2.200", "-");
	struct otp_login elsewhere = remote("192.0.3.7", "-");

	lane_remember_network(&record, &login.origin, NOW);
	assert_int_equal(lane_decide(&record, &neighbour, NOW + 30 * DAY - 1), LANE_KNOWN);
	assert_int_equal(lane_decide(&record, &neighbour, NOW + 30 * DAY), LANE_STRANGER);
	assert_int_equal(lane_decide(&record, &elsewhere, NOW), LANE_STRANGER);
}

static void a_source_that_is_no_address_never_becomes_known(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct otp_login login = remote("some.name", "-");

	lane_remember_network(&record, &login.origin, NOW);
	assert_int_equal(record.networks_n, 0);
	assert_int_equal(lane_decide(&record, &login, NOW), LANE_STRANGER);
}

static void a_local_caller_who_is_the_user_is_known(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct otp_login self = local(1000), other = local(1001);

	assert_int_equal(lane_decide(&record, &self, NOW), LANE_KNOWN);
	assert_int_equal(lane_decide(&record, &other, NOW), LANE_STRANGER);
	other.password_checked = true;
	assert_int_equal(lane_decide(&record, &other, NOW), LANE_STRANGER);
}

static void C58_a_caller_who_is_root_is_known_by_a_password_alone(void **state)
{
	(void)state;
	const uint32_t uids[] = {1000, 0};

	for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
		struct record record = {.uid = uids[i]};
		struct otp_login console = local(0);
		assert_int_equal(lane_decide(&record, &console, NOW), LANE_STRANGER);
		console.password_checked = true;
		assert_int_equal(lane_decide(&record, &console, NOW), LANE_KNOWN);
	}
}

static void a_remote_caller_does_not_become_known_by_the_daemons_uid(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct otp_login login = remote("192.0.2.7", "-");

	login.origin.caller_uid = 0;
	login.password_checked = true;
	assert_int_equal(lane_decide(&record, &login, NOW), LANE_STRANGER);
}

static void networks_are_kept_once_and_the_oldest_goes(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	char source[32];

	for (unsigned i = 0; i < RECORD_NETWORKS_MAX + 1; i++) {
		(void)snprintf(source, sizeof source, "10.0.%u.1", i);
		struct otp_login login = remote(source, "-");
		lane_remember_network(&record, &login.origin, NOW + i);
		lane_remember_network(&record, &login.origin, NOW + i);
	}
	assert_int_equal(record.networks_n, RECORD_NETWORKS_MAX);
	assert_string_equal(record.networks[0].network, "10.0.1.0/24");
	assert_string_equal(record.networks[RECORD_NETWORKS_MAX - 1].network, "10.0.8.0/24");
}

static void a_further_success_makes_its_network_known_for_longer(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct otp_login login = remote("192.0.2.7", "-");

	lane_remember_network(&record, &login.origin, NOW);
	lane_remember_network(&record, &login.origin, NOW + 20 * DAY);
	assert_int_equal(lane_decide(&record, &login, NOW + 49 * DAY), LANE_KNOWN);
	assert_int_equal(lane_decide(&record, &login, NOW + 50 * DAY), LANE_STRANGER);
}

static void the_tenth_failure_locks_and_each_further_five_double_it(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};

	charge(&record, LANE_KNOWN, 9, NOW);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW), 0);
	charge(&record, LANE_KNOWN, 1, NOW);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW), 900);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW + 899), 1);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW + 900), 0);
	charge(&record, LANE_KNOWN, 5, NOW + 900);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW + 900), 1800);
	charge(&record, LANE_KNOWN, 5, NOW + 2700);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW + 2700), 3600);
}

static void a_failure_never_brings_the_end_of_a_lock_nearer(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct record_lane *lane = &record.lanes[LANE_KNOWN];

	*lane = (struct record_lane){.consecutive = 9, .lock_since = NOW, .lock_for_s = 86400};
	charge(&record, LANE_KNOWN, 1, NOW + 600);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW + 600), 86400 - 600);
	*lane = (struct record_lane){.consecutive = 9, .lock_since = NOW, .lock_for_s = RECORD_LOCK_FOREVER};
	charge(&record, LANE_KNOWN, 1, NOW + 40 * DAY);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW + 40 * DAY), RECORD_LOCK_FOREVER);
	*lane = (struct record_lane){.consecutive = 10, .lock_since = NOW, .lock_for_s = 900};
	charge(&record, LANE_KNOWN, 1, NOW + 600);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW + 600), 300);
}

static void C58_a_stranger_lock_never_closes_the_known_lane(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};

	charge(&record, LANE_STRANGER, 60, NOW);
	assert_int_equal(lane_locked_s(&record, LANE_STRANGER, NOW), RECORD_LOCK_FOREVER);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW), 0);
}

static void C56_fifty_failures_in_thirty_days_lock_for_good_whatever_succeeds_between(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	int64_t now = NOW;

	for (unsigned round = 0; round < 5; round++, now += DAY) {
		charge(&record, LANE_KNOWN, 9, now);
		lane_clear(&record, LANE_KNOWN);
	}
	charge(&record, LANE_KNOWN, 4, now);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, now), 0);
	charge(&record, LANE_KNOWN, 1, now);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, now), RECORD_LOCK_FOREVER);
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, now + 400 * DAY), RECORD_LOCK_FOREVER);
}

static void failures_leave_the_thirty_day_count_by_time(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};

	charge(&record, LANE_KNOWN, 7, NOW);
	charge(&record, LANE_KNOWN, 2, NOW + 20 * DAY);
	assert_int_equal(lane_wrong_30d(&record.lanes[LANE_KNOWN], NOW + 30 * DAY), 9);
	assert_int_equal(lane_wrong_30d(&record.lanes[LANE_KNOWN], NOW + 31 * DAY), 2);
	assert_int_equal(lane_wrong_30d(&record.lanes[LANE_KNOWN], NOW + 51 * DAY), 0);
}

static void days_never_outgrow_their_room(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct policy policy = policy_default();

	for (int64_t day = 0; day < 100; day++)
		lane_charge(&record, LANE_KNOWN, &policy, NULL, NOW + day * DAY);
	assert_int_equal(record.lanes[LANE_KNOWN].days_n, RECORD_DAYS_MAX);
	assert_int_equal(lane_wrong_30d(&record.lanes[LANE_KNOWN], NOW + 99 * DAY), 31);
}

static void a_success_clears_its_own_lanes_consecutive_failures_only(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};

	charge(&record, LANE_KNOWN, 3, NOW);
	charge(&record, LANE_STRANGER, 4, NOW);
	lane_clear(&record, LANE_KNOWN);
	assert_int_equal(record.lanes[LANE_KNOWN].consecutive, 0);
	assert_int_equal(lane_wrong_30d(&record.lanes[LANE_KNOWN], NOW), 3);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 4);
}

static void an_admins_lock_closes_both_lanes(void **state)
{
	(void)state;
	struct record record = {.uid = 1000, .admin_locked = true};

	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW), RECORD_LOCK_FOREVER);
	assert_int_equal(lane_locked_s(&record, LANE_STRANGER, NOW), RECORD_LOCK_FOREVER);
}

static void add_send(struct record *record, enum lane lane, int64_t at)
{
	record->sends[record->sends_n++] = (struct record_send){.at = at, .lane = lane};
}

static void strangers_may_use_three_of_five_sends(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct policy policy = policy_default();

	for (unsigned i = 0; i < 3; i++)
		add_send(&record, LANE_STRANGER, NOW + i);
	assert_int_equal(lane_send_wait_s(&record, LANE_STRANGER, &policy, NOW + 10), 3600 - 10);
	assert_int_equal(lane_send_wait_s(&record, LANE_KNOWN, &policy, NOW + 10), 0);
	add_send(&record, LANE_KNOWN, NOW + 20);
	assert_int_equal(lane_send_wait_s(&record, LANE_KNOWN, &policy, NOW + 30), 0);
	add_send(&record, LANE_KNOWN, NOW + 21);
	assert_int_equal(lane_send_wait_s(&record, LANE_KNOWN, &policy, NOW + 30), 3600 - 30);
	assert_int_equal(lane_send_wait_s(&record, LANE_KNOWN, &policy, NOW + 3600), 0);
}

static void the_owners_sends_do_not_count_as_strangers(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct policy policy = policy_default();

	for (unsigned i = 0; i < 4; i++)
		add_send(&record, LANE_KNOWN, NOW);
	assert_int_equal(lane_send_wait_s(&record, LANE_STRANGER, &policy, NOW), 0);
	add_send(&record, LANE_STRANGER, NOW);
	assert_int_equal(lane_send_wait_s(&record, LANE_STRANGER, &policy, NOW), 3600);
}

static void sends_older_than_the_window_do_not_count(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct policy policy = policy_default();

	for (unsigned i = 0; i < 5; i++)
		add_send(&record, LANE_STRANGER, NOW + i);
	assert_int_equal(lane_send_wait_s(&record, LANE_STRANGER, &policy, NOW + 3599), 3);
	assert_int_equal(lane_send_wait_s(&record, LANE_STRANGER, &policy, NOW + 3602), 0);
	assert_int_equal(lane_send_wait_s(&record, LANE_KNOWN, &policy, NOW + 3599), 1);
	assert_int_equal(lane_send_wait_s(&record, LANE_KNOWN, &policy, NOW + 3600), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proved_key_is_known),
		cmocka_unit_test(the_network_of_a_success_is_known_for_thirty_days),
		cmocka_unit_test(a_source_that_is_no_address_never_becomes_known),
		cmocka_unit_test(a_local_caller_who_is_the_user_is_known),
		cmocka_unit_test(C58_a_caller_who_is_root_is_known_by_a_password_alone),
		cmocka_unit_test(a_remote_caller_does_not_become_known_by_the_daemons_uid),
		cmocka_unit_test(networks_are_kept_once_and_the_oldest_goes),
		cmocka_unit_test(a_further_success_makes_its_network_known_for_longer),
		cmocka_unit_test(the_tenth_failure_locks_and_each_further_five_double_it),
		cmocka_unit_test(a_failure_never_brings_the_end_of_a_lock_nearer),
		cmocka_unit_test(C58_a_stranger_lock_never_closes_the_known_lane),
		cmocka_unit_test(C56_fifty_failures_in_thirty_days_lock_for_good_whatever_succeeds_between),
		cmocka_unit_test(failures_leave_the_thirty_day_count_by_time),
		cmocka_unit_test(days_never_outgrow_their_room),
		cmocka_unit_test(a_success_clears_its_own_lanes_consecutive_failures_only),
		cmocka_unit_test(an_admins_lock_closes_both_lanes),
		cmocka_unit_test(strangers_may_use_three_of_five_sends),
		cmocka_unit_test(the_owners_sends_do_not_count_as_strangers),
		cmocka_unit_test(sends_older_than_the_window_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
