/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * C01, C02: lets each library call of the module fail in turn, in a stack in which pam_permit has already
 * said yes. Nothing but a right code may then succeed, and a code that succeeded never does so again.
 */

#include "core/lane.h"
#include "tests/module/site.h"

#include <dlfcn.h>
#include <errno.h>
#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define CALLS_MAX 4000

static void (*arm)(unsigned fail_at, int error);
static unsigned (*calls)(void);
static const char *(*failed)(void);
static bool have_site;

static int make(void **state)
{
	(void)state;
	*(void **)&arm = dlsym(RTLD_DEFAULT, "preload_arm");
	*(void **)&calls = dlsym(RTLD_DEFAULT, "preload_calls");
	*(void **)&failed = dlsym(RTLD_DEFAULT, "preload_failed");
	have_site = arm != NULL && site_make();
	return 0;
}

static void need_site(void)
{
	if (have_site)
		return;
	print_message(SANITIZED ? "a sanitizer wants to be loaded before what makes calls fail\n"
				: "needs root and preload_failing.so\n");
	skip();
}

static int unmake(void **state)
{
	(void)state;
	if (have_site)
		site_remove();
	return 0;
}

/* What became of one login in a child whose n-th call failed. */
struct outcome {
	int code;
	unsigned calls;
	bool reached; /* the call that was to fail was made */
	char failed[32];
};

static struct outcome run_failing(const struct site_login *plan, unsigned at, int error)
{
	struct outcome outcome = {0};
	int ends[2], status;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		struct site_login login = *plan;
		arm(at, error);
		outcome.code = site_run(&login);
		outcome.calls = calls();
		outcome.reached = outcome.calls >= at;
		(void)snprintf(outcome.failed, sizeof outcome.failed, "%s", failed());
		_exit(write(ends[1], &outcome, sizeof outcome) == (ssize_t)sizeof outcome ? 0 : 1);
	}
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("call %u: the host process ended with status %x", at, (unsigned)status);
	assert_int_equal(read(ends[0], &outcome, sizeof outcome), sizeof outcome);
	assert_int_equal(close(ends[0]), 0);
	return outcome;
}

/* Lets every call fail in turn, with this errno. */
static void nothing_succeeds(const struct site_login *login, int error, void (*prepare)(void))
{
	unsigned at = 1;

	need_site();
	for (;; at++) {
		if (prepare != NULL)
			prepare();
		struct outcome outcome = run_failing(login, at, error);
		if (outcome.code == PAM_SUCCESS || outcome.code == PAM_IGNORE)
			fail_msg("%s, call %u, errno %d: the stack said %d", outcome.failed, at, error,
				outcome.code);
		if (!outcome.reached)
			break;
		assert_true(at < CALLS_MAX);
		site_reset();
	}
	assert_true(at > 100); /* else nothing was tried */
}

static void C01_a_wrong_code_never_opens_whatever_call_fails(void **state)
{
	(void)state;
	struct site_login login = {
		.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.answer = SITE_WRONG}}};

	if (have_site)
		site_stack("auth required pam_permit.so\n", "required", "");
	nothing_succeeds(&login, EIO, NULL);
}

static void C01_what_is_no_code_of_the_app_never_opens_whatever_call_fails(void **state)
{
	(void)state;
	struct site_login login = {
		.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.text = "00000000"}}};

	if (have_site)
		site_stack("auth required pam_permit.so\n", "required", "");
	nothing_succeeds(&login, EIO, site_keep);
}

static void C01_an_enrolled_user_is_never_taken_for_unenrolled_whatever_call_fails(void **state)
{
	(void)state;
	struct site_login login = {
		.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.answer = SITE_WRONG}}};

	if (have_site) {
		site_configure("[users]\nunenrolled=ignore\n");
		site_stack("auth required pam_permit.so\n", "required", "");
	}
	nothing_succeeds(&login, EACCES, NULL);
}

static void C57_a_wrong_code_permits_no_change_whatever_call_fails(void **state)
{
	(void)state;
	struct site_login login = {.phase = SITE_CHAUTHTOK,
		.user = SITE_USER,
		.rhost = "192.0.2.7",
		.flags = PAM_CHANGE_EXPIRED_AUTHTOK,
		.replies = {{.answer = SITE_WRONG}}};

	if (have_site) {
		site_configure("");
		site_stack("", "required", "");
	}
	nothing_succeeds(&login, EIO, NULL);
}

