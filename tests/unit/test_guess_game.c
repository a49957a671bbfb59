/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * What docs/guess-odds.md computes, played: the program judges guesses among few enough codes that all can be
 * tried. Codes are drawn of the digits 0 and 1 alone; the app's are those of many steps; backup codes stand
 * among many that are none.
 */

#define CANDIDATES 1024
#define LIVE POLICY_LIVE_CODES

static struct world w;
static struct otp_login login;
static uint64_t dice;

static unsigned roll(unsigned bound)
{
	uint64_t z = (dice += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z >> 33) % bound);
}

static enum otp_err fill_with_bits(void *self, void *out, size_t len, struct otp_why *why)
{
	unsigned char *bytes = out;

	(void)self;
	(void)why;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)roll(2);
	return OTP_OK;
}

/* number in binary, as a code of the policy's length. */
static void write_bits(unsigned number, char *out)
{
	const unsigned length = w.core.policy.form.length;

	for (unsigned i = 0; i < length; i++)
		out[i] = (char)('0' + (number >> i & 1));
	out[length] = '\0';
}

static void make_game(uint64_t seed, unsigned length)
{
	world_make(&w);
	dice = seed;
	w.core.policy.form.length = length;
	login = world_login("203.0.113.9", NULL);
}

/* As many codes as can be live at once: one, and one more as soon as each may be had. */
static void have_codes_sent(struct otp_step *step, struct code codes[LIVE])
{
	const struct otp_random random = w.core.random;

	w.core.random.fill = fill_with_bits;
	for (unsigned i = 0; i < LIVE; i++) {
		if (i == 0)
			world_begin(&w, &login, step);
		else
			world_resend(&w, &login, step);
		assert_int_equal(step->situation, OTP_SEND);
		codes[i] = step->code;
		world_sent(&w, &login, OTP_DELIVERY_SENT, step);
		w.now += w.core.policy.resend_after_s << i;
	}
	w.core.random = random;
}

/* How many of the texts would open the login, each tried from the same state. */
static unsigned count_right(
	const struct otp_step *step, void (*write)(unsigned number, char *out), unsigned texts_n)
{
	const struct mem_store_row row = *mem_store_find(&w.mem, "alice");
	unsigned right = 0;

	for (unsigned i = 0; i < texts_n; i++) {
		struct otp_step tried = *step;
		char text[32];
		write(i, text);
		world_answer(&w, &login, text, &tried);
		assert_true(tried.situation == OTP_VERIFIED || tried.situation == OTP_WRONG);
		right += tried.situation == OTP_VERIFIED;
		assert_true(mem_store_put(&w.mem, "alice", row.data, row.len));
	}
	return right;
}

static void write_app_code(unsigned number, char *out)
{
	struct code code = world_app_code(&w, (int64_t)number - CANDIDATES / 2);

	(void)snprintf(out, 32, "%s", code.text);
}

static void write_backup(unsigned number, char *out)
{
	struct backup_code code;

	if (number < RECORD_BACKUPS_MAX)
		code = w.backups[number];
	else
		assert_int_equal(backup_draw(&w.core.random, &code, NULL), OTP_OK);
	(void)snprintf(out, 32, "%s", code.text);
}

static void of_all_texts_exactly_the_live_codes_of_each_kind_are_right(void **state)
{
	(void)state;
	struct otp_step step;
	struct code codes[LIVE];

	make_game(1, 10);
	world_keep_app(&w, 8, false);
	world_keep_backups(&w, RECORD_BACKUPS_MAX, 0);
	have_codes_sent(&step, codes);
	for (unsigned i = 0; i < LIVE; i++)
		assert_string_not_equal(codes[i].text, codes[(i + 1) % LIVE].text);
	assert_int_equal(count_right(&step, write_bits, CANDIDATES), LIVE);
	assert_int_equal(count_right(&step, write_app_code, CANDIDATES), 2 * TOTP_WINDOW + 1);
	assert_int_equal(count_right(&step, write_backup, CANDIDATES), RECORD_BACKUPS_MAX);
}

