/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)

static char said[TEXTS_LINE_SIZE];

static struct otp_step step_of(enum otp_situation situation)
{
	struct otp_step step = {.situation = situation,
		.ref = "QFX",
		.to = "j***@e***.org",
		.channel = CHANNEL_EMAIL,
		.delivery = RECORD_SENT,
		.has_live_code = true,
		.sent_at = NOW - 120,
		.tries_left = 3};

	return step;
}

static const char *say_with(
	const struct otp_step *step, enum texts_context context, const char *support, unsigned length)
{
	struct texts_facts facts = {
		.form = {.alphabet = CODE_DIGITS, .length = length}, .support = support, .now = NOW};

	texts_line(step, context, &facts, said);
	assert_true(strlen(said) < TEXTS_LINE_SIZE);
	for (const char *p = said; *p != '\0'; p++)
		assert_true(*p >= ' ' && *p <= '~');
	return said;
}

static const char *say(const struct otp_step *step, enum texts_context context)
{
	return say_with(step, context, "helpdesk@example.org", 6);
}

static void each_situation_has_the_line_of_the_design(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_SEND);

	assert_string_equal(say(&step, TEXTS_PLAIN),
		"A 6-digit code was emailed to j***@e***.org (ref QFX). Nothing? Press Enter.");
	step.situation = OTP_WAITING;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Use the code emailed to j***@e***.org 2 min ago (ref QFX). None? Press Enter.");
	step = step_of(OTP_SEND);
	step.delivery = RECORD_SLOW;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Mail to j***@e***.org is slow (ref QFX). Wait for the code, then type it here.");
	step = step_of(OTP_WRONG);
	assert_string_equal(say(&step, TEXTS_PLAIN), "Wrong code. Use the one in message QFX. 3 tries left.");
	step.tries_left = 1;
	assert_string_equal(say(&step, TEXTS_PLAIN), "Wrong code. Use the one in message QFX. 1 try left.");
	step = step_of(OTP_SPENT);
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "Too many wrong codes. Log in again later for a new code.");
	step = step_of(OTP_NOT_ENROLLED);
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "No address is registered for you. Help: helpdesk@example.org");
}

static void each_situation_has_its_line_for_a_phone(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_SEND);

	step.channel = CHANNEL_SMS;
	strcpy(step.to, "the phone ending 67");
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"A 6-digit code was texted to the phone ending 67 (ref QFX). None? Press Enter.");
	assert_string_equal(say(&step, TEXTS_OTHER_CHANNEL),
		"Email failed, so the code was texted to the phone ending 67 (ref QFX).");
	step.delivery = RECORD_SLOW;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"The text to the phone ending 67 is slow (ref QFX). Wait, then type the code.");
	assert_string_equal(say(&step, TEXTS_OTHER_CHANNEL),
		"Email failed; the text to the phone ending 67 is slow (ref QFX). Wait for it.");
	step.situation = OTP_WAITING;
	step.delivery = RECORD_SENT;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Use the code texted to the phone ending 67 2 min ago (ref QFX). None? Enter.");
	step.situation = OTP_NO_SUCH_CONTACT;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"No code can be texted to you. The code already sent (ref QFX) still works.");
	step.has_live_code = false;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "No code can be texted to you. Press Enter for a new one.");
	step = step_of(OTP_SEND);
	assert_string_equal(say(&step, TEXTS_OTHER_CHANNEL),
		"Texting failed, so the code was emailed to j***@e***.org (ref QFX).");
}

static void a_failed_send_is_never_called_sent(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_SEND_FAILED);

	step.has_live_code = false;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Your code could not be sent. Try later. Help: helpdesk@example.org");
	step.has_live_code = true;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"No new code could be sent. The code already sent (ref QFX) still works.");
}

static void another_code_is_told_from_the_first(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_SEND);

	assert_string_equal(say(&step, TEXTS_AGAIN),
		"A new code was emailed to j***@e***.org (ref QFX). Nothing? Press Enter.");
	step.delivery = RECORD_SLOW;
	assert_non_null(strstr(say(&step, TEXTS_AGAIN), " is slow "));
}

