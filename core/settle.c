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

/* A challenge ends with its last code. One without lives as long as a code would: with what was tried in it,
 * and the cooldown of a send that failed. */
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

static void forget_old_backups(struct record *record, int64_t now)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < record->backups_n; i++)
		if (record->backups[i].until == 0 || now < record->backups[i].until)
			record->backups[kept++] = record->backups[i];
	record->backups_n = kept;
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
	forget_old_backups(record, now);
	moved |= device_settle(record, now);
	return moved;
}

/* What is shown until now is not accepted any more: the lost change may have used it. */
static void use_up_steps(struct record *record, int64_t now)
{
	struct record_totp *totp = &record->totp[0];

	if (record->totp_n == 0)
		return;
	int64_t latest = totp_latest_step(&totp->form, now);
	if (totp->last_step < latest)
		totp->last_step = latest;
}

static const char *damage_detail(const struct record *record)
{
	if (record->backups_n > 0)
		return record->devices_n > 0 ? "backup codes and devices are gone" : "backup codes are gone";
	return record->devices_n > 0 ? "devices are gone" : NULL;
}

void settle_damage(struct record *record, const struct policy *policy, int64_t now)
{
	const char *detail = damage_detail(record);

	record->challenges_n = 0;
	record->backups_n = 0;
	record->devices_n = 0;
	use_up_steps(record, now);
	for (unsigned i = 0; i < LANES_N; i++)
		lane_charge(record, (enum lane)i, policy, NULL, now);
	record->wrong_since_success--; /* two lanes were charged for what was at most one failure */
	record_add_event(record, now, &(struct record_event_facts){.kind = EVENT_DAMAGED, .detail = detail});
}
