/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/settle.h"

#include "core/challenge.h"
#include "core/device.h"
#include "core/lane.h"

#include <string.h>

#define DAY_S 86400

static bool not_after(int64_t *time, int64_t now)
{
	if (*time <= now)
		return false;
	*time = now;
	return true;
}

/* Days in the future are counted as today's: a clock set back must not make failures vanish until it catches
 * up. */
static bool settle_days(struct record_lane *lane, int64_t today)
{
	unsigned moved = 0;

	while (lane->days_n > 0 && lane->days[lane->days_n - 1].day > today)
		moved += lane->days[--lane->days_n].wrong;
	if (moved == 0)
		return false;
	if (lane->days_n > 0 && lane->days[lane->days_n - 1].day == today)
		lane->days[lane->days_n - 1].wrong += moved;
	else
		lane->days[lane->days_n++] = (struct record_day){.day = today, .wrong = moved};
	return true;
}

static void forget_old_days(struct record_lane *lane, int64_t today)
{
	unsigned old = 0;

	while (old < lane->days_n && lane->days[old].day < today - 30)
		old++;
	lane->days_n -= old;
	memmove(lane->days, lane->days + old, lane->days_n * sizeof lane->days[0]);
}

/* A challenge ends with its last code; one whose every send failed keeps its cooldown as long as a code would
 * have lived. */
static bool has_ended(const struct record_challenge *challenge, const struct policy *policy, int64_t now)
{
	if (challenge->codes_n > 0)
		return challenge_newest_live(challenge, now) == NULL;
	return now - challenge->last_send >= policy->lifetime_s;
}

static void forget_old_sends(struct record *record, int window_s, int64_t now)
{
	unsigned old = 0;

	while (old < record->sends_n && now - record->sends[old].at >= window_s)
		old++;
	record->sends_n -= old;
	memmove(record->sends, record->sends + old, record->sends_n * sizeof record->sends[0]);
}

bool settle_record(struct record *record, const struct policy *policy, int64_t now)
{
	bool moved = false;

	for (unsigned i = 0; i < LANES_N; i++) {
		moved |= not_after(&record->lanes[i].lock_since, now);
		moved |= settle_days(&record->lanes[i], now / DAY_S);
		forget_old_days(&record->lanes[i], now / DAY_S);
	}
	for (unsigned i = 0; i < record->challenges_n;) {
		moved |= not_after(&record->challenges[i].last_send, now);
		if (has_ended(&record->challenges[i], policy, now))
			challenge_end(record, &record->challenges[i]);
		else
			i++;
	}
	for (unsigned i = 0; i < record->sends_n; i++)
		moved |= not_after(&record->sends[i].at, now);
	forget_old_sends(record, policy->sends_per_user.window_s, now);
	for (unsigned i = 0; i < record->networks_n; i++)
		moved |= not_after(&record->networks[i].last_success, now);
	moved |= device_settle(record, now);
	return moved;
}

void settle_damage(struct record *record, const struct policy *policy, int64_t now)
{
	record->challenges_n = 0;
	record->devices_n = 0;
	for (unsigned i = 0; i < LANES_N; i++)
		lane_charge(record, (enum lane)i, policy, NULL, now);
	record->wrong_since_success--; /* two lanes were charged for what was at most one failure */
	record_add_event(record, now, &(struct record_event_facts){.kind = EVENT_DAMAGED});
}
