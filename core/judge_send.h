/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_JUDGE_SEND_H
#define OTPCODE_CORE_JUDGE_SEND_H

#include "core/judge.h"

#include <stdbool.h>
#include <stdint.h>

/* What core/judge.c decides to send, and what it says where nothing is. */

/*
 * Adds a code to the challenge (a new one if NULL) and charges its send: the one place where codes begin.
 * Where no contact or the user's limit lets none begin, it says so; an app or backup codes may be typed then.
 */
bool judge_send_code(struct judge_turn *turn, struct record *record, struct record_challenge *challenge);

/* Nothing is sent until the person asks for it. */
bool judge_send_nothing(struct judge_turn *turn, struct record *record, struct record_challenge *challenge);

/*
 * The last send came to nothing, and its cooldown runs: what stopped it is said again. Where that was a
 * limit, which knows best how long it goes on, the contact says whose.
 */
void judge_send_say_again(
	struct judge_turn *turn, const struct record *record, const struct record_challenge *challenge);

/* No contact on the channel that the person asked for. True, and OTP_NO_SUCH_CONTACT, if so. */
bool judge_send_has_no_channel(struct judge_turn *turn, const struct record *record);

#endif
