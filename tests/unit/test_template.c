/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/template.h"
#include "hook/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1767276000 /* 2026-01-01 14:00:00 UTC */
#define ALL "{code} {ref} {user} {account} {host} {service} {source} {time} {until} {support}"

static const struct request request = {
	.kind = REQUEST_CODE,
	.code = {"493817"},
	.ref = "QFX",
	.user = "alice",
	.host = "web1",
	.service = "sshd",
	.source = "203.0.113.9",
	.time = NOW,
	.works_until = NOW + 300,
	.support = "helpdesk@example.org",
};

static struct words words;

static enum otp_err fill(const char *text, struct otp_why *why)
{
	return template_fill(text, strlen(text), "/t", &request, &words, why);
}

static void every_placeholder_is_filled(void **state)
{
	(void)state;
	assert_int_equal(fill("Subject: {code} for {user}{ref}\n\n" ALL "\n\nend", NULL), OTP_OK);
	assert_string_equal(words.subject, "493817 for aliceQFX");
	assert_string_equal(words.body,
		"493817 QFX alice alice web1 sshd 203.0.113.9 2026-01-01 14:00 UTC 14:05 "
		"UTC helpdesk@example.org\n\nend\n");
}

static void the_account_is_the_shared_one_where_there_is_one(void **state)
{
	(void)state;
	struct request shared = request;
	static const char text[] = "Subject: a\n\n{code} {user} {account}\n";

	memcpy(shared.account, "deploy", sizeof "deploy");
	assert_int_equal(template_fill(text, strlen(text), "/t", &shared, &words, NULL), OTP_OK);
	assert_string_equal(words.body, "493817 alice deploy\n");
}

static void list_in_the_messages_is_the_list_of_placeholders(void **state)
{
	(void)state;
	char list[256] = "";
	struct text text = text_begin(list, sizeof list);
	struct otp_why why;

	for (size_t i = 0; template_placeholder_at(i) != NULL; i++)
		text_addf(&text, "%s{%s}", i > 0 ? " " : "", template_placeholder_at(i));
	assert_string_equal(list, ALL);
	assert_int_equal(fill("Subject: a\n\n{code}{nope}\n", &why), OTP_ERR_CONFIG);
	assert_string_equal(why.text, "/t:3: unknown placeholder {nope}; there are " ALL);
}

static void cr_lf_and_other_letters_and_single_braces_are_taken(void **state)
{
	(void)state;
	assert_int_equal(
		fill("Subject: \xd0\x9a\xd0\xbe\xd0\xb4\r\n\r\n\xd0\x9a {code} }\t\xf0\x9f\x94\x91\r\n",
			NULL),
		OTP_OK);
	assert_string_equal(words.subject, "\xd0\x9a\xd0\xbe\xd0\xb4");
	assert_string_equal(words.body, "\xd0\x9a 493817 }\t\xf0\x9f\x94\x91\n");
}

