/* SPDX-License-Identifier: BSD-2-Clause */

/* The rules of a login, one by one, over a store in memory. */

#include "core/account.h"
#include "core/lane.h"
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOUR INT64_C(3600)
#define KEY "SHA256:0123456789012345678901234567890123456789012"

static struct world w;
static struct otp_step step;

static int setup(void **state)
{
	(void)state;
	world_make(&w);
	memset(&step, 0, sizeof step);
	return 0;
}

static void answer_wrong(const struct otp_login *login, const struct code *code, unsigned times)
{
	struct code wrong = world_wrong(code);

	for (unsigned i = 0; i < times; i++)
		world_answer(&w, login, wrong.text, &step);
}

/* Fails times in this origin's lane, however many challenges that takes; locks are waited out. */
static void fail_often(const char *prefix, unsigned times)
{
	char source[32];

	for (unsigned i = 0; i < times; i++) {
		(void)snprintf(source, sizeof source, "%s%u", prefix, i % 200 + 1);
		struct otp_login login = world_login(source, NULL);
		w.mem.updates = 0;
		struct record record;
		world_record(&w, &record);
		w.now += 2 * HOUR;
		int64_t locked = lane_locked_s(&record, LANE_STRANGER, w.now);
		if (locked == RECORD_LOCK_FOREVER)
			return;
		w.now += locked;
		struct code code = world_receive(&w, &login, &step);
		answer_wrong(&login, &code, 1);
	}
}

/* Codes */

static void a_right_code_verifies_once_and_never_again(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);

	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
	struct code next = world_receive(&w, &login, &step);
	assert_string_not_equal(next.text, code.text);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_WRONG);
}

