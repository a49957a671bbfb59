/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judging.h"

#include "core/challenge.h"
#include "core/lane.h"

#include <stdio.h>
#include <string.h>

void judging_situation(struct judge_turn *turn, enum otp_situation situation, int64_t wait_s)
{
	turn->step->situation = situation;
	turn->step->wait_s = wait_s;
}

bool judging_event(struct judge_turn *turn, struct record *record, enum record_event_kind kind,
	const char *ref, const char *detail)
{
	record_add_event(record, turn->now,
		&(struct record_event_facts){.kind = kind,
			.service = turn->login->origin.service,
			.source = turn->login->origin.source,
			.ref = ref,
			.detail = detail});
	return true;
}

bool judging_lane_is_closed(struct judge_turn *turn, const struct record *record)
{
	int64_t wait_s = lane_locked_s(record, turn->step->lane, turn->now);

	turn->step->admin_locked = record->admin_locked;
	if (wait_s > 0)
		judging_situation(turn, OTP_LOCKED, wait_s);
	return wait_s > 0;
}

const struct record_totp *judging_totp(const struct judge_turn *turn, const struct record *record)
{
	return record->totp_n > 0 && turn->login->accept != OTP_ACCEPT_SENT ? &record->totp[0] : NULL;
}

unsigned judging_backups(const struct judge_turn *turn, const struct record *record)
{
	return turn->login->accept != OTP_ACCEPT_SENT ? record->backups_n : 0;
}

bool judging_has_kept(const struct judge_turn *turn, const struct record *record)
{
	return judging_totp(turn, record) != NULL || judging_backups(turn, record) > 0;
}

static void describe_kept(struct judge_turn *turn, const struct record *record)
{
	const struct record_totp *totp = judging_totp(turn, record);

	turn->step->has_totp = totp != NULL;
	turn->step->totp_digits = totp != NULL ? totp->form.digits : 0;
	turn->step->backups_left = judging_backups(turn, record);
}

/* A code without a word of its send is taken for sent: a sent one is noted with the next change only. */
static bool none_is_known_sent(const struct judge_turn *turn, const struct record_challenge *challenge)
{
	for (unsigned i = 0; i < challenge->codes_n; i++)
		if (challenge->codes[i].delivery != RECORD_SLOW &&
			challenge_code_is_live(&challenge->codes[i], turn->now))
			return false;
	return true;
}

void judging_describe(
	struct judge_turn *turn, const struct record *record, const struct record_challenge *challenge)
{
	struct otp_step *step = turn->step;
	unsigned tries = turn->policy->tries;

	step->has_live_code = step->has_totp = false;
	step->backups_left = 0;
	if (challenge == NULL)
		return;
	memcpy(step->ref, challenge->ref, sizeof step->ref);
	memcpy(step->challenge_id, challenge->id, sizeof step->challenge_id);
	step->tries_left = challenge->tries_used < tries ? tries - challenge->tries_used : 0;
	describe_kept(turn, record);
	const struct record_code *newest = challenge_newest_live(challenge, turn->now);
	if (newest == NULL || turn->login->accept == OTP_ACCEPT_KEPT)
		return;
	step->has_live_code = true;
	step->none_known_sent = none_is_known_sent(turn, challenge);
	step->delivery = newest->delivery;
	step->channel = newest->channel;
	memcpy(step->to, newest->to, sizeof step->to);
	step->sent_at = newest->issued;
	step->works_until = newest->expires;
}

struct record_challenge *judging_open(struct judge_turn *turn, struct record *record)
{
	const struct origin *origin = &turn->login->origin;
	struct record_challenge facts = {
		.opened = turn->now, .last_send = turn->now, .known = turn->step->lane == LANE_KNOWN};

	memcpy(facts.id, turn->drawn.challenge_id, sizeof facts.id);
	memcpy(facts.origin, turn->origin, sizeof facts.origin);
	(void)snprintf(facts.service, sizeof facts.service, "%s", origin->service);
	(void)snprintf(facts.source, sizeof facts.source, "%s", origin->source);
	for (unsigned i = 0; i < JUDGE_REFS; i++) {
		bool taken = false;
		for (unsigned c = 0; c < record->challenges_n; c++)
			taken |= strcmp(record->challenges[c].ref, turn->drawn.refs[i]) == 0;
		if (!taken) {
			memcpy(facts.ref, turn->drawn.refs[i], sizeof facts.ref);
			break;
		}
	}
	return challenge_open(record, &facts);
}

bool judging_seal(struct judge_turn *turn, const struct record_challenge *challenge, const struct code *code,
	struct code_seal *out)
{
	struct code_binding binding = {.user = turn->login->user,
		.uid = turn->login->uid,
		.origin = challenge->origin,
		.challenge_id = challenge->id};

	turn->err = code_seal_make(turn->keys, &binding, code, out, turn->why);
	return turn->err == OTP_OK;
}
