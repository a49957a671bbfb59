/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judge.h"

#include "core/challenge.h"
#include "core/device.h"
#include "core/judge_send.h"
#include "core/judging.h"
#include "core/lane.h"

/*
 * A known device is not asked; also while a lane is locked for a time, for what is proved with it is not what
 * others guess at. It clears no counter: nothing was typed. What an admin locked, or only an admin unlocks,
 * stays locked.
 */
static bool device_is_known(struct judge_turn *turn, const struct record *record)
{
	struct device_place place;

	if (turn->login->accept != OTP_ACCEPT_ANY ||
		lane_locked_s(record, turn->step->lane, turn->now) == RECORD_LOCK_FOREVER)
		return false;
	turn->err = device_place(turn->keys, turn->policy, turn->login, &place, turn->why);
	if (turn->err != OTP_OK)
		return false;
	const struct record_device *device = device_find(record, turn->policy, &place, turn->now);
	if (device == NULL)
		return false;
	judging_situation(turn, OTP_REMEMBERED, 0);
	turn->step->works_until = device->until;
	return true;
}

/* Who prefers the app is sent nothing until a code is asked for. */
static bool app_is_preferred(const struct judge_turn *turn, const struct record *record)
{
	const struct record_totp *totp = judging_totp(turn, record);

	return totp != NULL && totp->preferred;
}

bool judge_begin(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_at(record, turn->origin);
	struct otp_step *step = turn->step;

	if (device_is_known(turn, record))
		return judging_event(turn, record, EVENT_REMEMBERED, NULL, NULL);
	if (turn->err != OTP_OK || judging_lane_is_closed(turn, record))
		return false;
	judging_describe(turn, record, challenge);
	if (challenge != NULL && step->tries_left == 0) {
		judging_situation(turn, OTP_SPENT, 0);
		return false;
	}
	if (step->has_live_code) {
		judging_situation(turn, OTP_WAITING, 0);
		return false;
	}
	if (turn->login->accept == OTP_ACCEPT_KEPT || app_is_preferred(turn, record))
		return judge_send_nothing(turn, record, challenge);
	if (challenge != NULL && challenge_cooldown_s(challenge, turn->policy, turn->now) > 0) {
		judge_send_say_again(turn, record, challenge);
		return false;
	}
	return judge_send_code(turn, record, challenge);
}

bool judge_resend(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_at(record, turn->origin);
	struct otp_step *step = turn->step;

	if (judging_lane_is_closed(turn, record))
		return false;
	judging_describe(turn, record, challenge);
	if (challenge != NULL && step->tries_left == 0) {
		judging_situation(turn, OTP_SPENT, 0);
		return false;
	}
	if (turn->login->accept == OTP_ACCEPT_KEPT)
		return judge_send_nothing(turn, record, challenge);
	if (challenge == NULL)
		return judge_send_code(turn, record, NULL);
	int64_t cooldown_s = challenge_cooldown_s(challenge, turn->policy, turn->now);
	bool next_contact = turn->resend.after_refusal && challenge_last_send_is_gone(challenge);
	if (judge_send_has_no_channel(turn, record))
		return false;
	if (next_contact || cooldown_s == 0)
		return judge_send_code(turn, record, challenge);
	if (step->has_live_code)
		judging_situation(turn, OTP_TOO_SOON, cooldown_s);
	else
		judge_send_say_again(turn, record, challenge);
	return false;
}