static void spaces_and_dashes_in_an_answer_are_forgiven(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	char typed[32];

	(void)snprintf(typed, sizeof typed, " %.3s-%s ", code.text, code.text + 3);
	world_answer(&w, &login, typed, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void what_cannot_be_a_code_is_neither_charged_nor_written(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	(void)world_receive(&w, &login, &step);
	char ref[CODE_REF_SIZE];
	unsigned writes = w.mem.writes;

	memcpy(ref, step.ref, sizeof ref);
	world_answer(&w, &login, "12345", &step);
	assert_int_equal(step.situation, OTP_NOT_A_CODE);
	assert_int_equal(step.shape, CODE_SHAPE_LENGTH);
	assert_int_equal(step.typed_len, 5);
	world_answer(&w, &login, "12x456", &step);
	assert_int_equal(step.shape, CODE_SHAPE_FOREIGN);
	assert_int_equal(w.mem.writes, writes);
	assert_string_equal(step.ref, ref);
	assert_int_equal(step.tries_left, 5);
}

static unsigned events_of(enum record_event_kind kind, const char *ref, const char *detail)
{
	struct record record;
	unsigned n = 0;

	world_record(&w, &record);
	for (unsigned i = 0; i < record.events_n; i++)
		if (record.events[i].kind == kind && strcmp(record.events[i].ref, ref) == 0 &&
			strcmp(record.events[i].detail, detail) == 0)
			n += record.events[i].count;
	return n;
}

static void ref_typed_for_the_code_is_no_try_and_is_written_once_a_challenge(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	char ref[CODE_REF_SIZE];
	unsigned writes = w.mem.writes;

	memcpy(ref, step.ref, sizeof ref);
	for (unsigned i = 0; i < 3; i++) {
		world_answer(&w, &login, ref, &step);
		assert_int_equal(step.situation, OTP_NOT_A_CODE);
		assert_int_equal(step.shape, CODE_SHAPE_REF);
		assert_int_equal(step.tries_left, 5);
		assert_int_equal(w.mem.writes, writes + 1);
	}
	assert_int_equal(events_of(EVENT_REF_TYPED, ref, ""), 1);
	assert_int_equal(events_of(EVENT_SENT, ref, "relay"), 1);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void ref_typed_in_a_locked_lane_is_not_written(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	struct otp_step before = step;

	w.core.policy.lock_after = 3;
	answer_wrong(&login, &code, 3);
	assert_int_equal(step.situation, OTP_LOCKED);
	unsigned writes = w.mem.writes;
	step = before;
	world_answer(&w, &login, before.ref, &step);
	assert_int_equal(step.situation, OTP_NOT_A_CODE);
	assert_int_equal(w.mem.writes, writes);
}

static void code_of_another_login_is_wrong_and_the_record_says_whose_it_is(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL), other = world_login("192.0.2.8", NULL);
	struct otp_step there = {.ref = ""};
	struct code code = world_receive(&w, &login, &step), elsewhere = world_receive(&w, &other, &there);

	world_answer(&w, &login, elsewhere.text, &step);
	assert_int_equal(step.situation, OTP_WRONG);
	assert_int_equal(step.tries_left, 4);
	assert_int_equal(events_of(EVENT_WRONG, step.ref, there.ref), 1);
	answer_wrong(&login, &code, 1);
	assert_int_equal(events_of(EVENT_WRONG, step.ref, ""), 1);
	world_answer(&w, &other, elsewhere.text, &there);
	assert_int_equal(there.situation, OTP_VERIFIED);
}

static void C34_only_the_whole_code_is_right(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	char typed[32];

	(void)snprintf(typed, sizeof typed, "%.5s", code.text);
	world_answer(&w, &login, typed, &step);
	assert_int_equal(step.situation, OTP_NOT_A_CODE);
	(void)snprintf(typed, sizeof typed, "%s0", code.text);
	world_answer(&w, &login, typed, &step);
	assert_int_equal(step.situation, OTP_NOT_A_CODE);
	world_answer(&w, &login, "", &step);
	assert_int_equal(step.situation, OTP_NOT_A_CODE);
}

static void an_expired_code_is_not_accepted_and_nothing_is_charged(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	unsigned writes = w.mem.writes;

	w.now += 300;
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
	assert_false(step.has_live_code);
	assert_int_equal(w.mem.writes, writes);
}

static void a_code_works_until_its_last_second(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);

	w.now += 299;
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void only_seals_are_stored(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	const struct mem_store_row *row = mem_store_find(&w.mem, "alice");

	assert_null(memmem(row->data, row->len, code.text, strlen(code.text)));
}

static void no_randomness_means_no_code(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	w.random_fails = true;
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_ERR_NO_RANDOM);
	assert_int_equal(w.mem.updates, 0);
}

static enum otp_err stuck_fill(void *self, void *out, size_t len, struct otp_why *why)
{
	(void)self;
	(void)why;
	memset(out, 1, len);
	return OTP_OK;
}

static void a_random_source_that_always_says_the_same_is_no_source(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	w.core.random.fill = stuck_fill;
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_ERR_NO_RANDOM);
}

/* Challenges and origins */

