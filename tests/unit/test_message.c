/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/message.h"
#include "hook/text.h"
#include "hook/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1767276000 /* Thursday, 2026-01-01 14:00:00 UTC */

static enum otp_err fill_with_ab(void *self, void *out, size_t len, struct otp_why *why)
{
	(void)self, (void)why;
	memset(out, 0xab, len);
	return OTP_OK;
}

static enum otp_err fill_nothing(void *self, void *out, size_t len, struct otp_why *why)
{
	(void)self, (void)out, (void)len;
	return why_set(why, OTP_ERR_NO_RANDOM, 0, "no randomness");
}

static const struct otp_random even = {.fill = fill_with_ab};
static const struct message_facts facts = {
	.from = "login@example.org", .to = "alice@example.org", .now = NOW};

static struct request a_request(void)
{
	return (struct request){
		.kind = REQUEST_CODE,
		.contact = {.channel = CHANNEL_EMAIL, .address = "alice@example.org"},
		.code = {"493817"},
		.ref = "QFX",
		.user = "alice",
		.host = "web1",
		.service = "sshd",
		.source = "203.0.113.9",
		.time = NOW,
		.works_until = NOW + 300,
		.wait_ms = 10000,
		.support = "helpdesk@example.org",
	};
}

static struct words words;
static struct message message;

static void build(const struct request *request)
{
	words_build(request, &words);
	assert_int_equal(message_build(&facts, &words, &even, &message, NULL), OTP_OK);
	assert_int_equal(strlen(message.text), message.len);
}

static void set_words(const char *subject, const char *body)
{
	struct text text = text_begin(words.subject, sizeof words.subject);
	text_add(&text, subject);
	text = text_begin(words.body, sizeof words.body);
	text_add(&text, body);
}

static void assert_built(const char *expected)
{
	assert_int_equal(message_build(&facts, &words, &even, &message, NULL), OTP_OK);
	assert_non_null(strstr(message.text, expected));
}

/* The body says it, however its lines are broken. */
static void assert_says(const char *expected)
{
	char flat[sizeof words.body] = "";

	for (size_t i = 0; i < sizeof flat; i++)
		flat[i] = (char)(words.body[i] == '\n' ? ' ' : words.body[i]);
	assert_non_null(strstr(flat, expected));
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	for (size_t len; *text != '\0'; text += len + strspn(text + len, "\r\n")) {
		len = strcspn(text, "\r\n");
		longest = len > longest ? len : longest;
	}
	return longest;
}

static void first_line_of_the_body_is_the_code_and_the_subject_does_not_hold_it(void **state)
{
	(void)state;
	struct request request = a_request();

	build(&request);
	assert_string_equal(words.subject, "Verification code for alice on web1 (ref QFX)");
	assert_int_equal(strncmp(words.body, "493817\n\n", 8), 0);
	assert_non_null(strstr(message.text, "\r\n\r\n493817\r\n\r\n"));
	assert_null(strstr(strstr(message.text, "493817") + 1, "493817"));
}

static void body_names_everything_that_tells_an_honest_login(void **state)
{
	(void)state;
	struct request request = a_request();

	build(&request);
	assert_non_null(strstr(words.body, "  Ref:      QFX\n  Host:     web1\n  Service:  sshd\n"
					   "  Source:   203.0.113.9\n  Time:     2026-01-01 14:00 UTC\n\n"));
	assert_says("If the login closed, log in again; this code works until 14:05 UTC.");
	assert_says("Never share this code. Enter it only at the login that you started.");
	assert_says("If the ref there is not QFX, do not enter it.");
	assert_says(
		"If you did not start this login, give the code to nobody and tell helpdesk@example.org.");
	assert_null(strstr(words.body, "SSH key"));
}

static void proved_key_is_told(void **state)
{
	(void)state;
	struct request request = a_request();

	request.key_proved = true;
	request.support[0] = '\0';
	build(&request);
	assert_says("somebody proved an SSH key of alice.");
	assert_says("tell whoever runs this host at once and give the code to nobody.");
}

