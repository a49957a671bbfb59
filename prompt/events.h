/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_EVENTS_H
#define OTPCODE_PROMPT_EVENTS_H

/* The log lines of a login: pam_otpcode(8), LOG. One line an event, no code, no full address. */

#include "deliver/request.h"
#include "prompt/talk.h"

/* why may be NULL. */
void events_note(const struct talk *talk, enum prompt_level level, const char *event, const char *why);

/* The login is over, and until when where that has an end. */
void events_denied(const struct talk *talk, const char *why);

/* "wrong" or "expired". A wrong answer is logged as such even if it was the last one: whoever bans, bans on
 * this line alone. */
void events_failure(const struct talk *talk, const char *event);

void events_verified(const struct talk *talk);

/* Nobody was asked: the place is known, and until when. */
void events_remembered(const struct talk *talk);

/* A limit stopped a send. One of the host stops everybody: somebody pumps messages, or it is too low. */
void events_limited(const struct talk *talk);

/* One slot of the state file was bad. */
void events_damaged(const struct talk *talk);

/* The host answered for a user whom it has already denied. */
void events_junk(const struct talk *talk);

/* Nobody answered. */
void events_no_answer(const struct talk *talk, enum prompt_reply reply);

/* "sent", "slow", "refused" or "sending". */
void events_delivery(const struct talk *talk, enum prompt_level level, const char *event,
	const struct request_verdict *verdict);

#endif