static void a_reconnect_at_the_same_origin_sends_nothing_and_the_waiting_code_works(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	unsigned writes = w.mem.writes;

	w.now += 120;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_WAITING);
	assert_int_equal(step.sent_at, WORLD_START);
	assert_string_equal(step.to, "a***@e***.org");
	assert_int_equal(w.mem.writes, writes);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void C55_another_key_caller_service_or_source_has_its_own_challenge(void **state)
{
	(void)state;
	struct otp_login logins[4];
	struct code codes[4];
	char refs[4][CODE_REF_SIZE];

	for (unsigned i = 0; i < 4; i++)
		logins[i] = world_login("192.0.2.7", KEY);
	strcpy(logins[1].origin.key, "SHA256:another");
	strcpy(logins[2].origin.service, "sudo");
	strcpy(logins[3].origin.source, "192.0.2.8");
	for (unsigned i = 0; i < 4; i++) {
		codes[i] = world_receive(&w, &logins[i], &step);
		memcpy(refs[i], step.ref, sizeof refs[i]);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(refs[i], refs[j]);
	}
	world_begin(&w, &logins[0], &step);
	world_answer(&w, &logins[0], codes[1].text, &step);
	assert_int_equal(step.situation, OTP_WRONG);
	world_answer(&w, &logins[1], codes[1].text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void C55_two_callers_on_one_recycled_terminal_share_nothing(void **state)
{
	(void)state;
	struct otp_login one = world_login("tty:pts/3", NULL), two;

	one.origin.local = true;
	one.origin.caller_uid = 1001;
	two = one;
	two.origin.caller_uid = 1002;
	struct code code = world_receive(&w, &one, &step);
	(void)world_receive(&w, &two, &step);
	world_answer(&w, &two, code.text, &step);
	assert_int_equal(step.situation, OTP_WRONG);
}

static void a_code_is_worth_nothing_for_another_uid_of_that_name(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	login.uid = 1001;
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_ERR_OTHER_USER);
}

static void a_fifth_challenge_evicts_the_oldest_but_not_its_failures(void **state)
{
	(void)state;
	char source[32];
	struct otp_login first = world_login("192.0.2.1", KEY);
	struct code code = world_receive(&w, &first, &step);
	struct record record;

	answer_wrong(&first, &code, 3);
	for (unsigned i = 2; i <= 5; i++) {
		(void)snprintf(source, sizeof source, "192.0.2.%u", i);
		struct otp_login login = world_login(source, KEY);
		(void)world_receive(&w, &login, &step);
	}
	world_record(&w, &record);
	assert_int_equal(record.challenges_n, POLICY_LIVE_CHALLENGES);
	assert_int_equal(record.lanes[LANE_KNOWN].consecutive, 3);
	world_answer(&w, &first, code.text, &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
}

static void refs_of_live_challenges_differ_even_if_the_same_ones_are_drawn(void **state)
{
	(void)state;
	char source[32];
	struct record record;

	w.random_repeats = true;
	for (unsigned i = 1; i <= 4; i++) {
		(void)snprintf(source, sizeof source, "192.0.2.%u", i);
		struct otp_login login = world_login(source, KEY);
		(void)world_receive(&w, &login, &step);
	}
	world_record(&w, &record);
	assert_int_equal(record.challenges_n, 4);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(record.challenges[i].ref, record.challenges[j].ref);
}

/* Resend */

static void C48_a_resend_keeps_the_first_code_good(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code first = world_receive(&w, &login, &step);
	char ref[CODE_REF_SIZE];

	memcpy(ref, step.ref, sizeof ref);
	w.now += 30;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
	assert_string_equal(step.ref, ref);
	world_answer(&w, &login, first.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void the_cooldown_grows_with_each_send(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	const int cooldowns[] = {30, 60, 120};

	(void)world_receive(&w, &login, &step);
	for (unsigned i = 0; i < 3; i++) {
		w.now += cooldowns[i] - 1;
		world_resend(&w, &login, &step);
		assert_int_equal(step.situation, OTP_TOO_SOON);
		assert_int_equal(step.wait_s, 1);
		w.now += 1;
		world_resend(&w, &login, &step);
		assert_int_equal(step.situation, OTP_SEND);
	}
}

static void a_fourth_code_drops_the_oldest(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct code first = world_receive(&w, &login, &step), second;
	struct record record;

	w.now += 30;
	world_resend(&w, &login, &step);
	second = step.code;
	w.now += 60;
	world_resend(&w, &login, &step);
	w.now += 120;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
	world_record(&w, &record);
	assert_int_equal(record.challenges[0].codes_n, POLICY_LIVE_CODES);
	world_answer(&w, &login, first.text, &step);
	assert_int_equal(step.situation, OTP_WRONG);
	world_answer(&w, &login, second.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void C10_a_resend_never_gives_tries_back(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct code code = world_receive(&w, &login, &step);

	answer_wrong(&login, &code, 4);
	w.now += 30;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
	assert_int_equal(step.tries_left, 1);
	answer_wrong(&login, &step.code, 1);
	assert_int_equal(step.situation, OTP_SPENT);
	assert_true(step.locked_now);
}

static void an_old_code_after_its_end_says_expired_and_costs_a_try(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct code first = world_receive(&w, &login, &step);

	w.now += 200;
	world_resend(&w, &login, &step);
	w.now += 100;
	world_answer(&w, &login, first.text, &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
	assert_true(step.has_live_code);
	assert_int_equal(step.tries_left, 4);
}

/* Tries, failures, locks */

static void five_wrong_tries_spend_a_challenge_and_then_the_right_code_is_not_compared(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);

	answer_wrong(&login, &code, 1);
	assert_int_equal(step.situation, OTP_WRONG);
	assert_int_equal(step.tries_left, 4);
	answer_wrong(&login, &code, 4);
	assert_int_equal(step.situation, OTP_SPENT);
	unsigned writes = w.mem.writes;
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_SPENT);
	assert_false(step.locked_now);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SPENT);
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SPENT);
	assert_int_equal(w.mem.writes, writes);
	w.now += 300;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
}

static void each_try_is_written_before_its_verdict(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	struct code wrong = world_wrong(&code);

	w.mem.fail_write = OTP_ERR_IO;
	assert_int_equal(otp_answer(&w.core, &login, wrong.text, &step, NULL), OTP_ERR_IO);
	assert_int_equal(otp_answer(&w.core, &login, code.text, &step, NULL), OTP_ERR_IO);
	w.mem.fail_write = OTP_OK;
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void wrong_code_after_lock_is_not_checked(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code;

	fail_often("198.51.100.", 9);
	code = world_receive(&w, &login, &step);
	answer_wrong(&login, &code, 1);
	assert_int_equal(step.situation, OTP_LOCKED);
	assert_true(step.locked_now);
	assert_int_equal(step.wait_s, 900);
	unsigned writes = w.mem.writes;
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_LOCKED);
	assert_false(step.locked_now);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_LOCKED);
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_LOCKED);
	assert_int_equal(w.mem.writes, writes);
}

static void a_lock_ends_by_itself(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	fail_often("198.51.100.", 10);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_LOCKED);
	w.now += 899;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_LOCKED);
	w.now += 1;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
}

