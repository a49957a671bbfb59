/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reading.h"
#include "config/value.h"
#include "tests/unit/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_missing_unit_is_a_fault_that_suggests_one(void **state)
{
	(void)state;
	config_text_fault("[code]\nlifetime=5\n", "f1.conf:2: lifetime=5 needs a unit: 5min");
	config_text_fault("[code]\nlifetime=300\n", "f1.conf:2: lifetime=300 needs a unit: 300s");
	config_text_fault(
		"[code]\nlifetime=0\n", "f1.conf:2: lifetime=0 needs a unit (s, min, h, d): 1min to 10min");
	config_text_fault("[limits]\nlock_for=15\n", "f1.conf:2: lock_for=15 needs a unit: 15min");
	config_text_fault("[limits]\nresend_after=30\n", "f1.conf:2: resend_after=30 needs a unit: 30s");
	config_text_fault("[delivery]\nwait=10\n", "f1.conf:2: wait=10 needs a unit: 10s");
	config_text_fault("[limits]\nsends_per_user=5\n", "f1.conf:2: sends_per_user=5 needs a unit: 5/h");
}

static void a_value_of_another_kind_is_a_fault_that_says_what_would_be_right(void **state)
{
	(void)state;
	config_text_fault("[code]\nlength=six\n", "f1.conf:2: length=six is not a whole number: 6 to 10");
	config_text_fault("[code]\nlength=\n", "f1.conf:2: length= is not a whole number: 6 to 10");
	config_text_fault(
		"[code]\nlength=6 # six\n", "f1.conf:2: length=6 # six is not a whole number: 6 to 10");
	config_text_fault("[code]\nlength=-6\n", "f1.conf:2: length=-6 is not a whole number: 6 to 10");
	config_text_fault("[code]\nlength=0x6\n", "f1.conf:2: length=0x6 is not a whole number: 6 to 10");
	config_text_fault("[code]\nlength=5\n", "f1.conf:2: length=5 is out of range: 6 to 10");
	config_text_fault("[code]\nalphabet=hex\n", "f1.conf:2: alphabet=hex must be digits|letters");
	config_text_fault("[code]\nalphabet=\n", "f1.conf:2: alphabet= must be digits|letters");
	config_text_fault("[code]\nalphabet=digit\n", "f1.conf:2: alphabet=digit must be digits|letters");
	config_text_fault("[code]\nalphabet=digits|letters\n",
		"f1.conf:2: alphabet=digits|letters must be digits|letters");
	config_text_fault("[code]\nlifetime=5m\n",
		"f1.conf:2: lifetime=5m has an unknown unit (s, min, h, d): 1min to 10min");
	config_text_fault(
		"[code]\nlifetime=min\n", "f1.conf:2: lifetime=min is not a duration: 1min to 10min");
	config_text_fault("[code]\nlifetime=1h\n", "f1.conf:2: lifetime=1h is out of range: 1min to 10min");
	config_text_fault("[limits]\nsends_per_user=5/min\n",
		"f1.conf:2: sends_per_user=5/min is not a rate: 1 to 12, /h or /d");
	config_text_fault("[limits]\nsends_per_user=13/d\n",
		"f1.conf:2: sends_per_user=13/d is out of range: 1 to 12, /h or /d");
	config_text_fault("[prompt]\necho=true\n", "f1.conf:2: echo=true must be yes|no");
	config_text_fault("[delivery]\nhook=otpcode-deliver\n",
		"f1.conf:2: hook must be an absolute path without //, "
		"/./, /../, / at its end; or unix:PATH (up to 107)");
	config_text_fault(
		"[delivery]\nhook_user=root\n", "f1.conf:2: hook_user must be a user's name, not root");
	config_text_fault(
		"[delivery]\nhook_user=0\n", "f1.conf:2: hook_user must be a user's name, not root");
	config_text_fault("[email]\nfrom=login\n", "f1.conf:2: from must be an email address");
	config_text_fault("[limits]\nsends_sms_daily=5/h\n",
		"f1.conf:2: sends_sms_daily=5/h is not a rate: 1 to 100000, /d");
	config_text_fault("[limits]\nsends_sms_daily=5\n", "f1.conf:2: sends_sms_daily=5 needs a unit: 5/d");
	config_text_fault("[limits]\ntrusted_sources=10.0.0.1/8\n",
		"f1.conf:2: trusted_sources=10.0.0.1/8 must be networks such as 10.0.0.0/8 (not 10.0.0.1/8) "
		"or "
		"2001:db8::/32, commas between");
	config_text_fault(
		"[prompt]\nsupport=a\tb\n", "f1.conf:2: support must be up to 64 printable ASCII characters");
}

