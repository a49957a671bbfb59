/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/code.h"
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char origin_a[CODE_ORIGIN_LEN] = {0xa0, 1, 2, 3};
static const unsigned char challenge_a[CODE_CHALLENGE_ID_LEN] = {0xc0, 1, 2, 3};

static const struct code_binding binding_a = {
	.user = "alice",
	.uid = 1000,
	.origin = origin_a,
	.challenge_id = challenge_a,
};

static struct keys some_keys(unsigned char seed)
{
	unsigned char host_key[KEY_HOST_LEN] = {seed};
	struct keys keys;

	assert_int_equal(keys_derive(host_key, &keys, NULL), OTP_OK);
	return keys;
}

static struct code_seal seal(const struct keys *keys, const struct code_binding *binding, const char *text)
{
	struct code code = {{0}};
	struct code_seal out;

	memcpy(code.text, text, strnlen(text, sizeof code.text));
	assert_int_equal(code_seal_make(keys, binding, &code, &out, NULL), OTP_OK);
	return out;
}

/* Computed elsewhere: seals in records must stay what they are. */
static void seal_stays_what_it_is(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	struct code_seal found = seal(&keys, &binding_a, "123456");
	static const unsigned char expected[CODE_SEAL_LEN] = {0x52, 0xa7, 0x85, 0x01, 0xab, 0x6c, 0x11, 0x69,
		0x64, 0x5a, 0x10, 0x2e, 0xb4, 0x14, 0x67, 0x42};

	assert_memory_equal(found.mac, expected, CODE_SEAL_LEN);
}

static void same_code_in_the_same_place_has_the_same_seal(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	struct code_seal a = seal(&keys, &binding_a, "123456"), b = seal(&keys, &binding_a, "123456");

	assert_true(code_seal_equal(&a, &b));
}

static void C34_only_the_whole_code_has_its_seal(void **state)
{
	(void)state;
	static const char *const others[] = {"", "1", "12345", "1234567", "1234560", "0123456", "123457",
		"023456", "654321", "12345 ", " 123456", "123456 ", "BCDFGH", "bcdfgh"};
	struct keys keys = some_keys(1);
	struct code_seal right = seal(&keys, &binding_a, "123456");

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct code_seal wrong = seal(&keys, &binding_a, others[i]);
		assert_false(code_seal_equal(&right, &wrong));
	}
}

static void C34_every_bit_of_a_seal_counts(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	struct code_seal right = seal(&keys, &binding_a, "123456");

	for (size_t bit = 0; bit < sizeof(struct code_seal) * 8; bit++) {
		struct code_seal other = right;
		other.mac[bit / 8] ^= (unsigned char)(1U << (bit % 8));
		assert_false(code_seal_equal(&right, &other));
	}
}

static void seal_is_bound_to_user_uid_origin_challenge_and_host(void **state)
{
	(void)state;
	static const unsigned char other_origin[CODE_ORIGIN_LEN] = {0xa0, 1, 2, 4};
	static const unsigned char other_challenge[CODE_CHALLENGE_ID_LEN] = {0xc0, 1, 2, 4};
	struct keys keys = some_keys(1), other_keys = some_keys(2);
	struct code_seal right = seal(&keys, &binding_a, "123456"), other;
	struct code_binding binding = binding_a;

	binding.user = "bob";
	other = seal(&keys, &binding, "123456");
	assert_false(code_seal_equal(&right, &other));
	binding = binding_a;
	static const uint32_t uids[] = {1001, 1000 + (1U << 8), 1000 + (1U << 16), 1000 + (1U << 24)};
	for (size_t i = 0; i < sizeof uids / sizeof *uids; i++) {
		binding.uid = uids[i];
		other = seal(&keys, &binding, "123456");
		assert_false(code_seal_equal(&right, &other));
	}
	binding = binding_a;
	binding.origin = other_origin;
	other = seal(&keys, &binding, "123456");
	assert_false(code_seal_equal(&right, &other));
	binding = binding_a;
	binding.challenge_id = other_challenge;
	other = seal(&keys, &binding, "123456");
	assert_false(code_seal_equal(&right, &other));
	other = seal(&other_keys, &binding_a, "123456");
	assert_false(code_seal_equal(&right, &other));
}

/* The seal of a user, uid, origin, challenge and code that stand behind one another in text without any
 * separator. */
static struct code_seal seal_of_text(const struct keys *keys, const unsigned char *text, size_t name_len)
{
	char name[16] = "";
	const unsigned char *uid = text + name_len;
	struct code_binding binding = {
		.user = name,
		.uid = (uint32_t)uid[0] << 24 | (uint32_t)uid[1] << 16 | (uint32_t)uid[2] << 8 | uid[3],
		.origin = uid + 4,
		.challenge_id = uid + 4 + CODE_ORIGIN_LEN,
	};

	memcpy(name, text, name_len);
	return seal(keys, &binding, (const char *)binding.challenge_id + CODE_CHALLENGE_ID_LEN);
}

static void C18_a_name_does_not_flow_into_what_follows(void **state)
{
	(void)state;
	static const unsigned char text[] = "alice"
					    "\0\0\3\350"
					    "a short origin 1"
					    "a challenge id 9"
					    "123456";
	struct keys keys = some_keys(1);
	struct code_seal a = seal_of_text(&keys, text, 5), b = seal_of_text(&keys, text, 4);
	struct code_seal c = seal_of_text(&keys, text, 5);

	assert_false(code_seal_equal(&a, &b));
	assert_true(code_seal_equal(&a, &c));
}

static void C01_failing_libcrypto_gives_no_seal(void **state)
{
	(void)state;
	static const struct code_seal none;
	struct keys keys = some_keys(1);
	const struct code code = {"123456"};
	struct otp_why why = {0};
	struct code_seal out;

	memset(&out, 0x5a, sizeof out);
	error_queue_break_libcrypto();
	error_queue_fill();
	assert_int_equal(code_seal_make(&keys, &binding_a, &code, &out, &why), OTP_ERR_CRYPTO);
	error_queue_assert_untouched();
	error_queue_mend_libcrypto();
	assert_memory_equal(&out, &none, sizeof out);
	assert_null(strstr(why.text, "123456"));
}

static void wiped_code_is_gone(void **state)
{
	(void)state;
	static const struct code none;
	struct code code;

	memset(&code, '7', sizeof code);
	code_wipe(&code);
	assert_memory_equal(&code, &none, sizeof code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seal_stays_what_it_is),
		cmocka_unit_test(same_code_in_the_same_place_has_the_same_seal),
		cmocka_unit_test(C34_only_the_whole_code_has_its_seal),
		cmocka_unit_test(C34_every_bit_of_a_seal_counts),
		cmocka_unit_test(seal_is_bound_to_user_uid_origin_challenge_and_host),
		cmocka_unit_test(C18_a_name_does_not_flow_into_what_follows),
		cmocka_unit_test(C01_failing_libcrypto_gives_no_seal),
		cmocka_unit_test(wiped_code_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