static void C02_state_that_cannot_be_read_denies_and_lowers_no_counter(void **state)
{
	(void)state;
	const int errors[] = {EMFILE, ENFILE, ENOMEM, ELOOP, EINTR};
	struct site_login login = {
		.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.answer = SITE_WRONG}}};

	need_site();
	site_configure("");
	site_stack("auth required pam_permit.so\n", "required", "");
	site_reset();
	assert_int_not_equal(site_run(&login), PAM_SUCCESS);
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		/* A sparse walk: every call with two errnos was tried above. */
		for (unsigned at = 1 + (unsigned)i; at < 400; at += 7) {
			struct record before, after;
			site_record(&before);
			struct outcome outcome = run_failing(&login, at, errors[i]);
			assert_int_not_equal(outcome.code, PAM_SUCCESS);
			site_record(&after);
			assert_true(after.lanes[LANE_STRANGER].consecutive >=
				    before.lanes[LANE_STRANGER].consecutive);
			if (after.lanes[LANE_STRANGER].consecutive > 3)
				site_reset();
		}
	}
}

static void C07_what_is_kept_opens_once_at_most_whatever_call_fails(void **state)
{
	(void)state;

	need_site();
	site_configure("");
	site_stack("auth required pam_permit.so\n", "required", "");
	for (unsigned by_app = 0; by_app <= 1; by_app++) {
		unsigned opened = 0;
		for (unsigned at = 1;; at += by_app ? 1 : 3) {
			site_reset();
			site_keep();
			const struct code code = site_app_code();
			const struct site_login login = {.user = SITE_USER,
				.rhost = "192.0.2.7",
				.replies = {{.text = by_app ? code.text : SITE_BACKUP}}};
			struct outcome outcome = run_failing(&login, at, EIO);
			if (!outcome.reached)
				break;
			if (outcome.code != PAM_SUCCESS)
				continue;
			opened++;
			struct site_login again = login;
			if (site_run(&again) == PAM_SUCCESS)
				fail_msg("%s, call %u: what is kept opened twice", outcome.failed, at);
		}
		assert_true(opened > 0); /* some calls may fail without harm */
	}
}

static void C07_a_right_code_opens_once_at_most_whatever_call_fails(void **state)
{
	(void)state;
	struct site_login login = {
		.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.answer = SITE_FIRST_CODE}}};
	unsigned opened = 0;

	need_site();
	site_configure("");
	site_stack("auth required pam_permit.so\n", "required", "");
	for (unsigned at = 1;; at++) {
		site_reset();
		struct outcome outcome = run_failing(&login, at, EIO);
		if (!outcome.reached)
			break;
		if (outcome.code != PAM_SUCCESS)
			continue;
		opened++;
		char used[32];
		(void)snprintf(used, sizeof used, "%s", site_code(0));
		struct site_login again = {
			.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.text = used}}};
		if (site_run(&again) == PAM_SUCCESS)
			fail_msg("%s, call %u: the code opened twice", outcome.failed, at);
	}
	assert_true(opened > 0); /* some calls may fail without harm */
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C01_a_wrong_code_never_opens_whatever_call_fails),
		cmocka_unit_test(C01_what_is_no_code_of_the_app_never_opens_whatever_call_fails),
		cmocka_unit_test(C01_an_enrolled_user_is_never_taken_for_unenrolled_whatever_call_fails),
		cmocka_unit_test(C57_a_wrong_code_permits_no_change_whatever_call_fails),
		cmocka_unit_test(C02_state_that_cannot_be_read_denies_and_lowers_no_counter),
		cmocka_unit_test(C07_what_is_kept_opens_once_at_most_whatever_call_fails),
		cmocka_unit_test(C07_a_right_code_opens_once_at_most_whatever_call_fails),
	};
	const char *build = getenv("OTPCODE_BUILD");
	char preload[512];

	/* A sanitizer wants to be loaded first itself. */
	if (!SANITIZED && getenv("LD_PRELOAD") == NULL) {
		(void)snprintf(preload, sizeof preload, "%s/tests/module/preload_failing.so",
			build != NULL ? build : "build");
		if (access(preload, R_OK) == 0 && setenv("LD_PRELOAD", preload, 1) == 0)
			(void)execv("/proc/self/exe", argv);
	}
	(void)argc;
	return cmocka_run_group_tests(tests, make, unmake);
}
