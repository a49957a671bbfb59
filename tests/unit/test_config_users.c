/* SPDX-License-Identifier: BSD-2-Clause */

/* Where contacts live, who somebody on a shared account is, and how long a device is known. */

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

#define RULE "contacts must be record, file:/PATH or command:/PATH ARGUMENT..."

static const struct config *config_with(const char *lines)
{
	char text[1024];

	(void)snprintf(text, sizeof text, "%s%s", CONFIG_TEXT_WORKS, lines);
	if (config_text_read(text) != OTP_OK)
		fail_msg("%s: %s", lines, config_text_why.text);
	return &config_text_reading.config;
}

static void contacts_live_in_the_record_unless_it_is_said_otherwise(void **state)
{
	(void)state;
	assert_int_equal(config_with("")->users.contacts.from, CONFIG_CONTACTS_RECORD);
	assert_int_equal(
		config_with("[users]\ncontacts=record\n")->users.contacts.from, CONFIG_CONTACTS_RECORD);
	assert_int_equal(config_with("")->users.contacts_wait_s, 5);
	assert_string_equal(config_with("")->users.people, "");
}

static void contacts_come_from_a_file_or_a_command(void **state)
{
	(void)state;
	const struct config *config = config_with("[users]\ncontacts=file:/etc/otpcode/contacts\n");

	assert_int_equal(config->users.contacts.from, CONFIG_CONTACTS_FILE);
	assert_string_equal(config->users.contacts.where, "/etc/otpcode/contacts");
	config = config_with("[users]\ncontacts=command:/usr/bin/x -u {user} {user}\ncontacts_user=nobody\n");
	assert_int_equal(config->users.contacts.from, CONFIG_CONTACTS_COMMAND);
	assert_string_equal(config->users.contacts.where, "/usr/bin/x -u {user} {user}");
	config = config_with(
		"[users]\ncontacts=command:/usr/bin/x\ncontacts_user=nobody\ncontacts_wait=30s\n");
	assert_string_equal(config->users.contacts.where, "/usr/bin/x");
	assert_int_equal(config->users.contacts_wait_s, 30);
}

static void what_is_no_place_for_contacts_is_told_with_what_is(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "Record", "records", "file:", "file:etc/x", "file:/etc//x",
		"file:/etc/../x", "file:/etc/", "File:/etc/x", "/etc/x", "file: /etc/x", "ldap://x"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char text[128];
		(void)snprintf(text, sizeof text, "[users]\ncontacts=%s\n", wrong[i]);
		config_text_fault(text, "f1.conf:2: " RULE);
	}
}

static void a_command_is_a_program_of_its_absolute_path_that_is_told_the_user(void **state)
{
	(void)state;
	config_text_fault("[users]\ncontacts=command:\n",
		"f1.conf:2: contacts must begin with the absolute path of a program");
	config_text_fault("[users]\ncontacts=command:x {user}\n",
		"f1.conf:2: contacts must begin with the absolute path of a program");
	config_text_fault("[users]\ncontacts=command:/x -a -b\n",
		"f1.conf:2: contacts: the arguments hold no {user}: whose contacts are asked for?");
	config_text_fault("[users]\ncontacts=command:/x {to}\n",
		"f1.conf:2: contacts: {to} may not stand here; there are {user}");
	config_text_fault("[users]\ncontacts=command:/x {user} | cat\n",
		"f1.conf:2: contacts: no shell reads it, so | means nothing: put what needs a shell into a "
		"script of root's");
}

static void a_command_runs_as_somebody_who_is_named_and_is_not_root(void **state)
{
	(void)state;
	config_text_fault(CONFIG_TEXT_WORKS "[users]\ncontacts=command:/x\n",
		"f1.conf:7: contacts=command: needs contacts_user, whom the command runs as");
	config_text_fault(
		"[users]\ncontacts_user=root\n", "f1.conf:2: contacts_user must be a user's name, not root");
}

static void contacts_are_shown_as_they_were_written(void **state)
{
	(void)state;
	static const char *const values[] = {
		"record", "file:/etc/otpcode/contacts", "command:/usr/bin/x -u {user}"};
	const struct config_key *key = table_find("users", "contacts");
	char text[CONFIG_VALUE_SIZE];
	struct config_contacts contacts;

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		assert_int_equal(value_parse(key, values[i], &contacts, NULL), OTP_OK);
		value_format(key, &contacts, text);
		assert_string_equal(text, values[i]);
	}
}

static void devices_are_off_unless_a_time_is_given(void **state)
{
	(void)state;
	assert_int_equal(config_with("")->policy.remember_for_s, 0);
	assert_int_equal(config_with("[devices]\nremember_for=off\n")->policy.remember_for_s, 0);
	assert_int_equal(config_with("[devices]\nremember_for=90d\n")->policy.remember_for_s, 90 * 86400);
	assert_int_equal(config_with("")->policy.remember_by, POLICY_REMEMBER_KEY_AND_NETWORK);
	assert_int_equal(
		config_with("[devices]\nremember_by=network\n")->policy.remember_by, POLICY_REMEMBER_NETWORK);
	assert_int_equal(config_with("[devices]\nremember_by=key+network\n")->policy.remember_by,
		POLICY_REMEMBER_KEY_AND_NETWORK);
}

static void a_time_that_devices_cannot_have_is_a_fault(void **state)
{
	(void)state;
	config_text_fault("[devices]\nremember_for=91d\n",
		"f1.conf:2: remember_for=91d is out of range: 1min to 90d, or off");
	config_text_fault("[devices]\nremember_for=0s\n",
		"f1.conf:2: remember_for=0s is out of range: 1min to 90d, or off");
	config_text_fault("[devices]\nremember_for=no\n",
		"f1.conf:2: remember_for=no is not a duration: 1min to 90d, or off");
	config_text_fault("[devices]\nremember_for=30\n", "f1.conf:2: remember_for=30 needs a unit: 30d");
	config_text_fault(
		"[devices]\nremember_by=key\n", "f1.conf:2: remember_by=key must be key+network|network");
	/* No other duration can be off. */
	config_text_fault(
		"[code]\nlifetime=off\n", "f1.conf:2: lifetime=off is not a duration: 1min to 10min");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contacts_live_in_the_record_unless_it_is_said_otherwise),
		cmocka_unit_test(contacts_come_from_a_file_or_a_command),
		cmocka_unit_test(what_is_no_place_for_contacts_is_told_with_what_is),
		cmocka_unit_test(a_command_is_a_program_of_its_absolute_path_that_is_told_the_user),
		cmocka_unit_test(a_command_runs_as_somebody_who_is_named_and_is_not_root),
		cmocka_unit_test(contacts_are_shown_as_they_were_written),
		cmocka_unit_test(devices_are_off_unless_a_time_is_given),
		cmocka_unit_test(a_time_that_devices_cannot_have_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
