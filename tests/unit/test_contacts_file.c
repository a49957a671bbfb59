/* SPDX-License-Identifier: BSD-2-Clause */

/* Contacts and people in files of root's. */

#include "contacts/contacts.h"
#include "contacts/people.h"
#include "tests/unit/config_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_A "SHA256:XIiP1oM8K+yPpEvWJnDooRE9R6qS/AoziqkwE7C4jac"
#define KEY_B "SHA256:0IiP1oM8K+yPpEvWJnDooRE9R6qS/AoziqkwE7C4jac"
#define KEY_A_BUT_THE_END "SHA256:XIiP1oM8K+yPpEvWJnDooRE9R6qS/AoziqkwE7C4jag"

static struct otp_contacts contacts;
static struct otp_why why;
static struct config config;

static const char *write_contacts(void **state, const char *text)
{
	const char *path = config_stage_write(state, "contacts", text);

	config = (struct config){.users.contacts.from = CONFIG_CONTACTS_FILE, .allow_prefixes.any = true};
	(void)snprintf(config.users.contacts.where, sizeof config.users.contacts.where, "%s", path);
	return path;
}

static enum otp_err find(const char *user)
{
	memset(&contacts, 0xa5, sizeof contacts);
	why = (struct otp_why){0};
	return contacts_find(&config, geteuid(), user, &contacts, &why);
}

static void assert_why(const char *path, const char *rest)
{
	char text[512];

	(void)snprintf(text, sizeof text, "%s%s", path, rest);
	assert_string_equal(why.text, text);
}

static void a_users_line_has_their_contacts_in_order(void **state)
{
	write_contacts(state, "# who gets codes where\n\nbob email:bob@example.org\n"
			      "\talice  sms:+49151 email:alice@example.org\t\n");
	assert_int_equal(find("alice"), OTP_ERR_CONFIG); /* too short for a number */
	write_contacts(state,
		"bob email:bob@example.org\n"
		"\talice  sms:+4915112345678 email:alice@example.org\t\n# alice email:x@y.org\n");
	assert_int_equal(find("alice"), OTP_OK);
	assert_int_equal(contacts.n, 2);
	assert_int_equal(contacts.list[0].channel, CHANNEL_SMS);
	assert_string_equal(contacts.list[0].address, "+4915112345678");
	assert_string_equal(contacts.list[1].address, "alice@example.org");
	assert_int_equal(find("bob"), OTP_OK);
	assert_int_equal(contacts.n, 1);
}

static void who_has_no_line_has_no_contacts(void **state)
{
	write_contacts(state, "alice email:alice@example.org\n");
	static const char *const others[] = {"bob", "alic", "alicee", "Alice", "", "#", "alice email"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		assert_int_equal(find(others[i]), OTP_OK);
		assert_int_equal(contacts.n, 0);
	}
	write_contacts(state, "");
	assert_int_equal(find("alice"), OTP_OK);
	assert_int_equal(contacts.n, 0);
}

static void what_is_wrong_is_told_with_its_line_and_what_would_be_right_and_no_address(void **state)
{
	static const struct {
		const char *line, *fault;
	} faults[] = {
		{"alice", ":2: alice has no contact: email:ADDRESS or sms:NUMBER"},
		{"alice alice@example.org", ":2: contact 1 must be email:ADDRESS or sms:NUMBER"},
		{"alice mail:alice@example.org", ":2: contact 1 must be email:ADDRESS or sms:NUMBER"},
		{"alice Email:alice@example.org", ":2: contact 1 must be email:ADDRESS or sms:NUMBER"},
		{"alice email:a@example.org email:a@EXAMPLE.org", ":2: contact 2 is contact 1 again"},
		{"alice email:a@x.org email:b@x.org email:c@x.org email:d@x.org email:e@x.org",
			":2: over 4 contacts"},
	};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		char text[256];
		(void)snprintf(text, sizeof text, "bob email:bob@example.org\n%s\n", faults[i].line);
		const char *path = write_contacts(state, text);
		assert_int_equal(find("alice"), OTP_ERR_CONFIG);
		assert_why(path, faults[i].fault);
		assert_int_equal(contacts.n, 0);
		/* Nobody else is shut out by it, and a check finds it. */
		assert_int_equal(find("bob"), OTP_OK);
		assert_int_equal(contacts.n, 1);
		assert_int_equal(contacts_check(&config, geteuid(), &why), OTP_ERR_CONFIG);
		assert_why(path, faults[i].fault);
	}
	write_contacts(state, "alice email:alice@exa_mple\n");
	assert_int_equal(find("alice"), OTP_ERR_CONFIG);
	assert_non_null(strstr(why.text, "contacts:1: contact 1: "));
	assert_null(strstr(why.text, "alice@"));
}

static void a_second_line_is_a_fault_whichever_is_right(void **state)
{
	const char *path = write_contacts(
		state, "alice email:alice@example.org\nbob email:b@x.org\nalice email:mallory@example.net\n");

	assert_int_equal(find("alice"), OTP_ERR_CONFIG);
	assert_why(path, ":3: alice has a line already: 1");
	assert_int_equal(contacts.n, 0);
	assert_int_equal(contacts_check(&config, geteuid(), &why), OTP_ERR_CONFIG);
	assert_why(path, ":3: alice has a line already: 1");
}

