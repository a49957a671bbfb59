/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/lane.h"
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * Random walks: logins from several places at once, sends, answers of every kind, right, wrong, used and
 * late, a clock that jumps, damaged slots. Whatever happens, no code is accepted twice and no budget is
 * passed. A walk is told by its seed alone.
 */

#define KEY "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define WALKS 100
#define MOVES 300
#define LOGINS 6
#define SENT_MAX 512

static struct world w;
static uint64_t dice;

static unsigned roll(unsigned bound)
{
	uint64_t z = (dice += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z >> 33) % bound);
}

/* What the walk knows of itself, apart from what the record says. */
static struct walk {
	uint64_t seed;
	bool clock_jumps;
	struct otp_login logins[LOGINS];
	struct otp_step steps[LOGINS];
	struct sent {
		struct code code;
		unsigned char challenge[CODE_CHALLENGE_ID_LEN];
		int64_t at;
		unsigned tries; /* of its challenge, charged since it was opened: kept at the first code */
		bool used;
	} sent[SENT_MAX];
	unsigned sent_n;
	int64_t last_step;
	bool backup_used[RECORD_BACKUPS_MAX];
	bool backups_lost;
	unsigned failures[LANES_N]; /* in a row, and over the whole walk */
	unsigned failures_ever[LANES_N];
	struct mem_store_row older;
	unsigned successes[3];
} walk;

static void fail_walk(const char *what)
{
	fail_msg("walk %llu: %s", (unsigned long long)walk.seed, what);
}

static void start(uint64_t seed)
{
	static const char *const sources[LOGINS] = {
		"192.0.2.7", "192.0.2.7", "203.0.113.9", "203.0.113.9", "198.51.100.1", "2001:db8::1"};

	memset(&walk, 0, sizeof walk);
	walk.seed = dice = seed;
	walk.clock_jumps = seed % 2 == 1;
	world_make(&w);
	w.core.policy.tries = 2 + roll(9);
	w.core.policy.lock_after = 3 + roll(10);
	w.core.policy.lock_for_s = 60;
	w.core.policy.wrong_per_30d = 20 + roll(30);
	w.core.policy.sends_per_user.count = 12;
	if (roll(4) == 0)
		w.core.policy.form.length = 8;
	world_keep_app(&w, roll(2) == 0 ? 6 : 8, roll(2) == 0);
	world_keep_backups(&w, RECORD_BACKUPS_MAX, 0);
	for (unsigned i = 0; i < LOGINS; i++) {
		walk.logins[i] = world_login(sources[i], i < 2 ? KEY : NULL);
		if (i % 2 == 1)
			memcpy(walk.logins[i].origin.service, "sudo", sizeof "sudo");
		world_begin(&w, &walk.logins[i], &walk.steps[i]);
	}
	walk.older = *mem_store_find(&w.mem, "alice");
}

static void note_sent(const struct otp_step *step)
{
	if (step->situation != OTP_SEND || walk.sent_n == SENT_MAX)
		return;
	struct sent *sent = &walk.sent[walk.sent_n++];
	sent->code = step->code;
	sent->at = w.now;
	memcpy(sent->challenge, step->challenge_id, sizeof sent->challenge);
}

static void begin_or_resend(unsigned i)
{
	struct otp_resend_request request = {.after_refusal = roll(8) == 0};

	if (roll(2) == 0)
		world_begin(&w, &walk.logins[i], &walk.steps[i]);
	else
		assert_int_equal(
			otp_resend(&w.core, &walk.logins[i], &w.channels, request, &walk.steps[i], NULL),
			OTP_OK);
	note_sent(&walk.steps[i]);
	if (walk.steps[i].situation == OTP_SEND)
		world_sent(&w, &walk.logins[i], (enum otp_delivery)roll(3), &walk.steps[i]);
}