static void C58_strangers_locked_leave_the_known_lane_open(void **state)
{
	(void)state;
	struct otp_login with_key = world_login("198.51.100.77", KEY);

	fail_often("198.51.100.", 10);
	struct code code = world_receive(&w, &with_key, &step);
	world_answer(&w, &with_key, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void C56_slow_guessing_between_successes_ends_at_fifty(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct code code;
	unsigned wrong = 0, rounds = 0;

	for (; rounds < 100; rounds++) {
		world_begin(&w, &login, &step);
		if (step.situation == OTP_LOCKED)
			break;
		code = step.code;
		answer_wrong(&login, &code, 4);
		wrong += 4;
		world_answer(&w, &login, code.text, &step);
		w.now += 2 * HOUR;
	}
	assert_int_equal(step.situation, OTP_LOCKED);
	assert_int_equal(step.wait_s, RECORD_LOCK_FOREVER);
	assert_in_range(wrong, 50, 52);
}

static void C09_a_million_guesses_meet_the_cap(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	struct code guess = world_wrong(&code);
	unsigned compared = 0;

	for (unsigned i = 0; i < 1000000; i++) {
		if (i == 999999)
			guess = code;
		world_answer(&w, &login, guess.text, &step);
		assert_int_not_equal(step.situation, OTP_VERIFIED);
		compared += step.situation == OTP_WRONG || step.locked_now;
	}
	assert_int_equal(compared, 5);
}

static void a_success_clears_only_its_own_lane(void **state)
{
	(void)state;
	struct otp_login login = world_login("203.0.113.1", KEY);
	struct record record;

	fail_often("198.51.100.", 4);
	struct code code = world_receive(&w, &login, &step);
	answer_wrong(&login, &code, 2);
	world_answer(&w, &login, code.text, &step);
	world_record(&w, &record);
	assert_int_equal(record.lanes[LANE_KNOWN].consecutive, 0);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 4);
	assert_int_equal(lane_wrong_30d(&record.lanes[LANE_KNOWN], w.now), 2);
}

static void a_new_code_never_lowers_a_failure_count(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	struct record record;

	answer_wrong(&login, &code, 3);
	w.now += 300;
	(void)world_receive(&w, &login, &step);
	world_record(&w, &record);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 3);
}

