/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/policy.h"

struct policy policy_default(void)
{
	return (struct policy){
		.form = {.alphabet = CODE_DIGITS, .length = 6},
		.lifetime_s = 5 * 60,
		.tries = 5,
		.resend_after_s = 30,
		.sends_per_user = {.count = 5, .window_s = 3600},
		.sends_per_source = {.count = 60, .window_s = 3600},
		.sends_email = {.count = 1000, .window_s = 3600},
		.sends_sms = {.count = 200, .window_s = 3600},
		.sends_sms_daily = {.count = 500, .window_s = 86400},
		.lock_after = 10,
		.lock_for_s = 15 * 60,
		.wrong_per_30d = 50,
	};
}

/* Halving the distance to the cap instead of doubling first: no input overflows. */
static int double_up_to(int value_s, unsigned times, int cap_s)
{
	for (; times > 0 && value_s > 0; times--) {
		if (value_s > cap_s / 2)
			return cap_s;
		value_s *= 2;
	}
	return value_s < cap_s ? value_s : cap_s;
}

/*
 * Failures between two steps set no lock: the lane has just waited one out, and a person who mistypes once
 * after it has four more.
 */
int policy_lock_s(const struct policy *policy, unsigned consecutive)
{
	if (consecutive == 0 || consecutive < policy->lock_after)
		return 0;
	unsigned beyond = consecutive - policy->lock_after;
	if (beyond % POLICY_LOCK_STEP != 0)
		return 0;
	return double_up_to(policy->lock_for_s, beyond / POLICY_LOCK_STEP, POLICY_LOCK_MAX_S);
}

int policy_cooldown_s(const struct policy *policy, unsigned sends)
{
	if (sends == 0 || policy->resend_after_s <= 0)
		return 0;
	return double_up_to(policy->resend_after_s, sends - 1, POLICY_RESEND_MAX_S);
}

unsigned policy_stranger_sends(const struct policy *policy)
{
	unsigned all = policy->sends_per_user.count;
	unsigned share = (unsigned)(((uint64_t)all * 3 + 4) / 5);

	/* Of two, three fifths rounded up would be both; of one, none would lock out who never logged in
	 * before. */
	if (share == all && all > 1)
		share = all - 1;
	return share;
}
