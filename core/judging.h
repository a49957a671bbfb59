/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_JUDGING_H
#define OTPCODE_CORE_JUDGING_H

#include "core/judge.h"

#include <stdbool.h>
#include <stdint.h>

/* What the files core/judge*.c share. */

void judging_situation(struct judge_turn *turn, enum otp_situation situation, int64_t wait_s);

/* Adds an event of this login. Always true: the record has changed. */
bool judging_event(struct judge_turn *turn, struct record *record, enum record_event_kind kind,
	const char *ref, const char *detail);

/* The lane's lock comes before everything else. True, and OTP_LOCKED, if it is closed. */
bool judging_lane_is_closed(struct judge_turn *turn, const struct record *record);

/* What of the user's may be typed in this login beside codes that were sent. */
const struct record_totp *judging_totp(const struct judge_turn *turn, const struct record *record);
unsigned judging_backups(const struct judge_turn *turn, const struct record *record);
bool judging_has_kept(const struct judge_turn *turn, const struct record *record);

/* Puts into the step what a person may be told of a challenge, and that there is none (NULL). */
void judging_describe(
	struct judge_turn *turn, const struct record *record, const struct record_challenge *challenge);

/* Opens a challenge at the login's origin, with the id and a ref of those that were drawn. */
struct record_challenge *judging_open(struct judge_turn *turn, struct record *record);

/* False, and turn->err, where libcrypto fails. */
bool judging_seal(struct judge_turn *turn, const struct record_challenge *challenge, const struct code *code,
	struct code_seal *out);

#endif
