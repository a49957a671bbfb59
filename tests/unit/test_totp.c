/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/totp.h"
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char ascii[] = "1234567890123456789012345678901234567890123456789012345678901234";

static struct totp_secret secret_of(unsigned len)
{
	struct totp_secret secret = {.len = len};

	memcpy(secret.bytes, ascii, len);
	return secret;
}

static struct code code_at(const struct totp_form *form, const struct totp_secret *secret, int64_t step)
{
	struct code code;

	assert_int_equal(totp_code(form, secret, step, &code, NULL), OTP_OK);
	return code;
}

static struct code code_of(const char *text)
{
	struct code code = {{0}};

	memcpy(code.text, text, strlen(text));
	return code;
}

static int64_t find(const struct totp_form *form, const struct totp_secret *secret, int64_t now,
	int64_t last_step, const struct code *typed)
{
	int64_t step = 12345;

	assert_int_equal(totp_find(form, secret, now, last_step, typed, &step, NULL), OTP_OK);
	return step;
}

static void codes_are_those_of_rfc_4226_appendix_d(void **state)
{
	(void)state;
	static const char *const expected[] = {"755224", "287082", "359152", "969429", "338314", "254676",
		"287922", "162583", "399871", "520489"};
	const struct totp_form form = {TOTP_SHA1, 6, 30};
	const struct totp_secret secret = secret_of(20);

	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
		assert_string_equal(code_at(&form, &secret, (int64_t)i).text, expected[i]);
}

static void codes_are_those_of_rfc_6238_appendix_b(void **state)
{
	(void)state;
	static const struct {
		int64_t time;
		const char *codes[3];
	} rows[] = {
		{59, {"94287082", "46119246", "90693936"}},
		{1111111109, {"07081804", "68084774", "25091201"}},
		{1111111111, {"14050471", "67062674", "99943326"}},
		{1234567890, {"89005924", "91819424", "93441116"}},
		{2000000000, {"69279037", "90698825", "38618901"}},
		{20000000000, {"65353130", "77737706", "47863826"}},
	};
	static const unsigned lens[] = {20, 32, 64};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (unsigned algorithm = TOTP_SHA1; algorithm <= TOTP_SHA512; algorithm++) {
			const struct totp_form form = {(enum totp_algorithm)algorithm, 8, 30};
			const struct totp_secret secret = secret_of(lens[algorithm]);
			const struct code code = code_of(rows[i].codes[algorithm]);
			const int64_t step = rows[i].time / 30;
			assert_string_equal(code_at(&form, &secret, step).text, code.text);
			assert_int_equal(find(&form, &secret, rows[i].time, 0, &code), step);
		}
	}
}

static void six_digits_are_the_last_of_eight(void **state)
{
	(void)state;
	const struct totp_secret secret = secret_of(20);

	for (int64_t step = 0; step < 200; step++) {
		const struct code six = code_at(&(struct totp_form){TOTP_SHA1, 6, 30}, &secret, step);
		const struct code eight = code_at(&(struct totp_form){TOTP_SHA1, 8, 30}, &secret, step);
		assert_string_equal(eight.text + 2, six.text);
	}
}

/* Each step's code from the first second in which it counts to the last, and at no other. */
static void a_code_counts_from_one_step_before_its_own_to_one_after(void **state)
{
	(void)state;
	static const int periods[] = {30, 60};
	const struct totp_secret secret = secret_of(20);

	for (size_t i = 0; i < 2; i++) {
		const struct totp_form form = {TOTP_SHA1, 8, periods[i]};
		const int64_t period = periods[i], step = 1767238020 / period;
		const struct code code = code_at(&form, &secret, step);
		const int64_t first = (step - 1) * period, last = (step + 2) * period - 1;
		assert_int_equal(find(&form, &secret, first - 1, 0, &code), -1);
		assert_int_equal(find(&form, &secret, first, 0, &code), step);
		assert_int_equal(find(&form, &secret, step * period, 0, &code), step);
		assert_int_equal(find(&form, &secret, last, 0, &code), step);
		assert_int_equal(find(&form, &secret, last + 1, 0, &code), -1);
	}
}

static void C08_no_step_is_found_again_nor_one_before_it(void **state)
{
	(void)state;
	const struct totp_form form = {TOTP_SHA256, 6, 30};
	const struct totp_secret secret = secret_of(32);
	const int64_t now = 1767238020, present = now / 30;

	for (int64_t last = present - 3; last <= present + 3; last++) {
		for (int64_t step = present - 2; step <= present + 2; step++) {
			const struct code code = code_at(&form, &secret, step);
			bool may_be = step > last && step >= present - 1 && step <= present + 1;
			assert_int_equal(find(&form, &secret, now, last, &code), may_be ? step : -1);
		}
	}
}

static void after_the_latest_step_nothing_that_was_shown_counts(void **state)
{
	(void)state;
	const struct totp_form form = {TOTP_SHA1, 6, 30};
	const struct totp_secret secret = secret_of(20);

	for (int64_t now = 1767238020; now < 1767238020 + 60; now++) {
		const int64_t latest = totp_latest_step(&form, now);
		for (int64_t step = latest - 4; step <= latest; step++) {
			const struct code code = code_at(&form, &secret, step);
			assert_int_equal(find(&form, &secret, now, latest, &code), -1);
		}
		const struct code next = code_at(&form, &secret, latest + 1);
		assert_int_equal(find(&form, &secret, now + 30, latest, &next), latest + 1);
	}
}

