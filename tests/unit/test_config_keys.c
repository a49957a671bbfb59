/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reading.h"
#include "tests/unit/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void an_unknown_section_is_a_fault_that_names_the_nearest(void **state)
{
	(void)state;
	config_text_fault("[cod]\n", "f1.conf:1: unknown section [cod]: did you mean [code]?");
	config_text_fault(
		"# x\n[limit]\ntries=5\n", "f1.conf:2: unknown section [limit]: did you mean [limits]?");
	config_text_fault("[Code]\n", "f1.conf:1: unknown section [Code]: did you mean [code]?");
	config_text_fault("[prvider relay]\n",
		"f1.conf:1: unknown section [prvider relay]: there are [code] [limits] "
		"[prompt] [users] [devices] [delivery] [email] [sms] [provider NAME] [passwd] [store]");
	config_text_fault("[]\n",
		"f1.conf:1: unknown section []: there are [code] [limits] "
		"[prompt] [users] [devices] [delivery] [email] [sms] [provider NAME] [passwd] [store]");
}

static void an_unknown_key_is_a_fault_that_says_what_there_is(void **state)
{
	(void)state;
	config_text_fault(
		"[code]\nlenght=6\n", "f1.conf:2: unknown key lenght in [code]: did you mean length?");
	config_text_fault(
		"[code]\ntries=5\n", "f1.conf:2: unknown key tries in [code]: it belongs to [limits]");
	config_text_fault("[code]\nsize=5\n",
		"f1.conf:2: unknown key size in [code]: there are length alphabet lifetime");
	config_text_fault("[provider x]\npassword_fiel=/x\n",
		"f1.conf:2: unknown key password_fiel in [provider NAME]: did you mean password_file?");
}

static void keys_of_later_issues_do_not_exist_yet(void **state)
{
	(void)state;
	static const char *const unknown[][2] = {{"store", "backend"}, {"provider", "body"}};

	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		assert_int_equal(config_text_read_line(unknown[i][0], unknown[i][1], "x"), OTP_ERR_CONFIG);
		assert_non_null(strstr(config_text_why.text, "f1.conf:2: unknown key "));
	}
}

static void a_key_twice_in_one_file_is_a_fault(void **state)
{
	(void)state;
	config_text_fault("[code]\nlength=6\n\nlength=6\n",
		"f1.conf:4: length is repeated: it stands in line 2 already");
	config_text_fault("[code]\nlength=6\n[limits]\n[code]\nlength=7\n",
		"f1.conf:5: length is repeated: it stands in line 2 already");
	config_text_fault("[provider x]\nurl=smtp://a\n[provider x]\nurl=smtp://b\n",
		"f1.conf:4: url is repeated: it stands in line 2 already");
	config_text_reads("[provider x]\nurl=smtp://a\n[provider y]\nurl=smtp://b\n" CONFIG_TEXT_WORKS);
}

static void a_later_file_overrides_an_earlier_one(void **state)
{
	(void)state;
	const char *texts[] = {CONFIG_TEXT_WORKS "[code]\nlength=6\nlifetime=2min\n", "[code]\nlength=8\n",
		"[code]\nlength=9\n[provider relay]\nurl=smtp://127.0.0.1:2525\n", NULL};

	assert_int_equal(config_text_read_files(texts), OTP_OK);
	assert_int_equal(reading_finish(&config_text_reading, &config_text_why), OTP_OK);
	assert_int_equal(config_text_reading.config.policy.form.length, 9);
	assert_int_equal(config_text_reading.config.policy.lifetime_s, 120);
	assert_int_equal(config_text_reading.config.providers_n, 1);
	assert_string_equal(config_text_reading.config.providers[0].url, "smtp://127.0.0.1:2525");
	assert_string_equal(config_text_reading.config.path, "f1.conf");
}

static void a_cooldown_longer_than_a_code_works_is_a_fault(void **state)
{
	(void)state;
	config_text_fault(CONFIG_TEXT_WORKS "[limits]\nresend_after=6min\n",
		"f1.conf:7: [limits] resend_after is longer than [code] lifetime: it must not be");
	config_text_reads(CONFIG_TEXT_WORKS "[limits]\nresend_after=1min\n[code]\nlifetime=1min\n");
}

static void C33_revealing_nothing_contradicts_letting_in_unasked(void **state)
{
	(void)state;
	config_text_fault(CONFIG_TEXT_WORKS "[prompt]\nreveal=none\n[users]\nunenrolled=ignore\n",
		"f1.conf:7: [prompt] reveal=none contradicts [users] unenrolled=ignore: it would show who is "
		"enrolled");
	config_text_fault(CONFIG_TEXT_WORKS "[prompt]\nreveal=none\n[devices]\nremember_for=1d\n",
		"f1.conf:7: [prompt] reveal=none contradicts [devices] remember_for: it would show who "
		"logged "
		"in before");
	config_text_reads(CONFIG_TEXT_WORKS "[prompt]\nreveal=none\n");
	config_text_reads(CONFIG_TEXT_WORKS "[prompt]\nreveal=masked\n[users]\nunenrolled=ignore\n");
}

static void no_fault_shows_what_may_be_a_secret(void **state)
{
	(void)state;
	static const char *const texts[] = {"[provider x]\nurl=smtp://u:hunter2@h\n",
		"[provider x]\npassword=hunter2\n", "[provider x]\nhunter2\n",
		"[provider x]\npassword_file=hunter2\n", "[email]\nfrom=hunter2\n",
		"[provider x]\nusername=\xc3\xbchunter2\n"};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(config_text_read(texts[i]), OTP_ERR_CONFIG);
		assert_null(strstr(config_text_why.text, "hunter2"));
	}
	config_text_argument_fault("provider.x.password=hunter2",
		"argument provider.x.password: may stand in the file only: "
		"the hook reads it, and sees the file alone");
	config_text_argument_fault("code.password=hunter2",
		"argument code.password: unknown key password in [code]: there are length alphabet lifetime");
}

