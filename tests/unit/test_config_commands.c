/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/command_line.h"
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

#define GOOD "{to} {to_digits} {from} {ref} {host} {user}"

static void command_is_a_path_and_arguments_with_placeholders(void **state)
{
	(void)state;
	static const char *const good[] = {"/usr/sbin/sendmail", "/usr/sbin/sendmail -i -f {from} -- {to}",
		"/a/b  c   {to_digits}{ref}", "/usr/bin/x --host={host} --user={user}", ""};
	static const char *const bad[] = {"sendmail", "./sendmail", "usr/sbin/x", "/", "/usr/sbin/", "//x",
		"{to} x", "/usr/{host}/x", "/x {code}", "/x {text}", "/x {password}", "/x {id}", "/x {to",
		"/x to}", "/x \"{to}\"", "/x '{to}'", "/x $HOME", "/x `id`", "/x | cat", "/x; id", "/x & y",
		"/x < y", "/x > y", "/x \\ y", "/x *", "/x ~", "/x \xc3\xa4", "/x\ty"};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (config_text_read_line("provider", "command", good[i]) != OTP_OK)
			fail_msg("%s: %s", good[i], config_text_why.text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (config_text_read_line("provider", "command", bad[i]) != OTP_ERR_CONFIG)
			fail_msg("%s was taken", bad[i]);
}

static void fault_is_told_with_its_line_and_what_is_right(void **state)
{
	(void)state;
	config_text_fault("[provider x]\ncommand=/bin/x {code}\n",
		"f1.conf:2: command: {code} may not stand here; there are " GOOD);
	config_text_fault("[provider x]\ncommand=/bin/x {number}\n",
		"f1.conf:2: command: {number} is no placeholder; there are " GOOD);
	config_text_fault("[provider x]\ncommand=x {to}\n",
		"f1.conf:2: command must begin with the absolute path of a program");
	config_text_fault("[provider x]\ncommand=/bin/x {to} | y\n",
		"f1.conf:2: command: no shell reads it, so | means nothing: put what needs a shell into a "
		"script of "
		"root's");
}

static void command_has_no_key_of_another_kind(void **state)
{
	(void)state;
	static const char *const keys[] = {"url=smtp://localhost:25", "username=x", "password_file=/x",
		"tls=none", "ca_file=/x", "method=POST", "header.1=X: y", "form=a={to}",
		"proxy=http://localhost:1"};
	char text[256], fault[256];

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		(void)snprintf(text, sizeof text, "[provider x]\ncommand=/bin/x {to}\n%s\n", keys[i]);
		(void)snprintf(fault, sizeof fault,
			"f1.conf:3: %.*s is not for a provider with a command, which takes: command",
			(int)strcspn(keys[i], "="), keys[i]);
		config_text_fault(text, fault);
	}
}

static void command_for_sms_is_told_whom_it_is_for(void **state)
{
	(void)state;
	config_text_fault("[sms]\nproviders=x\nallow_prefixes=+1\n[provider x]\ncommand=/bin/x\n",
		"f1.conf:5: [provider x] command holds none of {to} {to_digits} {user}: nobody would get the "
		"code");
}

static void words_are_taken_one_by_one(void **state)
{
	(void)state;
	const char *rest = "/a  b c ", *word;
	size_t len;

	assert_true(command_line_take(&rest, &word, &len) && len == 2 && word[1] == 'a');
	assert_true(command_line_take(&rest, &word, &len) && len == 1 && word[0] == 'b');
	assert_true(command_line_take(&rest, &word, &len) && len == 1 && word[0] == 'c');
	assert_false(command_line_take(&rest, &word, &len));
}

static void command_has_a_bounded_number_of_words(void **state)
{
	(void)state;
	char text[CONFIG_COMMAND_SIZE] = "/x";
	size_t len = 2;

	for (unsigned i = 1; i < COMMAND_LINE_WORDS_MAX; i++, len += 2)
		(void)snprintf(text + len, sizeof text - len, " y");
	assert_int_equal(config_text_read_line("provider", "command", text), OTP_OK);
	(void)snprintf(text + len, sizeof text - len, " y");
	assert_int_equal(config_text_read_line("provider", "command", text), OTP_ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_is_a_path_and_arguments_with_placeholders),
		cmocka_unit_test(fault_is_told_with_its_line_and_what_is_right),
		cmocka_unit_test(command_has_no_key_of_another_kind),
		cmocka_unit_test(command_for_sms_is_told_whom_it_is_for),
		cmocka_unit_test(words_are_taken_one_by_one),
		cmocka_unit_test(command_has_a_bounded_number_of_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
