/* SPDX-License-Identifier: BSD-2-Clause */

/* A command that says contacts: what it must say, whom it runs as, and that its host does not notice. */

#include "contacts/contacts.h"
#include "tests/unit/hook_stage.h"
#include "tests/unit/host_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct otp_contacts contacts;
static struct otp_why why;
static struct config config;

/* A script as the command, with these arguments. */
static struct hook_stage *stage_with(void **state, const char *script, const char *arguments)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");

	assert_int_equal(unlink(stage->hook), 0);
	FILE *file = fopen(stage->hook, "we");
	assert_non_null(file);
	assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(stage->hook, 0755), 0);
	config = (struct config){.users = {.contacts = {.from = CONFIG_CONTACTS_COMMAND},
					 .contacts_user = HOOK_STAGE_USER,
					 .contacts_wait_s = 30}};
	(void)snprintf(config.users.contacts.where, sizeof config.users.contacts.where, "%s%s", stage->hook,
		arguments);
	(void)snprintf(config.path, sizeof config.path, "/etc/otpcode/otpcode.conf");
	return stage;
}

static enum otp_err find(const char *user)
{
	memset(&contacts, 0xa5, sizeof contacts);
	why = (struct otp_why){0};
	return contacts_find(&config, 0, user, &contacts, &why);
}

static void assert_fails(enum otp_err err, const char *text)
{
	assert_int_equal(find("alice"), err);
	assert_int_equal(contacts.n, 0);
	if (strstr(why.text, text) == NULL)
		fail_msg("%s (expected ... %s ...)", why.text, text);
}