static void a_success_tells_of_the_wrong_codes_before_it(void **state)
{
	(void)state;
	struct otp_login attacker = world_login("203.0.113.9", NULL);
	struct otp_login owner = world_login("192.0.2.7", KEY);
	struct code code = world_receive(&w, &attacker, &step);

	answer_wrong(&attacker, &code, 4);
	code = world_receive(&w, &owner, &step);
	world_answer(&w, &owner, code.text, &step);
	assert_int_equal(step.wrong_since_success, 4);
	assert_string_equal(step.wrong_latest_source, "203.0.113.9");
	code = world_receive(&w, &owner, &step);
	world_answer(&w, &owner, code.text, &step);
	assert_int_equal(step.wrong_since_success, 0);
}

static void a_success_makes_its_network_known(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);

	assert_int_equal(step.lane, LANE_STRANGER);
	world_answer(&w, &login, code.text, &step);
	world_begin(&w, &login, &step);
	assert_int_equal(step.lane, LANE_KNOWN);
}

/* Sends */

static void strangers_use_three_sends_an_hour_and_the_owner_keeps_two(void **state)
{
	(void)state;
	char source[32];
	struct otp_login owner = world_login("192.0.2.7", KEY);

	for (unsigned i = 1; i <= 3; i++) {
		(void)snprintf(source, sizeof source, "198.51.100.%u", i);
		struct otp_login login = world_login(source, NULL);
		(void)world_receive(&w, &login, &step);
	}
	struct otp_login fourth = world_login("198.51.100.4", NULL);
	world_begin(&w, &fourth, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_int_equal(step.wait_s, HOUR);
	(void)world_receive(&w, &owner, &step);
	w.now += 30;
	world_resend(&w, &owner, &step);
	assert_int_equal(step.situation, OTP_SEND);
	w.now += 60;
	world_resend(&w, &owner, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_true(step.has_live_code);
}

static void a_success_gives_its_challenges_sends_back(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct record record;

	for (unsigned i = 0; i < 20; i++) {
		struct code code = world_receive(&w, &login, &step);
		world_answer(&w, &login, code.text, &step);
		assert_int_equal(step.situation, OTP_VERIFIED);
	}
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 0);
}

static void a_refused_send_is_taken_back_and_costs_the_user_nothing(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct record record;

	world_begin(&w, &login, &step);
	struct code code = step.code;
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	assert_int_equal(step.situation, OTP_SEND_FAILED);
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 0);
	assert_int_equal(record.challenges[0].codes_n, 0);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
}

static void a_failed_send_starts_the_same_cooldown(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	world_begin(&w, &login, &step);
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	unsigned writes = w.mem.writes;
	w.now += 29;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_FAILED);
	assert_int_equal(step.wait_s, 1);
	assert_int_equal(w.mem.writes, writes);
	w.now += 1;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	w.now += 59;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_FAILED);
}

