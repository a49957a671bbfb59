/* SPDX-License-Identifier: BSD-2-Clause */
#include "otp_core.h"

#include "core/account.h"
#include "core/judge.h"
#include "core/lane.h"
#include "core/settle.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define REF_DRAWS_MAX 64

/* One store update on behalf of a login. */
struct turn {
	bool (*judge)(struct judge_turn *judge, struct record *record);
	bool begins; /* a login's first look */
	struct judge_turn facts;
};

/* Decodes, checks whose it is, brings it up to now. *changed: the record must be written for that alone. */
static enum otp_err open_record(const struct store_bytes *old, const char *user, uint32_t uid,
	const struct policy *policy, int64_t now, struct record *record, bool *changed, struct otp_why *why)
{
	enum otp_err err = record_decode(old->data, old->len, record, why);

	if (err != OTP_OK)
		return err;
	if (strcmp(record->user, user) != 0)
		return why_set(why, OTP_ERR_CORRUPT, 0, "the record of %s holds another user's name", user);
	if (record->uid != uid)
		return why_set(why, OTP_ERR_OTHER_USER, 0,
			"the record of %s was made for uid %u, not %u: unenroll and enroll", user,
			(unsigned)record->uid, (unsigned)uid);
	*changed = settle_record(record, policy, now);
	if (old->damaged) {
		settle_damage(record, policy, now);
		*changed = true;
	}
	return OTP_OK;
}

/*
 * Contacts that the login brings along are the record's from now on. At its first look alone: later, others
 * that asked after it may have brought newer ones.
 */
static const struct otp_contacts *contacts_to_follow(const struct turn *turn)
{
	return turn->begins && !turn->facts.before.begun ? turn->facts.login->contacts : NULL;
}

/* The record as it stands, or the new one of a user who has contacts and no record. */
static enum otp_err take_record(
	const struct turn *turn, const struct store_bytes *old, struct record *record, bool *changed)
{
	const struct judge_turn *facts = &turn->facts;
	const struct otp_login *login = facts->login;
	const struct otp_contacts *contacts = contacts_to_follow(turn);

	if (old->data == NULL) {
		memset(record, 0, sizeof *record);
		(void)snprintf(record->user, sizeof record->user, "%s", login->user);
		record->uid = login->uid;
		*changed = true;
		return account_enroll(record, false, facts->now, contacts->list, contacts->n, facts->why);
	}
	enum otp_err err = open_record(
		old, login->user, login->uid, facts->policy, facts->now, record, changed, facts->why);
	if (err == OTP_OK && contacts != NULL)
		*changed |= account_follow_contacts(record, facts->now, contacts);
	return err;
}

static bool judge_record(struct turn *turn, struct record *record)
{
	struct judge_turn *facts = &turn->facts;

	facts->step->lane = lane_decide(record, facts->login, facts->now);
	facts->step->failures = record->lanes[facts->step->lane].consecutive;
	judge_note_delivery(facts, record);
	return turn->judge(facts, record);
}

static enum store_action run_turn(void *ctx, const struct store_bytes *old, char *next, size_t *next_len)
{
	struct turn *turn = ctx;
	struct judge_turn *facts = &turn->facts;
	const struct otp_contacts *contacts = contacts_to_follow(turn);
	struct record record;
	bool changed = false;

	/* Afresh at each run: a store may run an edit twice. */
	otp_step_wipe(facts->step);
	facts->step->begun = facts->before.begun || turn->begins;
	facts->err = OTP_OK;
	if (old->data == NULL && (contacts == NULL || contacts->n == 0)) {
		facts->step->situation = OTP_NOT_ENROLLED;
		return STORE_KEEP;
	}
	facts->err = take_record(turn, old, &record, &changed);
	if (facts->err == OTP_OK)
		changed |= judge_record(turn, &record);
	if (facts->err == OTP_OK && changed)
		facts->err = record_encode(&record, next, next_len, facts->why);
	facts->step->damaged = old->damaged;
	OPENSSL_cleanse(&record, sizeof record);
	return facts->err == OTP_OK && changed ? STORE_WRITE : STORE_KEEP;
}

/* Runs one turn and wipes what it drew. On any error nothing was decided: the step is wiped. */
static enum otp_err take_turn(struct turn *turn, const struct otp_core *core, const struct otp_login *login,
	struct otp_step *step, struct otp_why *why)
{
	struct judge_turn *facts = &turn->facts;

