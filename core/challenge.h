/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_CHALLENGE_H
#define OTPCODE_CORE_CHALLENGE_H

#include "core/policy.h"
#include "core/record.h"

#include <stdbool.h>
#include <stdint.h>

/* The waiting period of one user at one origin; pure. */

/* Issued at most POLICY_FUTURE_S in the future, and not past its end. */
bool challenge_code_is_live(const struct record_code *code, int64_t now);

/* The newest live code, or NULL. */
const struct record_code *challenge_newest_live(const struct record_challenge *challenge, int64_t now);

/* The challenge that lives at origin (KEY_MAC_LEN bytes), or NULL. */
struct record_challenge *challenge_at(struct record *record, const unsigned char *origin);

struct record_challenge *challenge_by_id(struct record *record, const unsigned char *id);

/*
 * Adds an empty one with the facts given. Where there is no room the oldest goes of those that only strangers
 * asked for, first of those without a code, else of all, first of those without a code; failures charged to a
 * lane stay charged.
 */
struct record_challenge *challenge_open(struct record *record, const struct record_challenge *facts);

/* Adds a code; a fourth drops the oldest. */
void challenge_add_code(struct record_challenge *challenge, const struct record_code *code);

/* Takes back the code with this seal. False if there is none. */
bool challenge_drop_code(struct record_challenge *challenge, const struct code_seal *seal);

/* The code of the last send was taken back: it was refused, or a limit stopped it. */
bool challenge_last_send_is_gone(const struct record_challenge *challenge);

void challenge_end(struct record *record, struct record_challenge *challenge);

/* How long until the challenge's cooldown allows another send; 0: now. */
int64_t challenge_cooldown_s(
	const struct record_challenge *challenge, const struct policy *policy, int64_t now);

/* Takes the challenge's sends out of the user's count; all of them after a success, only the latest after a
 * refusal. */
void challenge_return_sends(
	struct record *record, const struct record_challenge *challenge, bool latest_only);

#endif
