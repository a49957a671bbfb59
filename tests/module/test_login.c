/* SPDX-License-Identifier: BSD-2-Clause */

/* The real module in a real PAM stack: what a host program gets back, what a person sees, what stays on disk.
 */

#include "core/lane.h"
#include "tests/module/site.h"

#include <security/pam_appl.h>
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

#define SHIPPED "[success=ok ignore=ignore default=die]"

static int setup(void **state)
{
	(void)state;
	if (site_made) {
		site_configure("");
		site_stack("", SHIPPED, "");
		site_reset();
	}
	return 0;
}

/* A remote login of SITE_USER. */
static struct site_login remote(void)
{
	return (struct site_login){.user = SITE_USER, .rhost = "192.0.2.7"};
}

static unsigned failures(enum lane lane)
{
	struct record record;

	site_record(&record);
	return record.lanes[lane].consecutive;
}

static void the_mailed_code_opens(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_int_equal(site_mails(), 1);
	assert_non_null(strstr(login.seen, "A 6-digit code was emailed to d***@e***.org (ref "));
	assert_non_null(strstr(login.seen, "\nVerification code: \n"));
	assert_true(login.echoed);
	assert_non_null(strstr(site_log(), "event=sent user=" SITE_USER " rhost=192.0.2.7 ref="));
	assert_non_null(strstr(site_log(), "channel=email provider=relay ms=7"));
	assert_non_null(strstr(site_log(), "event=verified user=" SITE_USER));
}

static void wrong_then_right_opens(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_WRONG;
	login.replies[1].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_non_null(strstr(login.seen, "Wrong code. Use the one in message "));
	assert_non_null(strstr(login.seen, "4 tries left."));
	assert_non_null(strstr(login.seen, "1 wrong code since your last login, latest from 192.0.2.7."));
	assert_non_null(strstr(site_log(), "tries_left=4 failures=1"));
}

static void what_cannot_be_a_code_is_not_counted(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].text = "12345";
	login.replies[1].text = "hello world";
	login.replies[2].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_non_null(strstr(login.seen, "The code has 6 digits; you typed 5. Not counted."));
	assert_null(strstr(site_log(), "event=wrong"));
}

static void five_wrong_answers_end_with_maxtries(void **state)
{
	(void)state;
	struct site_login login = remote();

	for (int i = 0; i < 5; i++)
		login.replies[i].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_MAXTRIES);
	assert_int_equal(login.prompts, 5);
	assert_non_null(strstr(login.seen, "Too many wrong codes. Log in again later for a new code."));
	assert_int_equal(failures(LANE_STRANGER), 5);
	assert_int_equal(site_run_or_skip(&login), PAM_MAXTRIES);
	assert_int_equal(login.prompts, 0);
	assert_int_equal(site_mails(), 1);
}

static void a_locked_lane_ends_with_maxtries_and_is_not_asked(void **state)
{
	(void)state;
	struct site_login login = remote();

	if (site_made)
		site_configure("[limits]\nlock_after=2\nlock_for=15min\n");
	login.replies[0].answer = login.replies[1].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_MAXTRIES);
	assert_non_null(strstr(login.seen, "Locked after too many wrong codes. Try again in 15 min."));
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_MAXTRIES);
	assert_int_equal(login.prompts, 0);
	assert_non_null(
		strstr(site_log(), "event=denied user=" SITE_USER " rhost=192.0.2.7 why=locked until=2"));
}