static void a_refused_resend_leaves_the_earlier_code_good(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct code first = world_receive(&w, &login, &step);

	w.now += 30;
	world_resend(&w, &login, &step);
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	assert_int_equal(step.situation, OTP_SEND_FAILED);
	assert_true(step.has_live_code);
	world_answer(&w, &login, first.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void after_a_refusal_the_next_contact_follows_without_cooldown(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct otp_resend_request next = {.from_contact = 1, .after_refusal = true};

	world_begin(&w, &login, &step);
	assert_string_equal(step.contact.address, "alice@example.org");
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	assert_int_equal(otp_resend(&w.core, &login, &w.channels, next, &step, NULL), OTP_OK);
	assert_int_equal(step.situation, OTP_SEND);
	assert_string_equal(step.contact.address, "alice@example.net");
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	next.from_contact = 2;
	assert_int_equal(otp_resend(&w.core, &login, &w.channels, next, &step, NULL), OTP_OK);
	assert_int_equal(step.situation, OTP_SEND_FAILED);
}

static void the_cooldown_is_skipped_only_after_a_refusal(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct otp_resend_request next = {.from_contact = 1, .after_refusal = true};

	(void)world_receive(&w, &login, &step);
	assert_int_equal(otp_resend(&w.core, &login, &w.channels, next, &step, NULL), OTP_OK);
	assert_int_equal(step.situation, OTP_TOO_SOON);
}

static void a_slow_send_keeps_its_code_and_says_so_after_a_reconnect(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	world_begin(&w, &login, &step);
	struct code code = step.code;
	world_sent(&w, &login, OTP_DELIVERY_SLOW, &step);
	assert_int_equal(step.delivery, RECORD_SLOW);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_WAITING);
	assert_int_equal(step.delivery, RECORD_SLOW);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void a_login_by_a_fresh_code_costs_two_writes(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct code code = world_receive(&w, &login, &step);

	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
	assert_int_equal(w.mem.writes, 2);
}

static void a_good_delivery_is_recorded_with_the_answer(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct code code = world_receive(&w, &login, &step);
	struct record record;
	bool found = false;

	answer_wrong(&login, &code, 1);
	world_record(&w, &record);
	assert_int_equal(record.challenges[0].codes[0].delivery, RECORD_SENT);
	for (unsigned i = 0; i < record.events_n; i++)
		found |= record.events[i].kind == EVENT_SENT && strcmp(record.events[i].detail, "relay") == 0;
	assert_true(found);
}

/* Who may not */

static void not_enrolled_is_only_the_record_that_is_not_there(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	login.user = "bob";
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_NOT_ENROLLED);
	w.mem.fail_update = OTP_ERR_IO;
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_ERR_IO);
	w.mem.fail_update = OTP_ERR_WRONG_STORE;
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_ERR_WRONG_STORE);
}

static void a_contact_on_no_channel_that_delivers_is_not_the_same_as_not_enrolled(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	w.channels = (struct otp_channels){.list = {CHANNEL_SMS}, .n = 1};
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_NO_CONTACT);
}

static void C07_a_record_that_cannot_be_read_denies(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	const struct mem_store_row *row = mem_store_find(&w.mem, "alice");
	char data[STORE_RECORD_MAX];
	size_t len = row->len;

	memcpy(data, row->data, len);
	data[len / 2] = '\x01';
	mem_store_put(&w.mem, "alice", data, len);
	assert_int_equal(otp_answer(&w.core, &login, code.text, &step, NULL), OTP_ERR_CORRUPT);
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_ERR_CORRUPT);
}

static void another_users_record_under_this_name_denies(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	const struct mem_store_row *row = mem_store_find(&w.mem, "alice");

	mem_store_put(&w.mem, "bob", row->data, row->len);
	login.user = "bob";
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_ERR_CORRUPT);
}

static void C59_a_damaged_slot_accepts_no_code_and_charges_a_failure(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct code code = world_receive(&w, &login, &step);
	struct record record;

	w.mem.damaged = true;
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
	assert_true(step.damaged);
	world_record(&w, &record);
	assert_int_equal(record.challenges_n, 0);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 1);
}

