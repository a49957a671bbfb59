/* SPDX-License-Identifier: BSD-2-Clause */

/* Many logins of one user at the same instant. */

#include "core/lane.h"
#include "tests/module/site.h"

#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LOGINS 64

static int ready[2], go[2];

/* The barrier: nobody answers before everybody has been asked. */
static void wait_for_all(void *pamh, unsigned prompt)
{
	char byte = 0;

	(void)pamh;
	if (prompt > 0)
		return;
	if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 0)
		_exit(200);
}

/* A login that ends before its first prompt must not keep the others waiting for it. */
static int run_one(const struct site_reply *replies, size_t replies_n)
{
	struct site_login login = {.user = SITE_USER, .rhost = "192.0.2.7", .at_prompt = wait_for_all};

	memcpy(login.replies, replies, replies_n * sizeof replies[0]);
	int code = site_run(&login);
	if (login.prompts == 0 && write(ready[1], "", 1) != 1)
		return 200;
	return code;
}

struct tally {
	unsigned succeeded, denied, other;
};

/* LOGINS processes at one origin, released together at their first prompt. */
static struct tally run_all(const struct site_reply *replies, size_t replies_n)
{
	struct tally tally = {0};
	pid_t children[LOGINS];
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	for (int i = 0; i < LOGINS; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			(void)close(go[1]);
			_exit(run_one(replies, replies_n));
		}
	}
	(void)close(go[0]);
	for (int i = 0; i < LOGINS; i++)
		assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(go[1]);
	for (int i = 0; i < LOGINS; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		if (WIFEXITED(status) && WEXITSTATUS(status) == PAM_SUCCESS)
			tally.succeeded++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) < 32)
			tally.denied++;
		else {
			print_message("login %d: status %x\n", i, (unsigned)status);
			tally.other++;
		}
	}
	(void)close(ready[0]);
	(void)close(ready[1]);
	return tally;
}

static void C08_of_64_right_codes_at_once_exactly_one_opens(void **state)
{
	(void)state;
	const struct site_reply replies[] = {{.answer = SITE_FIRST_CODE}};

	if (!site_made)
		skip();
	struct tally tally = run_all(replies, 1);
	assert_int_equal(tally.other, 0);
	assert_int_equal(tally.succeeded, 1);
	assert_int_equal(tally.denied, LOGINS - 1);
}

static void assert_opens_once(const char *text)
{
	struct site_reply reply = {.answer = SITE_TYPE, .text = text};
	struct record record;

	struct tally tally = run_all(&reply, 1);
	assert_int_equal(tally.other, 0);
	assert_int_equal(tally.succeeded, 1);
	assert_int_equal(tally.denied, LOGINS - 1);
	assert_int_equal(site_mails(), 0);
	site_record(&record);
	assert_true(record.totp[0].last_step > 0 || record.backups_n == 0);
}

static void C08_of_64_answers_with_one_code_of_the_app_exactly_one_opens(void **state)
{
	(void)state;

	if (!site_made)
		skip();
	site_reset();
	site_keep();
	const struct code code = site_app_code();
	assert_opens_once(code.text);
}

static void C08_of_64_answers_with_one_backup_code_exactly_one_opens(void **state)
{
	(void)state;

	if (!site_made)
		skip();
	site_reset();
	site_keep();
	assert_opens_once(SITE_BACKUP);
}

static void C05_of_64_wrong_codes_at_once_five_are_compared(void **state)
{
	(void)state;
	const struct site_reply replies[] = {{.answer = SITE_WRONG}, {.answer = SITE_WRONG}};
	struct record record;

	if (!site_made)
		skip();
	site_reset();
	struct tally tally = run_all(replies, 2);
	assert_int_equal(tally.other, 0);
	assert_int_equal(tally.succeeded, 0);
	assert_int_equal(site_mails(), 1);
	site_record(&record);
	assert_int_equal(record.challenges[0].tries_used, 5);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 5);
	struct site_login late = {
		.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.answer = SITE_FIRST_CODE}}};
	assert_int_equal(site_run(&late), PAM_MAXTRIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C08_of_64_right_codes_at_once_exactly_one_opens),
		cmocka_unit_test(C08_of_64_answers_with_one_code_of_the_app_exactly_one_opens),
		cmocka_unit_test(C08_of_64_answers_with_one_backup_code_exactly_one_opens),
		cmocka_unit_test(C05_of_64_wrong_codes_at_once_five_are_compared),
	};

	return cmocka_run_group_tests(tests, site_make_group, site_remove_group);
}