	facts->keys = &core->keys;
	facts->policy = &core->policy;
	facts->login = login;
	facts->before = *step;
	facts->now = core->clock.now(core->clock.self);
	facts->step = step;
	facts->why = why;
	enum otp_err err = origin_mac(&core->keys, &login->origin, facts->origin, why);
	if (err == OTP_OK)
		err = core->store.update(core->store.self, (struct store_key){.user = login->user},
			(struct store_edit){.run = run_turn, .ctx = turn}, why);
	if (err == OTP_OK)
		err = facts->err;
	if (err != OTP_OK)
		otp_step_wipe(step);
	OPENSSL_cleanse(turn, sizeof *turn);
	return err;
}

static bool ref_is_repeated(const struct judge_drawn *drawn, unsigned upto)
{
	for (unsigned i = 0; i < upto; i++)
		if (strcmp(drawn->refs[i], drawn->refs[upto]) == 0)
			return true;
	return false;
}

/* Refs are drawn until enough differ. One of 8000 seldom repeats: a source that keeps on repeating is broken.
 */
static enum otp_err draw_refs(const struct otp_core *core, struct judge_drawn *drawn, struct otp_why *why)
{
	unsigned have = 0;

	for (unsigned draws = 0; have < JUDGE_REFS && draws < REF_DRAWS_MAX; draws++) {
		enum otp_err err = code_draw_ref(&core->random, drawn->refs[have], why);
		if (err != OTP_OK)
			return err;
		have += !ref_is_repeated(drawn, have);
	}
	return have == JUDGE_REFS ? OTP_OK
				  : why_set(why, OTP_ERR_NO_RANDOM, 0, "the random source repeats itself");
}

static enum otp_err draw(const struct otp_core *core, struct judge_drawn *drawn, struct otp_why *why)
{
	enum otp_err err =
		core->random.fill(core->random.self, drawn->challenge_id, sizeof drawn->challenge_id, why);

	if (err == OTP_OK)
		err = code_draw(core->policy.form, &core->random, &drawn->code, why);
	if (err == OTP_OK)
		err = draw_refs(core, drawn, why);
	if (err != OTP_OK)
		OPENSSL_cleanse(drawn, sizeof *drawn);
	return err;
}

/* The code never was; the address of a send that a limit stopped is not charged either. */
static enum otp_err withdraw(const struct otp_core *core, const struct otp_login *login,
	struct quota_verdict stopped_by, struct otp_step *step, struct otp_why *why)
{
	struct turn turn = {.judge = judge_withdraw, .facts.stopped_by = stopped_by};
	enum otp_err err = take_turn(&turn, core, login, step, why);

	code_wipe(&step->code);
	return err;
}

/* A code is on disk, and is given out only if the shared limits allow it. */
static enum otp_err take_quota(const struct otp_core *core, const struct otp_login *login,
	struct otp_step *step, struct otp_why *why)
{
	const struct quota_send send = {&login->origin, &step->contact};
	struct quota_verdict verdict;
	struct otp_why asking = {0};

	enum otp_err asked =
		quota_take(&core->limits, &core->keys, &core->policy, send, step->sent_at, &verdict, &asking);
	if (asked == OTP_OK && verdict.limit == QUOTA_NONE)
		return OTP_OK;
	if (asked != OTP_OK)
		verdict.limit = QUOTA_NONE;
	enum otp_err err = withdraw(core, login, verdict, step, why);
	if (err == OTP_OK && asked != OTP_OK && why != NULL)
		*why = asking;
	return err;
}

/* Stopped by the user's own limit, or by the cooldown after a shared one: the person hears of the longest
 * wait there is. */
static void look_at_quota(const struct otp_core *core, const struct otp_login *login, struct otp_step *step)
{
	const struct quota_send send = {&login->origin, &step->contact};
	int64_t now = core->clock.now(core->clock.self);
	struct quota_verdict verdict;

	if (quota_look(&core->limits, &core->keys, &core->policy, send, now, &verdict, NULL) == OTP_OK &&
		verdict.wait_s > step->wait_s) {
		step->limit = verdict.limit;
		step->wait_s = verdict.wait_s;
	}
}

static enum otp_err take_sending_turn(struct turn *turn, const struct otp_core *core,
	const struct otp_login *login, struct otp_step *step, struct otp_why *why)
{
	enum otp_err err = take_turn(turn, core, login, step, why);

	if (err == OTP_OK && step->situation == OTP_SEND)
		err = take_quota(core, login, step, why);
	else if (err == OTP_OK && step->situation == OTP_SEND_LIMIT)
		look_at_quota(core, login, step);
	return err;
}

enum otp_err otp_begin(const struct otp_core *core, const struct otp_login *login,
	const struct otp_channels *channels, struct otp_step *step, struct otp_why *why)
{
	struct turn turn = {.judge = judge_begin, .begins = true, .facts.channels = channels};
	enum otp_err err = draw(core, &turn.facts.drawn, why);

	return err == OTP_OK ? take_sending_turn(&turn, core, login, step, why) : err;
}