/* Something to type; *backup says which backup code it is, or -1. */
static void choose_text(char text[32], int *backup)
{
	*backup = -1;
	const unsigned kind = roll(8);
	if (kind < 3 && walk.sent_n > 0) {
		/* The latest most, used ones and those of other places too. */
		unsigned back = roll(roll(2) == 0 ? 3 : walk.sent_n);
		unsigned at = back < walk.sent_n ? walk.sent_n - 1 - back : 0;
		(void)snprintf(text, 32, "%s", walk.sent[at].code.text);
	} else if (kind < 5) {
		(void)snprintf(text, 32, "%s", world_app_code(&w, (int64_t)roll(6) - 3).text);
	} else if (kind == 5) {
		*backup = (int)roll(RECORD_BACKUPS_MAX);
		(void)snprintf(text, 32, "%s", w.backups[*backup].text);
	} else {
		static const char *const wrong[] = {
			"000000", "00000000", "AAAABBBBCCCCDDDD", "12345", "x", ""};
		(void)snprintf(text, 32, "%s", wrong[roll(6)]);
	}
}

static struct sent *find_sent(const char *text, const unsigned char *challenge)
{
	for (unsigned i = walk.sent_n; i-- > 0;)
		if (strcmp(walk.sent[i].code.text, text) == 0 &&
			memcmp(walk.sent[i].challenge, challenge, CODE_CHALLENGE_ID_LEN) == 0)
			return &walk.sent[i];
	return NULL;
}

static void check_success(const char *text, int backup, const unsigned char *challenge,
	const struct otp_step *step, const struct record *after)
{
	struct sent *sent = find_sent(text, challenge);

	walk.successes[step->means]++;
	switch (step->means) {
	case OTP_MEANS_SENT:
		if (sent == NULL || sent->used)
			fail_walk("accepted a code that was not sent here, or was used");
		else if (w.now >= sent->at + w.core.policy.lifetime_s || sent->at > w.now + POLICY_FUTURE_S)
			fail_walk("accepted a code past its time");
		break;
	case OTP_MEANS_TOTP:
		if (after->totp[0].last_step <= walk.last_step)
			fail_walk("accepted a step of the app again, or one before it");
		if (llabs(after->totp[0].last_step - w.now / 30) > TOTP_WINDOW)
			fail_walk("accepted a step out of the window");
		break;
	case OTP_MEANS_BACKUP:
		if (backup < 0 || walk.backup_used[backup] || walk.backups_lost)
			fail_walk("accepted a backup code again, or one that was lost");
		break;
	}
	if (sent != NULL)
		sent->used = true;
	if (backup >= 0)
		walk.backup_used[backup] = true;
}

/* Tries of one challenge, counted here: those of its first code's entry. */
static void charge(const unsigned char *challenge, const struct otp_step *step)
{
	struct sent *first = NULL;

	walk.failures[step->lane]++;
	walk.failures_ever[step->lane]++;
	for (unsigned i = 0; i < walk.sent_n && first == NULL; i++)
		if (memcmp(walk.sent[i].challenge, challenge, CODE_CHALLENGE_ID_LEN) == 0)
			first = &walk.sent[i];
	if (first != NULL && ++first->tries > w.core.policy.tries)
		fail_walk("more tries than a challenge has");
}

static void answer(unsigned i)
{
	static struct record before, after;
	struct otp_step *step = &walk.steps[i];
	char text[32];
	int backup;

	choose_text(text, &backup);
	world_record(&w, &before);
	world_answer(&w, &walk.logins[i], text, step);
	world_record(&w, &after);
	const bool was_locked = lane_locked_s(&before, step->lane, w.now) > 0;
	const bool ended = step->situation == OTP_SPENT || step->situation == OTP_LOCKED;
	const bool charged = step->situation == OTP_WRONG || (ended && step->locked_now) ||
			     after.wrong_since_success > before.wrong_since_success;
	/* A lock from the future begins now, and one that was damaged is settled first: neither compares. */
	if (was_locked && before.lanes[step->lane].lock_since <= w.now && step->situation == OTP_VERIFIED)
		fail_walk("compared in a locked lane");
	if (step->situation == OTP_VERIFIED) {
		check_success(text, backup, step->challenge_id, step, &after);
		walk.failures[step->lane] = 0;
	} else if (charged) {
		charge(step->challenge_id, step);
	}
}