static void a_code_that_may_still_come_is_not_called_sent(void **state)
{
	(void)state;
	static const enum otp_situation situations[] = {
		OTP_TOO_SOON, OTP_SEND_LIMIT, OTP_SEND_FAILED, OTP_NO_SUCH_CONTACT};

	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
		struct otp_step step = step_of(situations[i]);
		step.none_known_sent = true;
		step.wait_s = 18;
		(void)say(&step, TEXTS_AGAIN);
		assert_non_null(strstr(said, ". The code (ref QFX) works when it comes."));
		step.none_known_sent = false;
		assert_non_null(
			strstr(say(&step, TEXTS_AGAIN), ". The code already sent (ref QFX) still works."));
	}
}

static void what_cannot_be_a_code_is_named(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_NOT_A_CODE);

	step.shape = CODE_SHAPE_LENGTH;
	step.typed_len = 5;
	assert_string_equal(say(&step, TEXTS_PLAIN), "The code has 6 digits; you typed 5. Not counted.");
	step.shape = CODE_SHAPE_REF;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "QFX is the message's ref. Type the 6 digits. Not counted.");
	step.shape = CODE_SHAPE_FOREIGN;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"The code is 6 digits and nothing else: see message QFX. Not counted.");
	assert_string_equal(say(&step, TEXTS_PASSWORD),
		"That is your password. Type the 6 digits in message QFX. Not counted.");
}

static void an_expired_code_and_its_successor_are_one_line(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_SEND);

	assert_string_equal(say(&step, TEXTS_EXPIRED),
		"The code expired. A new one was emailed to j***@e***.org (ref QFX).");
	assert_non_null(strstr(say(&step, TEXTS_GONE), "void"));
}

static void waiting_times_are_rounded_up(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_TOO_SOON);

	step.wait_s = 18;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"You can ask again in 18 s. The code already sent (ref QFX) still works.");
	step.situation = OTP_SEND_LIMIT;
	step.wait_s = INT64_C(40) * 60 + 1;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"No more codes for 41 min. The code already sent (ref QFX) still works.");
	step = step_of(OTP_LOCKED);
	step.wait_s = INT64_C(14) * 60;
	assert_string_equal(say_with(&step, TEXTS_PLAIN, "", 6),
		"Locked after too many wrong codes. Try again in 14 min.");
	step.wait_s = RECORD_LOCK_FOREVER;
	assert_string_equal(
		say_with(&step, TEXTS_PLAIN, "", 6), "Locked until an administrator unlocks you.");
}

static void a_code_is_never_called_older_than_it_is(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_WAITING);
	const struct {
		int64_t age_s;
		const char *text;
	} cases[] = {{0, " 1 s ago "}, {119, " 119 s ago "}, {120, " 2 min ago "}, {179, " 2 min ago "},
		{299, " 4 min ago "}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		step.sent_at = NOW - cases[i].age_s;
		assert_non_null(strstr(say(&step, TEXTS_PLAIN), cases[i].text));
	}
}

static void a_lock_for_good_names_who_helps_with_any_support(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_LOCKED);
	const char *longest = "https://intranet.example.org/wiki/help-with-codes-for-logins-xyz";

	step.wait_s = RECORD_LOCK_FOREVER;
	assert_string_equal(say_with(&step, TEXTS_PLAIN, "helpdesk@example.org, room 5", 6),
		"Locked until an administrator unlocks you. Help: helpdesk@example.org, room 5");
	assert_string_equal(say_with(&step, TEXTS_PLAIN, "helpdesk@example.org or 020 7946 0000", 6),
		"An administrator must unlock you. Help: helpdesk@example.org or 020 7946 0000");
	assert_int_equal(strlen(longest), 64);
	assert_non_null(strstr(say_with(&step, TEXTS_PLAIN, longest, 6), longest));
}

