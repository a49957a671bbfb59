/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/mend.c" /* NOLINT(bugprone-suspicious-include): what only the command holds is in no library */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_cause(const char *reason, const char *cause)
{
	const struct mend *mend = mend_find(reason);

	if (mend == NULL || strcmp(mend->cause, cause) != 0)
		fail_msg("%s: %s, not %s", reason, mend == NULL ? "nothing" : mend->cause, cause);
}

static void each_reason_of_the_hook_has_its_cause(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"host name not found: mx.example.org:25", "dns"},
		{"connection refused at localhost:25", "refused"},
		{"cannot connect to 192.0.2.1:25: Network is unreachable", "connect"},
		{"no answer in time from mx.example.org:25", "timeout"},
		{"localhost:25 offers no STARTTLS", "tls-missing"},
		{"certificate not trusted: localhost:25: no alternative certificate subject name matches "
		 "target",
			"tls-name"},
		{"certificate not trusted: localhost:25: certificate has expired", "tls-expired"},
		{"certificate not trusted: localhost:25: self-signed certificate", "tls-trust"},
		{"TLS with localhost:465 failed: wrong version number", "tls"},
		{"login refused: 535 5.7.8 no", "login"},
		{"login refused: localhost:25 offers neither AUTH PLAIN nor AUTH LOGIN", "login"},
		{"sender refused: 550 5.7.1 not yours", "sender"},
		{"recipient refused: 550 5.1.1 no such user", "recipient"},
		{"recipient refused: 550 relay not permitted", "relaying"},
		{"message refused: 554 spam", "content"},
		{"message refused: 451 try later", "server"},
		{"login refused: 454 4.7.0 temporary failure", "server"},
		{"sender refused: 452 4.3.1 quota exceeded", "quota"},
		{"recipient refused: 452 4.2.2 mailbox full", "quota"},
		{"recipient refused: 552 5.2.2 over quota", "quota"},
		{"recipient refused: 450 4.7.1 greylisted", "recipient"},
		{"421 4.7.0 too many connections", "server"},
		{"554 no service for this host", "server"},
		{"/etc/otpcode/relay.password: Permission denied", "trust"},
		{"/etc/otpcode/p: everybody may read it; chmod 0640 and give it to the hook's group",
			"trust"},
		{"/etc/otpcode/p: the first line must be a password of 1 to 255 bytes", "login"},
		{"HTTP 401: who are you", "login"},
		{"HTTP 403: no", "login"},
		{"HTTP 402: pay", "quota"},
		{"HTTP 429: slow down", "quota"},
		{"HTTP 400: The 'To' number is not valid", "number"},
		{"HTTP 400: Missing PhoneNumber", "number"},
		{"HTTP 400: insufficient credit for this number", "quota"},
		{"HTTP 400: bad JSON", "request"},
		{"HTTP 408", "server"},
		{"no answer to the message from localhost:25", "timeout"},
		{"HTTP 503: maintenance", "server"},
		{"HTTP 200, but its ok is false", "answer"},
		{"a redirect, which is not followed: url is not where h takes messages", "url"},
		{"/usr/sbin/sendmail: No such file or directory", "command"},
		{"cannot run /usr/sbin/x: Permission denied", "command"},
		{"/usr/sbin/x: mode 0644, must be executable", "command"},
		{"/usr/sbin/x: mode 0775 lets others than its owner write", "trust"},
		{"msmtp exited with 78 (EX_CONFIG): no account", "command"},
		{"msmtp exited with 77 (EX_NOPERM): authentication failed", "login"},
		{"msmtp exited with 75 (EX_TEMPFAIL)", "server"},
		{"x did not read the message in time", "timeout"},
		{"delivery.hook: /x/otpcode-deliver: No such file or directory", "hook"},
		{"delivery.hook: /x/otpcode-deliver: mode 0644, must be executable", "command"},
		{"cannot run /x as _otpcode: execve: Permission denied", "command"},
		{"/x ended without a verdict", "hook"},
		{"/x: not a verdict: its reason is empty, too long or not printable", "hook"},
		{"x exited with 0 and read nothing of the message", "command"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_cause(cases[i][0], cases[i][1]);
}

static void what_is_not_known_has_no_advice(void **state)
{
	(void)state;
	assert_null(mend_find("something else"));
	assert_null(mend_find(""));
	assert_null(mend_find("the words connection refused at the end"));
}

static void every_row_says_what_to_do(void **state)
{
	(void)state;
	const struct mend *mend;

	for (size_t i = 0; (mend = mend_at(i)) != NULL; i++) {
		assert_true(mend->cause[0] != '\0' && mend->advice[0] != '\0');
		assert_null(strchr(mend->cause, ' '));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_of_the_hook_has_its_cause),
		cmocka_unit_test(what_is_not_known_has_no_advice),
		cmocka_unit_test(every_row_says_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
