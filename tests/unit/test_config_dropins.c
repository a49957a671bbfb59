/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "tests/unit/config_stage.h"
#include "tests/unit/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void drop_ins_override_in_byte_order(void **state)
{
	const char *path = config_stage_write(
		state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS "[limits]\ntries=1\n[code]\nlength=6\n");

	(void)config_stage_write(state, "otpcode.conf.d/b.conf", "[limits]\ntries=3\n");
	(void)config_stage_write(state, "otpcode.conf.d/a.conf", "[limits]\ntries=2\n[code]\nlength=7\n");
	(void)config_stage_write(state, "otpcode.conf.d/B.conf", "[limits]\ntries=4\nlock_after=9\n");
	(void)config_stage_write(state, "otpcode.conf.d/10.conf", "[limits]\nlock_after=8\n");
	(void)config_stage_write(state, "otpcode.conf.d/9.conf", "[limits]\nwrong_per_30d=33\n");
	assert_int_equal(config_stage_load(path), OTP_OK);
	assert_int_equal(config_stage_config.policy.tries, 3);
	assert_int_equal(config_stage_config.policy.form.length, 7);
	assert_int_equal(config_stage_config.policy.lock_after, 9);
	assert_int_equal(config_stage_config.policy.wrong_per_30d, 33);
}

static void an_argument_overrides_a_drop_in(void **state)
{
	const char *path = config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);
	const char *args[] = {"conf=/elsewhere", "limits.tries=7"};

	(void)config_stage_write(state, "otpcode.conf.d/a.conf", "[limits]\ntries=2\n");
	assert_int_equal(config_stage_load_with(path, 2, args), OTP_OK);
	assert_int_equal(config_stage_config.policy.tries, 7);
}

static void only_files_named_conf_are_drop_ins(void **state)
{
	static const char *const left[] = {
		"a.conf~", "a.conf.dpkg-new", "README", ".a.conf", ".conf", "conf", "a.CONF"};
	const char *path = config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);

	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
		char name[64];
		(void)snprintf(name, sizeof name, "otpcode.conf.d/%s", left[i]);
		(void)config_stage_write(state, name, "what is this");
	}
	if (config_stage_load(path) != OTP_OK)
		fail_msg("%s", config_stage_why.text);
}

static void a_fault_in_a_drop_in_names_the_drop_in(void **state)
{
	const char *path =
		config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS "[code]\nlength=6\n");
	const char *dropin =
		config_stage_write(state, "otpcode.conf.d/a.conf", "[code]\nlength=7\nlength=7\n");

	config_stage_refused(
		config_stage_load(path), dropin, ":3: length is repeated: it stands in line 2 already");
	dropin = config_stage_write(state, "otpcode.conf.d/a.conf", "length=7\n");
	config_stage_refused(config_stage_load(path), dropin, ":1: a key stands above the first [section]");
	dropin = config_stage_write(state, "otpcode.conf.d/a.conf", "[email]\n\nproviders=other\n");
	config_stage_refused(config_stage_load(path), dropin,
		":3: providers names other, but there is no section [provider other]");
}

static void no_drop_in_is_skipped_because_it_is_not_to_be_trusted(void **state)
{
	const char *path = config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);
	const char *dropin = config_stage_write(state, "otpcode.conf.d/a.conf", "");

	assert_int_equal(chmod(dropin, 0664), 0);
	config_stage_refused(config_stage_load(path), dropin, ": mode 0664 lets others than its owner write");
	assert_int_equal(unlink(dropin), 0);
	assert_int_equal(symlink(path, dropin), 0);
	config_stage_refused(config_stage_load(path), dropin, ": a symbolic link");
	assert_int_equal(unlink(dropin), 0);
	assert_int_equal(mkdir(dropin, 0755), 0);
	config_stage_refused(config_stage_load(path), dropin, ": not a regular file");
}

static void a_drop_in_folder_must_be_as_trusted(void **state)
{
	const char *path = config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);
	const char *folder = config_stage_path(state, "otpcode.conf.d");

	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(config_stage_load(path), OTP_OK);
	assert_int_equal(chmod(folder, 0775), 0);
	config_stage_refused(config_stage_load(path), folder, ": mode 0775 lets others than its owner write");
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(symlink("/etc", folder), 0);
	config_stage_refused(config_stage_load(path), folder, ": a symbolic link");
	assert_int_equal(unlink(folder), 0);
	assert_non_null(config_stage_write(state, "otpcode.conf.d", ""));
	config_stage_refused(config_stage_load(path), folder, ": a symbolic link, or not a folder");
}

static void what_cannot_be_read_is_a_fault(void **state)
{
	const char *path = config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);
	const char *dropin = config_stage_write(state, "otpcode.conf.d/a.conf", "");
	const char *folder = config_stage_path(state, "otpcode.conf.d");

	assert_int_equal(config_stage_load_as_nobody(path), OTP_OK);
	assert_int_equal(chmod(dropin, 0), 0);
	config_stage_refused(config_stage_load_as_nobody(path), dropin, ": Permission denied");
	assert_int_equal(chmod(folder, 0), 0);
	config_stage_refused(config_stage_load_as_nobody(path), folder, ": Permission denied");
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(path, 0), 0);
	config_stage_refused(config_stage_load_as_nobody(path), path, ": Permission denied");
}

static void there_may_be_64_drop_ins_and_not_one_more(void **state)
{
	(void)config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);
	for (int i = 0; i < CONFIG_DROPINS_MAX; i++) {
		char name[64];
		(void)snprintf(name, sizeof name, "otpcode.conf.d/%02d.conf", i);
		(void)config_stage_write(state, name, "");
	}
	assert_int_equal(config_stage_load(config_stage_path(state, CONFIG_STAGE_MAIN)), OTP_OK);
	(void)config_stage_write(state, "otpcode.conf.d/more.conf", "");
	config_stage_refused(config_stage_load(config_stage_path(state, CONFIG_STAGE_MAIN)),
		config_stage_path(state, "otpcode.conf.d"), ": more than 64 .conf files");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_STAGE_TEST(drop_ins_override_in_byte_order),
		CONFIG_STAGE_TEST(an_argument_overrides_a_drop_in),
		CONFIG_STAGE_TEST(only_files_named_conf_are_drop_ins),
		CONFIG_STAGE_TEST(a_fault_in_a_drop_in_names_the_drop_in),
		CONFIG_STAGE_TEST(no_drop_in_is_skipped_because_it_is_not_to_be_trusted),
		CONFIG_STAGE_TEST(a_drop_in_folder_must_be_as_trusted),
		CONFIG_STAGE_TEST(what_cannot_be_read_is_a_fault),
		CONFIG_STAGE_TEST(there_may_be_64_drop_ins_and_not_one_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