/* Concurrency and clock */

static void an_edit_that_runs_twice_charges_once(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	struct record record;

	w.mem.run_twice = true;
	struct code code = world_receive(&w, &login, &step);
	answer_wrong(&login, &code, 2);
	world_record(&w, &record);
	assert_int_equal(record.challenges_n, 1);
	assert_int_equal(record.challenges[0].tries_used, 2);
	assert_int_equal(record.sends_n, 1);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static struct otp_login racing_login;
static struct code racing_code;

static void use_the_code_meanwhile(void *ctx)
{
	struct otp_step other = {0};

	(void)ctx;
	w.mem.run_twice = false;
	world_answer(&w, &racing_login, racing_code.text, &other);
	assert_int_equal(other.situation, OTP_VERIFIED);
}

static void C08_a_code_used_between_two_runs_of_an_edit_is_not_accepted_again(void **state)
{
	(void)state;
	racing_login = world_login("192.0.2.7", NULL);
	racing_code = world_receive(&w, &racing_login, &step);
	w.mem.run_twice = true;
	w.mem.between = use_the_code_meanwhile;
	world_answer(&w, &racing_login, racing_code.text, &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
}

static void C43_a_clock_set_back_ends_codes_and_restarts_locks_within_their_cap(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	fail_often("198.51.100.", 10);
	int64_t locked_at = w.now;
	w.now = 86400;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_LOCKED);
	assert_int_equal(step.wait_s, 900);
	w.now += 900;
	struct code code = world_receive(&w, &login, &step);
	w.now = locked_at;
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
}

static void C12_nothing_but_the_store_holds_a_lock(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	static struct world rebooted;

	fail_often("198.51.100.", 10);
	world_make(&rebooted);
	const struct mem_store_row *row = mem_store_find(&w.mem, "alice");
	mem_store_put(&rebooted.mem, "alice", row->data, row->len);
	rebooted.now = w.now;
	world_begin(&rebooted, &login, &step);
	assert_int_equal(step.situation, OTP_LOCKED);
}

/* Admin */

static enum otp_err lock_edit(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)why;
	assert_true(exists);
	if (*(const bool *)ctx)
		account_lock(record, now);
	else
		account_unlock(record, now);
	return OTP_OK;
}

static void an_admins_lock_stops_both_lanes_until_unlocked(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	bool lock = true;
	struct otp_edit edit = {.run = lock_edit, .ctx = &lock};

	(void)world_receive(&w, &login, &step);
	assert_int_equal(otp_change(&w.core, "alice", 1000, edit, NULL), OTP_OK);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_LOCKED);
	assert_int_equal(step.wait_s, RECORD_LOCK_FOREVER);
	lock = false;
	assert_int_equal(otp_change(&w.core, "alice", 1000, edit, NULL), OTP_OK);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
}

static void an_unlock_opens_a_lane_that_was_locked_for_good(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	bool lock = false;

	fail_often("198.51.100.", 60);
	world_begin(&w, &login, &step);
	assert_int_equal(step.wait_s, RECORD_LOCK_FOREVER);
	assert_int_equal(
		otp_change(&w.core, "alice", 1000, (struct otp_edit){.run = lock_edit, .ctx = &lock}, NULL),
		OTP_OK);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
	answer_wrong(&login, &step.code, 1);
	assert_int_equal(step.situation, OTP_WRONG);
}

static enum otp_err failing_edit(
	void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)ctx;
	(void)exists;
	(void)now;
	record->contacts_n = 0;
	return why_set(why, OTP_ERR_INVALID, 0, "no");
}