enum otp_err otp_resend(const struct otp_core *core, const struct otp_login *login,
	const struct otp_channels *channels, struct otp_resend_request request, struct otp_step *step,
	struct otp_why *why)
{
	struct turn turn = {.judge = judge_resend, .facts = {.channels = channels, .resend = request}};
	enum otp_err err = draw(core, &turn.facts.drawn, why);

	return err == OTP_OK ? take_sending_turn(&turn, core, login, step, why) : err;
}

/* What cannot be given back stays charged: that stops sends, never a login. */
static void give_back(const struct otp_core *core, const struct quota_returns *returns)
{
	enum otp_err ignored = quota_return(
		&core->limits, &core->keys, &core->policy, returns, core->clock.now(core->clock.self), NULL);

	(void)ignored;
}

enum otp_err otp_sent(const struct otp_core *core, const struct otp_login *login,
	struct otp_delivery_facts facts, struct otp_step *step, struct otp_why *why)
{
	struct turn turn = {.judge = judge_sent, .facts.delivery = facts};

	if (facts.delivery == OTP_DELIVERY_SENT) {
		step->delivery = RECORD_SENT;
		(void)snprintf(step->sent_by, sizeof step->sent_by, "%s",
			facts.provider != NULL ? facts.provider : "-");
		code_wipe(&step->code);
		return OTP_OK;
	}
	const struct contact contact = step->contact;
	struct quota_returns returns = {
		.contacts = &contact, .contacts_n = 1, .sends = {{.at = step->sent_at}}, .sends_n = 1};
	enum otp_err err = take_turn(&turn, core, login, step, why);
	code_wipe(&step->code);
	/* Nothing reached the address; at the source and at the host, whoever goes on trying is counted. */
	if (err == OTP_OK && facts.delivery == OTP_DELIVERY_REFUSED)
		give_back(core, &returns);
	return err;
}

enum otp_err otp_answer(const struct otp_core *core, const struct otp_login *login, const char *typed,
	struct otp_step *step, struct otp_why *why)
{
	struct judge_returns returned = {.list.sends_n = 0};
	struct turn turn = {.judge = judge_answer, .facts = {.typed = typed, .returned = &returned}};
	enum otp_err err = take_turn(&turn, core, login, step, why);
	if (err == OTP_OK && step->situation == OTP_VERIFIED)
		give_back(core, &returned.list);
	return err;
}

void otp_step_wipe(struct otp_step *step)
{
	OPENSSL_cleanse(step, sizeof *step);
}

enum otp_err otp_read(
	const struct otp_core *core, const char *user, struct record *out, bool *damaged, struct otp_why *why)
{
	char buf[STORE_RECORD_MAX];
	struct store_bytes bytes;
	enum otp_err err =
		core->store.read(core->store.self, (struct store_key){.user = user}, buf, &bytes, why);

	if (err == OTP_OK)
		err = record_decode(bytes.data, bytes.len, out, why);
	if (err == OTP_OK && damaged != NULL)
		*damaged = bytes.damaged;
	OPENSSL_cleanse(buf, sizeof buf);
	return err;
}

/* An admin's change. */
struct change {
	const struct otp_core *core;
	const char *user;
	uint32_t uid;
	struct otp_edit edit;
	int64_t now;
	struct otp_why *why;
	enum otp_err err;
};

static enum store_action run_change(void *ctx, const struct store_bytes *old, char *next, size_t *next_len)
{
	struct change *change = ctx;
	struct record record;
	bool changed;

	change->err = OTP_OK;
	memset(&record, 0, sizeof record);
	if (old->data != NULL) {
		change->err = open_record(old, change->user, change->uid, &change->core->policy, change->now,
			&record, &changed, change->why);
	} else {
		(void)snprintf(record.user, sizeof record.user, "%s", change->user);
		record.uid = change->uid;
	}
	if (change->err == OTP_OK)
		change->err = change->edit.run(
			change->edit.ctx, &record, old->data != NULL, change->now, change->why);
	if (change->err == OTP_OK)
		change->err = record_encode(&record, next, next_len, change->why);
	OPENSSL_cleanse(&record, sizeof record);
	return change->err == OTP_OK ? STORE_WRITE : STORE_KEEP;
}

enum otp_err otp_change(const struct otp_core *core, const char *user, uint32_t uid, struct otp_edit edit,
	struct otp_why *why)
{
	struct change change = {.core = core,
		.user = user,
		.uid = uid,
		.edit = edit,
		.now = core->clock.now(core->clock.self),
		.why = why};
	enum otp_err err = core->store.update(core->store.self, (struct store_key){.user = user},
		(struct store_edit){.run = run_change, .ctx = &change}, why);

	return err == OTP_OK ? change.err : err;
}