static void fault_names_the_line_and_leaves_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *text, *starts;
	} faults[] = {
		{"", "/t: the file is empty: it must hold Subject: and the subject, an empty line, and the "
		     "text with {code}"},
		{"Subject: a", "/t:1: the text below the subject must hold {code}"},
		{"Subject: {code}\n\nno code\n", "/t:3: the text below the subject must hold {code}"},
		{"Subject: {code}\n", "/t:1: the text below the subject must hold {code}"},
		{"{code}\n\n{code}\n", "/t:1: the first line must be Subject: and the subject"},
		{"Subject:\n\n{code}\n", "/t:1: the first line must be Subject: and the subject"},
		{"Subject: \n\n{code}\n", "/t:1: the first line must be Subject: and the subject"},
		{"subject: a\n\n{code}\n", "/t:1: the first line must be Subject: and the subject"},
		{"Subject: a\tb\n\n{code}\n", "/t:1: the first line must be Subject: and the subject"},
		{"Subject: a\nBcc: mallory@example.org\n\n{code}\n", "/t:2: there must be an empty line"},
		{"Subject: a\rBcc: mallory@example.org\n\n{code}\n",
			"/t:1: not UTF-8 text, or a control character"},
		{"Subject: a\n\n{code}\n\x1b[2J\n", "/t:4: not UTF-8 text, or a control character"},
		{"Subject: a\n\n{code}\xc2\x85\n", "/t:3: not UTF-8 text, or a control character"},
		{"Subject: a\n\n{code}\xff\n", "/t:3: not UTF-8 text, or a control character"},
		{"Subject: a\n\n{code}\xc3", "/t:3: not UTF-8 text, or a control character"},
		{"Subject: a\n\n{code}\n{code", "/t:4: a { without its }"},
		{"Subject: a\n\n{code}\n\n{Code}\n", "/t:5: unknown placeholder {Code}; there are"},
		{"Subject: a {}\n\n{code}\n", "/t:1: unknown placeholder {}; there are"},
		{"Subject: a\n\n{code} {{ref}}\n", "/t:3: unknown placeholder {{ref}; there are"},
	};
	static const struct words nothing;

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct otp_why why = {0};
		assert_int_equal(fill(faults[i].text, &why), OTP_ERR_CONFIG);
		if (strncmp(why.text, faults[i].starts, strlen(faults[i].starts)) != 0)
			fail_msg("%s\nis not\n%s", why.text, faults[i].starts);
		assert_memory_equal(&words, &nothing, sizeof words);
	}
}

static void nul_is_no_text(void **state)
{
	(void)state;
	static const char text[] = "Subject: a\n\n{code}\0{code}\n";

	assert_int_equal(template_fill(text, sizeof text - 1, "/t", &request, &words, NULL), OTP_ERR_CONFIG);
}

static void text_that_grows_too_long_is_refused(void **state)
{
	(void)state;
	struct otp_why why;
	char text[TEMPLATE_MAX];
	struct text out = text_begin(text, sizeof text);

	text_add(&out, "Subject: a\n\n{code}\n");
	for (int i = 0; i < 900; i++)
		text_add(&out, "{support}");
	assert_false(out.full);
	assert_int_equal(fill(text, &why), OTP_ERR_CONFIG);
	assert_string_equal(why.text, "/t:4: the text is too long");

	out = text_begin(text, sizeof text);
	text_add(&out, "Subject: ");
	for (int i = 0; i < 100; i++)
		text_add(&out, "{support}");
	text_add(&out, "\n\n{code}\n");
	assert_int_equal(fill(text, &why), OTP_ERR_CONFIG);
	assert_string_equal(why.text, "/t:1: the text is too long");
}

static void utf8_is_judged_by_rfc_3629(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"a", 1},
		{"~", 1},
		{"\x7f", 0},
		{"\n", 0},
		{"\xc2\xa0", 2},
		{"\xc2\x9f", 0},
		{"\xc1\xbf", 0},
		{"\x80", 0},
		{"\xe0\xa0\x80", 3},
		{"\xe0\x9f\xbf", 0},
		{"\xed\x9f\xbf", 3},
		{"\xed\xa0\x80", 0},
		{"\xef\xbf\xbd", 3},
		{"\xf0\x90\x80\x80", 4},
		{"\xf0\x8f\xbf\xbf", 0},
		{"\xf4\x8f\xbf\xbf", 4},
		{"\xf4\x90\x80\x80", 0},
		{"\xf8\x88\x80\x80\x80", 0},
		{"\xe2\x82", 0},
		{"\xe2\x28\xa1", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(text_utf8_len(cases[i].bytes, strlen(cases[i].bytes)), cases[i].len);
	assert_int_equal(text_utf8_len("", 0), 0);
	assert_int_equal(text_utf8_len("\xe2\x82\xac", 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_placeholder_is_filled),
		cmocka_unit_test(the_account_is_the_shared_one_where_there_is_one),
		cmocka_unit_test(list_in_the_messages_is_the_list_of_placeholders),
		cmocka_unit_test(cr_lf_and_other_letters_and_single_braces_are_taken),
		cmocka_unit_test(fault_names_the_line_and_leaves_nothing),
		cmocka_unit_test(nul_is_no_text),
		cmocka_unit_test(text_that_grows_too_long_is_refused),
		cmocka_unit_test(utf8_is_judged_by_rfc_3629),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
