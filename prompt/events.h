/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_EVENTS_H
#define OTPCODE_PROMPT_EVENTS_H

/* The log lines of a login: pam_otpcode(8), LOG. One line an event, no code, no full address. */

#include "deliver/request.h"
#include "prompt/talk.h"

/* why may be NULL. */
void events_note(const struct talk *talk, enum prompt_level level, const char *event, const char *why);

/* The login is over; a lock or a limit also says until when. */
void events_denied(const struct talk *talk, enum prompt_result result, const char *why);

/*
 * What there is to be said of the step but for a denial. A wrong answer is logged as such even if it was the
 * last one: whoever bans, bans on this line alone.
 */
void events_step(const struct talk *talk);

/* One slot of the state file was bad. */
void events_damaged(const struct talk *talk);

/* "sent", "slow", "refused" or "sending". */
void events_delivery(const struct talk *talk, enum prompt_level level, const char *event,
	const struct request_verdict *verdict);

#endif
