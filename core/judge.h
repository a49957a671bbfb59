/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_JUDGE_H
#define OTPCODE_CORE_JUDGE_H

#include "core/key.h"
#include "core/policy.h"
#include "core/quota.h"
#include "core/record.h"
#include "core/step.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The judging of one turn of a login over a record that settle_record brought up to now. Pure: a store may
 * run it twice. Each function says in *step what the person is in and returns true if it changed the record,
 * which must then be durable before anything of it is said. turn->err other than OTP_OK: nothing was decided,
 * nothing may be kept.
 */

#define JUDGE_REFS (POLICY_LIVE_CHALLENGES + 1) /* one of them is free, whatever the live challenges have */

/* All that is random in a turn. Secret. */
struct judge_drawn {
	unsigned char challenge_id[CODE_CHALLENGE_ID_LEN];
	struct code code;
	char refs[JUDGE_REFS][CODE_REF_SIZE]; /* no two equal */
};

/* The sends that a success gives back, and whom they went to. */
struct judge_returns {
	struct quota_returns list; /* its contacts are those below */
	struct contact contacts[RECORD_CONTACTS_MAX];
};

struct judge_turn {
	const struct keys *keys;
	const struct policy *policy;
	const struct otp_login *login;
	unsigned char origin[KEY_MAC_LEN]; /* origin_mac of login->origin */
	int64_t now;
	struct otp_step before; /* the step that this turn follows; secret */

	const struct otp_channels *channels; /* judge_begin, judge_resend */
	struct otp_resend_request resend;    /* judge_resend */
	struct judge_drawn drawn;            /* judge_begin, judge_resend */
	struct otp_delivery_facts delivery;  /* judge_sent */
	struct quota_verdict stopped_by;     /* judge_withdraw; no limit: the table could not be asked */
	const char *typed;                   /* judge_answer; secret, and the caller's */
	struct judge_returns *returned;      /* judge_answer, out with OTP_VERIFIED */

	struct otp_step *step; /* out; its lane is set before judging */
	struct otp_why *why;
	enum otp_err err;
};

/* Puts down that the send of the step before succeeded. Kept only if the turn writes anyway: it is no fact to
 * sync for. */
void judge_note_delivery(struct judge_turn *turn, struct record *record);

bool judge_begin(struct judge_turn *turn, struct record *record);
bool judge_resend(struct judge_turn *turn, struct record *record);
bool judge_sent(struct judge_turn *turn, struct record *record);

/* The code of the step before was stopped by a limit before it was handed to the hook: it is taken back, as
 * it never was. */
bool judge_withdraw(struct judge_turn *turn, struct record *record);
bool judge_answer(struct judge_turn *turn, struct record *record);

#endif
