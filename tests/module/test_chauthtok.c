/* SPDX-License-Identifier: BSD-2-Clause */

/* The real module in a password stack: who may change a password, and in which of libpam's two phases that is
 * decided. */

#include "tests/module/site.h"

#include <dlfcn.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#define SHIPPED "[success=ok ignore=ignore default=die]"

static uid_t caller; /* the real uid that the module sees */

/* The module finds this one before libc's: the program comes first in the search for symbols. */
uid_t getuid(void)
{
	return caller;
}

static int setup(void **state)
{
	(void)state;
	caller = 1; /* who changes their own: SITE_USER */
	if (site_made) {
		site_configure("");
		site_stack("", SHIPPED, "");
		site_reset();
	}
	return 0;
}

/* SITE_USER runs passwd. */
static struct site_login change(void)
{
	return (struct site_login){.user = SITE_USER, .phase = SITE_CHAUTHTOK};
}

/* A password stack of our line and no other. */
static void be_alone(void)
{
	FILE *file = fopen(site_path("pam.d/" SITE_SERVICE), "w");

	assert_non_null(file);
	assert_true(fprintf(file, "password " SHIPPED " %s conf=%s\n", site_module(),
			    site_path("otpcode.conf")) > 0);
	assert_int_equal(fclose(file), 0);
}

static void a_right_code_permits_the_change(void **state)
{
	(void)state;
	struct site_login login = change();

	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_int_equal(login.prompts, 1); /* in one of the two phases */
	assert_int_equal(login.updates, 1);
	assert_non_null(strstr(site_log(), "event=verified user=" SITE_USER));
}

static void C57_a_refusal_comes_in_the_first_phase(void **state)
{
	(void)state;
	const struct site_reply replies[] = {{.answer = SITE_WRONG}, {.answer = SITE_END},
		{.answer = SITE_FAIL}, {.answer = SITE_TYPE, .text = ""}};

	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		struct site_login login = change();
		for (int n = 0; n < 5; n++)
			login.replies[n] = replies[i];
		setup(NULL);
		assert_int_not_equal(site_run_or_skip(&login), PAM_SUCCESS);
		assert_int_equal(login.updates, 0);
	}
}

static void who_is_not_enrolled_is_denied_or_left_to_the_rest(void **state)
{
	(void)state;
	struct site_login login = change();

	login.user = SITE_OTHER;
	caller = 2;
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_int_equal(login.updates, 0);
	site_configure("[users]\nunenrolled=ignore\n");
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS); /* pam_permit after us */
	assert_int_equal(login.prompts, 0);
	/* Alone it ignores in both phases, and a stack of nothing but that permits nothing. */
	be_alone();
	assert_int_not_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void root_changes_anothers_without_being_asked_and_that_is_logged(void **state)
{
	(void)state;
	struct site_login login = change();

	caller = 0;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_int_equal(login.prompts, 0);
	assert_int_equal(site_mails(), 0);
	assert_non_null(
		strstr(site_log(), "event=passed user=" SITE_USER " why=\"root changes the password\""));
	login.user = "hunter2-not-a-user";
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_non_null(strstr(site_log(), "event=denied why=\"unknown user\""));
	login.user = "root"; /* their own: not enrolled here */
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
}

static void a_program_of_roots_asks_before_an_expired_password_is_changed(void **state)
{
	(void)state;
	struct site_login login = change();

	caller = 0;
	login.flags = PAM_CHANGE_EXPIRED_AUTHTOK;
	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	assert_int_equal(login.updates, 0);
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_int_equal(login.updates, 1);
}

static void who_has_just_logged_in_by_a_code_is_not_asked_again(void **state)
{
	(void)state;
	struct site_login login = change();

	caller = 0;
	login.phase = SITE_AUTHENTICATE_AND_CHAUTHTOK;
	login.flags = PAM_CHANGE_EXPIRED_AUTHTOK;
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_int_equal(login.prompts, 1);
	assert_non_null(
		strstr(site_log(), "event=passed user=" SITE_USER " why=\"a code was right in this login\""));
	/* Only for an expired password, and only for who logged in. */
	setup(NULL);
	caller = 1;
	login.flags = 0;
	login.replies[1].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_int_equal(login.prompts, 2);
	setup(NULL);
	caller = 0;
	login.flags = PAM_CHANGE_EXPIRED_AUTHTOK;
	login.changes_user = SITE_OTHER;
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_int_equal(login.updates, 0);
}

