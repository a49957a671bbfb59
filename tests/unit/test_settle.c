/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/settle.h"

#include "core/challenge.h"
#include "core/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

static struct record_code code_issued(int64_t issued, int64_t lifetime_s)
{
	return (struct record_code){.issued = issued, .expires = issued + lifetime_s, .to = "j***@e***.org"};
}

static struct record with_code(int64_t issued)
{
	struct record record = {.uid = 1000, .challenges_n = 1};

	record.challenges[0] =
		(struct record_challenge){.ref = "QFX", .opened = issued, .last_send = issued, .sends = 1};
	struct record_code code = code_issued(issued, 300);
	challenge_add_code(&record.challenges[0], &code);
	return record;
}

static unsigned live_after(int64_t issued, int64_t now)
{
	struct record record = with_code(issued);
	struct policy policy = policy_default();

	(void)settle_record(&record, &policy, now);
	return record.challenges_n;
}

static void a_challenge_ends_with_its_last_code(void **state)
{
	(void)state;
	assert_int_equal(live_after(NOW, NOW + 299), 1);
	assert_int_equal(live_after(NOW, NOW + 300), 0);
}

static void C43_a_code_from_the_future_counts_as_expired(void **state)
{
	(void)state;
	assert_int_equal(live_after(NOW, NOW - 5), 1);
	assert_int_equal(live_after(NOW, NOW - 6), 0);
	assert_int_equal(live_after(NOW, NOW - 3600), 0);
	assert_int_equal(live_after(NOW, 0), 0);
}

static void C43_a_code_never_lives_longer_than_the_cap(void **state)
{
	(void)state;
	struct record_code code = code_issued(NOW, POLICY_LIFETIME_MAX_S + 1);

	assert_false(challenge_code_is_live(&code, NOW));
	code.expires--;
	assert_true(challenge_code_is_live(&code, NOW));
}

static void a_challenge_whose_sends_all_failed_keeps_its_cooldown_for_one_lifetime(void **state)
{
	(void)state;
	struct record record = with_code(NOW);
	struct policy policy = policy_default();

	record.challenges[0].codes_n = 0;
	record.challenges[0].send_failed = true;
	(void)settle_record(&record, &policy, NOW + 299);
	assert_int_equal(record.challenges_n, 1);
	(void)settle_record(&record, &policy, NOW + 300);
	assert_int_equal(record.challenges_n, 0);
}

static void C43_a_lock_from_the_future_begins_now_and_that_is_kept(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct policy policy = policy_default();

	record.lanes[LANE_KNOWN].lock_since = NOW;
	record.lanes[LANE_KNOWN].lock_for_s = 900;
	assert_true(settle_record(&record, &policy, NOW - DAY));
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW - DAY), 900);
	assert_false(settle_record(&record, &policy, NOW - DAY + 900));
	assert_int_equal(lane_locked_s(&record, LANE_KNOWN, NOW - DAY + 900), 0);
}

static void C43_failures_of_days_to_come_count_as_todays(void **state)
{
	(void)state;
	struct record record = {.uid = 1000};
	struct policy policy = policy_default();

	lane_charge(&record, LANE_KNOWN, &policy, NULL, NOW);
	lane_charge(&record, LANE_KNOWN, &policy, NULL, NOW + 2 * DAY);
	lane_charge(&record, LANE_KNOWN, &policy, NULL, NOW + 3 * DAY);
	assert_true(settle_record(&record, &policy, NOW));
	assert_int_equal(record.lanes[LANE_KNOWN].days_n, 1);
	assert_int_equal(lane_wrong_30d(&record.lanes[LANE_KNOWN], NOW), 3);
}

static void C43_a_send_from_the_future_is_counted_from_now(void **state)
{
	(void)state;
	struct record record = {.uid = 1000, .sends_n = 1};
	struct policy policy = policy_default();

	record.sends[0].at = NOW + DAY;
	assert_true(settle_record(&record, &policy, NOW));
	assert_int_equal(record.sends[0].at, NOW);
	(void)settle_record(&record, &policy, NOW + 3600);
	assert_int_equal(record.sends_n, 0);
}

static void C43_a_cooldown_from_the_future_begins_now(void **state)
{
	(void)state;
	struct record record = with_code(NOW);
	struct policy policy = policy_default();

	record.challenges[0].last_send = NOW + DAY;
	assert_true(settle_record(&record, &policy, NOW));
	assert_int_equal(challenge_cooldown_s(&record.challenges[0], &policy, NOW), 30);
}

