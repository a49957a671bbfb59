/* SPDX-License-Identifier: BSD-2-Clause */

/* reveal=none in the real module: whatever is wrong, with whomever, the host program and the person see the
 * same.
 */

#include "tests/module/site.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_appl.h>
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

#define SHIPPED "[success=ok ignore=ignore default=die]"
#define HIDDEN "If this account can sign in, a code is on its way."

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
		site_configure("[prompt]\nreveal=none\nmax_prompts=1\n");
		site_stack("", SHIPPED, "");
		site_reset();
	}
	return 0;
}

/* What may be wrong. Each leaves the site so, until the next setup. */

static const char *nothing(void)
{
	return SITE_USER;
}

static const char *unenrolled(void)
{
	return SITE_OTHER;
}

static const char *unknown(void)
{
	return "hunter2-not-a-user";
}

static const char *nss_fails(void)
{
	nss_error = EIO;
	return SITE_USER;
}

static const char *damage(const char *name)
{
	int fd = open(site_path(name), O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "garbage", 7, 0), 7);
	assert_int_equal(pwrite(fd, "garbage", 7, 8192), 7);
	assert_int_equal(close(fd), 0);
	return SITE_USER;
}

static const char *corrupt(void)
{
	return damage("state/users/" SITE_USER);
}

static const char *no_store(void)
{
	assert_int_equal(unlink(site_path("state/store.id")), 0);
	return SITE_USER;
}

static const char *relay_refuses(void)
{
	site_hook_says("refused relay 550 no such user");
	return SITE_USER;
}

static const char *hook_is_gone(void)
{
	assert_int_equal(rename(site_path("hook"), site_path("kept")), 0);
	return SITE_USER;
}

static void put_back(void)
{
	(void)rename(site_path("kept"), site_path("hook"));
}

static const struct {
	const char *(*is)(void); /* gives who logs in */
	const char *log;
} all[] = {{nothing, "prompts used up"}, {unenrolled, "not enrolled"}, {unknown, "unknown user"},
	{nss_fails, "the user database did not answer"}, {corrupt, "event=error"}, {no_store, "store.id"},
	{relay_refuses, "not delivered"}, {hook_is_gone, "event=refused"}};

static void all_see(int flags, const char *seen, unsigned messages)
{
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct site_login login = {.rhost = "192.0.2.7", .flags = flags};
		login.replies[0] = (struct site_reply){.answer = SITE_TYPE, .text = "000000"};
		setup(NULL);
		if (!site_made)
			skip();
		login.user = all[i].is();
		assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
		put_back();
		assert_string_equal(login.seen, seen);
		assert_int_equal(login.messages, messages);
		assert_int_equal(login.prompts, 1);
		if (strstr(site_log(), all[i].log) == NULL)
			fail_msg("%s is not in %s", all[i].log, site_log());
		assert_null(strstr(site_log(), "hunter2"));
	}
}

static void C33_whatever_is_wrong_looks_the_same(void **state)
{
	(void)state;
	all_see(0, HIDDEN "\nVerification code: \n", 1);
}

static void C33_whatever_is_wrong_looks_the_same_under_PAM_SILENT(void **state)
{
	(void)state;
	all_see((int)PAM_SILENT, HIDDEN "\nVerification code: \n", 0);
}

static void the_mailed_code_opens(void **state)
{
	(void)state;
	struct site_login login = {.user = SITE_USER, .rhost = "192.0.2.7"};

	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void C35_a_conversation_that_fails_is_a_failure_like_any_other(void **state)
{
	(void)state;
	struct site_login login = {.user = SITE_USER, .rhost = "192.0.2.7"};

	login.replies[0].answer = SITE_FAIL;
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	login.replies[0].answer = SITE_END;
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
}

static void one_service_may_reveal_nothing_where_others_do(void **state)
{
	(void)state;
	struct site_login login = {.user = SITE_OTHER, .rhost = "192.0.2.7"};

	if (!site_made)
		skip();
	site_configure("");
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_non_null(strstr(login.seen, "No address is registered for you."));
	site_stack("", SHIPPED, "prompt.reveal=none prompt.max_prompts=1");
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_string_equal(login.seen, HIDDEN "\nVerification code: \n");
}

/* It is not tried to make a record of nobody. */
static void an_unknown_user_has_no_contact_whatever_a_command_says(void **state)
{
	(void)state;
	struct site_login login = {.user = unknown(), .rhost = "192.0.2.7"};
	char text[1024];

	if (!site_made)
		skip();
	FILE *command = fopen(site_path("contacts"), "we");
	assert_non_null(command);
	assert_true(fputs("#!/bin/sh\necho email:all@example.org\necho end\n", command) >= 0);
	assert_int_equal(fclose(command), 0);
	assert_int_equal(chmod(site_path("contacts"), 0755), 0);
	(void)snprintf(text, sizeof text,
		"[prompt]\nreveal=none\nmax_prompts=1\n[users]\ncontacts=command:%s\ncontacts_user=nobody\n",
		site_path("contacts"));
	site_configure(text);
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_string_equal(login.seen, HIDDEN "\nVerification code: \n");
	assert_int_equal(site_mails(), 0);
	assert_non_null(strstr(site_log(), "event=denied rhost=192.0.2.7 why=\"unknown user\""));
	assert_null(strstr(site_log(), "event=error"));
	login.user = SITE_OTHER; /* whom the system knows, and no record does */
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void a_fault_in_the_configuration_is_no_users(void **state)
{
	(void)state;
	struct site_login login = {.user = SITE_USER, .rhost = "192.0.2.7"};

	if (!site_made)
		skip();
	site_configure("[prompt]\nreveal=none\n[users]\nunenrolled=ignore\n");
	assert_int_equal(site_run_or_skip(&login), PAM_SERVICE_ERR);
	assert_non_null(strstr(site_log(), "contradicts"));
	assert_int_equal(login.prompts, 0);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(C33_whatever_is_wrong_looks_the_same),
		T(C33_whatever_is_wrong_looks_the_same_under_PAM_SILENT),
		T(the_mailed_code_opens),
		T(C35_a_conversation_that_fails_is_a_failure_like_any_other),
		T(one_service_may_reveal_nothing_where_others_do),
		T(an_unknown_user_has_no_contact_whatever_a_command_says),
		T(a_fault_in_the_configuration_is_no_users),
	};

	return cmocka_run_group_tests(tests, site_make_group, site_remove_group);
}
