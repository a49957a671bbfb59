/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONSONANTS "BCDFGHJKLMNPQRSTVWXZ"

static const struct code_form digits = {.alphabet = CODE_DIGITS, .length = 6};
static const struct code_form letters = {.alphabet = CODE_LETTERS, .length = 6};

/* A counter through splitmix64: every run of the test draws the same codes. */
struct counter {
	uint64_t state;
	uint64_t word;
	unsigned left;
};

static uint64_t counter_next(struct counter *counter)
{
	uint64_t z = counter->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static enum otp_err counter_fill(void *self, void *out, size_t len, struct otp_why *why)
{
	struct counter *counter = self;
	unsigned char *byte = out;

	(void)why;
	for (size_t i = 0; i < len; i++) {
		if (counter->left == 0) {
			counter->word = counter_next(counter);
			counter->left = 8;
		}
		byte[i] = (unsigned char)counter->word;
		counter->word >>= 8;
		counter->left--;
	}
	return OTP_OK;
}

/* Fails after so many bytes. */
struct failing {
	size_t bytes_left;
};

static enum otp_err failing_fill(void *self, void *out, size_t len, struct otp_why *why)
{
	struct failing *failing = self;

	if (failing->bytes_left < len)
		return why_set(why, OTP_ERR_NO_RANDOM, 0, "no bytes left");
	failing->bytes_left -= len;
	memset(out, 3, len);
	return OTP_OK;
}

static double chi_square(const unsigned *counts, size_t cells, double draws)
{
	double expected = draws / (double)cells, sum = 0;

	for (size_t i = 0; i < cells; i++)
		sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
	return sum;
}

/*
 * Bounds: a chi-square of 9 degrees of freedom passes 70.9, one of 19 passes 92.9, with a chance of 1e-11; of
 * 999,999 it is nearly normal with mean 999,999 and deviation 1414, and passes 8 deviations with a chance of
 * 1e-15.
 */
#define BOUND_9 70.9
#define BOUND_19 92.9
#define BOUND_999999 (999999 + 8 * 1414.2)

static size_t place_of(const char *characters, char c)
{
	const char *at = strchr(characters, c);

	assert_true(c != '\0' && at != NULL);
	return (size_t)(at - characters);
}

/* Draws codes and returns the worst chi-square of their places. */
static double worst_place(
	struct code_form form, const char *characters, const struct otp_random *random, unsigned draws)
{
	unsigned counts[CODE_MAX_LEN][20] = {{0}};
	size_t cells = strlen(characters);
	double worst = 0;
	struct code code;

	for (unsigned i = 0; i < draws; i++) {
		if (code_draw(form, random, &code, NULL) != OTP_OK || strlen(code.text) != form.length)
			fail_msg("no code was drawn");
		for (size_t at = 0; at < form.length; at++)
			counts[at][place_of(characters, code.text[at])]++;
	}
	for (size_t at = 0; at < form.length; at++) {
		double x = chi_square(counts[at], cells, draws);
		worst = x > worst ? x : worst;
	}
	return worst;
}

/* The same seed every time: this verdict never changes unless the code does. */
static void C37_ten_million_codes_are_spread_evenly(void **state)
{
	(void)state;
	enum { DRAWS = 10000000, CODES = 1000000 };
	struct counter counter = {.state = 20260101};
	const struct otp_random random = {.fill = counter_fill, .self = &counter};
	unsigned *whole = calloc(CODES, sizeof *whole);
	unsigned places[6][10] = {{0}};

	assert_non_null(whole);
	for (unsigned i = 0; i < DRAWS; i++) {
		struct code code;
		unsigned number = 0;
		if (code_draw(digits, &random, &code, NULL) != OTP_OK)
			fail_msg("no code was drawn");
		for (size_t at = 0; at < 6; at++) {
			unsigned digit = (unsigned)(code.text[at] - '0');
			assert_true(digit < 10);
			places[at][digit]++;
			number = number * 10 + digit;
		}
		whole[number]++;
	}
	for (size_t at = 0; at < 6; at++)
		assert_true(chi_square(places[at], 10, DRAWS) < BOUND_9);
	assert_true(chi_square(whole, CODES, DRAWS) < BOUND_999999);
	free(whole);
}

static void C37_a_million_letter_codes_are_spread_evenly(void **state)
{
	(void)state;
	struct counter counter = {.state = 7};
	const struct otp_random random = {.fill = counter_fill, .self = &counter};

	assert_true(worst_place(letters, CONSONANTS, &random, 1000000) < BOUND_19);
}

/* The system's source; a false alarm once in 1e10 runs at most (16 places of 1e-11 each). */
static void C37_codes_of_the_systems_source_are_spread_evenly(void **state)
{
	(void)state;
	const struct otp_random random = random_system();
	const struct code_form ten_letters = {.alphabet = CODE_LETTERS, .length = 10};

	assert_true(worst_place(digits, "0123456789", &random, 100000) < BOUND_9);
	assert_true(worst_place(ten_letters, CONSONANTS, &random, 50000) < BOUND_19);
}

static void code_has_the_form_that_was_asked_for(void **state)
{
	(void)state;
	const struct otp_random random = random_system();
	struct code code;

	for (unsigned length = CODE_MIN_LEN; length <= CODE_MAX_LEN; length++) {
		struct code_form form = {.alphabet = CODE_DIGITS, .length = length};
		assert_int_equal(code_draw(form, &random, &code, NULL), OTP_OK);
		assert_int_equal(strlen(code.text), length);
		assert_int_equal(strspn(code.text, "0123456789"), length);
		form.alphabet = CODE_LETTERS;
		assert_int_equal(code_draw(form, &random, &code, NULL), OTP_OK);
		assert_int_equal(strlen(code.text), length);
		assert_int_equal(strspn(code.text, CONSONANTS), length);
	}
}

static void code_of_another_length_is_never_drawn(void **state)
{
	(void)state;
	const struct otp_random random = random_system();
	static const unsigned lengths[] = {0, 1, 5, 11, UINT32_MAX};
	static const struct code none;

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct code_form form = {.alphabet = CODE_DIGITS, .length = lengths[i]};
		struct otp_why why = {0};
		struct code code;
		memset(&code, '7', sizeof code);
		assert_int_equal(code_draw(form, &random, &code, &why), OTP_ERR_INVALID);
		assert_memory_equal(&code, &none, sizeof code);
		assert_true(why.text[0] != '\0');
	}
	struct code_form form = {.alphabet = (enum code_alphabet)9, .length = 6};
	struct code code;
	assert_int_equal(code_draw(form, &random, &code, NULL), OTP_ERR_INVALID);
}