static void spans_change_their_unit_without_getting_shorter(void **state)
{
	(void)state;
	char span[TEXTS_SPAN_SIZE];
	const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {{-5, "1 s"}, {0, "1 s"}, {119, "119 s"}, {120, "2 min"}, {121, "3 min"},
		{7140, "119 min"}, {7141, "2 h"}, {86400, "24 h"}, {169200, "47 h"}, {169201, "2 days"},
		{172801, "3 days"}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		texts_span(cases[i].seconds, span);
		assert_string_equal(span, cases[i].text);
	}
}

static void an_article_fits_its_number(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_SEND);

	assert_non_null(strstr(say_with(&step, TEXTS_PLAIN, "", 8), "An 8-digit code"));
	assert_non_null(strstr(say_with(&step, TEXTS_PLAIN, "", 7), "A 7-digit code"));
}

/* In every context, with a send that was quick, pending or slow. */
static void is_a_whole_line_everywhere(struct otp_step step)
{
	const char *support = "https://intranet.example.org/wiki/help-with-codes-for-logins-xyz";

	for (int delivery = RECORD_PENDING; delivery <= RECORD_SLOW; delivery++) {
		step.delivery = (enum record_delivery)delivery;
		for (int context = TEXTS_PLAIN; context <= TEXTS_PASSWORD; context++) {
			const char *line =
				say_with(&step, (enum texts_context)context, support, CODE_MAX_LEN);
			assert_true(line[0] != '\0');
			assert_null(strchr(line, '{'));
		}
	}
}

/* Longest mask, longest support, longest source: nothing is cut in the middle, nothing passes 78 columns. */
static void the_longest_values_still_give_a_whole_line(void **state)
{
	(void)state;
	struct otp_step step = {.ref = "QFX",
		.to = "j***@e***.photography1",
		.tries_left = 10,
		.wait_s = 86400,
		.sent_at = NOW - 599,
		.shape = CODE_SHAPE_LENGTH,
		.typed_len = 512,
		.wrong_since_success = 100,
		.wrong_latest_source = "2001:db8:1234:5678:9abc:def0:1234:5678"};

	for (int situation = OTP_SEND; situation <= OTP_NOT_A_CODE; situation++) {
		step.situation = (enum otp_situation)situation;
		/* All that may be there to type: a bit each. */
		for (unsigned means = 0; means < 8; means++) {
			step.has_live_code = (means & 1) != 0;
			step.has_totp = (means & 2) != 0;
			step.totp_digits = step.has_totp ? 8 : 0;
			step.backups_left = (means & 4) != 0 ? 11 : 0;
			step.means = step.backups_left > 0 ? OTP_MEANS_BACKUP : OTP_MEANS_SENT;
			for (int shape = CODE_SHAPE_LENGTH; shape <= CODE_SHAPE_FOREIGN; shape++) {
				step.shape = (enum code_shape)shape;
				if (situation != OTP_REMEMBERED && (situation != OTP_ASK || means > 1))
					is_a_whole_line_everywhere(step);
			}
		}
	}
}

/* A step of somebody who may type the app's codes, backup codes, and where live a code that was sent. */
static struct otp_step kept_step(
	enum otp_situation situation, bool live, unsigned totp_digits, unsigned backups_left)
{
	struct otp_step step = step_of(situation);

	step.has_live_code = live;
	step.has_totp = totp_digits > 0;
	step.totp_digits = totp_digits;
	step.backups_left = backups_left;
	return step;
}

static void who_prefers_the_app_is_asked_for_its_code_and_told_of_enter(void **state)
{
	(void)state;
	struct otp_step step = kept_step(OTP_ASK, false, 6, 0);

	step.more_contacts = true;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Enter your authenticator app's code. None? Press Enter to have one sent.");
	assert_string_equal(say(&step, TEXTS_EXPIRED),
		"That came too late and was not checked. Enter your authenticator app's code.");
	step.backups_left = 3;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Enter your app's code or a backup code. None? Press Enter to have one sent.");
	/* Where nothing is to be sent, nobody is told to ask for it. */
	step.more_contacts = false;
	assert_string_equal(say(&step, TEXTS_PLAIN), "Enter your app's code or a backup code.");
	step.has_totp = false;
	assert_string_equal(say(&step, TEXTS_PLAIN), "Enter a backup code.");
}

