/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_DEVICE_H
#define OTPCODE_CORE_DEVICE_H

#include "core/key.h"
#include "core/policy.h"
#include "core/record.h"
#include "core/step.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Known devices: a place from which a login succeeded is not asked again for policy->remember_for_s, by the
 * same service. Pure.
 */

/* The name of the place that a login comes from. */
struct device_place {
	bool can_be_remembered; /* false: no key proved, no network, or no password checked, or all of it is
				   off */
	unsigned char id[RECORD_DEVICE_LEN];
	char network[ORIGIN_NETWORK_SIZE];
};

/*
 * HMAC-SHA-256, cut to RECORD_DEVICE_LEN, under keys->device of length-prefixed user, uid, host, service,
 * policy->remember_by, key (or empty) and network. On a shared account also of that.
 */
__attribute__((warn_unused_result)) enum otp_err device_place(const struct keys *keys,
	const struct policy *policy, const struct otp_login *login, struct device_place *out,
	struct otp_why *why);

/* The device, if it is remembered and its time has not passed: neither the one that was fixed when it was
 * remembered, nor policy->remember_for_s from then. NULL: it is not. */
const struct record_device *device_find(const struct record *record, const struct policy *policy,
	const struct device_place *place, int64_t now);

/* Remembers the place after a success; where there is no room the oldest goes. */
void device_remember(struct record *record, const struct policy *policy, const struct otp_login *login,
	const struct device_place *place, int64_t now);

/* Forgets what has passed, and whatever was remembered in the future. True if the latter. */
bool device_settle(struct record *record, int64_t now);

#endif
