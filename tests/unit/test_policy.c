/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/policy.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void defaults_are_those_of_the_design(void **state)
{
	(void)state;
	struct policy policy = policy_default();

	assert_int_equal(policy.form.alphabet, CODE_DIGITS);
	assert_int_equal(policy.form.length, 6);
	assert_int_equal(policy.lifetime_s, 300);
	assert_int_equal(policy.tries, 5);
	assert_int_equal(policy.resend_after_s, 30);
	assert_int_equal(policy.sends_per_user.count, 5);
	assert_int_equal(policy.sends_per_user.window_s, 3600);
	assert_int_equal(policy.sends_per_source.count, 60);
	assert_int_equal(policy.sends_email.count, 1000);
	assert_int_equal(policy.sends_sms.count, 200);
	assert_int_equal(policy.sends_sms_daily.count, 500);
	assert_int_equal(policy.sends_sms_daily.window_s, 86400);
	assert_int_equal(policy.trusted_sources.n, 0);
	assert_int_equal(policy.lock_after, 10);
	assert_int_equal(policy.lock_for_s, 900);
	assert_int_equal(policy.wrong_per_30d, 50);
}

static void defaults_are_within_the_caps(void **state)
{
	(void)state;
	struct policy policy = policy_default();

	assert_in_range(policy.form.length, CODE_MIN_LEN, CODE_MAX_LEN);
	assert_in_range(policy.lifetime_s, POLICY_LIFETIME_MIN_S, POLICY_LIFETIME_MAX_S);
	assert_in_range(policy.tries, 1, POLICY_TRIES_MAX);
	assert_in_range(policy.lock_for_s, 1, POLICY_LOCK_MAX_S);
	assert_in_range(policy.wrong_per_30d, 1, POLICY_WRONG_30D_MAX);
	assert_in_range(policy.sends_per_user.count, 1, POLICY_SENDS_MAX);
}

static void no_lock_before_the_tenth_failure(void **state)
{
	(void)state;
	struct policy policy = policy_default();

	for (unsigned failures = 0; failures < 10; failures++)
		assert_int_equal(policy_lock_s(&policy, failures), 0);
}

static void lock_doubles_with_every_further_five_failures(void **state)
{
	(void)state;
	struct policy policy = policy_default();
	static const int minutes[] = {15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440};

	for (unsigned step = 0; step < sizeof minutes / sizeof *minutes; step++)
		assert_int_equal(policy_lock_s(&policy, 10 + 5 * step), minutes[step] * 60);
}

static void failures_between_two_steps_set_no_lock(void **state)
{
	(void)state;
	struct policy policy = policy_default();

	for (unsigned failures = 11; failures < 1000; failures++)
		if (failures % 5 != 0)
			assert_int_equal(policy_lock_s(&policy, failures), 0);
}

static void lock_counts_from_the_configured_failure(void **state)
{
	(void)state;
	struct policy policy = policy_default();
	policy.lock_after = 3;
	policy.lock_for_s = 60;

	assert_int_equal(policy_lock_s(&policy, 2), 0);
	assert_int_equal(policy_lock_s(&policy, 3), 60);
	assert_int_equal(policy_lock_s(&policy, 5), 0);
	assert_int_equal(policy_lock_s(&policy, 8), 120);
	assert_int_equal(policy_lock_s(&policy, 13), 240);
	policy.lock_after = 0;
	assert_int_equal(policy_lock_s(&policy, 0), 0);
}

static void lock_never_passes_a_day(void **state)
{
	(void)state;
	struct policy policy = policy_default();

	for (unsigned long step = 0; step <= 100000; step++)
		assert_in_range(policy_lock_s(&policy, (unsigned)(10 + 5 * step)), 900, POLICY_LOCK_MAX_S);
	assert_int_equal(policy_lock_s(&policy, UINT_MAX), POLICY_LOCK_MAX_S); /* 2^32 - 1 ends in 5 */
	policy.lock_for_s = INT_MAX;
	assert_int_equal(policy_lock_s(&policy, 10), POLICY_LOCK_MAX_S);
	assert_int_equal(policy_lock_s(&policy, 15), POLICY_LOCK_MAX_S);
	policy.lock_for_s = POLICY_LOCK_MAX_S;
	assert_int_equal(policy_lock_s(&policy, 15), POLICY_LOCK_MAX_S);
	policy.lock_for_s = POLICY_LOCK_MAX_S / 2 + 1;
	assert_int_equal(policy_lock_s(&policy, 15), POLICY_LOCK_MAX_S);
}

static void cooldown_doubles_with_each_send(void **state)
{
	(void)state;
	struct policy policy = policy_default();
	static const int seconds[] = {0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600};

	for (unsigned sends = 0; sends < sizeof seconds / sizeof *seconds; sends++)
		assert_int_equal(policy_cooldown_s(&policy, sends), seconds[sends]);
}

static void cooldown_is_capped_for_any_input(void **state)
{
	(void)state;
	struct policy policy = policy_default();

	assert_int_equal(policy_cooldown_s(&policy, UINT_MAX), POLICY_RESEND_MAX_S);
	policy.resend_after_s = INT_MAX;
	assert_int_equal(policy_cooldown_s(&policy, 1), POLICY_RESEND_MAX_S);
	assert_int_equal(policy_cooldown_s(&policy, UINT_MAX), POLICY_RESEND_MAX_S);
	policy.resend_after_s = 1;
	assert_int_equal(policy_cooldown_s(&policy, UINT_MAX), POLICY_RESEND_MAX_S);
	policy.resend_after_s = 0;
	assert_int_equal(policy_cooldown_s(&policy, UINT_MAX), 0);
	policy.resend_after_s = INT_MIN;
	assert_int_equal(policy_cooldown_s(&policy, UINT_MAX), 0);
}

static void strangers_may_cause_three_sends_of_five(void **state)
{
	(void)state;
	struct policy policy = policy_default();

	assert_int_equal(policy_stranger_sends(&policy), 3);
	policy.sends_per_user.count = 12;
	assert_int_equal(policy_stranger_sends(&policy), 8);
	policy.sends_per_user.count = 4;
	assert_int_equal(policy_stranger_sends(&policy), 3);
	policy.sends_per_user.count = 1;
	assert_int_equal(policy_stranger_sends(&policy), 1);
	policy.sends_per_user.count = 0;
	assert_int_equal(policy_stranger_sends(&policy), 0);
}

static void strangers_always_leave_the_owner_a_send(void **state)
{
	(void)state;
	struct policy policy = policy_default();

	for (unsigned count = 2; count <= POLICY_SENDS_MAX; count++) {
		policy.sends_per_user.count = count;
		assert_in_range(policy_stranger_sends(&policy), 1, count - 1);
	}
	policy.sends_per_user.count = UINT_MAX;
	assert_int_equal(policy_stranger_sends(&policy), (unsigned)((3ULL * UINT_MAX + 4) / 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_design),
		cmocka_unit_test(defaults_are_within_the_caps),
		cmocka_unit_test(no_lock_before_the_tenth_failure),
		cmocka_unit_test(lock_doubles_with_every_further_five_failures),
		cmocka_unit_test(failures_between_two_steps_set_no_lock),
		cmocka_unit_test(lock_counts_from_the_configured_failure),
		cmocka_unit_test(lock_never_passes_a_day),
		cmocka_unit_test(cooldown_doubles_with_each_send),
		cmocka_unit_test(cooldown_is_capped_for_any_input),
		cmocka_unit_test(strangers_may_cause_three_sends_of_five),
		cmocka_unit_test(strangers_always_leave_the_owner_a_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