static void C49_three_wrong_connections_in_a_row_cause_one_mail(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_WRONG;
	for (int i = 0; i < 3; i++)
		assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	assert_int_equal(site_mails(), 1);
	assert_non_null(strstr(login.seen, "Use the code emailed to d***@e***.org"));
	assert_int_equal(failures(LANE_STRANGER), 3);
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void C35_no_answer_is_never_a_success(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_END;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	login.replies[0].answer = SITE_FAIL;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	for (int i = 0; i < 5; i++)
		login.replies[i] = (struct site_reply){.answer = SITE_TYPE, .text = ""};
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_int_equal(login.prompts, 5);
	assert_non_null(strstr(login.seen, "You can ask again in "));
	assert_int_equal(site_mails(), 1);
	assert_int_equal(failures(LANE_STRANGER), 0);
}

static void C46_cancelling_at_any_prompt_denies(void **state)
{
	(void)state;
	for (int at = 0; at < 4; at++) {
		struct site_login login = remote();
		for (int i = 0; i < at; i++)
			login.replies[i].answer = SITE_WRONG;
		login.replies[at].answer = at % 2 == 0 ? SITE_FAIL : SITE_END;
		setup(NULL);
		assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
		assert_int_equal(failures(LANE_STRANGER), at);
	}
}

static void C16_a_denied_users_junk_counts_nothing_and_sends_nothing(void **state)
{
	(void)state;
	static const char junk[] = "\b\n\r\177INCORRECT";
	const size_t lengths[] = {1, 6, 13, 14, 26};
	char text[32];

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct site_login login = remote();
		for (size_t c = 0; c < lengths[i]; c++)
			text[c] = junk[c % (sizeof junk - 1)];
		text[lengths[i]] = '\0';
		for (int r = 0; r < 5; r++)
			login.replies[r].text = text;
		setup(NULL);
		assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
		assert_int_equal(failures(LANE_STRANGER), 0);
		assert_int_equal(site_mails(), 1);
		assert_non_null(strstr(site_log(), "event=ignored"));
	}
}

static void a_blind_conversation_is_refused_and_sends_nothing(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.ssh_connection = "192.0.2.7 50000 192.0.2.1 22";
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	assert_int_equal(login.prompts, 0);
	assert_int_equal(site_mails(), 0);
	login.ssh_auth_info = "";
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void C32_an_unknown_name_is_not_logged_and_looks_like_an_unenrolled_one(void **state)
{
	(void)state;
	struct site_login unknown = {.user = "hunter2-not-a-user", .rhost = "192.0.2.7"};
	struct site_login unenrolled = {.user = SITE_OTHER, .rhost = "192.0.2.7"};

	assert_int_equal(site_run_or_skip(&unknown), PAM_AUTH_ERR);
	assert_null(strstr(site_log(), "hunter2"));
	assert_non_null(strstr(site_log(), "unknown user"));
	assert_int_equal(site_run_or_skip(&unenrolled), PAM_AUTH_ERR);
	assert_string_equal(unknown.seen, unenrolled.seen);
	assert_non_null(strstr(unknown.seen, "No address is registered for you."));
}

static void an_unenrolled_user_is_denied_unless_the_admin_chose_to_ignore(void **state)
{
	(void)state;
	struct site_login login = {.user = SITE_OTHER, .rhost = "192.0.2.7"};

	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	site_configure("[users]\nunenrolled=ignore\n");
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS); /* pam_permit after us */
	assert_string_equal(login.seen, "");
	login.user = "hunter2-not-a-user";
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	login = remote();
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR); /* who is enrolled is asked all the same */
}

static void C54_a_store_that_is_not_this_hosts_denies_even_where_unenrolled_is_ignored(void **state)
{
	(void)state;
	struct site_login login = {.user = SITE_OTHER, .rhost = "192.0.2.7"};

	if (!site_made)
		skip();
	site_configure("[users]\nunenrolled=ignore\n");
	assert_int_equal(rename(site_path("state/store.id"), site_path("kept")), 0);
	assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
	FILE *other = fopen(site_path("state/store.id"), "w");
	assert_non_null(other);
	(void)fprintf(other, "%064d\n", 0);
	(void)fclose(other);
	assert_int_equal(chmod(site_path("state/store.id"), 0600), 0);
	assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(rename(site_path("kept"), site_path("state/store.id")), 0);
	assert_int_equal(rename(site_path("state/users"), site_path("kept")), 0);
	assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(rename(site_path("kept"), site_path("state/users")), 0);
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void C11_no_phase_but_auth_touches_a_counter(void **state)
{
	(void)state;
	struct site_login login = remote();
	struct record before, after;
	char lines[1024];

	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	site_record(&before);
	login.phase = SITE_SETCRED;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	/* In a phase that it does not have, the module is no success either. */
	(void)snprintf(lines, sizeof lines, "account required %s conf=%s\nsession required %s conf=%s\n",
		site_module(), site_path("otpcode.conf"), site_module(), site_path("otpcode.conf"));
	site_stack(lines, SHIPPED, "");
	for (login.phase = SITE_ACCOUNT; login.phase <= SITE_SESSION; login.phase++)
		assert_int_not_equal(site_run_or_skip(&login), PAM_SUCCESS);
	site_record(&after);
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(login.prompts, 0);
	assert_int_equal(site_mails(), 1);
}

static void a_configuration_fault_is_a_service_error_that_names_file_and_line(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_CODE;
	if (site_made)
		site_configure("[limits]\nlock_for=15\n");
	assert_int_equal(site_run_or_skip(&login), PAM_SERVICE_ERR);
	assert_non_null(strstr(site_log(), "otpcode.conf:"));
	assert_non_null(strstr(site_log(), "15min"));
	assert_non_null(strstr(login.seen, "Codes cannot be checked"));
	site_configure("");
	site_stack("", SHIPPED, "promt.echo=no");
	assert_int_equal(site_run_or_skip(&login), PAM_SERVICE_ERR);
	site_stack("", SHIPPED, "delivery.hook=/bin/true");
	assert_int_equal(site_run_or_skip(&login), PAM_SERVICE_ERR);
	assert_int_equal(site_mails(), 0);
}

static void arguments_override_keys_for_one_service(void **state)
{
	(void)state;
	struct site_login login = remote();

	if (site_made)
		site_stack("", SHIPPED, "prompt.echo=no prompt.max_prompts=1");
	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_AUTH_ERR);
	assert_int_equal(login.prompts, 1);
	assert_false(login.echoed);
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void without_the_host_key_nobody_gets_in(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(chmod(site_path("key"), 0644), 0);
	assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(chmod(site_path("key"), 0600), 0);
	assert_int_equal(rename(site_path("key"), site_path("kept")), 0);
	assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(site_log(), "key"));
	assert_int_equal(rename(site_path("kept"), site_path("key")), 0);
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
}

