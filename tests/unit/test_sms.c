/* SPDX-License-Identifier: BSD-2-Clause */

/* What an SMS says: the built-in text, a template, and the alphabet that both must keep to. */

#include "hook/gsm7.h"
#include "hook/template.h"
#include "hook/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1767276000 /* 2026-01-01 14:00:00 UTC */

static struct request request;
static struct words words;

static int setup(void **state)
{
	(void)state;
	request = (struct request){.kind = REQUEST_CODE,
		.contact = {.channel = CHANNEL_SMS, .address = "+15551234567"},
		.code = {"493817"},
		.ref = "QFX",
		.user = "alice",
		.host = "login.example.org",
		.service = "sshd",
		.source = "203.0.113.9",
		.time = NOW,
		.works_until = NOW + 300};
	return 0;
}

static void the_text_says_host_code_ref_until_when_and_never_to_share(void **state)
{
	(void)state;
	words_build(&request, &words);
	assert_string_equal(words.subject, "");
	assert_string_equal(words.body, "Code 493817 for login.example.org, ref QFX, until 14:05 UTC. "
					"Never share it. Ref differs? Do not enter it.");
	assert_true(gsm7_septets(words.body) <= GSM7_PART);
}

static void a_test_message_holds_no_code(void **state)
{
	(void)state;
	request.kind = REQUEST_TEST;
	words_build(&request, &words);
	assert_string_equal(words.body,
		"Test message from login.example.org: verification codes will come this "
		"way. Nothing needs to be done.");
}

static void a_notice_of_a_new_password_holds_no_code_and_fits_one_part(void **state)
{
	(void)state;
	request.kind = REQUEST_PASSWORD;
	words_build(&request, &words);
	assert_string_equal(words.body,
		"The password of your account on login.example.org was replaced. Not you? "
		"Tell whoever runs it at once.");
	memset(request.host, 'h', sizeof request.host - 1);
	memset(request.support, '~', sizeof request.support - 1);
	words_build(&request, &words);
	assert_true(gsm7_septets(words.body) <= GSM7_PART);
}

static void the_longest_host_code_and_ref_fit_one_part_uncut(void **state)
{
	(void)state;
	memset(request.host, 'h', sizeof request.host - 1);
	memset(request.code.text, 'W', CODE_MAX_LEN);
	words_build(&request, &words);
	assert_non_null(strstr(words.body, request.host));
	assert_true(gsm7_septets(words.body) <= GSM7_PART);
}

/* Each of these takes two septets: then the name is cut, and nothing else. */
static void a_host_of_two_septets_a_character_is_cut_to_fit(void **state)
{
	(void)state;
	memset(request.host, '~', sizeof request.host - 1);
	memset(request.code.text, 'W', CODE_MAX_LEN);
	words_build(&request, &words);
	assert_in_range(gsm7_septets(words.body), GSM7_PART - 1, GSM7_PART);
	assert_non_null(strstr(words.body, "Code WWWWWWWWWW for ~~"));
	assert_non_null(strstr(words.body, "~, ref QFX, until 14:05 UTC. Never share it."));
}

static void a_host_is_written_in_the_alphabet(void **state)
{
	(void)state;
	strcpy(request.host, "we`b");
	words_build(&request, &words);
	assert_non_null(strstr(words.body, " for we'b, "));
}

static void septets_are_counted_as_the_standard_does(void **state)
{
	(void)state;
	assert_int_equal(gsm7_septets(""), 0);
	assert_int_equal(gsm7_septets("abc XYZ 019 @\n"), 14);
	assert_int_equal(gsm7_septets("^{}\\[~]|€"), 18);
	assert_int_equal(gsm7_septets("ÄöÑé£ΔΞ¿"), 8);
	assert_int_equal(gsm7_septets("`"), GSM7_LACKED);
	assert_int_equal(gsm7_septets("ж"), GSM7_LACKED);
	assert_int_equal(gsm7_septets("ç"), GSM7_LACKED);
	assert_int_equal(gsm7_septets("a\tb"), GSM7_LACKED);
}

