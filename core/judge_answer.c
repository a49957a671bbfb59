/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judge.h"

#include "core/backup.h"
#include "core/challenge.h"
#include "core/device.h"
#include "core/judging.h"
#include "core/lane.h"
#include "core/totp.h"

#include <string.h>

#include <openssl/crypto.h>

static void remember_device(struct judge_turn *turn, struct record *record)
{
	struct device_place place;

	turn->err = device_place(turn->keys, turn->policy, turn->login, &place, turn->why);
	if (turn->err == OTP_OK && turn->login->accept == OTP_ACCEPT_ANY)
		device_remember(record, turn->policy, turn->login, &place, turn->now);
}

/* Which contact a send of the challenge went to: that of its code; where that code is gone, of the oldest
 * left. */
static unsigned find_receiver(
	const struct record *record, const struct record_challenge *challenge, int64_t sent_at)
{
	const struct record_code *code = &challenge->codes[0];
	char mask[CONTACT_MASK_SIZE];
	unsigned i = 0;

	for (unsigned c = 0; c < challenge->codes_n; c++)
		if (challenge->codes[c].issued == sent_at)
			code = &challenge->codes[c];
	for (; i < record->contacts_n; i++) {
		contact_mask(&record->contacts[i], mask);
		if (record->contacts[i].channel == code->channel && strcmp(mask, code->to) == 0)
			break;
	}
	return i;
}

/* Whoever proved to get the messages of this challenge was not bothered by them. */
static void find_returns(
	struct judge_turn *turn, const struct record *record, const struct record_challenge *challenge)
{
	struct quota_returns *returns = &turn->returned->list;

	memcpy(turn->returned->contacts, record->contacts, sizeof turn->returned->contacts);
	*returns = (struct quota_returns){.origin = &turn->login->origin,
		.contacts = turn->returned->contacts,
		.contacts_n = record->contacts_n};
	for (unsigned i = 0; i < record->sends_n; i++) {
		const struct record_send *send = &record->sends[i];
		if (memcmp(send->challenge, challenge->id, sizeof send->challenge) == 0)
			returns->sends[returns->sends_n++] = (struct quota_returned){
				.at = send->at, .contact = find_receiver(record, challenge, send->at)};
	}
}

/* What a text could be, of all that may be typed here, and which of it it is. Secret. */
struct guess {
	bool may_be_sent, may_be_totp, may_be_backup;
	struct code sent, totp;
	struct backup_code backup;
	struct code_seal backup_seal;
	int code;        /* which of the challenge's codes; -1: none */
	int elsewhere;   /* of which other of the user's challenges it is a code; -1: none */
	int64_t step;    /* of which time step of the app; -1: none */
	bool has_backup; /* it is a backup code that was not used yet */
};

/* Which of the challenge's codes it is, in time that does not depend on it. */
static bool compare_sent(
	struct judge_turn *turn, const struct record_challenge *challenge, struct guess *guess)
{
	struct code_seal typed;

	if (!judging_seal(turn, challenge, &guess->sent, &typed))
		return false;
	for (unsigned i = 0; i < challenge->codes_n; i++)
		if (code_seal_equal(&challenge->codes[i].seal, &typed))
			guess->code = (int)i;
	return true;
}

/* Who typed the code of another login is told so afterwards: it opens nothing here, and costs as much. */
static bool compare_elsewhere(struct judge_turn *turn, const struct record *record,
	const struct record_challenge *here, struct guess *guess)
{
	struct code_seal typed;

	for (unsigned c = 0; c < record->challenges_n; c++) {
		const struct record_challenge *challenge = &record->challenges[c];
		if (challenge == here)
			continue;
		if (!judging_seal(turn, challenge, &guess->sent, &typed))
			return false;
		for (unsigned i = 0; i < challenge->codes_n; i++)
			if (code_seal_equal(&challenge->codes[i].seal, &typed))
				guess->elsewhere = (int)c;
	}
	return true;
}

static bool compare_totp(struct judge_turn *turn, const struct record *record, struct guess *guess)
{
	const struct record_totp *totp = &record->totp[0];
	const struct totp_owner owner = {turn->login->user, turn->login->uid};
	struct totp_secret secret;

	turn->err = totp_open(turn->keys, &owner, &totp->secret, &secret, turn->why);
	if (turn->err == OTP_OK)
		turn->err = totp_find(&totp->form, &secret, turn->now, totp->last_step, &guess->totp,
			&guess->step, turn->why);
	totp_secret_wipe(&secret);
	return turn->err == OTP_OK;
}

