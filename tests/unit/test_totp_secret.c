/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/totp.h"
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crypto.h>

static const struct totp_owner alice = {"alice", 1000};
static const unsigned char nonce[TOTP_NONCE_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static struct keys some_keys(unsigned char seed)
{
	unsigned char host_key[KEY_HOST_LEN] = {seed};
	struct keys keys;

	assert_int_equal(keys_derive(host_key, &keys, NULL), OTP_OK);
	return keys;
}

static struct totp_secret secret_of(unsigned len)
{
	struct totp_secret secret = {.len = len};

	for (unsigned i = 0; i < len; i++)
		secret.bytes[i] = (unsigned char)(7 * i + 1);
	return secret;
}

static struct totp_sealed seal(const struct keys *keys, const struct totp_secret *secret)
{
	struct totp_sealed sealed;

	assert_int_equal(totp_seal(keys, &alice, nonce, secret, &sealed, NULL), OTP_OK);
	return sealed;
}

static void assert_refused(
	const struct keys *keys, const struct totp_owner *owner, const struct totp_sealed *sealed)
{
	static const struct totp_secret nothing;
	struct totp_secret secret = secret_of(20);
	struct otp_why why = {0};

	assert_int_equal(totp_open(keys, owner, sealed, &secret, &why), OTP_ERR_CORRUPT);
	assert_memory_equal(&secret, &nothing, sizeof secret);
	assert_true(why.text[0] != '\0');
}

/* Computed elsewhere: secrets in records must stay readable. */
static void secret_rests_as_it_always_did(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	const struct totp_secret secret = secret_of(20);
	const struct totp_sealed sealed = seal(&keys, &secret);
	static const unsigned char expected[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
		0x0b, 0x0c, 0x75, 0xc2, 0x6b, 0xa1, 0x8a, 0x8a, 0x0b, 0x63, 0x4f, 0x0b, 0x66, 0x55, 0xb5,
		0x77, 0xb2, 0xf0, 0x0c, 0xc4, 0x50, 0x99, 0x1b, 0x55, 0x7a, 0xd4, 0x33, 0xeb, 0x1d, 0x0c,
		0xcf, 0x36, 0x9c, 0xf1, 0x47, 0x19, 0x5a, 0x68};

	assert_int_equal(sealed.len, sizeof expected);
	assert_memory_equal(sealed.bytes, expected, sizeof expected);
}

static void secret_of_any_length_comes_back_for_its_owner(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);

	for (unsigned len = 0; len <= TOTP_SECRET_MAX; len++) {
		const struct totp_secret secret = secret_of(len);
		struct totp_sealed sealed;
		struct totp_secret back;
		enum otp_err err = totp_seal(&keys, &alice, nonce, &secret, &sealed, NULL);
		if (len < TOTP_SECRET_MIN) {
			assert_int_equal(err, OTP_ERR_INVALID);
			continue;
		}
		assert_int_equal(err, OTP_OK);
		assert_int_equal(sealed.len, TOTP_NONCE_LEN + len + TOTP_TAG_LEN);
		assert_null(memmem(sealed.bytes, sealed.len, secret.bytes, 8));
		assert_int_equal(totp_open(&keys, &alice, &sealed, &back, NULL), OTP_OK);
		assert_memory_equal(&back, &secret, sizeof back);
	}
	const struct totp_secret long_one = {.len = TOTP_SECRET_MAX + 1};
	struct totp_sealed sealed;
	assert_int_equal(totp_seal(&keys, &alice, nonce, &long_one, &sealed, NULL), OTP_ERR_INVALID);
}

static void secret_opens_for_nobody_else(void **state)
{
	(void)state;
	static const struct totp_owner others[] = {
		{"bob", 1000}, {"alice", 1001}, {"alice", 0}, {"alic", 1000}, {"alicee", 1000}, {"", 1000}};
	struct keys keys = some_keys(1), other_keys = some_keys(2);
	const struct totp_secret secret = secret_of(20);
	const struct totp_sealed sealed = seal(&keys, &secret);

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_refused(&keys, &others[i], &sealed);
	assert_refused(&other_keys, &alice, &sealed);
	other_keys = keys;
	memcpy(other_keys.totp, keys.code, KEY_LEN);
	assert_refused(&other_keys, &alice, &sealed);
}

static void any_flipped_bit_is_refused(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	const struct totp_secret secret = secret_of(32);
	const struct totp_sealed sealed = seal(&keys, &secret);

	for (unsigned bit = 0; bit < 8 * sealed.len; bit++) {
		struct totp_sealed flipped = sealed;
		flipped.bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		assert_refused(&keys, &alice, &flipped);
	}
}

static void any_other_length_is_refused(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	const struct totp_secret secret = secret_of(32);
	struct totp_sealed sealed = seal(&keys, &secret);
	const unsigned right = sealed.len;

	for (sealed.len = 0; sealed.len <= TOTP_SEALED_MAX + 2; sealed.len++)
		if (sealed.len != right)
			assert_refused(&keys, &alice, &sealed);
}

static void another_nonce_gives_another_text(void **state)
{
	(void)state;
	static const unsigned char other_nonce[TOTP_NONCE_LEN] = {0};
	struct keys keys = some_keys(1);
	const struct totp_secret secret = secret_of(20);
	const struct totp_sealed a = seal(&keys, &secret);
	struct totp_sealed b;

	assert_int_equal(totp_seal(&keys, &alice, other_nonce, &secret, &b, NULL), OTP_OK);
	assert_memory_not_equal(a.bytes + TOTP_NONCE_LEN, b.bytes + TOTP_NONCE_LEN, secret.len);
}

static void error_queue_is_the_hosts(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	const struct totp_secret secret = secret_of(20);

	error_queue_fill();
	struct totp_sealed sealed = seal(&keys, &secret);
	sealed.bytes[20] ^= 1;
	assert_refused(&keys, &alice, &sealed);
	error_queue_assert_untouched();
}

static void where_libcrypto_fails_nothing_is_kept_or_opened(void **state)
{
	(void)state;
	static const struct totp_secret no_secret;
	static const struct totp_sealed not_sealed;
	struct keys keys = some_keys(1);
	struct totp_secret secret = secret_of(20);
	struct totp_sealed sealed = seal(&keys, &secret), again = sealed;
	struct otp_why why = {0};

	error_queue_empty();
	error_queue_break_libcrypto();
	enum otp_err closed = totp_seal(&keys, &alice, nonce, &secret, &again, &why);
	enum otp_err opened = totp_open(&keys, &alice, &sealed, &secret, &why);
	error_queue_mend_libcrypto();
	assert_int_equal(closed, OTP_ERR_CRYPTO);
	assert_memory_equal(&again, &not_sealed, sizeof again);
	assert_int_equal(opened, OTP_ERR_CRYPTO);
	assert_memory_equal(&secret, &no_secret, sizeof secret);
	error_queue_assert_empty();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secret_rests_as_it_always_did),
		cmocka_unit_test(secret_of_any_length_comes_back_for_its_owner),
		cmocka_unit_test(secret_opens_for_nobody_else),
		cmocka_unit_test(any_flipped_bit_is_refused),
		cmocka_unit_test(any_other_length_is_refused),
		cmocka_unit_test(another_nonce_gives_another_text),
		cmocka_unit_test(error_queue_is_the_hosts),
		cmocka_unit_test(where_libcrypto_fails_nothing_is_kept_or_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