static void a_change_that_fails_changes_nothing(void **state)
{
	(void)state;
	struct record record;

	assert_int_equal(otp_change(&w.core, "alice", 1000, (struct otp_edit){.run = failing_edit}, NULL),
		OTP_ERR_INVALID);
	world_record(&w, &record);
	assert_int_equal(record.contacts_n, 2);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_right_code_verifies_once_and_never_again),
		T(spaces_and_dashes_in_an_answer_are_forgiven),
		T(what_cannot_be_a_code_is_neither_charged_nor_written),
		T(ref_typed_for_the_code_is_no_try_and_is_written_once_a_challenge),
		T(ref_typed_in_a_locked_lane_is_not_written),
		T(code_of_another_login_is_wrong_and_the_record_says_whose_it_is),
		T(C34_only_the_whole_code_is_right),
		T(an_expired_code_is_not_accepted_and_nothing_is_charged),
		T(a_code_works_until_its_last_second),
		T(only_seals_are_stored),
		T(no_randomness_means_no_code),
		T(a_random_source_that_always_says_the_same_is_no_source),
		T(a_reconnect_at_the_same_origin_sends_nothing_and_the_waiting_code_works),
		T(C55_another_key_caller_service_or_source_has_its_own_challenge),
		T(C55_two_callers_on_one_recycled_terminal_share_nothing),
		T(a_code_is_worth_nothing_for_another_uid_of_that_name),
		T(a_fifth_challenge_evicts_the_oldest_but_not_its_failures),
		T(refs_of_live_challenges_differ_even_if_the_same_ones_are_drawn),
		T(C48_a_resend_keeps_the_first_code_good),
		T(the_cooldown_grows_with_each_send),
		T(a_fourth_code_drops_the_oldest),
		T(C10_a_resend_never_gives_tries_back),
		T(an_old_code_after_its_end_says_expired_and_costs_a_try),
		T(five_wrong_tries_spend_a_challenge_and_then_the_right_code_is_not_compared),
		T(each_try_is_written_before_its_verdict),
		T(wrong_code_after_lock_is_not_checked),
		T(a_lock_ends_by_itself),
		T(C58_strangers_locked_leave_the_known_lane_open),
		T(C56_slow_guessing_between_successes_ends_at_fifty),
		T(C09_a_million_guesses_meet_the_cap),
		T(a_success_clears_only_its_own_lane),
		T(a_new_code_never_lowers_a_failure_count),
		T(a_success_tells_of_the_wrong_codes_before_it),
		T(a_success_makes_its_network_known),
		T(strangers_use_three_sends_an_hour_and_the_owner_keeps_two),
		T(a_success_gives_its_challenges_sends_back),
		T(a_refused_send_is_taken_back_and_costs_the_user_nothing),
		T(a_failed_send_starts_the_same_cooldown),
		T(a_refused_resend_leaves_the_earlier_code_good),
		T(after_a_refusal_the_next_contact_follows_without_cooldown),
		T(the_cooldown_is_skipped_only_after_a_refusal),
		T(a_slow_send_keeps_its_code_and_says_so_after_a_reconnect),
		T(a_login_by_a_fresh_code_costs_two_writes),
		T(a_good_delivery_is_recorded_with_the_answer),
		T(not_enrolled_is_only_the_record_that_is_not_there),
		T(a_contact_on_no_channel_that_delivers_is_not_the_same_as_not_enrolled),
		T(C07_a_record_that_cannot_be_read_denies),
		T(another_users_record_under_this_name_denies),
		T(C59_a_damaged_slot_accepts_no_code_and_charges_a_failure),
		T(an_edit_that_runs_twice_charges_once),
		T(C08_a_code_used_between_two_runs_of_an_edit_is_not_accepted_again),
		T(C43_a_clock_set_back_ends_codes_and_restarts_locks_within_their_cap),
		T(C12_nothing_but_the_store_holds_a_lock),
		T(an_admins_lock_stops_both_lanes_until_unlocked),
		T(an_unlock_opens_a_lane_that_was_locked_for_good),
		T(a_change_that_fails_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