static void C37_no_randomness_gives_no_code(void **state)
{
	(void)state;
	static const struct code none;

	for (size_t bytes = 0; bytes < 6; bytes++) {
		struct failing failing = {.bytes_left = bytes};
		const struct otp_random random = {.fill = failing_fill, .self = &failing};
		struct otp_why why = {0};
		struct code code;
		memset(&code, '7', sizeof code);
		assert_int_equal(code_draw(digits, &random, &code, &why), OTP_ERR_NO_RANDOM);
		assert_memory_equal(&code, &none, sizeof code);
		assert_string_equal(why.text, "no bytes left");
	}
	for (size_t bytes = 0; bytes < CODE_REF_LEN; bytes++) {
		struct failing failing = {.bytes_left = bytes};
		const struct otp_random random = {.fill = failing_fill, .self = &failing};
		char ref[CODE_REF_SIZE] = "QFX";
		assert_int_equal(code_draw_ref(&random, ref, NULL), OTP_ERR_NO_RANDOM);
		assert_string_equal(ref, "");
	}
}

static void ref_is_three_consonants_evenly_spread(void **state)
{
	(void)state;
	enum { DRAWS = 400000 };
	struct counter counter = {.state = 11};
	const struct otp_random random = {.fill = counter_fill, .self = &counter};
	unsigned counts[CODE_REF_LEN][20] = {{0}};
	char ref[CODE_REF_SIZE];

	for (unsigned i = 0; i < DRAWS; i++) {
		assert_int_equal(code_draw_ref(&random, ref, NULL), OTP_OK);
		if (strlen(ref) != CODE_REF_LEN)
			fail_msg("the ref is %s", ref);
		for (size_t at = 0; at < CODE_REF_LEN; at++)
			counts[at][place_of(CONSONANTS, ref[at])]++;
	}
	for (size_t at = 0; at < CODE_REF_LEN; at++)
		assert_true(chi_square(counts[at], 20, DRAWS) < BOUND_19);
}

static void codes_and_refs_hold_no_look_alikes(void **state)
{
	(void)state;

	for (const char *c = "AEIOUY0158"; *c != '\0'; c++)
		assert_null(strchr(CONSONANTS, *c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C37_ten_million_codes_are_spread_evenly),
		cmocka_unit_test(C37_a_million_letter_codes_are_spread_evenly),
		cmocka_unit_test(C37_codes_of_the_systems_source_are_spread_evenly),
		cmocka_unit_test(code_has_the_form_that_was_asked_for),
		cmocka_unit_test(code_of_another_length_is_never_drawn),
		cmocka_unit_test(C37_no_randomness_gives_no_code),
		cmocka_unit_test(ref_is_three_consonants_evenly_spread),
		cmocka_unit_test(codes_and_refs_hold_no_look_alikes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
