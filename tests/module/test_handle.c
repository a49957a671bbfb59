/* SPDX-License-Identifier: BSD-2-Clause */

/* What one call of the module may leave on a PAM handle to the next one: not how a call before the last one
 * ended, and no device. */

#include "tests/module/site.h"

#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIJVLKpMVjYKMMFVZnlaeu0KWmJ0dBZPHy2MeRoZDHKn\n"

static uid_t caller;     /* the real uid that the module sees */
static bool knows_codes; /* the person at the prompt; else the conversation fails */
static unsigned prompts;
static pam_handle_t *pamh;

/* The module finds this one before libc's: the program comes first in the search for symbols. */
uid_t getuid(void)
{
	return caller;
}

static int converse(int n, const struct pam_message **messages, struct pam_response **out, void *ctx)
{
	const int style = messages[0]->msg_style;
	const bool asks = style == PAM_PROMPT_ECHO_ON || style == PAM_PROMPT_ECHO_OFF;

	(void)ctx;
	prompts += asks;
	if (n != 1 || (asks && !knows_codes))
		return PAM_CONV_ERR;
	*out = calloc(1, sizeof **out);
	assert_non_null(*out);
	if (asks)
		(*out)->resp = strdup(site_code(site_mails() - 1));
	return PAM_SUCCESS;
}

static void start(void)
{
	static const struct pam_conv conv = {.conv = converse};

	assert_int_equal(
		pam_start_confdir(SITE_SERVICE, SITE_USER, &conv, site_path("pam.d"), &pamh), PAM_SUCCESS);
	assert_int_equal(pam_putenv(pamh, "SSH_CONNECTION=192.0.2.7 50000 192.0.2.1 22"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(pamh, "SSH_AUTH_INFO_0=" KEY), PAM_SUCCESS);
}

static void end(void)
{
	assert_int_equal(pam_end(pamh, PAM_SUCCESS), PAM_SUCCESS);
	pamh = NULL;
}

static void restart(void)
{
	if (site_made) {
		end();
		start();
	}
}

static int setup(void **state)
{
	(void)state;
	caller = 0;
	knows_codes = false;
	prompts = 0;
	if (!site_made)
		return 0;
	site_configure("");
	site_stack("", "required", "");
	site_reset();
	start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (site_made)
		end();
	return 0;
}

static int authenticate(void)
{
	if (!site_made)
		skip();
	return pam_authenticate(pamh, 0);
}

static int change(unsigned flags)
{
	if (!site_made)
		skip();
	return pam_chauthtok(pamh, (int)flags);
}

/* The second phase comes though the first one failed: only then could an older permission be taken for this
 * one's.
 */
static void C57_a_first_phase_that_fails_takes_back_the_one_before(void **state)
{
	(void)state;
	if (site_made)
		site_stack("", "[success=ok conv_err=ignore default=die]", "");
	restart();
	assert_int_equal(change(0), PAM_SUCCESS); /* root changes another's */
	assert_int_equal(prompts, 0);
	caller = 1;
	assert_int_equal(change(0), PAM_AUTHTOK_ERR);
	assert_int_equal(prompts, 1);
}

static void C57_a_login_that_fails_takes_back_the_one_before(void **state)
{
	(void)state;
	knows_codes = true;
	assert_int_equal(authenticate(), PAM_SUCCESS);
	knows_codes = false;
	assert_int_equal(change(PAM_CHANGE_EXPIRED_AUTHTOK), PAM_SUCCESS);
	assert_int_equal(prompts, 1); /* not asked again */
	assert_int_equal(authenticate(), PAM_CONV_ERR);
	assert_int_equal(change(PAM_CHANGE_EXPIRED_AUTHTOK), PAM_CONV_ERR);
	assert_int_equal(prompts, 3);
}

static void C57_a_known_device_may_log_in_and_not_change_the_password(void **state)
{
	(void)state;
	if (site_made)
		site_configure("[devices]\nremember_for=1d\n");
	knows_codes = true;
	assert_int_equal(authenticate(), PAM_SUCCESS);
	restart();
	knows_codes = false;
	assert_int_equal(authenticate(), PAM_SUCCESS);
	assert_int_equal(prompts, 1); /* remembered */
	assert_int_equal(change(PAM_CHANGE_EXPIRED_AUTHTOK), PAM_CONV_ERR);
	caller = 1;
	assert_int_equal(change(0), PAM_CONV_ERR);
	assert_int_equal(prompts, 3);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(C57_a_first_phase_that_fails_takes_back_the_one_before),
		T(C57_a_login_that_fails_takes_back_the_one_before),
		T(C57_a_known_device_may_log_in_and_not_change_the_password),
	};

	return cmocka_run_group_tests(tests, site_make_group, site_remove_group);
}