static void where_nothing_is_sent_what_the_person_keeps_is_named(void **state)
{
	(void)state;
	struct otp_step step = kept_step(OTP_SEND_FAILED, false, 6, 3);

	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Your code could not be sent. Use your app's code or a backup code.");
	step.backups_left = 0;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "Your code could not be sent. Use your authenticator app's code.");
	step.situation = OTP_NO_CONTACT;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "No code can be sent to you. Use your authenticator app's code.");
	step = kept_step(OTP_SEND_LIMIT, false, 0, 1);
	step.wait_s = INT64_C(41) * 60;
	assert_string_equal(say(&step, TEXTS_PLAIN), "No more codes for 41 min. Use a backup code.");
	step.situation = OTP_NO_SUCH_CONTACT;
	step.channel = CHANNEL_SMS;
	assert_string_equal(say(&step, TEXTS_PLAIN), "No code can be texted to you. Use a backup code.");
	/* A code that was sent comes first. */
	step = kept_step(OTP_SEND_FAILED, true, 6, 3);
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"No new code could be sent. The code already sent (ref QFX) still works.");
}

static void a_wrong_answer_names_what_is_right_for_this_user(void **state)
{
	(void)state;
	struct otp_step step = kept_step(OTP_WRONG, true, 6, 3);

	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Wrong code. Use the one in message QFX or your app's. 3 tries left.");
	step.has_live_code = false;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"Wrong code. Use your app's next one or a backup code. 3 tries left.");
	step.backups_left = 0;
	assert_string_equal(say(&step, TEXTS_PLAIN), "Wrong code. Use your app's next one. 3 tries left.");
	step.backups_left = 3;
	step.has_totp = false;
	assert_string_equal(say(&step, TEXTS_PLAIN), "Wrong code. Use a backup code. 3 tries left.");
	step = kept_step(OTP_EXPIRED, false, 6, 0);
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"That code expired. Use your authenticator app's code. 3 tries left.");
}

static void what_cannot_be_a_code_is_named_by_all_that_could_be_one(void **state)
{
	(void)state;
	struct otp_step step = kept_step(OTP_NOT_A_CODE, true, 6, 0);

	step.shape = CODE_SHAPE_LENGTH;
	step.typed_len = 5;
	assert_string_equal(say(&step, TEXTS_PLAIN), "The code has 6 digits; you typed 5. Not counted.");
	step.totp_digits = 8;
	assert_string_equal(say(&step, TEXTS_PLAIN), "The code has 6 or 8 digits; you typed 5. Not counted.");
	step.totp_digits = 6;
	step.backups_left = 3;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "The code is 6 digits, or a backup code; you typed 5. Not counted.");
	step.has_totp = step.has_live_code = false;
	assert_string_equal(say(&step, TEXTS_PLAIN), "The code has 16 characters; you typed 5. Not counted.");
	step = kept_step(OTP_NOT_A_CODE, true, 6, 0);
	step.shape = CODE_SHAPE_FOREIGN;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "The code is 6 digits: see message QFX or your app. Not counted.");
	step.has_live_code = false;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "The code is 6 digits and nothing else: see your app. Not counted.");
	assert_string_equal(say(&step, TEXTS_PASSWORD),
		"That is your password. Type the 6 digits in your app. Not counted.");
	step.backups_left = 3;
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"The code is 6 digits, or a backup code: see your app. Not counted.");
	step.has_totp = false;
	assert_string_equal(say(&step, TEXTS_PASSWORD),
		"That is your password. Type the 16 characters in your list of backup codes.");
}