static void a_login_that_asked_nobody_asks_before_the_change(void **state)
{
	(void)state;
	struct site_login login = change();

	if (site_made)
		site_configure("[users]\nunenrolled=ignore\n[limits]\nresend_after=1s\n");
	caller = 0;
	login.user = SITE_OTHER; /* ignored at the login */
	login.phase = SITE_AUTHENTICATE_AND_CHAUTHTOK;
	login.changes_user = SITE_USER;
	login.flags = PAM_CHANGE_EXPIRED_AUTHTOK;
	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	assert_int_equal(login.prompts, 2);
}

static void PAM_SILENT_puts_the_line_into_the_prompt(void **state)
{
	(void)state;
	struct site_login login = change();

	login.flags = (int)PAM_SILENT;
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_int_equal(login.messages, 0);
	assert_non_null(strstr(login.seen, "A 6-digit code was emailed to d***@e***.org (ref "));
}

static void where_nothing_is_revealed_a_change_reveals_nothing_either(void **state)
{
	(void)state;
	struct site_login login = change();

	if (site_made)
		site_configure("[prompt]\nreveal=none\nmax_prompts=1\n");
	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_string_equal(
		login.seen, "If this account can sign in, a code is on its way.\nVerification code: \n");
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void a_fault_in_the_configuration_is_found_in_the_first_phase(void **state)
{
	(void)state;
	struct site_login login = change();

	if (site_made)
		site_configure("[limits]\nlock_for=15\n");
	assert_int_equal(site_run_or_skip(&login), PAM_SERVICE_ERR);
	assert_int_equal(login.updates, 0);
}

typedef int phase(pam_handle_t *pamh, int flags, int argc, const char **argv);

/* As no libpam would call it. */
static void C57_the_second_phase_without_the_first_permits_nothing(void **state)
{
	(void)state;
	phase *chauthtok;
	const struct pam_conv conv = {0};
	pam_handle_t *pamh = NULL;
	const char *argv[] = {""};

	if (!site_made)
		skip();
	void *module = dlopen(site_module(), RTLD_NOW);
	assert_non_null(module);
	*(void **)&chauthtok = dlsym(module, "pam_sm_chauthtok");
	assert_non_null(chauthtok);
	assert_int_equal(
		pam_start_confdir(SITE_SERVICE, SITE_USER, &conv, site_path("pam.d"), &pamh), PAM_SUCCESS);
	assert_int_equal(chauthtok(pamh, PAM_UPDATE_AUTHTOK, 0, argv), PAM_AUTHTOK_ERR);
	assert_int_equal(chauthtok(pamh, 0, 0, argv), PAM_AUTHTOK_ERR);
	assert_int_equal(chauthtok(pamh, PAM_UPDATE_AUTHTOK | PAM_PRELIM_CHECK, 0, argv), PAM_AUTHTOK_ERR);
	assert_int_equal(pam_end(pamh, PAM_SUCCESS), PAM_SUCCESS);
	assert_int_equal(dlclose(module), 0);
}

static void C11_a_change_that_nobody_was_asked_for_touches_no_counter(void **state)
{
	(void)state;
	struct site_login login = change();
	struct record before, after;

	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	site_record(&before);
	caller = 0;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	site_record(&after);
	assert_memory_equal(&before, &after, sizeof before);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_right_code_permits_the_change),
		T(C57_a_refusal_comes_in_the_first_phase),
		T(who_is_not_enrolled_is_denied_or_left_to_the_rest),
		T(root_changes_anothers_without_being_asked_and_that_is_logged),
		T(a_program_of_roots_asks_before_an_expired_password_is_changed),
		T(who_has_just_logged_in_by_a_code_is_not_asked_again),
		T(a_login_that_asked_nobody_asks_before_the_change),
		T(PAM_SILENT_puts_the_line_into_the_prompt),
		T(where_nothing_is_revealed_a_change_reveals_nothing_either),
		T(a_fault_in_the_configuration_is_found_in_the_first_phase),
		T(C57_the_second_phase_without_the_first_permits_nothing),
		T(C11_a_change_that_nobody_was_asked_for_touches_no_counter),
	};

	return cmocka_run_group_tests(tests, site_make_group, site_remove_group);
}
