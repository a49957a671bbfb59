/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_LANE_H
#define OTPCODE_CORE_LANE_H

#include "core/origin.h"
#include "core/policy.h"
#include "core/record.h"
#include "core/step.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Failures, locks and sends are kept per lane, so that who knows only a user's name can lock out strangers,
 * never the user. All pure; now is wall-clock seconds.
 */

/* Known: a key proved in this login; or the network of a success in the last 30 days; or a local caller who
 * is this user, or root where a password was checked: programs of root's ask anybody for a name. */
enum lane lane_decide(const struct record *record, const struct otp_login *login, int64_t now);

/* How long no answer is compared in this lane: 0 if it is open, RECORD_LOCK_FOREVER until an admin unlocks.
 */
int64_t lane_locked_s(const struct record *record, enum lane lane, int64_t now);

/* Failures of the lane in the last 30 days. */
unsigned lane_wrong_30d(const struct record_lane *lane, int64_t now);

/* Charges a failure and sets the lock that it brings. source may be NULL where no login caused it. */
void lane_charge(
	struct record *record, enum lane lane, const struct policy *policy, const char *source, int64_t now);

/* A success: the lane's consecutive failures end; the 30-day count and the other lane stay (SP
 * 800-63B-4 3.2.2). */
void lane_clear(struct record *record, enum lane lane);

/* Remembers the network of a success. A source without a network leaves no trace. */
void lane_remember_network(struct record *record, const struct origin *origin, int64_t now);

/* How long until the user's sends allow another one from this lane; 0: now. */
int64_t lane_send_wait_s(
	const struct record *record, enum lane lane, const struct policy *policy, int64_t now);

#endif