static void after_a_backup_code_the_number_left_is_said_in_any_case(void **state)
{
	(void)state;
	struct otp_step step = kept_step(OTP_VERIFIED, false, 0, 3);

	step.means = OTP_MEANS_BACKUP;
	assert_string_equal(say(&step, TEXTS_PLAIN), "That backup code is used up. 3 backup codes left.");
	step.backups_left = 1;
	assert_string_equal(say(&step, TEXTS_PLAIN), "That backup code is used up. 1 backup code left.");
	step.backups_left = 0;
	assert_string_equal(say(&step, TEXTS_PLAIN), "That backup code is used up. No backup codes left.");
	/* What somebody else did comes first, and from where as long as there is room. */
	step.backups_left = 3;
	step.wrong_since_success = 1;
	strcpy(step.wrong_latest_source, "192.0.2.9");
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "1 wrong code since your last login. 3 backup codes left.");
	strcpy(step.wrong_latest_source, "tty:pts");
	assert_string_equal(say(&step, TEXTS_PLAIN),
		"1 wrong code since your last login, latest from tty:pts. 3 backup codes left.");
	step.means = OTP_MEANS_TOTP;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "1 wrong code since your last login, latest from tty:pts.");
}

static void support_is_named_where_it_fits(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_LOCKED);

	step.wait_s = INT64_C(14) * 60;
	assert_non_null(strstr(say(&step, TEXTS_PLAIN), "Help: helpdesk@example.org"));
	assert_non_null(strstr(said, "14 min"));
}

static void a_success_tells_of_wrong_codes_only_if_there_were_any(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_VERIFIED);

	assert_string_equal(say(&step, TEXTS_PLAIN), "");
	step.wrong_since_success = 7;
	strcpy(step.wrong_latest_source, "203.0.113.9");
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "7 wrong codes since your last login, latest from 203.0.113.9.");
	step.wrong_since_success = 1;
	assert_string_equal(
		say(&step, TEXTS_PLAIN), "1 wrong code since your last login, latest from 203.0.113.9.");
	step.wrong_latest_source[0] = '\0';
	assert_string_equal(say(&step, TEXTS_PLAIN), "1 wrong code since your last login.");
}

static void silence_says_nothing(void **state)
{
	(void)state;
	struct otp_step step = step_of(OTP_WRONG);

	assert_string_equal(say(&step, TEXTS_SILENT), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_situation_has_the_line_of_the_design),
		cmocka_unit_test(each_situation_has_its_line_for_a_phone),
		cmocka_unit_test(a_failed_send_is_never_called_sent),
		cmocka_unit_test(another_code_is_told_from_the_first),
		cmocka_unit_test(a_code_that_may_still_come_is_not_called_sent),
		cmocka_unit_test(what_cannot_be_a_code_is_named),
		cmocka_unit_test(an_expired_code_and_its_successor_are_one_line),
		cmocka_unit_test(waiting_times_are_rounded_up),
		cmocka_unit_test(a_code_is_never_called_older_than_it_is),
		cmocka_unit_test(a_lock_for_good_names_who_helps_with_any_support),
		cmocka_unit_test(spans_change_their_unit_without_getting_shorter),
		cmocka_unit_test(an_article_fits_its_number),
		cmocka_unit_test(the_longest_values_still_give_a_whole_line),
		cmocka_unit_test(support_is_named_where_it_fits),
		cmocka_unit_test(a_success_tells_of_wrong_codes_only_if_there_were_any),
		cmocka_unit_test(silence_says_nothing),
		cmocka_unit_test(who_prefers_the_app_is_asked_for_its_code_and_told_of_enter),
		cmocka_unit_test(where_nothing_is_sent_what_the_person_keeps_is_named),
		cmocka_unit_test(a_wrong_answer_names_what_is_right_for_this_user),
		cmocka_unit_test(what_cannot_be_a_code_is_named_by_all_that_could_be_one),
		cmocka_unit_test(after_a_backup_code_the_number_left_is_said_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