#define HOOK_RULE                                                                                            \
	"f1.conf:2: hook must be an absolute path without //, /./, /../, / at its end; or unix:PATH (up to " \
	"107)"

static void a_hook_is_a_program_or_a_socket_by_its_absolute_path(void **state)
{
	(void)state;
	static const char *const wrong[] = {"unix:", "unix:deliver.sock", "unix:/run//x", "unix:/run/../x",
		"unix:/run/x/", "unix: /run/x", "unix:unix:/run/x", "Unix:/run/x", "unix/run/x", "tcp:/run/x",
		"unix:@otpcode"};
	char text[512], path[128];

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		(void)snprintf(text, sizeof text, "[delivery]\nhook=%s\n", wrong[i]);
		config_text_fault(text, HOOK_RULE);
	}
	config_text_reads("[delivery]\nhook=unix:/run/otpcode/deliver.sock\n" CONFIG_TEXT_WORKS);
	assert_string_equal(config_text_reading.config.delivery.hook, "unix:/run/otpcode/deliver.sock");
	memset(path, 'x', sizeof path);
	path[0] = '/';
	(void)snprintf(text, sizeof text, "[delivery]\nhook=unix:%.107s\n" CONFIG_TEXT_WORKS, path);
	config_text_reads(text);
	(void)snprintf(text, sizeof text, "[delivery]\nhook=unix:%.108s\n", path);
	config_text_fault(text, HOOK_RULE);
}

/* The member that a key sets, as a number. */
static long number_of(const struct config_key *key)
{
	const char *field = (const char *)&config_text_reading.config + key->offset;

	if (key->kind == CONFIG_KIND_RATE)
		return (long)((const struct policy_rate *)(const void *)field)->count;
	return key->kind == CONFIG_KIND_DURATION ? (long)*(const int *)(const void *)field
						 : (long)*(const unsigned *)(const void *)field;
}

static enum otp_err read_number(const struct config_key *key, const char *number)
{
	char value[80];

	(void)snprintf(value, sizeof value, "%s%s", number,
		key->kind == CONFIG_KIND_RATE       ? "/d"
		: key->kind == CONFIG_KIND_DURATION ? "s"
						    : "");
	return config_text_read_line(key->section, key->key, value);
}

static void every_number_is_taken_within_its_range_and_refused_beyond(void **state)
{
	(void)state;
	const struct config_key *key;
	unsigned seen = 0;

	for (size_t i = 0; (key = table_at(i)) != NULL; i++) {
		if (key->kind != CONFIG_KIND_NUMBER && key->kind != CONFIG_KIND_DURATION &&
			key->kind != CONFIG_KIND_RATE)
			continue;
		const long numbers[] = {key->min, key->max, key->min - 1, key->max + 1};
		for (size_t n = 0; n < 4; n++) {
			char number[32];
			(void)snprintf(number, sizeof number, "%ld", numbers[n]);
			enum otp_err err = read_number(key, number);
			if (err != (n < 2 ? OTP_OK : OTP_ERR_CONFIG))
				fail_msg("%s=%s: %s", key->key, number, config_text_why.text);
			if (n < 2)
				assert_int_equal(number_of(key), numbers[n]);
		}
		seen++;
	}
	assert_int_equal(seen, 16);
}

/* Each of these is within range once it has been cut to 32 or 64 bits. */
static void no_number_is_taken_for_another_by_overflow(void **state)
{
	(void)state;
	static const char *const numbers[] = {"4294967302", "4294967596", "18446744073709551622",
		"18446744073709551916", "99999999999999999999999999999999999999"};
	const struct config_key *key;

	for (size_t i = 0; (key = table_at(i)) != NULL; i++)
		for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++)
			if (key->kind == CONFIG_KIND_NUMBER || key->kind == CONFIG_KIND_DURATION ||
				key->kind == CONFIG_KIND_RATE) {
				assert_int_equal(read_number(key, numbers[n]), OTP_ERR_CONFIG);
				assert_non_null(strstr(config_text_why.text, " is out of range: "));
			}
	config_text_fault(
		"[limits]\nlock_for=49710d\n", "f1.conf:2: lock_for=49710d is out of range: 1s to 1d");
}

static void durations_are_read_in_every_unit_and_written_in_the_longest(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {{"1d", "1d"}, {"24h", "1d"}, {"1440min", "1d"},
		{"86400s", "1d"}, {"90s", "90s"}, {"90min", "90min"}, {"3600s", "1h"}, {"60s", "1min"},
		{"007min", "7min"}};
	const struct config_key *key = table_find("limits", "lock_for");
	char out[CONFIG_VALUE_SIZE];
	int seconds;

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		assert_int_equal(value_parse(key, pairs[i][0], &seconds, NULL), OTP_OK);
		value_format(key, &seconds, out);
		assert_string_equal(out, pairs[i][1]);
	}
}

