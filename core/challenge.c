/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/challenge.h"

#include <string.h>

bool challenge_code_is_live(const struct record_code *code, int64_t now)
{
	return code->issued <= now + POLICY_FUTURE_S && now < code->expires &&
	       code->expires - code->issued <= POLICY_LIFETIME_MAX_S;
}

const struct record_code *challenge_newest_live(const struct record_challenge *challenge, int64_t now)
{
	for (unsigned i = challenge->codes_n; i-- > 0;)
		if (challenge_code_is_live(&challenge->codes[i], now))
			return &challenge->codes[i];
	return NULL;
}

struct record_challenge *challenge_at(struct record *record, const unsigned char *origin)
{
	for (unsigned i = 0; i < record->challenges_n; i++)
		if (memcmp(record->challenges[i].origin, origin, RECORD_ORIGIN_LEN) == 0)
			return &record->challenges[i];
	return NULL;
}

struct record_challenge *challenge_by_id(struct record *record, const unsigned char *id)
{
	for (unsigned i = 0; i < record->challenges_n; i++)
		if (memcmp(record->challenges[i].id, id, CODE_CHALLENGE_ID_LEN) == 0)
			return &record->challenges[i];
	return NULL;
}

static bool was_sent_for(const struct record_send *send, const struct record_challenge *challenge)
{
	return memcmp(send->challenge, challenge->id, sizeof send->challenge) == 0;
}

static unsigned worth_of(const struct record_challenge *challenge)
{
	return (challenge->known ? 2U : 0U) + (challenge->codes_n > 0 ? 1U : 0U);
}

/* Else who knows only a name could end what the owner waits for by beginning logins from four places. */
static struct record_challenge *least_worth(struct record *record)
{
	struct record_challenge *least = &record->challenges[0];

	for (unsigned i = 1; i < record->challenges_n; i++)
		if (worth_of(&record->challenges[i]) < worth_of(least))
			least = &record->challenges[i];
	return least;
}

struct record_challenge *challenge_open(struct record *record, const struct record_challenge *facts)
{
	if (record->challenges_n == POLICY_LIVE_CHALLENGES)
		challenge_end(record, least_worth(record));
	struct record_challenge *opened = &record->challenges[record->challenges_n++];
	*opened = *facts;
	opened->codes_n = 0;
	return opened;
}

static void drop_code_at(struct record_challenge *challenge, unsigned index)
{
	challenge->codes_n--;
	memmove(challenge->codes + index, challenge->codes + index + 1,
		(challenge->codes_n - index) * sizeof challenge->codes[0]);
}

void challenge_add_code(struct record_challenge *challenge, const struct record_code *code)
{
	if (challenge->codes_n == POLICY_LIVE_CODES)
		drop_code_at(challenge, 0);
	challenge->codes[challenge->codes_n++] = *code;
}

bool challenge_drop_code(struct record_challenge *challenge, const struct code_seal *seal)
{
	for (unsigned i = 0; i < challenge->codes_n; i++) {
		if (code_seal_equal(&challenge->codes[i].seal, seal)) {
			drop_code_at(challenge, i);
			return true;
		}
	}
	return false;
}

bool challenge_last_send_is_gone(const struct record_challenge *challenge)
{
	for (unsigned i = 0; i < challenge->codes_n; i++)
		if (challenge->codes[i].issued == challenge->last_send)
			return false;
	return challenge->sends > 0;
}

void challenge_end(struct record *record, struct record_challenge *challenge)
{
	size_t index = (size_t)(challenge - record->challenges);

	record->challenges_n--;
	memmove(challenge, challenge + 1, (record->challenges_n - index) * sizeof *challenge);
}

int64_t challenge_cooldown_s(
	const struct record_challenge *challenge, const struct policy *policy, int64_t now)
{
	if (challenge->sends == 0)
		return 0;
	int64_t left = challenge->last_send + policy_cooldown_s(policy, challenge->sends) - now;
	return left > 0 ? left : 0;
}

void challenge_return_sends(struct record *record, const struct record_challenge *challenge, bool latest_only)
{
	for (unsigned i = record->sends_n; i-- > 0;) {
		if (!was_sent_for(&record->sends[i], challenge))
			continue;
		record->sends_n--;
		memmove(record->sends + i, record->sends + i + 1,
			(record->sends_n - i) * sizeof record->sends[0]);
		if (latest_only)
			return;
	}
}
