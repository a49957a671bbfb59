/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "tests/unit/config_stage.h"
#include "tests/unit/config_text.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void a_whole_file_is_read(void **state)
{
	const char *path = config_stage_write(
		state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS "[code]\nlength=8\nalphabet=letters");

	assert_int_equal(config_stage_load(path), OTP_OK);
	assert_string_equal(config_stage_config.path, path);
	assert_int_equal(config_stage_config.policy.form.length, 8);
	assert_int_equal(config_stage_config.policy.form.alphabet, CODE_LETTERS);
	assert_int_equal(config_stage_config.policy.tries, policy_default().tries);
	assert_true(config_stage_config.prompt.echo);
	assert_int_equal(config_stage_config.prompt.max_prompts, 5);
	assert_int_equal(config_stage_config.users.unenrolled, CONFIG_UNENROLLED_DENY);
	assert_string_equal(config_stage_config.delivery.hook, OTPCODE_LIBEXECDIR "/otpcode-deliver");
	assert_string_equal(config_stage_config.delivery.hook_user, "_otpcode");
	assert_int_equal(config_stage_config.delivery.wait_s, 10);
	assert_string_equal(config_stage_config.store.path, OTPCODE_STATEDIR);
	assert_string_equal(config_stage_config.store.key, OTPCODE_SYSCONFDIR "/host.key");
	assert_string_equal(config_stage_config.email.from, "a@b.org");
	assert_string_equal(
		config_find_provider(&config_stage_config, config_stage_config.email.providers[0])->url,
		"smtp://localhost");
}

static void a_missing_file_is_a_fault_of_configuration(void **state)
{
	const char *path = config_stage_path(state, CONFIG_STAGE_MAIN);
	config_stage_refused(config_stage_load(path), path, ": No such file or directory");
	path = config_stage_path(state, "none/" CONFIG_STAGE_MAIN);
	config_stage_refused(
		config_stage_load(path), config_stage_path(state, "none"), ": No such file or directory");
}

static void a_path_that_is_not_absolute_or_too_long_is_a_fault(void **state)
{
	(void)state;
	char path[CONFIG_PATH_SIZE + 2] = "/";

	config_stage_refused(
		config_stage_load(CONFIG_STAGE_MAIN), CONFIG_STAGE_MAIN, ": must be an absolute path");
	config_stage_refused(config_stage_load(""), "", ": must be an absolute path");
	memset(path + 1, 'x', sizeof path - 2);
	config_stage_refused(config_stage_load(path), "/xxx", "a path of over 255 bytes");
}

static void any_fault_leaves_nothing_half_read(void **state)
{
	const char *path = config_stage_write(
		state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS "[code]\nlength=8\nlifetime=5\n");
	config_stage_refused(config_stage_load(path), path, ":8: lifetime=5 needs a unit: 5min");
	path = config_stage_write(state, CONFIG_STAGE_MAIN, "[code]\nlength=8\n");
	config_stage_refused(config_stage_load(path), path, ": [email] providers is empty");
	path = config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);
	config_stage_refused(config_stage_load_with(path, 1, (const char *[]){"code.length=5"}),
		"argument code.length=5", ": ");
	assert_int_equal(config_load(path, geteuid(), 1, (const char *[]){"code.length=5"},
				 &config_stage_config, NULL),
		OTP_ERR_CONFIG);
	config_stage_zeroed();
}

static void C04_a_file_that_is_not_to_be_trusted_is_refused(void **state)
{
	const char *path = config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);
	const char *other = config_stage_path(state, "other");

	assert_int_equal(config_load(path, geteuid() + 1, 0, NULL, &config_stage_config, &config_stage_why),
		OTP_ERR_CONFIG);
	assert_non_null(strstr(config_stage_why.text, "must be owned by uid"));
	assert_int_equal(chmod(path, 0646), 0);
	config_stage_refused(config_stage_load(path), path, ": mode 0646 lets others than its owner write");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(link(path, other), 0);
	config_stage_refused(config_stage_load(path), path, ": has 2 links, must have one");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(other, path), 0);
	config_stage_refused(config_stage_load(path), path, ": a symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	config_stage_refused(config_stage_load(path), path, ": not a regular file");
}

static void C45_a_fifo_is_refused_without_waiting_for_a_writer(void **state)
{
	const char *path = config_stage_path(state, CONFIG_STAGE_MAIN);

	assert_int_equal(mkfifo(path, 0644), 0);
	config_stage_refused(config_stage_load(path), path, ": not a regular file");
}

/* len bytes: a whole configuration, then a comment that fills it up. */
static const char *write_long(void **state, size_t len)
{
	static char text[CONFIG_FILE_MAX + 2];
	size_t whole = strlen(CONFIG_TEXT_WORKS);

	memset(text, 'x', len);
	memcpy(text, CONFIG_TEXT_WORKS, whole);
	text[whole] = '#';
	text[len] = '\0';
	return config_stage_write(state, CONFIG_STAGE_MAIN, text);
}

static void a_file_may_have_64_KiB_and_not_a_byte_more(void **state)
{
	const char *path = write_long(state, CONFIG_FILE_MAX);
	assert_int_equal(config_stage_load(path), OTP_OK);
	path = write_long(state, CONFIG_FILE_MAX + 1);
	config_stage_refused(config_stage_load(path), path, ": over 65536 bytes");
}

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		n++;
	(void)closedir(folder);
	return n;
}

