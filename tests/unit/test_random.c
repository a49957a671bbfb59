/* SPDX-License-Identifier: BSD-2-Clause */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method, to make RAND_priv_bytes fail */

#include "core/random.h"
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/rand.h>

/* Gives the bytes of a script, then its last byte for ever; fails at fail_at. */
struct script {
	const unsigned char *bytes;
	size_t n;
	size_t used;
	size_t fail_at;
};

static enum otp_err script_fill(void *self, void *out, size_t len, struct otp_why *why)
{
	struct script *script = self;
	unsigned char *byte = out;

	for (size_t i = 0; i < len; i++, script->used++) {
		if (script->used == script->fail_at)
			return why_set(why, OTP_ERR_NO_RANDOM, 0, "the script ends");
		byte[i] = script->bytes[script->used < script->n ? script->used : script->n - 1];
	}
	return OTP_OK;
}

static enum otp_err below(unsigned bound, struct script *script, unsigned *out, struct otp_why *why)
{
	const struct otp_random random = {.fill = script_fill, .self = script};

	return random_below(&random, bound, out, why);
}

/* All 256 bytes, so that what is counted is what a perfect source gives. */
static void every_value_is_equally_likely_for_every_bound(void **state)
{
	(void)state;

	for (unsigned bound = 1; bound <= 256; bound++) {
		unsigned counts[256] = {0};
		unsigned taken = 0;
		for (unsigned byte = 0; byte < 256; byte++) {
			const unsigned char bytes[] = {(unsigned char)byte, 0};
			struct script script = {.bytes = bytes, .n = 2, .fail_at = 2};
			unsigned value = 999;
			assert_int_equal(below(bound, &script, &value, NULL), OTP_OK);
			assert_true(value < bound);
			if (script.used > 1)
				continue;
			counts[value]++;
			taken++;
		}
		assert_int_equal(taken, 256 / bound * bound);
		for (unsigned value = 0; value < bound; value++)
			assert_int_equal(counts[value], 256 / bound);
	}
}

static void byte_past_the_last_whole_multiple_is_drawn_again(void **state)
{
	(void)state;
	static const unsigned char bytes[] = {250, 255, 251, 249};
	struct script script = {.bytes = bytes, .n = sizeof bytes, .fail_at = SIZE_MAX};
	unsigned value = 0;

	assert_int_equal(below(10, &script, &value, NULL), OTP_OK);
	assert_int_equal(value, 9);
	assert_int_equal(script.used, 4);
}

static void bound_outside_1_to_256_is_refused(void **state)
{
	(void)state;
	static const unsigned char byte = 0;
	static const unsigned bounds[] = {0, 257, 65536, UINT32_MAX};

	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		struct script script = {.bytes = &byte, .n = 1, .fail_at = SIZE_MAX};
		struct otp_why why = {0};
		unsigned value = 7;
		assert_int_equal(below(bounds[i], &script, &value, &why), OTP_ERR_INVALID);
		assert_int_equal(value, 0);
		assert_int_equal(script.used, 0);
		assert_true(why.text[0] != '\0');
	}
}

static void C37_source_that_fails_gives_no_number(void **state)
{
	(void)state;
	static const unsigned char bytes[] = {255, 255, 255};

	for (size_t fail_at = 0; fail_at < sizeof bytes; fail_at++) {
		struct script script = {.bytes = bytes, .n = sizeof bytes, .fail_at = fail_at};
		struct otp_why why = {0};
		unsigned value = 7;
		assert_int_equal(below(10, &script, &value, &why), OTP_ERR_NO_RANDOM);
		assert_int_equal(value, 0);
		assert_string_equal(why.text, "the script ends");
	}
}

static void C37_source_that_repeats_itself_gives_no_number_and_no_endless_loop(void **state)
{
	(void)state;
	static const unsigned char byte = 255;
	struct script script = {.bytes = &byte, .n = 1, .fail_at = SIZE_MAX};
	struct otp_why why = {0};
	unsigned value = 7;

	assert_int_equal(below(10, &script, &value, &why), OTP_ERR_NO_RANDOM);
	assert_int_equal(value, 0);
	assert_in_range(script.used, 64, 1024);
	assert_true(why.text[0] != '\0');
}

static void C37_system_source_fills_all_and_never_twice_the_same(void **state)
{
	(void)state;
	const struct otp_random random = random_system();
	unsigned char blocks[64][16];
	unsigned seen[16] = {0};

	for (size_t i = 0; i < 64; i++) {
		memset(blocks[i], 0, sizeof blocks[i]);
		assert_int_equal(random.fill(random.self, blocks[i], sizeof blocks[i], NULL), OTP_OK);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(blocks[i], blocks[j], sizeof blocks[i]);
		for (size_t at = 0; at < sizeof blocks[i]; at++)
			seen[at] |= blocks[i][at];
	}
	for (size_t at = 0; at < 16; at++)
		assert_int_not_equal(seen[at], 0);
	assert_int_equal(random.fill(random.self, blocks, 0, NULL), OTP_OK);
}

static int failing_bytes(unsigned char *out, int len)
{
	memset(out, 'r', (size_t)len);
	ERR_raise(ERR_LIB_RAND, 1);
	return 0;
}

static void C37_failing_libcrypto_gives_no_bytes(void **state)
{
	(void)state;
	static const RAND_METHOD failing = {.bytes = failing_bytes, .pseudorand = failing_bytes};
	static const unsigned char zeros[16];
	const struct otp_random random = random_system();
	unsigned char bytes[16];
	struct otp_why why = {0};

	assert_int_equal(RAND_set_rand_method(&failing), 1);
	error_queue_fill();
	assert_int_equal(random.fill(random.self, bytes, sizeof bytes, &why), OTP_ERR_NO_RANDOM);
	error_queue_assert_untouched();
	error_queue_empty();
	assert_int_equal(random.fill(random.self, bytes, sizeof bytes, &why), OTP_ERR_NO_RANDOM);
	error_queue_assert_empty();
	assert_int_equal(RAND_set_rand_method(NULL), 1);
	assert_memory_equal(bytes, zeros, sizeof bytes);
	assert_true(why.text[0] != '\0');
}

static void the_hosts_error_queue_is_left_as_it_was(void **state)
{
	(void)state;
	const struct otp_random random = random_system();
	unsigned value = 0;

	error_queue_fill();
	assert_int_equal(random_below(&random, 10, &value, NULL), OTP_OK);
	error_queue_assert_untouched();
}

static void clock_tells_the_systems_time(void **state)
{
	(void)state;
	const struct otp_clock clock = clock_system();
	int64_t before = (int64_t)time(NULL);
	int64_t now = clock.now(clock.self);

	assert_in_range(now, before, (int64_t)time(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_equally_likely_for_every_bound),
		cmocka_unit_test(byte_past_the_last_whole_multiple_is_drawn_again),
		cmocka_unit_test(bound_outside_1_to_256_is_refused),
		cmocka_unit_test(C37_source_that_fails_gives_no_number),
		cmocka_unit_test(C37_source_that_repeats_itself_gives_no_number_and_no_endless_loop),
		cmocka_unit_test(C37_system_source_fills_all_and_never_twice_the_same),
		cmocka_unit_test(C37_failing_libcrypto_gives_no_bytes),
		cmocka_unit_test(the_hosts_error_queue_is_left_as_it_was),
		cmocka_unit_test(clock_tells_the_systems_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