static void C43_a_known_network_does_not_outlive_its_thirty_days(void **state)
{
	(void)state;
	struct record record = {.uid = 1000, .networks_n = 1};
	struct policy policy = policy_default();

	strcpy(record.networks[0].network, "192.0.2.0/24");
	record.networks[0].last_success = NOW + 100 * DAY;
	assert_true(settle_record(&record, &policy, NOW));
	assert_int_equal(record.networks[0].last_success, NOW);
}

static void nothing_in_the_future_means_nothing_to_keep(void **state)
{
	(void)state;
	struct record record = with_code(NOW);
	struct policy policy = policy_default();

	lane_charge(&record, LANE_STRANGER, &policy, "192.0.2.7", NOW);
	assert_false(settle_record(&record, &policy, NOW));
	assert_int_equal(record.challenges_n, 1);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 1);
}

static void C59_damage_drops_challenges_and_charges_each_lane_one_failure(void **state)
{
	(void)state;
	struct record record = with_code(NOW);
	struct policy policy = policy_default();

	settle_damage(&record, &policy, NOW);
	assert_int_equal(record.challenges_n, 0);
	assert_int_equal(record.lanes[LANE_KNOWN].consecutive, 1);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 1);
	assert_int_equal(record.wrong_since_success, 1);
	assert_int_equal(record.events[record.events_n - 1].kind, EVENT_DAMAGED);
}

static void C59_damage_takes_all_that_the_lost_write_may_have_used_or_revoked(void **state)
{
	(void)state;
	static const struct {
		unsigned backups_n, devices_n;
		const char *detail;
	} cases[] = {{2, 1, "backup codes and devices are gone"}, {2, 0, "backup codes are gone"},
		{0, 1, "devices are gone"}, {0, 0, ""}};
	struct policy policy = policy_default();

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct record record = {.uid = 1000, .totp_n = 1};
		record.totp[0].form = (struct totp_form){TOTP_SHA1, 6, 30};
		record.backups_n = cases[i].backups_n;
		record.devices_n = cases[i].devices_n;
		settle_damage(&record, &policy, NOW);
		assert_int_equal(record.backups_n, 0);
		assert_int_equal(record.devices_n, 0);
		assert_int_equal(record.totp_n, 1);
		assert_int_equal(record.totp[0].last_step, totp_latest_step(&record.totp[0].form, NOW));
		assert_string_equal(record.events[record.events_n - 1].detail, cases[i].detail);
	}
}

static void C43_damage_never_moves_the_last_step_back(void **state)
{
	(void)state;
	struct policy policy = policy_default();
	struct record record = {.uid = 1000, .totp_n = 1};

	record.totp[0].form = (struct totp_form){TOTP_SHA1, 6, 30};
	record.totp[0].last_step = NOW;
	settle_damage(&record, &policy, NOW);
	assert_int_equal(record.totp[0].last_step, NOW);
	(void)settle_record(&record, &policy, 0);
	assert_int_equal(record.totp[0].last_step, NOW);
}

static void backup_codes_go_when_their_time_has_come(void **state)
{
	(void)state;
	struct policy policy = policy_default();
	struct record record = {.uid = 1000, .backups_n = 3};

	record.backups[0].until = NOW;
	record.backups[2].until = NOW + 1;
	assert_false(settle_record(&record, &policy, NOW - 1));
	assert_int_equal(record.backups_n, 3);
	(void)settle_record(&record, &policy, NOW);
	assert_int_equal(record.backups_n, 2);
	assert_int_equal(record.backups[0].until, 0);
	assert_int_equal(record.backups[1].until, NOW + 1);
	(void)settle_record(&record, &policy, NOW + DAY);
	assert_int_equal(record.backups_n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_challenge_ends_with_its_last_code),
		cmocka_unit_test(C43_a_code_from_the_future_counts_as_expired),
		cmocka_unit_test(C43_a_code_never_lives_longer_than_the_cap),
		cmocka_unit_test(a_challenge_whose_sends_all_failed_keeps_its_cooldown_for_one_lifetime),
		cmocka_unit_test(C43_a_lock_from_the_future_begins_now_and_that_is_kept),
		cmocka_unit_test(C43_failures_of_days_to_come_count_as_todays),
		cmocka_unit_test(C43_a_send_from_the_future_is_counted_from_now),
		cmocka_unit_test(C43_a_cooldown_from_the_future_begins_now),
		cmocka_unit_test(C43_a_known_network_does_not_outlive_its_thirty_days),
		cmocka_unit_test(nothing_in_the_future_means_nothing_to_keep),
		cmocka_unit_test(C59_damage_drops_challenges_and_charges_each_lane_one_failure),
		cmocka_unit_test(C59_damage_takes_all_that_the_lost_write_may_have_used_or_revoked),
		cmocka_unit_test(C43_damage_never_moves_the_last_step_back),
		cmocka_unit_test(backup_codes_go_when_their_time_has_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