static void every_printable_character_of_ascii_can_be_sent(void **state)
{
	(void)state;
	static const char printable[] = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
					"abcdefghijklmnopqrstuvwxyz{|}~";

	assert_int_equal(strlen(printable), 95);
	for (const char *p = printable; *p != '\0'; p++) {
		char c = *p;
		char text[2] = {c, '\0'};
		assert_true(gsm7_fold(text));
		assert_int_equal(gsm7_septets(text), strchr("^{}\\[~]|", c) != NULL ? 2 : 1);
		assert_true(text[0] == (c == '`' ? '\'' : c));
	}
}

static void look_alikes_stand_for_what_the_alphabet_lacks(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"“Code” – don’t share…", "\"Code\" - don't share..."},
		{"garçon, Þ", NULL}, {"Żółw naïve Škoda İstanbul", "Zolw naive Skoda Istanbul"},
		{"код", NULL}, {"a\tb", "a b"}, {"schöne Grüße", "schöne Grüße"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		(void)snprintf(text, sizeof text, "%s", cases[i][0]);
		assert_int_equal(gsm7_fold(text), cases[i][1] != NULL);
		if (cases[i][1] != NULL)
			assert_string_equal(text, cases[i][1]);
		assert_int_equal(gsm7_septets(text) == GSM7_LACKED, cases[i][1] == NULL);
	}
}

static enum otp_err fill(const char *text, struct otp_why *why)
{
	return template_fill(text, strlen(text), "/t", &request, &words, why);
}

static void a_template_is_the_text_alone(void **state)
{
	(void)state;
	assert_int_equal(fill("{code} – {host}\n{ref} {user}\n\n", NULL), OTP_OK);
	assert_string_equal(words.body, "493817 - login.example.org\nQFX alice");
	assert_string_equal(words.subject, "");
	assert_int_equal(fill("{code}\nSubject: {host}", NULL), OTP_OK);
	assert_string_equal(words.body, "493817\nSubject: login.example.org");
}

static void a_fault_of_a_template_names_its_line(void **state)
{
	(void)state;
	static const char *const faults[][2] = {
		{"", "/t: the file is empty: it must hold the text with {code}"},
		{"\n", "/t:1: the text must hold {code}"},
		{"Subject: code\n\n{code}\n",
			"/t:1: a text message has no subject: leave out the line Subject:"},
		{"subject:{code}", "/t:1: a text message has no subject"},
		{"no code\n", "/t:1: the text must hold {code}"},
		{"a\n{code}\nкод\n", "/t:3: a character that an SMS does not have"},
		{"{code}\n{cod}\n", "/t:2: unknown placeholder {cod}; there are {code} {ref} {user}"},
		{"{code}\x01\n", "/t:1: not UTF-8 text, or a control character"}};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct otp_why why = {0};
		assert_int_equal(fill(faults[i][0], &why), OTP_ERR_CONFIG);
		if (strncmp(why.text, faults[i][1], strlen(faults[i][1])) != 0)
			fail_msg("%s\nis not\n%s", why.text, faults[i][1]);
		assert_string_equal(words.body, "");
	}
}

static void a_template_may_take_three_parts_and_no_more(void **state)
{
	(void)state;
	struct otp_why why;
	char text[600] = "{code}";

	memset(text + 6, 'x', 459 - 6);
	assert_int_equal(fill(text, NULL), OTP_OK);
	assert_int_equal(gsm7_septets(words.body), 459);
	text[459] = 'x';
	assert_int_equal(fill(text, &why), OTP_ERR_CONFIG);
	assert_string_equal(why.text, "/t:1: the text is too long for an SMS of 3 parts, 459 characters");
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_text_says_host_code_ref_until_when_and_never_to_share),
		T(a_test_message_holds_no_code),
		T(a_notice_of_a_new_password_holds_no_code_and_fits_one_part),
		T(the_longest_host_code_and_ref_fit_one_part_uncut),
		T(a_host_of_two_septets_a_character_is_cut_to_fit),
		T(a_host_is_written_in_the_alphabet),
		T(septets_are_counted_as_the_standard_does),
		T(every_printable_character_of_ascii_can_be_sent),
		T(look_alikes_stand_for_what_the_alphabet_lacks),
		T(a_template_is_the_text_alone),
		T(a_fault_of_a_template_names_its_line),
		T(a_template_may_take_three_parts_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