static void an_argument_overrides_the_files(void **state)
{
	(void)state;
	assert_int_equal(config_text_read_argument("code.length=8"), OTP_OK);
	assert_int_equal(config_text_reading.config.policy.form.length, 8);
	assert_int_equal(config_text_read_argument("prompt.support=the desk, ext. 4711 = help"), OTP_OK);
	assert_string_equal(config_text_reading.config.prompt.support, "the desk, ext. 4711 = help");
	assert_int_equal(config_text_read_argument("prompt.support="), OTP_OK);
}

static void a_wrong_argument_is_a_fault_that_names_it(void **state)
{
	(void)state;
	config_text_argument_fault(
		"code.lifetime=5", "argument code.lifetime=5: lifetime=5 needs a unit: 5min");
	config_text_argument_fault(
		"code.lenght=6", "argument code.lenght: unknown key lenght in [code]: did you mean length?");
	config_text_argument_fault(
		"cod.length=6", "argument cod.length: unknown section [cod]: did you mean [code]?");
	config_text_argument_fault("debug", "argument debug: must be section.key=value or conf=PATH");
	config_text_argument_fault("", "argument : must be section.key=value or conf=PATH");
	config_text_argument_fault("length=6", "argument length: must be section.key=value or conf=PATH");
	config_text_argument_fault("=6", "argument : must be section.key=value or conf=PATH");
	config_text_argument_fault("limits.resend_after=10min",
		"argument: [limits] resend_after is longer than [code] "
		"lifetime: it must not be");
}

static void an_argument_is_checked_as_a_line_is(void **state)
{
	(void)state;
	static const char *const bad[] = {"prompt.support=a\nb", "prompt.support= a", "prompt.support=a ",
		"prompt.support=\x1b[2J", "prompt.support=\xc3\xbc", "code.length=6 ", "code.length= 6",
		"code.length=6\n"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(config_text_read_argument(bad[i]), OTP_ERR_CONFIG);
		for (const char *c = config_text_why.text; *c != '\0'; c++)
			assert_false((unsigned char)*c < 0x20 || *c == 0x7f);
	}
}

static void an_argument_given_twice_is_a_fault(void **state)
{
	(void)state;
	assert_int_equal(config_text_read_argument("code.length=8"), OTP_OK);
	assert_int_equal(reading_add_argument(&config_text_reading, "code.length=8", &config_text_why),
		OTP_ERR_CONFIG);
	assert_string_equal(config_text_why.text, "argument code.length=8: length is given twice");
}

/* Services with lock points of their own would step over each other's: counts are the user's, not a
 * service's. */
static bool counts_over_all_services(const struct config_key_facts *facts)
{
	static const char *const keys[] = {"sends_per_user", "lock_after", "lock_for", "wrong_per_30d"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(facts->section, "limits") == 0 && strcmp(facts->key, keys[i]) == 0)
			return true;
	return false;
}

static void arguments_reach_no_count_store_user_delivery_or_provider(void **state)
{
	(void)state;
	struct config_key_facts facts;

	for (size_t i = 0; config_key_at(i, &facts); i++) {
		char argument[64];
		bool may = strcmp(facts.section, "code") == 0 || strcmp(facts.section, "prompt") == 0 ||
			   strcmp(facts.section, "devices") == 0 ||
			   (strcmp(facts.section, "limits") == 0 && !counts_over_all_services(&facts));
		assert_int_equal(facts.argument, may);
		if (may)
			continue;
		(void)snprintf(argument, sizeof argument, "%s.%s=/x", facts.section, facts.key);
		assert_int_equal(config_text_read_argument(argument), OTP_ERR_CONFIG);
		assert_non_null(strstr(config_text_why.text, ": may stand in the file only: "));
	}
	config_text_argument_fault("store.path=/x",
		"argument store.path: may stand in the file only: all services of a host share one store");
	config_text_argument_fault("limits.lock_after=3",
		"argument limits.lock_after: may stand in the file only: "
		"all services of a host count together");
	config_text_argument_fault("users.unenrolled=ignore",
		"argument users.unenrolled: may stand in the file only: who may "
		"pass without a code is decided in the file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_section_is_a_fault_that_names_the_nearest),
		cmocka_unit_test(an_unknown_key_is_a_fault_that_says_what_there_is),
		cmocka_unit_test(keys_of_later_issues_do_not_exist_yet),
		cmocka_unit_test(a_key_twice_in_one_file_is_a_fault),
		cmocka_unit_test(a_later_file_overrides_an_earlier_one),
		cmocka_unit_test(a_cooldown_longer_than_a_code_works_is_a_fault),
		cmocka_unit_test(C33_revealing_nothing_contradicts_letting_in_unasked),
		cmocka_unit_test(no_fault_shows_what_may_be_a_secret),
		cmocka_unit_test(an_argument_overrides_the_files),
		cmocka_unit_test(a_wrong_argument_is_a_fault_that_names_it),
		cmocka_unit_test(an_argument_is_checked_as_a_line_is),
		cmocka_unit_test(an_argument_given_twice_is_a_fault),
		cmocka_unit_test(arguments_reach_no_count_store_user_delivery_or_provider),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