/* Its reader might miss the half that is not there yet. */
static void a_file_that_ends_in_the_middle_of_a_line_is_a_fault_for_everybody(void **state)
{
	const char *path = write_contacts(state, "alice email:alice@example.org\nbob email:bo");

	assert_int_equal(find("alice"), OTP_ERR_CONFIG);
	assert_why(path, ": its last line has no end: replace the file whole, by a rename");
}

static void a_control_byte_is_a_fault_for_everybody(void **state)
{
	const char *path = write_contacts(state, "alice email:alice@example.org\nbob email:b@x.org\r\n");

	assert_int_equal(find("alice"), OTP_ERR_CONFIG);
	assert_why(path, ":2: holds the control byte 0x0d");
}

static void a_nul_hides_no_line(void **state)
{
	const char *path = write_contacts(state, "bob email:b@x.org\nalice email:alice@example.org\n");
	FILE *file = fopen(path, "r+e");

	assert_non_null(file);
	assert_int_equal(fputc('\0', file), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(find("alice"), OTP_ERR_CONFIG);
	assert_why(path, ":1: holds the control byte 0x00");
}

static void a_file_that_others_may_write_or_that_is_not_there_is_an_error_and_never_nobody(void **state)
{
	const char *path = write_contacts(state, "alice email:alice@example.org\n");

	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(find("alice"), OTP_ERR_UNTRUSTED);
	assert_int_equal(contacts.n, 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(find("alice"), OTP_ERR_IO);
	const char *target = config_stage_write(state, "other", "alice email:alice@example.org\n");
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(find("alice"), OTP_ERR_UNTRUSTED);
}

static void a_check_also_asks_whether_a_number_may_be_texted_to(void **state)
{
	const char *path = write_contacts(
		state, "alice email:alice@example.org\nbob email:b@x.org sms:+4915112345678\n");

	assert_int_equal(contacts_check(&config, geteuid(), &why), OTP_OK);
	config.allow_prefixes.any = false;
	config.allow_prefixes.n = 1;
	memcpy(config.allow_prefixes.list[0], "+1", 3);
	assert_int_equal(contacts_check(&config, geteuid(), &why), OTP_ERR_CONFIG);
	assert_int_equal(strncmp(why.text, path, strlen(path)), 0);
	assert_non_null(strstr(why.text, ":2: contact 2: "));
	/* The hook passes it over: bob's other contact still works. */
	assert_int_equal(find("bob"), OTP_OK);
	assert_int_equal(contacts.n, 2);
}

static void ten_thousand_users_are_read(void **state)
{
	size_t size = 10000UL * 64;
	char *text = malloc(size), *at = text;

	assert_non_null(text);
	for (unsigned i = 0; i < 10000; i++)
		at += snprintf(at, size - (size_t)(at - text), "user%u email:user%u@example.org\n", i, i);
	write_contacts(state, text);
	free(text);
	assert_int_equal(find("user9999"), OTP_OK);
	assert_string_equal(contacts.list[0].address, "user9999@example.org");
	assert_int_equal(contacts_check(&config, geteuid(), &why), OTP_OK);
}

/* People */

static char person[RECORD_USER_SIZE];

static enum otp_err who(const char *path, const char *account, const char *key)
{
	memset(person, 'x', sizeof person);
	why = (struct otp_why){0};
	return people_find(path, geteuid(), account, key, person, &why);
}

static void C55_a_key_on_a_shared_account_is_a_person(void **state)
{
	const char *path = config_stage_write(state, "people",
		"# deploy\ndeploy " KEY_A " alice\ndeploy " KEY_B " bob\nroot " KEY_A " carol\n");

	assert_int_equal(who(path, "deploy", KEY_A), OTP_OK);
	assert_string_equal(person, "alice");
	assert_int_equal(who(path, "deploy", KEY_B), OTP_OK);
	assert_string_equal(person, "bob");
	assert_int_equal(who(path, "root", KEY_A), OTP_OK);
	assert_string_equal(person, "carol");
	assert_int_equal(people_check(path, geteuid(), &why), OTP_OK);
}

static void a_key_that_is_not_listed_is_nobody_else(void **state)
{
	const char *path = config_stage_write(state, "people", "deploy " KEY_A " alice\n");

	assert_int_equal(who(path, "deploy", KEY_B), OTP_OK);
	assert_string_equal(person, "");
	assert_int_equal(who(path, "deploy", KEY_A_BUT_THE_END), OTP_OK);
	assert_string_equal(person, "");
	assert_int_equal(who(path, "deploy", "-"), OTP_OK);
	assert_string_equal(person, "");
	assert_int_equal(who(path, "alice", KEY_A), OTP_OK);
	assert_string_equal(person, "");
}

static void a_line_of_the_account_that_cannot_be_read_is_an_error_and_nobody(void **state)
{
	static const struct {
		const char *line, *fault;
	} faults[] = {
		{"deploy", ":1: a line is: ACCOUNT SHA256:FINGERPRINT USER"},
		{"deploy " KEY_A, ":1: a line is: ACCOUNT SHA256:FINGERPRINT USER"},
		{"deploy " KEY_A " alice bob", ":1: a line is: ACCOUNT SHA256:FINGERPRINT USER"},
		{"deploy - alice", ":1: - is no fingerprint: SHA256: and 43 characters, as ssh-keygen -l -f "
				   "KEY.pub prints it"},
		{"deploy " KEY_A "= alice", ":1: " KEY_A "= is no fingerprint: SHA256: and 43 characters, as "
					    "ssh-keygen -l -f KEY.pub prints it"},
		{"deploy alice " KEY_A,
			":1: alice is no fingerprint: SHA256: and 43 characters, as ssh-keygen "
			"-l -f KEY.pub prints it"},
	};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		char text[256];
		(void)snprintf(text, sizeof text, "%s\ndeploy " KEY_B " bob\n", faults[i].line);
		const char *path = config_stage_write(state, "people", text);
		assert_int_equal(who(path, "deploy", KEY_B), OTP_ERR_CONFIG);
		assert_why(path, faults[i].fault);
		assert_string_equal(person, "");
		assert_int_equal(who(path, "other", KEY_B), OTP_OK);
		assert_int_equal(people_check(path, geteuid(), &why), OTP_ERR_CONFIG);
		assert_why(path, faults[i].fault);
	}
}

static void a_key_listed_twice_for_an_account_is_an_error(void **state)
{
	const char *path =
		config_stage_write(state, "people", "deploy " KEY_A " alice\ndeploy " KEY_A " bob\n");

	assert_int_equal(who(path, "deploy", KEY_A), OTP_ERR_CONFIG);
	assert_why(path, ":2: this key of deploy has a line already: 1");
	assert_string_equal(person, "");
	assert_int_equal(people_check(path, geteuid(), &why), OTP_ERR_CONFIG);
}

static void a_people_file_that_is_not_root_s_alone_is_an_error(void **state)
{
	const char *path = config_stage_write(state, "people", "deploy " KEY_A " alice\n");

	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(who(path, "deploy", KEY_A), OTP_ERR_UNTRUSTED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(who(path, "deploy", KEY_A), OTP_ERR_IO);
	assert_string_equal(person, "");
}

/* Run from the top folder of the repository. */
static const char *copy_example(void **state, const char *name)
{
	char text[2048], path[64];

	(void)snprintf(path, sizeof path, "conf/%s", name);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t len = fread(text, 1, sizeof text - 1, file);
	assert_true(len > 0 && feof(file));
	assert_int_equal(fclose(file), 0);
	text[len] = '\0';
	return config_stage_write(state, name, text);
}

static void the_examples_are_right(void **state)
{
	write_contacts(state, "");
	(void)copy_example(state, "contacts");
	assert_int_equal(contacts_check(&config, geteuid(), &why), OTP_OK);
	assert_int_equal(find("alice"), OTP_OK);
	assert_int_equal(contacts.n, 2);
	const char *people = copy_example(state, "people");
	assert_int_equal(people_check(people, geteuid(), &why), OTP_OK);
	assert_int_equal(who(people, "deploy", KEY_A), OTP_OK);
	assert_string_equal(person, "alice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_STAGE_TEST(a_users_line_has_their_contacts_in_order),
		CONFIG_STAGE_TEST(who_has_no_line_has_no_contacts),
		CONFIG_STAGE_TEST(what_is_wrong_is_told_with_its_line_and_what_would_be_right_and_no_address),
		CONFIG_STAGE_TEST(a_second_line_is_a_fault_whichever_is_right),
		CONFIG_STAGE_TEST(a_file_that_ends_in_the_middle_of_a_line_is_a_fault_for_everybody),
		CONFIG_STAGE_TEST(a_control_byte_is_a_fault_for_everybody),
		CONFIG_STAGE_TEST(a_nul_hides_no_line),
		CONFIG_STAGE_TEST(
			a_file_that_others_may_write_or_that_is_not_there_is_an_error_and_never_nobody),
		CONFIG_STAGE_TEST(a_check_also_asks_whether_a_number_may_be_texted_to),
		CONFIG_STAGE_TEST(ten_thousand_users_are_read),
		CONFIG_STAGE_TEST(C55_a_key_on_a_shared_account_is_a_person),
		CONFIG_STAGE_TEST(a_key_that_is_not_listed_is_nobody_else),
		CONFIG_STAGE_TEST(a_line_of_the_account_that_cannot_be_read_is_an_error_and_nobody),
		CONFIG_STAGE_TEST(a_key_listed_twice_for_an_account_is_an_error),
		CONFIG_STAGE_TEST(a_people_file_that_is_not_root_s_alone_is_an_error),
		CONFIG_STAGE_TEST(the_examples_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