static bool compare_backup(struct judge_turn *turn, const struct record *record, struct guess *guess)
{
	turn->err = backup_seal(turn->keys, turn->login->user, turn->login->uid, &guess->backup,
		&guess->backup_seal, turn->why);
	for (unsigned i = 0; turn->err == OTP_OK && i < record->backups_n; i++)
		if (code_seal_equal(&record->backups[i].seal, &guess->backup_seal))
			guess->has_backup = true;
	return turn->err == OTP_OK;
}

/* All that it could be, in one try, and to the end whatever it is. False, and turn->err, on any error. */
static bool compare(struct judge_turn *turn, const struct record *record,
	const struct record_challenge *challenge, struct guess *guess)
{
	return (!guess->may_be_sent || (compare_sent(turn, challenge, guess) &&
					       compare_elsewhere(turn, record, challenge, guess))) &&
	       (!guess->may_be_totp || compare_totp(turn, record, guess)) &&
	       (!guess->may_be_backup || compare_backup(turn, record, guess));
}

static bool is_right(
	const struct judge_turn *turn, const struct record_challenge *challenge, const struct guess *guess)
{
	return (guess->code >= 0 && challenge_code_is_live(&challenge->codes[guess->code], turn->now)) ||
	       guess->step >= 0 || guess->has_backup;
}

static void drop_backup(struct record *record, const struct code_seal *seal)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < record->backups_n; i++)
		if (!code_seal_equal(&record->backups[i].seal, seal))
			record->backups[kept++] = record->backups[i];
	record->backups_n = kept;
}

/* Whatever the text was good for, it is not any more: it may have been more than one thing. */
static void use_up(struct judge_turn *turn, struct record *record, const struct record_challenge *challenge,
	const struct guess *guess)
{
	struct otp_step *step = turn->step;

	step->means = OTP_MEANS_SENT;
	if (guess->code < 0 || !challenge_code_is_live(&challenge->codes[guess->code], turn->now))
		step->means = guess->step >= 0 ? OTP_MEANS_TOTP : OTP_MEANS_BACKUP;
	if (guess->step >= 0)
		record->totp[0].last_step = guess->step;
	if (guess->has_backup)
		drop_backup(record, &guess->backup_seal);
	step->backups_left = judging_backups(turn, record);
}

static const char *means_detail(enum otp_means means)
{
	switch (means) {
	case OTP_MEANS_SENT:
		return NULL;
	case OTP_MEANS_TOTP:
		return "app";
	case OTP_MEANS_BACKUP:
		return "backup code";
	}
	return NULL;
}

static bool judge_right(struct judge_turn *turn, struct record *record, struct record_challenge *challenge,
	const struct guess *guess)
{
	struct otp_step *step = turn->step;

	judging_situation(turn, OTP_VERIFIED, 0);
	step->wrong_since_success = record->wrong_since_success;
	memcpy(step->wrong_latest_source, record->wrong_latest_source, sizeof step->wrong_latest_source);
	record->wrong_since_success = 0;
	record->wrong_latest_source[0] = '\0';
	record->last_success = turn->now;
	use_up(turn, record, challenge, guess);
	find_returns(turn, record, challenge);
	challenge_return_sends(record, challenge, false);
	challenge_end(record, challenge);
	lane_clear(record, step->lane);
	lane_remember_network(record, &turn->login->origin, turn->now);
	remember_device(turn, record);
	return judging_event(turn, record, EVENT_VERIFIED, step->ref, means_detail(step->means));
}

static bool judge_wrong(struct judge_turn *turn, struct record *record, struct record_challenge *challenge,
	const struct guess *guess)
{
	struct otp_step *step = turn->step;
	const struct policy *policy = turn->policy;
	const bool was_right_once = guess->code >= 0;
	const char *of_other = guess->elsewhere >= 0 ? record->challenges[guess->elsewhere].ref : NULL;

	challenge->tries_used++;
	lane_charge(record, step->lane, policy, turn->login->origin.source, turn->now);
	judging_describe(turn, record, challenge);
	step->failures = record->lanes[step->lane].consecutive;
	judging_event(turn, record, was_right_once ? EVENT_EXPIRED : EVENT_WRONG, step->ref,
		was_right_once ? NULL : of_other);
	if (judging_lane_is_closed(turn, record)) {
		step->locked_now = true;
		return judging_event(turn, record, EVENT_LOCKED, step->ref, lane_name(step->lane));
	}
	step->locked_now = step->tries_left == 0;
	judging_situation(turn,
		step->tries_left == 0 ? OTP_SPENT
		: was_right_once      ? OTP_EXPIRED
				      : OTP_WRONG,
		0);
	return true;
}