static void C55_shared_account_is_told_beside_the_person(void **state)
{
	(void)state;
	struct request request = a_request();

	memcpy(request.account, "deploy", sizeof "deploy");
	build(&request);
	assert_non_null(
		strstr(message.text, "the verification code for alice on web1, to log in as deploy."));
	assert_non_null(strstr(message.text, "\r\n  Account:  deploy\r\n  Host:     web1\r\n"));
	request.account[0] = '\0';
	build(&request);
	assert_null(strstr(message.text, "Account:"));
	assert_null(strstr(message.text, "to log in as"));
}

static void test_message_holds_no_code(void **state)
{
	(void)state;
	struct request request = a_request();

	request.kind = REQUEST_TEST;
	request.ref[0] = '\0';
	build(&request);
	assert_string_equal(words.subject, "Test message for alice on web1");
	assert_int_equal(strncmp(words.body, "This is a test message", 22), 0);
	assert_null(strstr(message.text, "493817"));
	assert_null(strstr(message.text, "Ref:"));
}

static void notice_of_a_new_password_holds_no_code_and_says_what_to_do(void **state)
{
	(void)state;
	struct request request = a_request();

	request.kind = REQUEST_PASSWORD;
	request.ref[0] = '\0';
	build(&request);
	assert_string_equal(words.subject, "New password for alice on web1");
	assert_null(strstr(message.text, "493817"));
	assert_non_null(strstr(message.text, "If it was not you, others read your messages: tell"));
}

static void headers_are_whole_and_in_utc(void **state)
{
	(void)state;
	struct request request = a_request();

	build(&request);
	const char *expected = "From: login@example.org\r\n"
			       "To: alice@example.org\r\n"
			       "Subject: Verification code for alice on web1 (ref QFX)\r\n"
			       "Date: Thu, 01 Jan 2026 14:00:00 +0000\r\n"
			       "Message-ID: <abababababababababababababababab@example.org>\r\n"
			       "Auto-Submitted: auto-generated\r\n"
			       "MIME-Version: 1.0\r\n"
			       "Content-Type: text/plain; charset=utf-8\r\n"
			       "Content-Transfer-Encoding: 7bit\r\n"
			       "\r\n";
	assert_int_equal(strncmp(message.text, expected, strlen(expected)), 0);
}

static void every_line_ends_in_cr_lf(void **state)
{
	(void)state;
	struct request request = a_request();

	build(&request);
	for (const char *p = message.text; *p != '\0'; p++) {
		assert_true(*p != '\r' || p[1] == '\n');
		assert_true(*p != '\n' || p[-1] == '\r');
	}
	assert_string_equal(message.text + message.len - 2, "\r\n");
}

static void built_in_lines_stay_within_78_columns_unless_a_name_is_longer(void **state)
{
	(void)state;
	struct request request = a_request();

	request.key_proved = true;
	memset(request.host, 'h', sizeof request.host - 1);
	memset(request.support, 's', sizeof request.support - 1);
	build(&request);
	assert_true(longest_line(message.text) <= 78);
	memset(request.user, 'u', sizeof request.user - 1);
	build(&request);
	assert_true(longest_line(message.text) < 300);
}

static void control_byte_in_a_header_is_refused(void **state)
{
	(void)state;
	struct otp_why why;
	struct message_facts bad = facts;

	set_words("a\r\nBcc: mallory@example.org", "x\n");
	assert_int_equal(message_build(&facts, &words, &even, &message, &why), OTP_ERR_INVALID);
	assert_int_equal(message.len, 0);
	set_words("a", "x\n");
	bad.to = "alice@example.org\r\nBcc: mallory@example.org";
	assert_int_equal(message_build(&bad, &words, &even, &message, &why), OTP_ERR_INVALID);
	bad = facts;
	bad.from = "login@example.org\nBcc: mallory@example.org";
	assert_int_equal(message_build(&bad, &words, &even, &message, &why), OTP_ERR_INVALID);
}

static void no_randomness_no_message(void **state)
{
	(void)state;
	const struct otp_random none = {.fill = fill_nothing};
	struct otp_why why;

	set_words("a", "x\n");
	assert_int_equal(message_build(&facts, &words, &none, &message, &why), OTP_ERR_NO_RANDOM);
	assert_int_equal(message.len, 0);
}

static void long_subject_is_folded_at_blanks(void **state)
{
	(void)state;
	set_words("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccc",
		"x\n");
	assert_built("Subject: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n"
		     " cccccccccccccccccc\r\nDate: ");
	set_words("a  ", "x\n");
	assert_built("Subject: a  \r\nDate: ");
}