/* Guesses without repeating, until the challenge ends. *tried: answers that were compared. */
static bool play_challenge(unsigned *tried)
{
	struct otp_step step;
	struct code codes[LIVE];
	const unsigned texts = 1U << w.core.policy.form.length, first = roll(texts);
	char text[32];

	have_codes_sent(&step, codes);
	for (unsigned i = 0; i < texts; i++) {
		write_bits((first + i) % texts, text);
		world_answer(&w, &login, text, &step);
		*tried += step.situation == OTP_WRONG || step.situation == OTP_VERIFIED || step.locked_now;
		if (step.situation == OTP_VERIFIED)
			return true;
		if (step.situation != OTP_WRONG)
			break;
	}
	return false;
}

/* 5 of 64 texts against 3 codes: 1 - (59/64)^3. The games are the same in every run. */
static void a_challenge_is_won_as_often_as_computed(void **state)
{
	(void)state;
	const unsigned games = 600;
	const double tries = 5, texts = 64, miss = (texts - tries) / texts;
	const double expected = 1 - miss * miss * miss;
	unsigned won = 0;

	for (unsigned game = 0; game < games; game++) {
		unsigned tried = 0;
		make_game(1000 + game, 6);
		bool right = play_challenge(&tried);
		won += right;
		assert_in_range(tried, 1, w.core.policy.tries);
		assert_true(right || tried == w.core.policy.tries);
	}
	/* Four times its deviation of 0.017 off. */
	assert_in_range(won, (unsigned)((expected - 0.068) * games), (unsigned)((expected + 0.068) * games));
	assert_true((double)won / games <= tries * LIVE / texts);
}

/* Waits out whatever there is to wait for, and comes from another place each time. */
static unsigned play_lane(void)
{
	unsigned tried = 0;

	for (unsigned challenge = 0; challenge < 200; challenge++) {
		struct otp_step step;
		(void)snprintf(login.origin.source, sizeof login.origin.source, "203.0.%u.9", challenge);
		world_begin(&w, &login, &step);
		if (step.situation == OTP_LOCKED && step.wait_s == RECORD_LOCK_FOREVER)
			return tried;
		if (step.situation == OTP_LOCKED || step.situation == OTP_SEND_LIMIT) {
			w.now += step.wait_s;
			continue;
		}
		assert_true(step.situation == OTP_SEND);
		while (step.situation == OTP_SEND || step.situation == OTP_WRONG) {
			world_answer(&w, &login, "XXXXXX", &step);
			tried += step.situation == OTP_WRONG || step.locked_now;
		}
	}
	fail_msg("the lane was never locked for good");
	return 0;
}

static void a_lane_takes_as_many_tries_as_computed_and_no_more(void **state)
{
	(void)state;
	static const struct {
		unsigned tries, wrong_per_30d;
	} policies[] = {{5, 50}, {POLICY_TRIES_MAX, POLICY_WRONG_30D_MAX}};

	assert_int_equal(policy_default().tries, policies[0].tries);
	assert_int_equal(policy_default().wrong_per_30d, policies[0].wrong_per_30d);
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
		make_game(1, 6);
		/* A code that the random source of this game does not draw. */
		w.core.policy.form.alphabet = CODE_LETTERS;
		w.core.policy.tries = policies[i].tries;
		w.core.policy.wrong_per_30d = policies[i].wrong_per_30d;
		assert_int_equal(play_lane(), policies[i].wrong_per_30d);
		assert_true(w.now - WORLD_START < INT64_C(30) * 86400);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_all_texts_exactly_the_live_codes_of_each_kind_are_right),
		cmocka_unit_test(a_challenge_is_won_as_often_as_computed),
		cmocka_unit_test(a_lane_takes_as_many_tries_as_computed_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
