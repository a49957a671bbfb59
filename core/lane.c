/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/lane.h"

#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define ROOT_UID 0

/* login, xrdp and greeters are root, and whoever comes by may type a name there, root's too: a password
 * tells.
 */
static bool caller_is_known(const struct record *record, const struct otp_login *login)
{
	uint32_t caller = login->origin.caller_uid;

	return caller == ROOT_UID ? login->password_checked : caller == record->uid;
}

enum lane lane_decide(const struct record *record, const struct otp_login *login, int64_t now)
{
	const struct origin *origin = &login->origin;
	char network[ORIGIN_NETWORK_SIZE];

	if (strcmp(origin->key, "-") != 0)
		return LANE_KNOWN;
	if (origin->local)
		return caller_is_known(record, login) ? LANE_KNOWN : LANE_STRANGER;
	if (!origin_network(origin->source, network))
		return LANE_STRANGER;
	for (unsigned i = 0; i < record->networks_n; i++) {
		const struct record_network *known = &record->networks[i];
		if (strcmp(known->network, network) == 0 &&
			now - known->last_success < POLICY_KNOWN_NETWORK_S)
			return LANE_KNOWN;
	}
	return LANE_STRANGER;
}

int64_t lane_locked_s(const struct record *record, enum lane lane, int64_t now)
{
	const struct record_lane *state = &record->lanes[lane];

	if (record->admin_locked || state->lock_for_s == RECORD_LOCK_FOREVER)
		return RECORD_LOCK_FOREVER;
	int64_t left = state->lock_since + state->lock_for_s - now;
	return left > 0 ? left : 0;
}

unsigned lane_wrong_30d(const struct record_lane *lane, int64_t now)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < lane->days_n; i++)
		if (lane->days[i].day >= now / DAY_S - 30)
			wrong += lane->days[i].wrong;
	return wrong;
}

static void count_today(struct record_lane *lane, int64_t now)
{
	int64_t today = now / DAY_S;

	if (lane->days_n > 0 && lane->days[lane->days_n - 1].day == today) {
		lane->days[lane->days_n - 1].wrong++;
		return;
	}
	if (lane->days_n == RECORD_DAYS_MAX)
		memmove(lane->days, lane->days + 1, --lane->days_n * sizeof lane->days[0]);
	lane->days[lane->days_n++] = (struct record_day){.day = today, .wrong = 1};
}

/* 0: not at all. Never to an earlier end: a damaged slot charges lanes that are locked already. */
static void lock_lane(struct record_lane *lane, int64_t lock_for_s, int64_t now)
{
	if (lock_for_s == 0 || lane->lock_for_s == RECORD_LOCK_FOREVER)
		return;
	if (lock_for_s != RECORD_LOCK_FOREVER && lane->lock_since + lane->lock_for_s >= now + lock_for_s)
		return;
	lane->lock_since = now;
	lane->lock_for_s = lock_for_s;
}

void lane_charge(
	struct record *record, enum lane lane, const struct policy *policy, const char *source, int64_t now)
{
	struct record_lane *state = &record->lanes[lane];

	state->consecutive++;
	count_today(state, now);
	record->wrong_since_success++;
	if (source != NULL)
		(void)snprintf(record->wrong_latest_source, sizeof record->wrong_latest_source, "%s", source);
	if (lane_wrong_30d(state, now) >= policy->wrong_per_30d)
		lock_lane(state, RECORD_LOCK_FOREVER, now);
	else
		lock_lane(state, policy_lock_s(policy, state->consecutive), now);
}

void lane_clear(struct record *record, enum lane lane)
{
	record->lanes[lane].consecutive = 0;
	record->lanes[lane].lock_since = 0;
	record->lanes[lane].lock_for_s = 0;
}

static void forget_network(struct record *record, unsigned index)
{
	record->networks_n--;
	memmove(record->networks + index, record->networks + index + 1,
		(record->networks_n - index) * sizeof record->networks[0]);
}

void lane_remember_network(struct record *record, const struct origin *origin, int64_t now)
{
	struct record_network success = {.last_success = now};

	if (origin->local || !origin_network(origin->source, success.network))
		return;
	for (unsigned i = 0; i < record->networks_n; i++)
		if (strcmp(record->networks[i].network, success.network) == 0)
			forget_network(record, i--);
	if (record->networks_n == RECORD_NETWORKS_MAX)
		forget_network(record, 0);
	record->networks[record->networks_n++] = success;
}

/* How long until fewer than allowed of the sends that count are younger than the window. */
static int64_t wait_for_room(
	const struct record *record, bool strangers_only, unsigned allowed, int window_s, int64_t now)
{
	unsigned counted = 0;

	for (unsigned i = record->sends_n; i-- > 0;) {
		const struct record_send *send = &record->sends[i];
		if (strangers_only && send->lane != LANE_STRANGER)
			continue;
		if (now - send->at >= window_s)
			break;
		if (++counted == allowed)
			return send->at + window_s - now;
	}
	return 0;
}

int64_t lane_send_wait_s(
	const struct record *record, enum lane lane, const struct policy *policy, int64_t now)
{
	int window_s = policy->sends_per_user.window_s;
	int64_t all = wait_for_room(record, false, policy->sends_per_user.count, window_s, now);

	if (lane == LANE_KNOWN)
		return all;
	int64_t strangers = wait_for_room(record, true, policy_stranger_sends(policy), window_s, now);
	return strangers > all ? strangers : all;
}
