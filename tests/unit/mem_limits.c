/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/mem_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static enum otp_err mem_update(void *self, const struct quota_key *keys, unsigned keys_n,
	struct quota_edit edit, struct otp_why *why)
{
	struct mem_limits *mem = self;
	unsigned char *sets[QUOTA_ROWS_MAX];
	bool changed;

	mem->updates++;
	if (mem->fail != OTP_OK)
		return why_set(why, mem->fail, 0, "the table was told to fail");
	for (unsigned i = 0; i < keys_n; i++)
		sets[i] = mem->sets[keys[i].set];
	return quota_apply(sets, keys, keys_n, edit, &changed, why);
}

struct quota_table mem_limits_interface(struct mem_limits *mem)
{
	return (struct quota_table){.self = mem, .update = mem_update};
}

void mem_limits_charge(struct mem_limits *mem, const struct keys *keys, const char *source,
	const char *address, int64_t now, unsigned times)
{
	const struct quota_table table = mem_limits_interface(mem);
	struct policy policy = policy_default();
	struct origin origin = {.local = false};
	struct contact contact = {.channel = CHANNEL_EMAIL};
	struct quota_verdict verdict;

	policy.sends_per_user.count = policy.sends_per_source.count = policy.sends_email.count = 1000000;
	(void)snprintf(origin.source, sizeof origin.source, "%s", source);
	for (unsigned i = 0; i < times; i++) {
		(void)snprintf(contact.address, sizeof contact.address, "%s", address);
		assert_int_equal(quota_take(&table, keys, &policy, (struct quota_send){&origin, &contact},
					 now, &verdict, NULL),
			OTP_OK);
		assert_int_equal(verdict.limit, QUOTA_NONE);
	}
}