static void check(void)
{
	static struct record record;
	const struct policy *policy = &w.core.policy;

	world_record(&w, &record);
	if (record.totp[0].last_step < walk.last_step)
		fail_walk("the last step fell");
	walk.last_step = record.totp[0].last_step;
	for (unsigned c = 0; c < record.challenges_n; c++)
		if (record.challenges[c].tries_used > policy->tries)
			fail_walk("a challenge passed its budget");
	for (unsigned lane = 0; lane < LANES_N; lane++) {
		if (record.lanes[lane].consecutive < walk.failures[lane])
			fail_walk("failures in a row were forgotten");
		if (!walk.clock_jumps && walk.failures_ever[lane] > policy->wrong_per_30d)
			fail_walk("more failures in 30 days than allowed");
	}
}

/* The newest slot is lost. */
static void damage(void)
{
	static struct record after;

	assert_true(mem_store_put(&w.mem, "alice", walk.older.data, walk.older.len));
	w.mem.damaged = true;
	walk.backups_lost = true;
	for (unsigned i = 0; i < LOGINS; i++)
		memset(&walk.steps[i], 0, sizeof walk.steps[i]);
	world_begin(&w, &walk.logins[0], &walk.steps[0]);
	note_sent(&walk.steps[0]);
	world_record(&w, &after);
	/* What was lost along with a clock that was set back, nobody can know. */
	if (w.now / 30 + TOTP_WINDOW < walk.last_step)
		walk.last_step = after.totp[0].last_step;
	for (unsigned i = 0; i < walk.sent_n; i++)
		if (memcmp(walk.sent[i].challenge, walk.steps[0].challenge_id, CODE_CHALLENGE_ID_LEN) != 0)
			walk.sent[i].used = true; /* dropped with its challenge */
}

static void move_clock(void)
{
	static const int64_t steps[] = {1, 1, 5, 15, 30, 30, 60, 300, 3600};

	w.now += steps[roll(sizeof steps / sizeof steps[0])];
	if (walk.clock_jumps && roll(6) == 0) {
		static const int64_t jumps[] = {-3600, -86400, -30, 86400, -300, 604800};
		w.now += jumps[roll(6)];
	}
	if (walk.clock_jumps && roll(60) == 0)
		w.now = roll(2) == 0 ? 1000 : INT64_C(2147483648);
	if (w.now < 0)
		w.now = 0;
}

static void take_a_move(void)
{
	static struct mem_store_row row;
	const unsigned i = roll(LOGINS), kind = roll(20);

	row = *mem_store_find(&w.mem, "alice");
	const unsigned writes = w.mem.writes;
	if (kind < 5)
		begin_or_resend(i);
	else if (kind < 15)
		answer(i);
	else if (kind < 19 || roll(4) != 0)
		move_clock();
	else
		damage();
	/* What the other slot holds: as it was before the latest write. */
	if (w.mem.writes == writes + 1)
		walk.older = row;
	else if (w.mem.writes > writes)
		walk.older = *mem_store_find(&w.mem, "alice");
	check();
}

static void C10_C43_C59_no_walk_passes_a_budget_or_uses_a_code_twice(void **state)
{
	(void)state;
	unsigned successes[3] = {0};

	for (uint64_t seed = 0; seed < WALKS; seed++) {
		start(seed);
		for (unsigned move = 0; move < MOVES; move++)
			take_a_move();
		for (unsigned means = 0; means < 3; means++)
			successes[means] += walk.successes[means];
	}
	/* A walk that never gets anywhere would prove nothing. */
	for (unsigned means = 0; means < 3; means++)
		assert_in_range(successes[means], 20, WALKS * MOVES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C10_C43_C59_no_walk_passes_a_budget_or_uses_a_code_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
