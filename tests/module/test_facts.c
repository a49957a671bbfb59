/* SPDX-License-Identifier: BSD-2-Clause */

/* What the module takes from its host program and from the system, and what it does when either goes back on
 * it. */

#include "core/lane.h"
#include "tests/module/site.h"

#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SHIPPED "[success=ok ignore=ignore default=die]"

static int nss_error; /* what the user database answers; 0: what it knows */

/* The module finds this one before libc's: the program comes first in the search for symbols. */
int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result)
{
	int (*next)(const char *, struct passwd *, char *, size_t, struct passwd **);

	*result = NULL;
	if (nss_error != 0)
		return nss_error;
	*(void **)&next = dlsym(RTLD_NEXT, "getpwnam_r");
	return next(name, entry, buffer, size, result);
}

static int setup(void **state)
{
	(void)state;
	nss_error = 0;
	if (site_made) {
		site_configure("");
		site_stack("", SHIPPED, "");
		site_reset();
	}
	return 0;
}

static struct site_login remote(void)
{
	return (struct site_login){.user = SITE_USER, .rhost = "192.0.2.7"};
}

static void C01_a_user_database_that_does_not_answer_is_an_error(void **state)
{
	(void)state;
	const int errors[] = {EIO, EMFILE, ENOMEM, ERANGE};
	struct site_login login = remote();

	if (site_made)
		site_configure("[users]\nunenrolled=ignore\n");
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		nss_error = errors[i];
		assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
		assert_int_equal(login.prompts, 0);
	}
	nss_error = ENOENT; /* getpwnam(3): some name services say so of a name that they do not know */
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
}

static void take_the_record_away(void *pamh, unsigned prompt)
{
	(void)pamh;
	if (prompt == 0)
		assert_int_equal(unlink(site_path("state/users/" SITE_USER)), 0);
}

static void C01_a_record_removed_during_the_login_is_not_the_same_as_none(void **state)
{
	(void)state;
	const struct site_reply replies[] = {{.answer = SITE_CODE}, {.answer = SITE_WRONG}, {.text = ""}};

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		struct site_login login = remote();
		login.at_prompt = take_the_record_away;
		login.replies[0] = replies[i];
		setup(NULL);
		if (site_made)
			site_configure("[users]\nunenrolled=ignore\n");
		assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
		assert_int_equal(
			site_run_or_skip(&login), PAM_SUCCESS); /* now there is none; pam_permit after us */
	}
}

static void C35_a_conversation_that_fails_is_not_tried_again(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_FAIL;
	login.replies[1].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	assert_int_equal(login.prompts, 1);
}

static void the_password_of_an_earlier_module_is_no_answer(void **state)
{
	(void)state;
	struct site_login login = remote();

	if (site_made)
		site_stack("auth optional pam_unix.so nodelay\n", SHIPPED, "");
	login.replies[0].text = login.replies[1].text = "123456";
	login.replies[2].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_non_null(strstr(login.seen, "That is your password. Type the 6 digits in message "));
	assert_null(strstr(site_log(), "event=wrong"));
}

/* A wrong answer of a caller with this real uid on a terminal; the lane that it was charged to. password:
 * what an earlier module asked for; NULL: none did. */
static enum lane lane_of_caller(uid_t caller, const char *password)
{
	struct record record;
	int status;

	if (!site_made)
		skip();
	setup(NULL);
	if (password != NULL)
		site_stack("auth optional pam_unix.so nodelay\n", SHIPPED, "");
	pid_t child = fork();
	if (child == 0) {
		struct site_login login = {.user = SITE_USER, .tty = "/dev/pts/3"};
		login.replies[0].text = password;
		login.replies[password != NULL].answer = SITE_WRONG;
		_exit(setresuid(caller, 0, 0) == 0 ? site_run(&login) : 200);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), PAM_CONV_ERR);
	site_record(&record);
	assert_string_equal(record.challenges[0].source, "tty:pts/3");
	assert_int_equal(record.lanes[LANE_KNOWN].consecutive + record.lanes[LANE_STRANGER].consecutive, 1);
	return record.lanes[LANE_KNOWN].consecutive == 1 ? LANE_KNOWN : LANE_STRANGER;
}

static void C58_on_a_terminal_the_user_is_known_and_nobody_else(void **state)
{
	(void)state;
	assert_int_equal(lane_of_caller(1, NULL), LANE_KNOWN);
	assert_int_equal(lane_of_caller(65534, NULL), LANE_STRANGER);
	assert_int_equal(lane_of_caller(65534, "123456"), LANE_STRANGER);
}

/* login and greeters: anybody may type a name there. */
static void C58_a_program_of_roots_makes_nobody_known_but_by_a_password(void **state)
{
	(void)state;
	assert_int_equal(lane_of_caller(0, NULL), LANE_STRANGER);
	assert_int_equal(lane_of_caller(0, ""), LANE_STRANGER);
	assert_int_equal(lane_of_caller(0, "123456"), LANE_KNOWN);
}

static void where_ssh_comes_from_counts_before_the_remote_host(void **state)
{
	(void)state;
	struct site_login login = remote();
	struct record record;

	login.ssh_connection = "203.0.113.5 50000 192.0.2.1 22";
	login.ssh_auth_info = "";
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	site_record(&record);
	assert_string_equal(record.challenges[0].source, "203.0.113.5");
}

static void the_configured_host_name_stands_in_the_message(void **state)
{
	(void)state;
	struct site_login login = remote();
	char text[1024] = "";

	if (site_made)
		site_configure("[delivery]\nhost_name=box.example.org\n");
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	FILE *mail = fopen(site_path("mailbox/0"), "re");
	assert_non_null(mail);
	assert_true(fread(text, 1, sizeof text - 1, mail) > 0);
	(void)fclose(mail);
	assert_non_null(strstr(text, "\nhost box.example.org\n"));
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(C01_a_user_database_that_does_not_answer_is_an_error),
		T(C01_a_record_removed_during_the_login_is_not_the_same_as_none),
		T(C35_a_conversation_that_fails_is_not_tried_again),
		T(the_password_of_an_earlier_module_is_no_answer),
		T(C58_on_a_terminal_the_user_is_known_and_nobody_else),
		T(C58_a_program_of_roots_makes_nobody_known_but_by_a_password),
		T(where_ssh_comes_from_counts_before_the_remote_host),
		T(the_configured_host_name_stands_in_the_message),
	};

	return cmocka_run_group_tests(tests, site_make_group, site_remove_group);
}