static void C50_a_refused_mail_is_never_called_sent(void **state)
{
	(void)state;
	struct site_login login = remote();
	const char *const verdicts[] = {"refused relay 550 no such user", "later relay connection refused",
		"config no providers", "", "nonsense"};

	for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
		setup(NULL);
		if (site_made)
			site_hook_says(verdicts[i]);
		login.replies[0].answer = SITE_CODE;
		assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
		assert_int_equal(login.prompts, 0);
		assert_non_null(strstr(login.seen, "Your code could not be sent."));
		assert_null(strstr(login.seen, "was emailed"));
		assert_non_null(strstr(site_log(), "event=refused"));
		unsigned mails = site_mails();
		assert_int_equal(site_run_or_skip(&login),
			PAM_AUTHINFO_UNAVAIL); /* the rerun repeats the text, and sends nothing */
		assert_int_equal(site_mails(), mails);
		assert_non_null(strstr(login.seen, "Your code could not be sent."));
	}
}

static void an_unknown_outcome_keeps_the_code(void **state)
{
	(void)state;
	struct site_login login = remote();

	if (site_made)
		site_hook_says("unknown relay the connection was lost after the message");
	login.replies[0].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_non_null(strstr(login.seen, "is slow (ref "));
	assert_null(strstr(login.seen, "was emailed"));
}

static void C03_a_hook_that_cannot_be_run_denies(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_CODE;
	if (!site_made)
		skip();
	assert_int_equal(chmod(site_path("hook"), 0757), 0);
	assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(site_mails(), 0);
	assert_int_equal(chmod(site_path("hook"), 0755), 0);
}

static void PAM_SILENT_puts_the_line_into_the_prompt_and_sends_no_message(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.flags = (int)PAM_SILENT;
	login.replies[0].answer = SITE_WRONG;
	login.replies[1].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_int_equal(login.prompts, 2);
	assert_int_equal(login.messages, 0);
	assert_non_null(strstr(login.seen, "A 6-digit code was emailed to d***@e***.org (ref "));
	assert_non_null(strstr(login.seen, "4 tries left.\nVerification code: \n"));
}

static void change_user(void *pamh, unsigned prompt)
{
	(void)prompt;
	assert_int_equal(pam_set_item(pamh, PAM_USER, SITE_OTHER), PAM_SUCCESS);
}

static void C17_a_user_changed_during_the_login_does_not_move_the_state(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.at_prompt = change_user;
	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	assert_int_equal(failures(LANE_STRANGER), 1);
}

static void C27_answers_of_any_length_are_taken_or_refused_in_time(void **state)
{
	(void)state;
	const size_t lengths[] = {0, 511, 512, 513, 65536, 1 << 20};

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct site_login login = remote();
		char *text = malloc(lengths[i] + 1);
		assert_non_null(text);
		memset(text, '1', lengths[i]);
		text[lengths[i]] = '\0';
		login.replies[0].text = text;
		login.replies[1].answer = SITE_CODE;
		setup(NULL);
		assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
		free(text);
	}
}

