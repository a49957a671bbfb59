/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/key.h"
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

static const unsigned char key_ones[KEY_LEN] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

/* Bytes from hex; returns how many. */
static size_t from_hex(const char *hex, unsigned char *out)
{
	size_t n = 0;
	assert_int_equal(OPENSSL_hexstr2buf_ex(out, 256, &n, hex, '\0'), 1);
	return n;
}

static void assert_hex(const unsigned char *bytes, size_t len, const char *hex)
{
	unsigned char expected[256];

	assert_int_equal(from_hex(hex, expected), len);
	assert_memory_equal(bytes, expected, len);
}

static void assert_hkdf(const char *secret, const char *salt, const char *info, const char *okm)
{
	unsigned char secret_bytes[256], salt_bytes[256], info_bytes[256], expected[256], out[256];
	struct key_part secret_part = {secret_bytes, from_hex(secret, secret_bytes)};
	struct key_part salt_part = {salt_bytes, *salt != '\0' ? from_hex(salt, salt_bytes) : 0};
	struct key_part info_part = {info_bytes, *info != '\0' ? from_hex(info, info_bytes) : 0};
	size_t len = from_hex(okm, expected);

	assert_int_equal(key_hkdf(secret_part, salt_part, info_part, out, len, NULL), OTP_OK);
	assert_memory_equal(out, expected, len);
}

