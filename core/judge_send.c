/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/judge_send.h"

#include "core/challenge.h"
#include "core/judging.h"
#include "core/lane.h"

#include <string.h>

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
		judging_situation(turn, OTP_NO_SUCH_CONTACT, 0);
		turn->step->channel = turn->resend.channel;
	} else {
		judging_situation(turn, turn->resend.after_refusal ? OTP_SEND_FAILED : OTP_NO_CONTACT, 0);
	}
}

bool judge_send_has_no_channel(struct judge_turn *turn, const struct record *record)
{
	if (!turn->resend.only_channel || find_contact(turn, record, 0) >= 0)
		return false;
	no_contact(turn);
	return true;
}

/* An app's code and backup codes need no send, but a challenge, for their tries are counted there. */
static bool keep_asking(struct judge_turn *turn, struct record *record, struct record_challenge *challenge)
{
	if (challenge != NULL || !judging_has_kept(turn, record))
		return false;
	judging_describe(turn, record, judging_open(turn, record));
	return true;
}

bool judge_send_nothing(struct judge_turn *turn, struct record *record, struct record_challenge *challenge)
{
	bool opened = keep_asking(turn, record, challenge);

	judging_situation(turn, judging_has_kept(turn, record) ? OTP_ASK : OTP_NO_CONTACT, 0);
	turn->step->more_contacts =
		turn->login->accept != OTP_ACCEPT_KEPT && find_contact(turn, record, 0) >= 0;
	return opened;
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
	challenge->known |= turn->step->lane == LANE_KNOWN;
}

bool judge_send_code(struct judge_turn *turn, struct record *record, struct record_challenge *challenge)
{
	struct otp_step *step = turn->step;
	int contact = find_contact(turn, record, turn->resend.from_contact);

	if (contact < 0) {
		no_contact(turn);
		return keep_asking(turn, record, challenge);
	}
	int64_t wait_s = lane_send_wait_s(record, step->lane, turn->policy, turn->now);
	if (wait_s > 0) {
		judging_situation(turn, OTP_SEND_LIMIT, wait_s);
		step->limit = QUOTA_USER;
		step->contact = record->contacts[contact];
		return keep_asking(turn, record, challenge);
	}
	if (challenge == NULL)
		challenge = judging_open(turn, record);
	struct record_code code = {.issued = turn->now,
		.expires = turn->now + turn->policy->lifetime_s,
		.delivery = RECORD_PENDING,
		.channel = record->contacts[contact].channel};
	if (!judging_seal(turn, challenge, &turn->drawn.code, &code.seal))
		return false;
	contact_mask(&record->contacts[contact], code.to);
	challenge_add_code(challenge, &code);
	charge_send(turn, record, challenge);

	judging_describe(turn, record, challenge);
	judging_situation(turn, OTP_SEND, 0);
	step->code = turn->drawn.code;
	step->contact = record->contacts[contact];
	step->contact_index = (unsigned)contact;
	step->more_contacts = find_contact(turn, record, step->contact_index + 1) >= 0;
	return judging_event(turn, record, EVENT_ISSUED, challenge->ref, code.to);
}

void judge_send_say_again(
	struct judge_turn *turn, const struct record *record, const struct record_challenge *challenge)
{
	int64_t cooldown_s = challenge_cooldown_s(challenge, turn->policy, turn->now);
	int contact = find_contact(turn, record, turn->resend.from_contact);

	if (challenge->send_failed || contact < 0) {
		judging_situation(turn, OTP_SEND_FAILED, cooldown_s);
		return;
	}
	judging_situation(turn, OTP_SEND_LIMIT, cooldown_s);
	turn->step->limit = QUOTA_COOLDOWN;
	turn->step->contact = record->contacts[contact];
}

/* What became of a send. */

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
	judging_event(turn, record, EVENT_SENT, challenge->ref, turn->before.sent_by);
}

/* Takes back the code that the step before was to send, and gives the user's send back; the cooldown stays.
 */
static bool take_back(struct judge_turn *turn, struct record *record, bool failed, const char *reason)
{
	struct record_challenge *challenge = challenge_by_id(record, turn->before.challenge_id);
	struct code_seal mine;
	bool was_there = challenge != NULL && judging_seal(turn, challenge, &turn->before.code, &mine) &&
			 challenge_drop_code(challenge, &mine);

	judging_describe(turn, record, challenge);
	if (!was_there)
		return false;
	challenge_return_sends(record, challenge, true);
	challenge->send_failed = failed;
	if (failed)
		turn->step->wait_s = challenge_cooldown_s(challenge, turn->policy, turn->now);
	return judging_event(turn, record, EVENT_REFUSED, challenge->ref, reason);
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
	judging_situation(turn, failed ? OTP_SEND_FAILED : OTP_SEND_LIMIT, verdict->wait_s);
	return take_back(turn, record, failed, failed ? "limits" : quota_limit_name(verdict->limit));
}

bool judge_sent(struct judge_turn *turn, struct record *record)
{
	struct record_challenge *challenge = challenge_by_id(record, turn->before.challenge_id);
	enum lane lane = turn->step->lane;

	*turn->step = turn->before;
	turn->step->lane = lane;
	if (turn->delivery.delivery == OTP_DELIVERY_REFUSED) {
		judging_situation(turn, OTP_SEND_FAILED, 0);
		return take_back(turn, record, true, turn->delivery.reason);
	}
	if (challenge == NULL)
		return false;
	struct record_code *code = find_sent(turn, challenge);
	if (code == NULL)
		return false;
	code->delivery = RECORD_SLOW;
	turn->step->delivery = RECORD_SLOW;
	return judging_event(turn, record, EVENT_SLOW, challenge->ref, turn->delivery.provider);
}