static void C19_names_of_any_length_are_refused(void **state)
{
	(void)state;
	char name[1026] = "";

	for (size_t len = 1; len < sizeof name; len++) {
		struct site_login login = {.user = name, .rhost = "192.0.2.7"};
		memset(name, 'a', len);
		name[len] = '\0';
		assert_int_not_equal(site_run_or_skip(&login), PAM_SUCCESS);
	}
	assert_int_equal(site_mails(), 0);
}

static void C31_the_log_holds_no_code_and_no_address(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.replies[0].answer = SITE_WRONG;
	login.replies[1].text = "";
	login.replies[2].answer = SITE_CODE;
	assert_int_equal(site_run_or_skip(&login), PAM_SUCCESS);
	assert_null(strstr(site_log(), site_code(0)));
	assert_null(strstr(site_log(), "@"));
	setup(NULL);
	site_hook_says("refused relay 550 daemon@example.org is unknown");
	assert_int_equal(site_run_or_skip(&login), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(site_log(), "550"));
	assert_null(strstr(site_log(), "daemon@"));
}

static void a_key_that_was_proved_makes_the_login_known(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.ssh_connection = "192.0.2.7 50000 192.0.2.1 22";
	login.ssh_auth_info = "publickey ssh-ed25519 "
			      "AAAAC3NzaC1lZDI1NTE5AAAAIIJVLKpMVjYKMMFVZnlaeu0KWmJ0dBZPHy2MeRoZDHKn\n";
	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	assert_int_equal(failures(LANE_KNOWN), 1);
	assert_int_equal(failures(LANE_STRANGER), 0);
}

static unsigned failures_at_second_prompt;

static void look_at_second_prompt(void *pamh, unsigned prompt)
{
	(void)pamh;
	if (prompt == 1)
		failures_at_second_prompt = failures(LANE_STRANGER);
}

static void C14_the_try_is_on_disk_before_its_verdict_is_spoken(void **state)
{
	(void)state;
	struct site_login login = remote();

	login.at_prompt = look_at_second_prompt;
	login.replies[0].answer = SITE_WRONG;
	assert_int_equal(site_run_or_skip(&login), PAM_CONV_ERR);
	assert_int_equal(failures_at_second_prompt, 1);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_mailed_code_opens),
		T(wrong_then_right_opens),
		T(what_cannot_be_a_code_is_not_counted),
		T(five_wrong_answers_end_with_maxtries),
		T(a_locked_lane_ends_with_maxtries_and_is_not_asked),
		T(C49_three_wrong_connections_in_a_row_cause_one_mail),
		T(C35_no_answer_is_never_a_success),
		T(C46_cancelling_at_any_prompt_denies),
		T(C16_a_denied_users_junk_counts_nothing_and_sends_nothing),
		T(a_blind_conversation_is_refused_and_sends_nothing),
		T(C32_an_unknown_name_is_not_logged_and_looks_like_an_unenrolled_one),
		T(an_unenrolled_user_is_denied_unless_the_admin_chose_to_ignore),
		T(C54_a_store_that_is_not_this_hosts_denies_even_where_unenrolled_is_ignored),
		T(C11_no_phase_but_auth_touches_a_counter),
		T(a_configuration_fault_is_a_service_error_that_names_file_and_line),
		T(arguments_override_keys_for_one_service),
		T(without_the_host_key_nobody_gets_in),
		T(C50_a_refused_mail_is_never_called_sent),
		T(an_unknown_outcome_keeps_the_code),
		T(C03_a_hook_that_cannot_be_run_denies),
		T(PAM_SILENT_puts_the_line_into_the_prompt_and_sends_no_message),
		T(C17_a_user_changed_during_the_login_does_not_move_the_state),
		T(C27_answers_of_any_length_are_taken_or_refused_in_time),
		T(C19_names_of_any_length_are_refused),
		T(C31_the_log_holds_no_code_and_no_address),
		T(a_key_that_was_proved_makes_the_login_known),
		T(C14_the_try_is_on_disk_before_its_verdict_is_spoken),
	};

	return cmocka_run_group_tests(tests, site_make_group, site_remove_group);
}
