/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judge.h"

#include "core/challenge.h"
#include "core/lane.h"

#include <stdio.h>
#include <string.h>

static bool add_event(struct judge_turn *turn, struct record *record, enum record_event_kind kind,
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

static void situation(struct judge_turn *turn, enum otp_situation situation, int64_t wait_s)
{
	turn->step->situation = situation;
	turn->step->wait_s = wait_s;
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

/* Puts into the step what a person may be told of a challenge. */
static void describe(struct judge_turn *turn, const struct record_challenge *challenge)
{
	struct otp_step *step = turn->step;
	const struct record_code *newest = challenge_newest_live(challenge, turn->now);
	unsigned tries = turn->policy->tries;

	memcpy(step->ref, challenge->ref, sizeof step->ref);
	memcpy(step->challenge_id, challenge->id, sizeof step->challenge_id);
	step->tries_left = challenge->tries_used < tries ? tries - challenge->tries_used : 0;
	step->has_live_code = newest != NULL;
	if (newest == NULL)
		return;
	step->none_known_sent = none_is_known_sent(turn, challenge);
	step->delivery = newest->delivery;
	step->channel = newest->channel;
	memcpy(step->to, newest->to, sizeof step->to);
	step->sent_at = newest->issued;
	step->works_until = newest->expires;
}

static bool seal(struct judge_turn *turn, const struct record_challenge *challenge, const struct code *code,
	struct code_seal *out)
{
	struct code_binding binding = {.user = turn->login->user,
		.uid = turn->login->uid,
		.origin = turn->origin,
		.challenge_id = challenge->id};

	turn->err = code_seal_make(turn->keys, &binding, code, out, turn->why);
	return turn->err == OTP_OK;
}

/* The first contact, from the index given, on a channel that can deliver and that will do; -1 if there is
 * none. */
static int find_contact(const struct judge_turn *turn, const struct record *record, unsigned from)
{
	for (unsigned i = from; i < record->contacts_n; i++) {
		enum channel channel = record->contacts[i].channel;
		bool will_do = !turn->resend.only_channel || channel == turn->resend.channel;
		if (will_do && channel_is_among(channel, turn->channels))
			return (int)i;
	}
	return -1;
}

static void no_contact(struct judge_turn *turn)
{
	if (turn->resend.only_channel) {
		situation(turn, OTP_NO_SUCH_CONTACT, 0);
		turn->step->channel = turn->resend.channel;
	} else {
		situation(turn, turn->resend.after_refusal ? OTP_SEND_FAILED : OTP_NO_CONTACT, 0);
	}
}

static struct record_challenge *open_challenge(struct judge_turn *turn, struct record *record)
{
	struct record_challenge facts = {.opened = turn->now, .last_send = turn->now};
	const struct origin *origin = &turn->login->origin;

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

static void charge_send(struct judge_turn *turn, struct record *record, struct record_challenge *challenge)
{
	struct record_send send = {.at = turn->now, .lane = turn->step->lane};

	memcpy(send.challenge, challenge->id, sizeof send.challenge);
	if (record->sends_n == POLICY_SENDS_MAX)
		memmove(record->sends, record->sends + 1, --record->sends_n * sizeof record->sends[0]);
	record->sends[record->sends_n++] = send;
	challenge->sends++;
	challenge->last_send = turn->now;
	challenge->send_failed = false;
}

/* Adds a code to the challenge (a new one if NULL) and charges its send: the one place where codes begin. */
static bool send_code(struct judge_turn *turn, struct record *record, struct record_challenge *challenge)
{
	struct otp_step *step = turn->step;
	int contact = find_contact(turn, record, turn->resend.from_contact);

	if (contact < 0) {
		no_contact(turn);
		return false;
	}
	int64_t wait_s = lane_send_wait_s(record, step->lane, turn->policy, turn->now);
	if (wait_s > 0) {
		situation(turn, OTP_SEND_LIMIT, wait_s);
		step->limit = QUOTA_USER;
		step->contact = record->contacts[contact];
		return false;
	}
	if (challenge == NULL)
		challenge = open_challenge(turn, record);
	struct record_code code = {.issued = turn->now,
		.expires = turn->now + turn->policy->lifetime_s,
		.delivery = RECORD_PENDING,
		.channel = record->contacts[contact].channel};
	if (!seal(turn, challenge, &turn->drawn.code, &code.seal))
		return false;
	contact_mask(&record->contacts[contact], code.to);
	challenge_add_code(challenge, &code);
	charge_send(turn, record, challenge);

	describe(turn, challenge);
	situation(turn, OTP_SEND, 0);
	step->code = turn->drawn.code;
	step->contact = record->contacts[contact];
	step->contact_index = (unsigned)contact;
	step->more_contacts = find_contact(turn, record, step->contact_index + 1) >= 0;
	return add_event(turn, record, EVENT_ISSUED, challenge->ref, code.to);
}

/* The lane's lock comes before everything else. True if it is closed. */
static bool lane_is_closed(struct judge_turn *turn, const struct record *record)
{
	int64_t wait_s = lane_locked_s(record, turn->step->lane, turn->now);

	turn->step->admin_locked = record->admin_locked;
	if (wait_s > 0)
		situation(turn, OTP_LOCKED, wait_s);
	return wait_s > 0;
}

/*
 * The last send came to nothing, and its cooldown runs: what stopped it is said again. Where that was a
 * limit, which knows best how long it goes on, the contact says whose.
 */
static void say_again(struct judge_turn *turn, const struct record *record,
	const struct record_challenge *challenge, int64_t cooldown_s)
{
	int contact = find_contact(turn, record, turn->resend.from_contact);

	if (challenge->send_failed || contact < 0) {
		situation(turn, OTP_SEND_FAILED, cooldown_s);
		return;
	}
	situation(turn, OTP_SEND_LIMIT, cooldown_s);
	turn->step->limit = QUOTA_COOLDOWN;
	turn->step->contact = record->contacts[contact];
}

bool judge_begin(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_at(record, turn->origin);

	if (lane_is_closed(turn, record))
		return false;
	if (challenge == NULL)
		return send_code(turn, record, NULL);
	describe(turn, challenge);
	int64_t cooldown_s = challenge_cooldown_s(challenge, turn->policy, turn->now);
	if (turn->step->tries_left == 0)
		situation(turn, OTP_SPENT, 0);
	else if (turn->step->has_live_code)
		situation(turn, OTP_WAITING, 0);
	else if (cooldown_s > 0)
		say_again(turn, record, challenge, cooldown_s);
	else
		return send_code(turn, record, challenge);
	return false;
}

bool judge_resend(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_at(record, turn->origin);

	if (lane_is_closed(turn, record))
		return false;
	if (challenge == NULL)
		return send_code(turn, record, NULL);
	describe(turn, challenge);
	int64_t cooldown_s = challenge_cooldown_s(challenge, turn->policy, turn->now);
	bool next_contact = turn->resend.after_refusal && challenge->send_failed;
	if (turn->step->tries_left == 0)
		situation(turn, OTP_SPENT, 0);
	else if (turn->resend.only_channel && find_contact(turn, record, 0) < 0)
		no_contact(turn);
	else if (next_contact || cooldown_s == 0)
		return send_code(turn, record, challenge);
	else if (turn->step->has_live_code)
		situation(turn, OTP_TOO_SOON, cooldown_s);
	else
		say_again(turn, record, challenge, cooldown_s);
	return false;
}

/* The code that the step before this one sent; NULL if it is gone. */
static struct record_code *find_sent(struct judge_turn *turn, struct record_challenge *challenge)
{
	for (unsigned i = challenge->codes_n; i-- > 0;)
		if (challenge->codes[i].issued == turn->before.sent_at &&
			challenge->codes[i].delivery == RECORD_PENDING)
			return &challenge->codes[i];
	return NULL;
}

void judge_note_delivery(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_by_id(record, turn->before.challenge_id);

	if (turn->before.sent_by[0] == '\0' || challenge == NULL)
		return;
	struct record_code *code = find_sent(turn, challenge);
	if (code == NULL)
		return;
	code->delivery = RECORD_SENT;
	add_event(turn, record, EVENT_SENT, challenge->ref, turn->before.sent_by);
}

/* Takes back the code that the step before was to send, and gives the user's send back; the cooldown stays.
 */
static bool take_back(struct judge_turn *turn, struct record *record, bool failed, const char *reason)
{
	struct record_challenge *challenge = challenge_by_id(record, turn->before.challenge_id);
	struct code_seal mine;

	turn->step->has_live_code = false;
	if (challenge == NULL || !seal(turn, challenge, &turn->before.code, &mine) ||
		!challenge_drop_code(challenge, &mine))
		return false;
	challenge_return_sends(record, challenge, true);
	challenge->send_failed = failed;
	describe(turn, challenge);
	if (failed)
		turn->step->wait_s = challenge_cooldown_s(challenge, turn->policy, turn->now);
	return add_event(turn, record, EVENT_REFUSED, challenge->ref, reason);
}

bool judge_withdraw(struct judge_turn *turn, struct record *record)
{
	const struct quota_verdict *verdict = &turn->stopped_by;
	bool failed = verdict->limit == QUOTA_NONE;
	enum lane lane = turn->step->lane;

	*turn->step = turn->before;
	turn->step->lane = lane;
	turn->step->limit = verdict->limit;
	turn->step->limits_failed = failed;
	situation(turn, failed ? OTP_SEND_FAILED : OTP_SEND_LIMIT, verdict->wait_s);
	return take_back(turn, record, failed, failed ? "limits" : quota_limit_name(verdict->limit));
}

bool judge_sent(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_by_id(record, turn->before.challenge_id);
	enum lane lane = turn->step->lane;

	*turn->step = turn->before;
	turn->step->lane = lane;
	if (turn->delivery.delivery == OTP_DELIVERY_REFUSED) {
		situation(turn, OTP_SEND_FAILED, 0);
		return take_back(turn, record, true, turn->delivery.reason);
	}
	if (challenge == NULL)
		return false;
	struct record_code *code = find_sent(turn, challenge);
	if (code == NULL)
		return false;
	code->delivery = RECORD_SLOW;
	turn->step->delivery = RECORD_SLOW;
	return add_event(turn, record, EVENT_SLOW, challenge->ref, turn->delivery.provider);
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

static bool judge_right(struct judge_turn *turn, struct record *record, struct record_challenge *challenge)
{
	struct otp_step *step = turn->step;

	situation(turn, OTP_VERIFIED, 0);
	step->wrong_since_success = record->wrong_since_success;
	memcpy(step->wrong_latest_source, record->wrong_latest_source, sizeof step->wrong_latest_source);
	record->wrong_since_success = 0;
	record->wrong_latest_source[0] = '\0';
	record->last_success = turn->now;
	find_returns(turn, record, challenge);
	challenge_return_sends(record, challenge, false);
	challenge_end(record, challenge);
	lane_clear(record, step->lane);
	lane_remember_network(record, &turn->login->origin, turn->now);
	return add_event(turn, record, EVENT_VERIFIED, step->ref, NULL);
}

static bool judge_wrong(struct judge_turn *turn, struct record *record, struct record_challenge *challenge,
	bool was_right_once)
{
	struct otp_step *step = turn->step;
	const struct policy *policy = turn->policy;

	challenge->tries_used++;
	lane_charge(record, step->lane, policy, turn->login->origin.source, turn->now);
	describe(turn, challenge);
	step->failures = record->lanes[step->lane].consecutive;
	add_event(turn, record, was_right_once ? EVENT_EXPIRED : EVENT_WRONG, step->ref, NULL);
	if (lane_is_closed(turn, record)) {
		step->locked_now = true;
		return add_event(turn, record, EVENT_LOCKED, step->ref, lane_name(step->lane));
	}
	step->locked_now = step->tries_left == 0;
	situation(turn, step->tries_left == 0 ? OTP_SPENT : was_right_once ? OTP_EXPIRED : OTP_WRONG, 0);
	return true;
}

/* Which of the challenge's codes was typed, in time that does not depend on it; -1: none. */
static bool find_typed(struct judge_turn *turn, const struct record_challenge *challenge, int *found)
{
	struct code_seal typed;

	*found = -1;
	if (!seal(turn, challenge, &turn->typed, &typed))
		return false;
	for (unsigned i = 0; i < challenge->codes_n; i++)
		if (code_seal_equal(&challenge->codes[i].seal, &typed))
			*found = (int)i;
	return true;
}

bool judge_answer(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_at(record, turn->origin);
	int found;

	if (lane_is_closed(turn, record))
		return false;
	if (challenge == NULL || challenge_newest_live(challenge, turn->now) == NULL) {
		situation(turn, OTP_EXPIRED, 0);
		return false;
	}
	describe(turn, challenge);
	if (turn->step->tries_left == 0) {
		situation(turn, OTP_SPENT, 0);
		return false;
	}
	if (!find_typed(turn, challenge, &found))
		return false;
	if (found >= 0 && challenge_code_is_live(&challenge->codes[found], turn->now))
		return judge_right(turn, record, challenge);
	return judge_wrong(turn, record, challenge, found >= 0);
}
