/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_SETTLE_H
#define OTPCODE_CORE_SETTLE_H

#include "core/policy.h"
#include "core/record.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Brings a record up to now before anything is decided over it: what lies in the future because the clock was
 * set back is moved to now, so that no code lives longer and no lock lasts beyond its length, and a device
 * from there is forgotten; what has ended goes. True if a time was moved: that must be kept, or a lock would
 * start anew at each look. What merely ended need not be.
 */
bool settle_record(struct record *record, const struct policy *policy, int64_t now);

/*
 * The newest copy of the record was lost and an older one is in use. The lost change may have used or revoked
 * what the older one still has: challenges, backup codes and devices are dropped, and no code that the app
 * has shown until now counts. It may have been a failure, in either lane, so each is charged one.
 */
void settle_damage(struct record *record, const struct policy *policy, int64_t now);

#endif