static void every_default_is_read_as_itself(void **state)
{
	(void)state;
	struct config_key_facts facts;
	const struct config_key *key;
	char out[CONFIG_VALUE_SIZE];

	for (size_t i = 0; (key = table_at(i)) != NULL; i++) {
		assert_true(config_key_at(i, &facts));
		if (facts.default_text[0] == '\0')
			continue;
		enum otp_err err = config_text_read_line(key->section, key->key, facts.default_text);
		if (err != OTP_OK)
			fail_msg("%s", config_text_why.text);
		bool of_provider = strcmp(key->section, TABLE_PROVIDER) == 0;
		const char *base = of_provider ? (const char *)&config_text_reading.config.providers[0]
					       : (const char *)&config_text_reading.config;
		value_format(key, base + key->offset, out);
		assert_string_equal(out, facts.default_text);
	}
}

static void networks_are_read_whole_and_written_in_one_way(void **state)
{
	(void)state;
	static const char *const bad[] = {"x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/",
		"10.0.0.1/31", "2001:db8::/129", "fe80::%eth0/64", "10.0.0.0/8,", "10.0.0.0/8;11.0.0.0/8",
		"bastion.example.org", "::1/127", "::ffff:10.0.0.0/8"};
	const struct config_key *key = table_find("limits", "trusted_sources");
	struct policy_networks *networks = &config_text_reading.config.policy.trusted_sources;
	char value[CONFIG_VALUE_SIZE], many[1024] = "";

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(config_text_read_line("limits", "trusted_sources", bad[i]), OTP_ERR_CONFIG);
	assert_int_equal(config_text_read_line("limits", "trusted_sources",
				 "10.0.0.0/8 , 2001:DB8:0::/32,192.0.2.1, 198.51.100.0/24,0.0.0.0/0"),
		OTP_OK);
	value_format(key, networks, value);
	assert_string_equal(value, "10.0.0.0/8,2001:db8::/32,192.0.2.1/32,198.51.100.0/24,0.0.0.0/0");
	assert_int_equal(networks->n, 5);
	for (size_t i = 0, len = 0; i <= POLICY_TRUSTED_MAX; i++, len = strlen(many))
		(void)snprintf(many + len, sizeof many - len, "%s10.0.0.0/8", i == 0 ? "" : ",");
	assert_int_equal(config_text_read_line("limits", "trusted_sources", many), OTP_ERR_CONFIG);
}

static void paths_have_one_way_to_be_written(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"x", "./x", "/", "//", "//x", "/x/", "/x//y", "/./x", "/x/.", "/../x", "/x/..", "/x/../y"};
	static const char *const good[] = {"/x", "/x/y.z", "/.x/..y", "/x y", "/.../x"};
	char longest[CONFIG_PATH_SIZE + 1] = "/";

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(config_text_read_line("store", "path", bad[i]), OTP_ERR_CONFIG);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(config_text_read_line("store", "path", good[i]), OTP_OK);
		assert_string_equal(config_text_reading.config.store.path, good[i]);
	}
	assert_int_equal(config_text_read_line("store", "path", ""), OTP_ERR_CONFIG);
	assert_int_equal(config_text_read_line("email", "template", ""), OTP_OK);

	memset(longest + 1, 'x', sizeof longest - 2);
	assert_int_equal(config_text_read_line("store", "path", longest), OTP_ERR_CONFIG);
	longest[CONFIG_PATH_SIZE - 1] = '\0';
	assert_int_equal(config_text_read_line("store", "path", longest), OTP_OK);
	assert_string_equal(config_text_reading.config.store.path, longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_unit_is_a_fault_that_suggests_one),
		cmocka_unit_test(a_value_of_another_kind_is_a_fault_that_says_what_would_be_right),
		cmocka_unit_test(a_hook_is_a_program_or_a_socket_by_its_absolute_path),
		cmocka_unit_test(every_number_is_taken_within_its_range_and_refused_beyond),
		cmocka_unit_test(no_number_is_taken_for_another_by_overflow),
		cmocka_unit_test(durations_are_read_in_every_unit_and_written_in_the_longest),
		cmocka_unit_test(every_default_is_read_as_itself),
		cmocka_unit_test(networks_are_read_whole_and_written_in_one_way),
		cmocka_unit_test(paths_have_one_way_to_be_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
