/* SPDX-License-Identifier: BSD-2-Clause */
/* NOLINTBEGIN(bugprone-suspicious-include): what only the command holds is in no library */
#include "cli/base32.c"
#include "cli/otpauth.c"
/* NOLINTEND(bugprone-suspicious-include) */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct totp_secret secret = {.bytes = "12345678901234567890", .len = 20};

static void assert_uri(struct totp_form form, const char *host, const char *user, const char *wanted)
{
	struct otpauth_facts facts = {.form = form, .secret = &secret, .host = host, .user = user};
	char uri[OTPAUTH_URI_SIZE];

	otpauth_uri(&facts, uri);
	assert_string_equal(uri, wanted);
}

static void what_every_app_takes_for_granted_is_left_out(void **state)
{
	(void)state;
	assert_uri((struct totp_form){TOTP_SHA1, 6, 30}, "login.example.org", "alice",
		"otpauth://totp/login.example.org:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
		"&issuer=login.example.org");
}

static void any_other_form_is_named(void **state)
{
	(void)state;
	assert_uri((struct totp_form){TOTP_SHA512, 8, 60}, "h", "u",
		"otpauth://totp/h:u?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=h"
		"&algorithm=SHA512&digits=8&period=60");
	assert_uri((struct totp_form){TOTP_SHA256, 6, 30}, "h", "u",
		"otpauth://totp/h:u?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=h&algorithm=SHA256");
}

static void no_name_can_add_to_the_uri(void **state)
{
	(void)state;
	assert_uri((struct totp_form){TOTP_SHA1, 6, 30}, "a b:c", "DOM\\u?secret=A&x=%41#\xc3\xa9\n",
		"otpauth://totp/a%20b%3Ac:DOM%5Cu%3Fsecret%3DA%26x%3D%2541%23%C3%A9%0A"
		"?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=a%20b%3Ac");
}

static void longest_names_fit(void **state)
{
	char host[ORIGIN_HOST_SIZE], user[RECORD_USER_SIZE], uri[OTPAUTH_URI_SIZE];
	struct totp_secret longest = {.len = TOTP_SECRET_MAX};
	struct otpauth_facts facts = {
		.form = {TOTP_SHA512, 8, 60}, .secret = &longest, .host = host, .user = user};

	(void)state;
	memset(host, '\xff', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	memset(user, '\n', sizeof user - 1);
	user[sizeof user - 1] = '\0';
	otpauth_uri(&facts, uri);
	assert_string_equal(uri + strlen(uri) - strlen("%FF&algorithm=SHA512&digits=8&period=60"),
		"%FF&algorithm=SHA512&digits=8&period=60");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_every_app_takes_for_granted_is_left_out),
		cmocka_unit_test(any_other_form_is_named),
		cmocka_unit_test(no_name_can_add_to_the_uri),
		cmocka_unit_test(longest_names_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