/* The same characters twice within the window: what is left of them must not be good once more. */
static void of_two_steps_with_one_code_the_later_is_found(void **state)
{
	(void)state;
	const struct totp_form form = {TOTP_SHA1, 6, 30};
	const struct totp_secret secret = secret_of(20);
	struct code earlier[2] = {{{0}}};
	int64_t step = 0;

	for (;; step++) {
		const struct code code = code_at(&form, &secret, step);
		if (step >= 2 && strcmp(code.text, earlier[step % 2].text) == 0)
			break;
		earlier[step % 2] = code;
	}
	assert_int_equal(find(&form, &secret, (step - 1) * 30, 0, &earlier[step % 2]), step);
	assert_int_equal(find(&form, &secret, (step - 1) * 30, step, &earlier[step % 2]), -1);
}

static void C43_no_clock_makes_a_step_below_zero_or_overflows(void **state)
{
	(void)state;
	const struct totp_form form = {TOTP_SHA1, 6, 30};
	const struct totp_secret secret = secret_of(20);
	const struct code first = code_at(&form, &secret, 0), second = code_at(&form, &secret, 1);

	assert_int_equal(find(&form, &secret, 0, -1, &first), 0);
	assert_int_equal(find(&form, &secret, 0, 0, &first), -1);
	assert_int_equal(find(&form, &secret, -1000000, 0, &second), 1);
	assert_int_equal(find(&form, &secret, INT64_MIN, 0, &second), 1);
	assert_int_equal(find(&form, &secret, INT64_MAX, INT64_MAX, &second), -1);
	assert_int_equal(totp_latest_step(&form, INT64_MIN), 1);
	assert_int_equal(totp_latest_step(&form, INT64_MAX), INT64_MAX / 30 + 1);
}

static void C34_only_the_whole_code_is_found(void **state)
{
	(void)state;
	const struct totp_form form = {TOTP_SHA1, 6, 30};
	const struct totp_secret secret = secret_of(20);
	/* 755224 is that of step 0 */
	static const char *const others[] = {"", "7", "75522", "7552241", "7552240", "0755224", "755225",
		"84755224", "84755", " 755224", "755224 "};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		const struct code code = code_of(others[i]);
		assert_int_equal(find(&form, &secret, 0, -1, &code), -1);
	}
	struct code noisy = code_of("755224"); /* what stands behind the NUL says nothing */
	noisy.text[8] = 'x';
	assert_int_equal(find(&form, &secret, 0, -1, &noisy), 0);
}

static void what_no_app_has_is_refused(void **state)
{
	(void)state;
	static const struct totp_form forms[] = {{TOTP_SHA1, 7, 30}, {TOTP_SHA1, 0, 30}, {TOTP_SHA1, 10, 30},
		{TOTP_SHA1, 6, 0}, {TOTP_SHA1, 6, 31}, {TOTP_SHA1, 6, -30}};
	struct totp_secret secret = secret_of(20);
	const struct code typed = code_of("755224");
	struct otp_why why = {0};
	struct code code;
	int64_t step = 5;

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		assert_int_equal(totp_code(&forms[i], &secret, 0, &code, &why), OTP_ERR_INVALID);
		assert_int_equal(totp_find(&forms[i], &secret, 0, -1, &typed, &step, &why), OTP_ERR_INVALID);
		assert_int_equal(step, -1);
	}
	assert_int_equal(
		totp_code(&(struct totp_form){TOTP_SHA1, 6, 30}, &secret, -1, &code, &why), OTP_ERR_INVALID);
	for (unsigned len = 0; len <= TOTP_SECRET_MAX + 1; len++) {
		secret.len = len;
		assert_int_equal(totp_code(&(struct totp_form){TOTP_SHA1, 6, 30}, &secret, 0, &code, &why),
			len < TOTP_SECRET_MIN || len > TOTP_SECRET_MAX ? OTP_ERR_INVALID : OTP_OK);
	}
}

static void error_queue_is_the_hosts(void **state)
{
	(void)state;
	const struct totp_form form = {TOTP_SHA1, 6, 30};
	const struct totp_secret secret = secret_of(20);

	error_queue_fill();
	(void)code_at(&form, &secret, 0);
	error_queue_assert_untouched();
}

static void where_libcrypto_fails_there_is_no_code_and_nothing_is_found(void **state)
{
	(void)state;
	const struct totp_form form = {TOTP_SHA1, 6, 30};
	const struct totp_secret secret = secret_of(20);
	const struct code empty = {{0}};
	struct code code = code_of("123456");
	int64_t step = 0;
	struct otp_why why = {0};

	error_queue_empty();
	error_queue_break_libcrypto();
	enum otp_err made = totp_code(&form, &secret, 0, &code, &why);
	enum otp_err found = totp_find(&form, &secret, 0, -1, &empty, &step, &why);
	error_queue_mend_libcrypto();
	assert_int_equal(made, OTP_ERR_CRYPTO);
	assert_memory_equal(code.text, empty.text, sizeof code.text);
	assert_int_equal(found, OTP_ERR_CRYPTO);
	assert_int_equal(step, -1);
	error_queue_assert_empty();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_those_of_rfc_4226_appendix_d),
		cmocka_unit_test(codes_are_those_of_rfc_6238_appendix_b),
		cmocka_unit_test(six_digits_are_the_last_of_eight),
		cmocka_unit_test(a_code_counts_from_one_step_before_its_own_to_one_after),
		cmocka_unit_test(C08_no_step_is_found_again_nor_one_before_it),
		cmocka_unit_test(after_the_latest_step_nothing_that_was_shown_counts),
		cmocka_unit_test(of_two_steps_with_one_code_the_later_is_found),
		cmocka_unit_test(C43_no_clock_makes_a_step_below_zero_or_overflows),
		cmocka_unit_test(C34_only_the_whole_code_is_found),
		cmocka_unit_test(what_no_app_has_is_refused),
		cmocka_unit_test(error_queue_is_the_hosts),
		cmocka_unit_test(where_libcrypto_fails_there_is_no_code_and_nothing_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