static void C25_no_descriptor_is_left_open(void **state)
{
	const char *path = config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS);
	const char *dropin = config_stage_write(state, "otpcode.conf.d/a.conf", "");
	unsigned before = open_descriptors();

	assert_int_equal(config_stage_load(path), OTP_OK);
	assert_int_equal(chmod(dropin, 0666), 0);
	assert_int_equal(config_stage_load(path), OTP_ERR_CONFIG);
	(void)config_stage_write(state, "otpcode.conf.d/a.conf", "x");
	assert_int_equal(config_stage_load(path), OTP_ERR_CONFIG);
	(void)config_stage_write(state, CONFIG_STAGE_MAIN, "x");
	assert_int_equal(config_stage_load(path), OTP_ERR_CONFIG);
	assert_int_equal(open_descriptors(), before);
}

static void conf_names_another_file(void **state)
{
	(void)state;
	const char *path = "unset";

	assert_int_equal(config_conf_argument(0, NULL, &path, &config_stage_why), OTP_OK);
	assert_null(path);
	assert_int_equal(config_conf_argument(2, (const char *[]){"code.length=6", "conf=/x/y.conf"}, &path,
				 &config_stage_why),
		OTP_OK);
	assert_string_equal(path, "/x/y.conf");
	assert_int_equal(config_conf_argument(1, (const char *[]){"conf=y.conf"}, &path, &config_stage_why),
		OTP_ERR_CONFIG);
	assert_string_equal(config_stage_why.text, "argument conf=y.conf: must be an absolute path");
	assert_int_equal(
		config_conf_argument(1, (const char *[]){"conf="}, &path, &config_stage_why), OTP_ERR_CONFIG);
	assert_int_equal(
		config_conf_argument(2, (const char *[]){"conf=/x", "conf=/x"}, &path, &config_stage_why),
		OTP_ERR_CONFIG);
	assert_string_equal(config_stage_why.text, "argument conf=/x: conf is given twice");
	assert_null(path);
}

struct shown {
	char text[8192];
	unsigned n;
};

static void note(void *ctx, const char *section, const char *key, const char *value, const char *source)
{
	struct shown *shown = ctx;
	size_t len = strlen(shown->text);
	(void)snprintf(shown->text + len, sizeof shown->text - len, "[%s] %s=%s (%s)\n", section, key, value,
		source);
	shown->n++;
}

static void assert_shown(const struct shown *shown, const char *format, const char *source)
{
	char line[512];

	(void)snprintf(line, sizeof line, "%s (%s)\n", format, source);
	if (strstr(shown->text, line) == NULL)
		fail_msg("%s is not in\n%s", line, shown->text);
}

static void show_tells_every_key_its_value_and_its_place(void **state)
{
	static struct shown shown;
	char place[CONFIG_STAGE_PATH + 8];
	const char *path =
		config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS "[code]\nlifetime=120s\n");
	const char *dropin = config_stage_write(state, "otpcode.conf.d/a.conf",
		"[provider b]\nurl=smtps://mx\n[limits]\nsends_per_user=7/d\n[prompt]\necho=no\n");

	assert_int_equal(config_show(path, geteuid(), note, &shown, &config_stage_why), OTP_OK);
	(void)snprintf(place, sizeof place, "%s:7", path);
	assert_shown(&shown, "[code] lifetime=2min", place);
	(void)snprintf(place, sizeof place, "%s:5", path);
	assert_shown(&shown, "[provider relay] url=smtp://localhost", place);
	assert_shown(&shown, "[provider relay] tls=none", "default");
	assert_shown(&shown, "[provider b] tls=required", "default");
	(void)snprintf(place, sizeof place, "%s:4", dropin);
	assert_shown(&shown, "[limits] sends_per_user=7/d", place);
	assert_shown(&shown, "[code] length=6", "default");
	assert_shown(&shown, "[prompt] support=", "default");
	assert_shown(&shown, "[store] path=" OTPCODE_STATEDIR, "default");
	assert_int_equal(shown.n, 40 + 2 * 5);
}

static void show_shows_nothing_where_there_is_a_fault(void **state)
{
	struct shown shown = {.n = 0};
	const char *path =
		config_stage_write(state, CONFIG_STAGE_MAIN, CONFIG_TEXT_WORKS "[code]\nlength=5\n");

	assert_int_equal(config_show(path, geteuid(), note, &shown, NULL), OTP_ERR_CONFIG);
	assert_int_equal(shown.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_STAGE_TEST(a_whole_file_is_read),
		CONFIG_STAGE_TEST(a_missing_file_is_a_fault_of_configuration),
		cmocka_unit_test(a_path_that_is_not_absolute_or_too_long_is_a_fault),
		CONFIG_STAGE_TEST(any_fault_leaves_nothing_half_read),
		CONFIG_STAGE_TEST(C04_a_file_that_is_not_to_be_trusted_is_refused),
		CONFIG_STAGE_TEST(C45_a_fifo_is_refused_without_waiting_for_a_writer),
		CONFIG_STAGE_TEST(a_file_may_have_64_KiB_and_not_a_byte_more),
		CONFIG_STAGE_TEST(C25_no_descriptor_is_left_open),
		cmocka_unit_test(conf_names_another_file),
		CONFIG_STAGE_TEST(show_tells_every_key_its_value_and_its_place),
		CONFIG_STAGE_TEST(show_shows_nothing_where_there_is_a_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
