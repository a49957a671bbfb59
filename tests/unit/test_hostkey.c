/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/hostkey.h"

#include "tests/unit/staging.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *stage_folder;

static int stage(void **state)
{
	(void)state;
	stage_folder = staging_make();
	return 0;
}

static int unstage(void **state)
{
	(void)state;
	staging_remove();
	return 0;
}

static void need_stage(void)
{
	if (stage_folder != NULL)
		return;
	print_message("no folder here whose parents nobody else may write to\n");
	skip();
}

static enum otp_err load(struct keys *keys, struct otp_why *why)
{
	memset(why, 0, sizeof *why);
	return hostkey_load(staging_path("host.key"), geteuid(), keys, why);
}

static enum otp_err create(bool *created, struct otp_why *why)
{
	return hostkey_create(staging_path("host.key"), geteuid(), created, why);
}

static void a_new_key_is_32_bytes_for_its_owner_alone(void **state)
{
	unsigned char bytes[64];
	unsigned char other[64];
	bool created = false;
	struct stat st;
	struct otp_why why;
	(void)state;

	need_stage();
	mode_t old = umask(0777);
	enum otp_err err = create(&created, &why);
	(void)umask(old);
	assert_int_equal(err, OTP_OK);
	assert_true(created);
	assert_int_equal(stat(staging_path("host.key"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(staging_read("host.key", bytes, sizeof bytes), KEY_HOST_LEN);
	assert_int_equal(unlink(staging_path("host.key")), 0);
	assert_int_equal(create(&created, &why), OTP_OK);
	assert_int_equal(staging_read("host.key", other, sizeof other), KEY_HOST_LEN);
	assert_memory_not_equal(bytes, other, KEY_HOST_LEN);
}

static void every_byte_of_a_new_key_is_drawn(void **state)
{
	unsigned char differs[KEY_HOST_LEN] = {0};
	unsigned char first[64] = {0};
	unsigned char other[64] = {0};
	bool created = false;
	struct otp_why why;
	(void)state;

	need_stage();
	for (unsigned i = 0; i < 10; i++) {
		unsigned char *key = i == 0 ? first : other;
		assert_int_equal(create(&created, &why), OTP_OK);
		assert_int_equal(staging_read("host.key", key, sizeof other), KEY_HOST_LEN);
		assert_int_equal(unlink(staging_path("host.key")), 0);
		for (unsigned at = 0; at < KEY_HOST_LEN; at++)
			differs[at] |= key[at] ^ first[at];
	}
	assert_null(memchr(differs, 0, sizeof differs)); /* nine bytes equal to a tenth: once in 2^72 */
}

static void a_key_that_is_there_is_never_written_over(void **state)
{
	static const char key[KEY_HOST_LEN] = "the key that was there before it";
	char bytes[64];
	bool created = true;
	struct otp_why why;
	(void)state;

	need_stage();
	staging_write("host.key", key, sizeof key);
	assert_int_equal(create(&created, &why), OTP_OK);
	assert_false(created);
	assert_int_equal(staging_read("host.key", bytes, sizeof bytes), sizeof key);
	assert_memory_equal(bytes, key, sizeof key);
	assert_int_equal(unlink(staging_path("host.key")), 0);
	assert_int_equal(symlink("elsewhere", staging_path("host.key")), 0);
	assert_int_equal(create(&created, &why), OTP_OK);
	assert_false(created);
	assert_int_equal(access(staging_path("elsewhere"), F_OK), -1);
}

static void the_keys_are_those_derived_from_it(void **state)
{
	static const unsigned char key[KEY_HOST_LEN] = "thirty-two bytes of a known key";
	struct keys expected;
	struct keys keys;
	struct otp_why why;
	(void)state;

	need_stage();
	staging_write("host.key", key, sizeof key);
	assert_int_equal(keys_derive(key, &expected, &why), OTP_OK);
	assert_int_equal(load(&keys, &why), OTP_OK);
	assert_memory_equal(&keys, &expected, sizeof keys);
	assert_int_equal(chmod(staging_path("host.key"), 0400), 0);
	assert_int_equal(load(&keys, &why), OTP_OK);
}

static void a_key_of_any_other_length_is_corrupt(void **state)
{
	static const char bytes[4096];
	struct keys keys;
	struct otp_why why;
	(void)state;

	need_stage();
	for (size_t len = 0; len < 70; len++) {
		staging_write("host.key", bytes, len);
		assert_int_equal(load(&keys, &why), len == KEY_HOST_LEN ? OTP_OK : OTP_ERR_CORRUPT);
	}
	staging_write("host.key", bytes, sizeof bytes);
	assert_int_equal(load(&keys, &why), OTP_ERR_CORRUPT);
	assert_non_null(strstr(why.text, staging_path("host.key")));
}

static void C04_a_key_that_others_could_have_had_is_refused(void **state)
{
	static const char key[KEY_HOST_LEN];
	struct keys keys;
	struct otp_why why;
	(void)state;

	need_stage();
	staging_write("host.key", key, sizeof key);
	assert_int_equal(chmod(staging_path("host.key"), 0640), 0);
	assert_int_equal(load(&keys, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(chmod(staging_path("host.key"), 0600), 0);
	assert_int_equal(link(staging_path("host.key"), staging_path("second")), 0);
	assert_int_equal(load(&keys, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(unlink(staging_path("host.key")), 0);
	assert_int_equal(symlink("second", staging_path("host.key")), 0);
	assert_int_equal(load(&keys, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(hostkey_load(staging_path("second"), geteuid() + 1, &keys, &why), OTP_ERR_UNTRUSTED);
}

static void a_missing_key_is_an_error_that_names_it(void **state)
{
	struct keys keys;
	struct otp_why why;
	bool created = true;
	(void)state;

	need_stage();
	assert_int_equal(load(&keys, &why), OTP_ERR_IO);
	assert_int_equal(why.os_error, ENOENT);
	assert_non_null(strstr(why.text, staging_path("host.key")));
	assert_int_equal(
		hostkey_create(staging_path("missing/host.key"), geteuid(), &created, &why), OTP_ERR_IO);
	assert_false(created);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage, unstage)
	const struct CMUnitTest tests[] = {
		STAGED(a_new_key_is_32_bytes_for_its_owner_alone),
		STAGED(every_byte_of_a_new_key_is_drawn),
		STAGED(a_key_that_is_there_is_never_written_over),
		STAGED(the_keys_are_those_derived_from_it),
		STAGED(a_key_of_any_other_length_is_corrupt),
		STAGED(C04_a_key_that_others_could_have_had_is_refused),
		STAGED(a_missing_key_is_an_error_that_names_it),
	};

	return cmocka_run_group_tests_name("hostkey", tests, NULL, NULL);
}