static void what_it_says_before_end_are_the_contacts(void **state)
{
	stage_with(state,
		"echo email:alice@example.org; echo; echo ' sms:+4915112345678  email:a@x.org'; echo end",
		"");
	if (find("alice") != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(contacts.n, 3);
	assert_string_equal(contacts.list[0].address, "alice@example.org");
	assert_int_equal(contacts.list[1].channel, CHANNEL_SMS);
}

static void end_alone_means_that_there_are_none(void **state)
{
	stage_with(state, "echo end", "");
	assert_int_equal(find("alice"), OTP_OK);
	assert_int_equal(contacts.n, 0);
}

static void without_end_it_failed_whatever_it_said_before(void **state)
{
	stage_with(state, ":", "");
	assert_fails(OTP_ERR_IO, "/hook for alice: ended without the word end: it failed");
	stage_with(state, "echo email:alice@example.org", "");
	assert_fails(OTP_ERR_IO, "ended without the word end: it failed");
	stage_with(state, "echo email:alice@example.org; kill -9 $$; echo end", "");
	assert_fails(OTP_ERR_IO, "ended without the word end: it failed");
	stage_with(state, "echo email:alice@example.org; exit 1", "");
	assert_fails(OTP_ERR_IO, "ended without the word end: it failed");
	stage_with(state, "printf 'email:alice@example.org\\nEND\\n'", "");
	assert_fails(OTP_ERR_IO, "line:2: contact 2 must be email:ADDRESS or sms:NUMBER");
}

static void what_is_no_contact_or_comes_after_end_is_a_failure(void **state)
{
	stage_with(state, "echo alice@example.org; echo end", "");
	assert_fails(OTP_ERR_IO, "line:1: contact 1 must be email:ADDRESS or sms:NUMBER");
	stage_with(state, "echo email:alice@example.org; echo end; echo email:b@example.org", "");
	assert_fails(OTP_ERR_IO, "line:3: says more after end");
	stage_with(state, "echo email:alice@example.org end; echo end", "");
	assert_fails(OTP_ERR_IO, "contact 2 must be");
	stage_with(state, "echo end email:alice@example.org", "");
	assert_fails(OTP_ERR_IO, "line:1: end stands alone");
	stage_with(state, "printf 'email:alice@example.org\\0\\nend\\n'", "");
	assert_fails(OTP_ERR_IO, "holds the control byte 0x00");
	stage_with(state, "head -c 5000 /dev/zero | tr '\\0' '#'; echo; echo end", "");
	assert_fails(OTP_ERR_IO, "over 4095 bytes");
}

static void who_is_too_slow_failed_even_after_end(void **state)
{
	stage_with(state, "echo email:alice@example.org; echo end; exec sleep 5", "");
	config.users.contacts_wait_s = 1;
	assert_fails(OTP_ERR_IO, "/hook for alice: did not end in time (contacts_wait)");
}

static void it_is_told_the_user_and_no_shell_reads_the_name(void **state)
{
	const char *script =
		"printf 'email:%s-%s@example.org\\nend\\n' $# \"$(printf %s \"$*\" | tr -c a-z0-9 _)\"";

	stage_with(state, script, "");
	assert_int_equal(find("alice"), OTP_OK);
	assert_string_equal(contacts.list[0].address, "1-alice@example.org");
	stage_with(state, script, " -u {user} x{user}y");
	assert_int_equal(find("bob"), OTP_OK);
	assert_string_equal(contacts.list[0].address, "3-_u_bob_xboby@example.org");
	stage_with(state, script, "");
	assert_int_equal(find("a $(id) b"), OTP_OK);
	assert_string_equal(contacts.list[0].address, "1-a___id__b@example.org");
}

static void a_name_that_could_be_an_option_is_not_asked_for(void **state)
{
	stage_with(state, "echo end", "");
	assert_int_equal(find("-x"), OTP_ERR_IO);
	assert_non_null(strstr(why.text, "begins with -"));
}

static void a_name_that_does_not_fit_is_not_cut(void **state)
{
	char name[8192];

	stage_with(state, "echo end", "");
	for (size_t len = 2000; len < sizeof name; len += 500) {
		memset(name, 'x', len);
		name[len] = '\0';
		enum otp_err err = find(name);
		assert_true(err == OTP_OK || err == OTP_ERR_TOO_LARGE);
	}
	assert_int_equal(find(name), OTP_ERR_TOO_LARGE);
	stage_with(state, "echo end", " {user}{user}{user}{user}{user}{user}{user}{user}{user}{user}");
	name[255] = '\0';
	assert_int_equal(find(name), OTP_ERR_TOO_LARGE);
	name[200] = '\0';
	assert_int_equal(find(name), OTP_OK);
}

/* All that is the host's is gone, and nothing of root's is left. */
static void it_runs_as_its_own_user_with_nothing_of_the_hosts(void **state)
{
	char expected[64];
	struct hook_stage *stage = stage_with(state,
		"umask >/dev/null; n=$(ls /proc/self/fd | wc -l); e=$(env | grep -cv -e ^PWD= -e ^_= -e "
		"^SHLVL= -e ^OLDPWD=);"
		"x=$(readlink /proc/self/fd/0 | tr -d /); printf 'email:%s.%s.%s.%s.%s@example.org\\nend\\n' "
		"$(id -u) $(id -g) $n "
		"$e $x",
		"");

	if (find("alice") != OTP_OK)
		fail_msg("%s", why.text);
	/* 0, 1, 2, and the one by which ls reads the folder. */
	(void)snprintf(expected, sizeof expected, "%u.%u.4.0.devnull@example.org", (unsigned)stage->uid,
		(unsigned)stage->gid);
	assert_string_equal(contacts.list[0].address, expected);
}

static void a_program_that_is_not_root_s_alone_is_not_run(void **state)
{
	struct hook_stage *stage = stage_with(state, "echo email:a@x.org; echo end", "");

	assert_int_equal(chmod(stage->hook, 0775), 0);
	assert_fails(OTP_ERR_UNTRUSTED, "users.contacts: ");
	assert_int_equal(contacts_check(&config, 0, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(chmod(stage->hook, 0755), 0);
	assert_int_equal(chown(stage->hook, stage->uid, 0), 0);
	assert_fails(OTP_ERR_UNTRUSTED, "users.contacts: ");
	assert_int_equal(unlink(stage->hook), 0);
	assert_fails(OTP_ERR_IO, "users.contacts: ");
	assert_int_equal(contacts_check(&config, 0, &why), OTP_ERR_IO);
}

static void whom_it_runs_as_must_be_there_and_not_be_root(void **state)
{
	stage_with(state, "echo end", "");
	assert_int_equal(contacts_check(&config, 0, &why), OTP_OK);
	(void)snprintf(config.users.contacts_user, sizeof config.users.contacts_user, "no such user");
	assert_fails(OTP_ERR_CONFIG, "users.contacts_user=no such user: no such user");
	assert_int_equal(contacts_check(&config, 0, &why), OTP_ERR_CONFIG);
	(void)snprintf(config.users.contacts_user, sizeof config.users.contacts_user, "root");
	assert_fails(OTP_ERR_CONFIG, "must be neither root nor in root's group");
}

static void what_cannot_be_run_says_so(void **state)
{
	struct hook_stage *stage = stage_with(state, "", "");
	FILE *file = fopen(stage->hook, "we");

	assert_non_null(file);
	assert_true(fprintf(file, "#!/no/such/interpreter\n") > 0);
	assert_int_equal(fclose(file), 0);
	assert_fails(OTP_ERR_IO, "cannot be run as nobody: execve: No such file or directory");
}

static void be_odd_and_find(const void *arg)
{
	const struct hook_stage *stage = arg;
	static char before[HOST_STATE_SIZE], after[HOST_STATE_SIZE];

	host_state_be_odd(stage->dir);
	host_state_take(before);
	enum otp_err err = contacts_find(&config, 0, "alice", &contacts, &why);
	host_state_take(after);
	if (err != OTP_OK)
		host_state_fail("%s", why.text);
	HOST_CHECK(contacts.n == 1);
	const char *differs = host_state_differs(before, after);
	if (differs != NULL)
		host_state_fail("changed: %s", differs);
	HOST_CHECK(host_state_handled() == 0);
}

static void C28_host_is_the_same_afterwards(void **state)
{
	struct hook_stage *stage = stage_with(state, "echo email:alice@example.org; echo end", "");

	host_state_run((struct host_body){be_odd_and_find, stage});
}

static void close_standard_and_find(const void *arg)
{
	unsigned closed = *(const unsigned *)arg;

	for (int fd = 0; fd < 3; fd++)
		if ((closed & 1U << fd) != 0)
			(void)close(fd);
	enum otp_err err = contacts_find(&config, 0, "alice", &contacts, &why);
	if (err != OTP_OK)
		host_state_fail("%s", why.text);
	HOST_CHECK(contacts.n == 1);
}

static void C60_a_host_without_standard_descriptors_gets_its_answer(void **state)
{
	stage_with(state, "read x && exit; echo x >&2; echo email:alice@example.org; echo end", "");
	for (unsigned closed = 0; closed < 8; closed++)
		host_state_run((struct host_body){close_standard_and_find, &closed});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says_before_end_are_the_contacts),
		cmocka_unit_test(end_alone_means_that_there_are_none),
		cmocka_unit_test(without_end_it_failed_whatever_it_said_before),
		cmocka_unit_test(what_is_no_contact_or_comes_after_end_is_a_failure),
		cmocka_unit_test(who_is_too_slow_failed_even_after_end),
		cmocka_unit_test(it_is_told_the_user_and_no_shell_reads_the_name),
		cmocka_unit_test(a_name_that_could_be_an_option_is_not_asked_for),
		cmocka_unit_test(a_name_that_does_not_fit_is_not_cut),
		cmocka_unit_test(it_runs_as_its_own_user_with_nothing_of_the_hosts),
		cmocka_unit_test(a_program_that_is_not_root_s_alone_is_not_run),
		cmocka_unit_test(whom_it_runs_as_must_be_there_and_not_be_root),
		cmocka_unit_test(what_cannot_be_run_says_so),
		cmocka_unit_test(C28_host_is_the_same_afterwards),
		cmocka_unit_test(C60_a_host_without_standard_descriptors_gets_its_answer),
	};

	return cmocka_run_group_tests(tests, hook_stage_make, hook_stage_remove);
}