static void hkdf_gives_the_vectors_of_rfc_5869(void **state)
{
	(void)state;

	/* A.1, A.2, A.3 */
	assert_hkdf("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
		"f0f1f2f3f4f5f6f7f8f9",
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
	assert_hkdf(
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d"
		"2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
		"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d"
		"8e8f"
		"909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
		"b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdd"
		"dedf"
		"e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e59"
		"0e09"
		"da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
	assert_hkdf("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

/* The keys of a host must stay what they are, or every record on it becomes another store's. */
static void derived_keys_stay_what_they_are(void **state)
{
	(void)state;
	unsigned char host_key[KEY_HOST_LEN], id[KEY_MAC_LEN];
	struct keys keys;

	for (size_t i = 0; i < sizeof host_key; i++)
		host_key[i] = (unsigned char)i;
	assert_int_equal(keys_derive(host_key, &keys, NULL), OTP_OK);
	assert_hex(keys.code, KEY_LEN, "27ed8b06199c972b481bef5d83924e2ebb77316c8b384b98be4ca33736e63d0d");
	assert_hex(keys.origin, KEY_LEN, "a5500d1940788956d084e9df9a4de42ae927f3439816dcb4501187ea5c1855d4");
	assert_hex(keys.store, KEY_LEN, "e0597b7d58edeab0181b8a60789ae981fb45d0e7526d662357437b6b0e849955");
	assert_int_equal(key_store_id(&keys, id, NULL), OTP_OK);
	assert_hex(id, KEY_MAC_LEN, "a7cd745e54a52a583be9bd866105ca253d3837d53cf002af20db74f96bd3640c");
}

static void another_host_key_gives_other_keys(void **state)
{
	(void)state;
	unsigned char host_key[KEY_HOST_LEN] = {0}, id_a[KEY_MAC_LEN], id_b[KEY_MAC_LEN];
	struct keys a, b;

	assert_int_equal(keys_derive(host_key, &a, NULL), OTP_OK);
	host_key[KEY_HOST_LEN - 1] ^= 1;
	assert_int_equal(keys_derive(host_key, &b, NULL), OTP_OK);
	assert_memory_not_equal(a.code, b.code, KEY_LEN);
	assert_memory_not_equal(a.origin, b.origin, KEY_LEN);
	assert_memory_not_equal(a.store, b.store, KEY_LEN);
	assert_memory_not_equal(a.limits, b.limits, KEY_LEN);
	assert_memory_not_equal(a.limits, a.store, KEY_LEN);
	assert_int_equal(key_store_id(&a, id_a, NULL), OTP_OK);
	assert_int_equal(key_store_id(&b, id_b, NULL), OTP_OK);
	assert_memory_not_equal(id_a, id_b, KEY_MAC_LEN);
}

static void wiped_keys_are_gone(void **state)
{
	(void)state;
	static const struct keys none;
	struct keys keys;

	memset(&keys, 0x5a, sizeof keys);
	keys_wipe(&keys);
	assert_memory_equal(&keys, &none, sizeof keys);
}

/* Against HMAC-SHA-256 of the same bytes, put together by hand. */
static void mac_is_hmac_sha_256_of_length_prefixed_parts(void **state)
{
	(void)state;
	static const unsigned char whole[] = {
		0, 0, 0, 0, 0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'c'};
	const struct key_part parts[] = {{"ab", 2}, {NULL, 0}, {"c", 1}};
	unsigned char mac[KEY_MAC_LEN], expected[KEY_MAC_LEN];
	unsigned expected_len = 0;

	assert_int_equal(key_mac(key_ones, parts, 3, mac, NULL), OTP_OK);
	assert_non_null(HMAC(EVP_sha256(), key_ones, KEY_LEN, whole, sizeof whole, expected, &expected_len));
	assert_int_equal(expected_len, KEY_MAC_LEN);
	assert_memory_equal(mac, expected, KEY_MAC_LEN);
}

/* HMAC pads a key with zeros to 64 bytes, so a short key followed by zeros is that short key (RFC 2104 2). */
static void mac_gives_a_vector_computed_elsewhere(void **state)
{
	(void)state;
	const unsigned char key[KEY_LEN] = "Jefe";
	const struct key_part part = {"what do ya want for nothing?", 28};
	unsigned char mac[KEY_MAC_LEN];

	assert_int_equal(key_mac(key, &part, 1, mac, NULL), OTP_OK);
	assert_hex(mac, KEY_MAC_LEN, "f80838b2e599dfbe7a38f7a7a17809946762357529df986b87919b732a79be43");
	assert_int_equal(key_mac(key, NULL, 0, mac, NULL), OTP_OK);
	assert_hex(mac, KEY_MAC_LEN, "923598ca6d64af2a5dba79dcd021a8a0fe5c5f557519adaaf0ad532d4506dd30");
}

static void C18_no_two_lists_of_parts_share_a_mac(void **state)
{
	(void)state;
	static const struct {
		struct key_part parts[3];
		size_t n;
	} lists[] = {
		{{{NULL, 0}}, 0},
		{{{"", 0}}, 1},
		{{{"", 0}, {"", 0}}, 2},
		{{{"abc", 3}}, 1},
		{{{"ab", 2}, {"c", 1}}, 2},
		{{{"a", 1}, {"bc", 2}}, 2},
		{{{"abc", 3}, {"", 0}}, 2},
		{{{"", 0}, {"abc", 3}}, 2},
		{{{"a", 1}, {"b", 1}, {"c", 1}}, 3},
		{{{"abc\0", 4}}, 1},
		{{{"ab\0\0\0\0\0\0\0\1c", 11}}, 1},
		{{{"\0\0\0\0\0\0\0\0", 8}}, 1},
	};
	enum { N = sizeof lists / sizeof *lists };
	unsigned char macs[N][KEY_MAC_LEN];

	for (size_t i = 0; i < N; i++) {
		assert_int_equal(key_mac(key_ones, lists[i].parts, lists[i].n, macs[i], NULL), OTP_OK);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(macs[i], macs[j], KEY_MAC_LEN);
	}
}

static void mac_depends_on_the_key(void **state)
{
	(void)state;
	const struct key_part part = {"x", 1};
	unsigned char key[KEY_LEN], first[KEY_MAC_LEN], other[KEY_MAC_LEN];

	memcpy(key, key_ones, KEY_LEN);
	assert_int_equal(key_mac(key, &part, 1, first, NULL), OTP_OK);
	for (size_t i = 0; i < KEY_LEN; i++) {
		key[i] ^= 0x80;
		assert_int_equal(key_mac(key, &part, 1, other, NULL), OTP_OK);
		assert_memory_not_equal(first, other, KEY_MAC_LEN);
		key[i] ^= 0x80;
	}
}

/* Runs everything of key.h once; every verdict must be expected. */
static void run_all(enum otp_err expected)
{
	static const struct keys no_keys;
	static const unsigned char zeros[KEY_MAC_LEN];
	const struct key_part part = {"x", 1};
	struct keys keys;
	unsigned char mac[KEY_MAC_LEN];
	struct otp_why why = {0};

	memset(&keys, 0x5a, sizeof keys);
	memset(mac, 0x5a, sizeof mac);
	assert_int_equal(keys_derive(key_ones, &keys, &why), expected);
	assert_int_equal(memcmp(&keys, &no_keys, sizeof keys) == 0, expected != OTP_OK);
	assert_int_equal(key_mac(key_ones, &part, 1, mac, &why), expected);
	assert_int_equal(memcmp(mac, zeros, sizeof mac) == 0, expected != OTP_OK);
	assert_int_equal(key_store_id(&keys, mac, &why), expected);
	assert_int_equal(why.text[0] != '\0', expected != OTP_OK);
}

static void C01_failing_libcrypto_gives_an_error_and_no_key(void **state)
{
	(void)state;

	error_queue_break_libcrypto();
	run_all(OTP_ERR_CRYPTO);
	error_queue_mend_libcrypto();
	run_all(OTP_OK);
}

static void C01_too_long_a_derivation_gives_an_error_and_no_key(void **state)
{
	(void)state;
	static unsigned char out[255 * 32 + 1];
	static const unsigned char zeros[sizeof out];
	const struct key_part part = {"x", 1};

	memset(out, 0x5a, sizeof out);
	error_queue_fill();
	assert_int_equal(key_hkdf(part, part, part, out, sizeof out, NULL), OTP_ERR_CRYPTO);
	error_queue_assert_untouched();
	assert_memory_equal(out, zeros, sizeof out);
}

static void the_hosts_error_queue_is_left_as_it_was(void **state)
{
	(void)state;

	error_queue_fill();
	run_all(OTP_OK);
	error_queue_assert_untouched();
	error_queue_empty();
	run_all(OTP_OK);
	error_queue_assert_empty();

	error_queue_break_libcrypto();
	error_queue_fill();
	run_all(OTP_ERR_CRYPTO);
	error_queue_assert_untouched();
	error_queue_empty();
	run_all(OTP_ERR_CRYPTO);
	error_queue_assert_empty();
	error_queue_mend_libcrypto();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hkdf_gives_the_vectors_of_rfc_5869),
		cmocka_unit_test(derived_keys_stay_what_they_are),
		cmocka_unit_test(another_host_key_gives_other_keys),
		cmocka_unit_test(wiped_keys_are_gone),
		cmocka_unit_test(mac_is_hmac_sha_256_of_length_prefixed_parts),
		cmocka_unit_test(mac_gives_a_vector_computed_elsewhere),
		cmocka_unit_test(C18_no_two_lists_of_parts_share_a_mac),
		cmocka_unit_test(mac_depends_on_the_key),
		cmocka_unit_test(C01_failing_libcrypto_gives_an_error_and_no_key),
		cmocka_unit_test(C01_too_long_a_derivation_gives_an_error_and_no_key),
		cmocka_unit_test(the_hosts_error_queue_is_left_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