static void subject_in_other_letters_is_encoded_without_cutting_one(void **state)
{
	(void)state;
	set_words("Gr\xc3\xbc\xc3\x9f"
		  "e",
		"x\n");
	assert_built("Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\nDate: ");
	/* 38 letters, then one of two bytes that would cross the end of the first word's 39. */
	set_words("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xbc", "x\n");
	assert_built("Subject: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n "
		     "=?UTF-8?B?w7w=?=\r\n");
	assert_true(longest_line(message.text) <= 76);
}

static void subject_that_looks_encoded_is_encoded(void **state)
{
	(void)state;
	set_words("=?UTF-8?B?Y29kZQ==?=", "x\n");
	assert_built("Subject: =?UTF-8?B?PT9VVEYtOD9CP1kyOWtaUT09Pz0=?=\r\n");
}

static void body_in_other_letters_is_quoted_printable(void **state)
{
	(void)state;
	set_words("a", "Gr\xc3\xbc\xc3\x9f"
		       "e = ok \nt\t\n");
	assert_built(
		"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe =3D ok=20\r\nt=09\r\n");
	set_words("a", "\xc3\xbc"
		       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");
	assert_built(
		"\r\n\r\n=C3=BCaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\r\n"
		"aaaaaaaaaaa\r\n");
	assert_true(longest_line(message.text) <= 76);
}

static void line_that_smtp_would_not_carry_is_quoted_printable(void **state)
{
	(void)state;
	char body[1100];

	memset(body, 'x', sizeof body);
	memcpy(body + 998, "\n", sizeof "\n");
	set_words("a", body);
	assert_built("Content-Transfer-Encoding: 7bit");
	memcpy(body + 998, "x\n", sizeof "x\n");
	set_words("a", body);
	assert_built("Content-Transfer-Encoding: quoted-printable");
	assert_true(longest_line(message.text) <= 78);
}

static void empty_lines_and_a_missing_last_newline_are_kept_right(void **state)
{
	(void)state;
	set_words("a", "1\n\n\n2");
	assert_built("\r\n\r\n1\r\n\r\n\r\n2\r\n");
}

static void largest_text_fits_even_quoted(void **state)
{
	(void)state;
	memset(words.body, '\xfc', sizeof words.body - 1);
	words.body[sizeof words.body - 1] = '\0';
	memcpy(words.subject, "a", sizeof "a");
	assert_int_equal(message_build(&facts, &words, &even, &message, NULL), OTP_OK);
	assert_true(message.len > 3 * (sizeof words.body - 1));
}

static void wiping_leaves_nothing(void **state)
{
	(void)state;
	static const struct message nothing;
	static const struct words no_words;
	struct request request = a_request();

	build(&request);
	message_wipe(&message);
	words_wipe(&words);
	assert_memory_equal(&message, &nothing, sizeof message);
	assert_memory_equal(&words, &no_words, sizeof words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_line_of_the_body_is_the_code_and_the_subject_does_not_hold_it),
		cmocka_unit_test(body_names_everything_that_tells_an_honest_login),
		cmocka_unit_test(proved_key_is_told),
		cmocka_unit_test(C55_shared_account_is_told_beside_the_person),
		cmocka_unit_test(test_message_holds_no_code),
		cmocka_unit_test(notice_of_a_new_password_holds_no_code_and_says_what_to_do),
		cmocka_unit_test(headers_are_whole_and_in_utc),
		cmocka_unit_test(every_line_ends_in_cr_lf),
		cmocka_unit_test(built_in_lines_stay_within_78_columns_unless_a_name_is_longer),
		cmocka_unit_test(control_byte_in_a_header_is_refused),
		cmocka_unit_test(no_randomness_no_message),
		cmocka_unit_test(long_subject_is_folded_at_blanks),
		cmocka_unit_test(subject_in_other_letters_is_encoded_without_cutting_one),
		cmocka_unit_test(subject_that_looks_encoded_is_encoded),
		cmocka_unit_test(body_in_other_letters_is_quoted_printable),
		cmocka_unit_test(line_that_smtp_would_not_carry_is_quoted_printable),
		cmocka_unit_test(empty_lines_and_a_missing_last_newline_are_kept_right),
		cmocka_unit_test(largest_text_fits_even_quoted),
		cmocka_unit_test(wiping_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