/*
 * Whether it could be anything that this user has. Whoever typed what it could not be is not charged: nothing
 * is compared, and the step is the one before, but for why.
 */
static bool could_be(struct judge_turn *turn, const struct record *record,
	const struct record_challenge *challenge, struct guess *guess)
{
	const char *ref = turn->before.ref[0] != '\0' ? turn->before.ref : NULL;
	const struct record_totp *totp = judging_totp(turn, record);
	const bool nothing_sent =
		challenge != NULL && challenge->codes_n == 0 && judging_has_kept(turn, record);
	const bool sent_counts = turn->login->accept != OTP_ACCEPT_KEPT && !nothing_sent;
	enum code_shape shape;
	unsigned typed_len;

	shape = code_clean(turn->policy->form, turn->typed, ref, &guess->sent, &typed_len);
	guess->may_be_sent = sent_counts && shape == CODE_SHAPE_CODE;
	if (totp != NULL) {
		const struct code_form form = {CODE_DIGITS, totp->form.digits};
		enum code_shape of_totp = code_clean(form, turn->typed, ref, &guess->totp, &typed_len);
		guess->may_be_totp = of_totp == CODE_SHAPE_CODE;
		if (!sent_counts || shape == CODE_SHAPE_FOREIGN)
			shape = of_totp;
	}
	guess->may_be_backup = judging_backups(turn, record) > 0 && backup_clean(turn->typed, &guess->backup);
	if (guess->may_be_sent || guess->may_be_totp || guess->may_be_backup)
		return true;
	*turn->step = turn->before;
	turn->step->shape = shape == CODE_SHAPE_CODE ? CODE_SHAPE_LENGTH : shape;
	turn->step->typed_len = typed_len;
	turn->step->situation = OTP_NOT_A_CODE;
	return false;
}

/*
 * That the ref was typed is kept for who asks later why the code did not work. Once a challenge, so that it
 * is no way to make this host write; a locked lane writes nothing.
 */
static bool note_ref(struct judge_turn *turn, struct record *record, const struct record_challenge *challenge)
{
	if (turn->step->shape != CODE_SHAPE_REF || challenge == NULL ||
		strcmp(turn->before.ref, challenge->ref) != 0 ||
		lane_locked_s(record, turn->step->lane, turn->now) > 0)
		return false;
	for (unsigned i = 0; i < record->events_n; i++)
		if (record->events[i].kind == EVENT_REF_TYPED &&
			record->events[i].first >= challenge->opened &&
			strcmp(record->events[i].ref, challenge->ref) == 0)
			return false;
	return judging_event(turn, record, EVENT_REF_TYPED, challenge->ref, NULL);
}

static bool takes_answers(
	struct judge_turn *turn, const struct record *record, const struct record_challenge *challenge)
{
	if (judging_lane_is_closed(turn, record))
		return false;
	judging_describe(turn, record, challenge);
	if (challenge == NULL || !(turn->step->has_live_code || judging_has_kept(turn, record)))
		judging_situation(turn, OTP_EXPIRED, 0);
	else if (turn->step->tries_left == 0)
		judging_situation(turn, OTP_SPENT, 0);
	else
		return true;
	return false;
}

bool judge_answer(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_at(record, turn->origin);
	struct guess guess = {.code = -1, .elsewhere = -1, .step = -1};
	bool changed = false;

	if (!could_be(turn, record, challenge, &guess))
		changed = note_ref(turn, record, challenge);
	else if (takes_answers(turn, record, challenge) && compare(turn, record, challenge, &guess))
		changed = is_right(turn, challenge, &guess) ? judge_right(turn, record, challenge, &guess)
							    : judge_wrong(turn, record, challenge, &guess);
	OPENSSL_cleanse(&guess, sizeof guess);
	return changed;
}
