/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_written(struct request_verdict verdict, const char *line)
{
	char text[REQUEST_VERDICT_MAX];

	assert_int_equal(request_verdict_encode(&verdict, text), strlen(line));
	assert_string_equal(text, line);
}

static void verdicts_are_written_as_one_line(void **state)
{
	(void)state;
	assert_written((struct request_verdict){VERDICT_SENT, "relay", 412, ""}, "sent relay 412\n");
	assert_written((struct request_verdict){VERDICT_REFUSED, "relay", 0, "550 no such user"},
		"refused relay 550 no such user\n");
	assert_written(
		(struct request_verdict){VERDICT_LATER, "relay", 0, "421 busy"}, "later relay 421 busy\n");
	assert_written((struct request_verdict){VERDICT_UNKNOWN, "relay", 0, "lost"}, "unknown relay lost\n");
	assert_written(
		(struct request_verdict){VERDICT_CONFIG, "-", 0, "x.conf:3: no"}, "config x.conf:3: no\n");
	assert_written((struct request_verdict){VERDICT_READY, "relay", 9, ""}, "ready relay 9\n");
}

static void impossible_verdicts_are_written_as_harmless_ones(void **state)
{
	(void)state;
	assert_written((struct request_verdict){VERDICT_SENT, "re lay", -5, ""}, "sent - 0\n");
	assert_written((struct request_verdict){VERDICT_SENT, "", 2000000000, ""}, "sent - 999999999\n");
	assert_written(
		(struct request_verdict){VERDICT_LATER, "relay", 0, ""}, "later relay no reason given\n");
	assert_written(
		(struct request_verdict){VERDICT_REFUSED, "relay", 0, "a\r\nsent relay 1\x7f\x1b\xc3\xbc"},
		"refused relay a??sent relay 1????\n");
	char text[REQUEST_VERDICT_MAX];
	struct request_verdict verdict = {(enum request_outcome)99, "relay", 1, ""};
	assert_int_equal(request_verdict_encode(&verdict, text), 0);
}

static void verdicts_are_read_back(void **state)
{
	(void)state;
	static const struct request_verdict verdicts[] = {
		{VERDICT_SENT, "relay", 0, ""},
		{VERDICT_SENT, "a.b_c-D9", 999999999, ""},
		{VERDICT_REFUSED, "relay", 0, "550 5.1.1 <***>: no"},
		{VERDICT_LATER, "-", 0, "x"},
		{VERDICT_UNKNOWN, "relay", 0, " lost "},
		{VERDICT_CONFIG, "-", 0, "no provider"},
		{VERDICT_READY, "relay", 31, ""},
	};

	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
		char text[REQUEST_VERDICT_MAX];
		struct request_verdict back;
		size_t len = request_verdict_encode(&verdicts[i], text);
		assert_int_equal(request_verdict_decode(text, len - 1, &back, NULL), OTP_OK);
		assert_int_equal(back.outcome, verdicts[i].outcome);
		assert_string_equal(back.provider, verdicts[i].provider);
		assert_int_equal(back.ms, verdicts[i].ms);
		assert_string_equal(back.reason, verdicts[i].reason);
	}
}

static void longest_reason_fits_and_a_longer_one_is_refused(void **state)
{
	(void)state;
	struct request_verdict verdict = {.outcome = VERDICT_UNKNOWN}, back;
	char text[REQUEST_VERDICT_MAX];

	memset(verdict.provider, 'p', sizeof verdict.provider - 1);
	memset(verdict.reason, 'r', sizeof verdict.reason - 1);
	size_t len = request_verdict_encode(&verdict, text);
	assert_true(len < sizeof text);
	assert_int_equal(request_verdict_decode(text, len - 1, &back, NULL), OTP_OK);
	assert_string_equal(back.reason, verdict.reason);
	text[len - 1] = 'r';
	assert_int_equal(request_verdict_decode(text, len, &back, NULL), OTP_ERR_INVALID);
}

static void anything_else_is_no_verdict(void **state)
{
	(void)state;
	static const char *const lines[] = {"", " ", "sent", "sent ", "sent relay", "sent relay ", "sent  12",
		"sent relay 12 ", "sent relay 1x", "sent relay -1", "sent relay 012", "sent relay 1000000000",
		"Sent relay 12", " sent relay 12", "sent re/lay 12", "sent relay 12\r", "ok relay 12",
		"refused relay", "refused relay ", "refused  why", "later relay a\tb", "later relay \xc3\xbc",
		"config", "config ", "unknown relay", "sent relay 12\n",
		"sent 123456789012345678901234567890123 12"};
	struct request_verdict verdict;
	struct otp_why why;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (request_verdict_decode(lines[i], strlen(lines[i]), &verdict, &why) != OTP_ERR_INVALID)
			fail_msg("taken: '%s'", lines[i]);
		assert_int_not_equal(verdict.outcome, VERDICT_SENT);
		assert_string_equal(verdict.provider, "");
		assert_int_equal(strncmp(why.text, "not a verdict: ", 15), 0);
	}
	assert_int_equal(request_verdict_decode("config a\0b", 10, &verdict, &why), OTP_ERR_INVALID);
	assert_int_equal(request_verdict_decode("sent relay\0 12", 14, &verdict, &why), OTP_ERR_INVALID);
}

static void assert_blanked(const char *text, const char *expected)
{
	static const struct request request = {
		.contact = {CHANNEL_EMAIL, "j.doe@example.org"}, .code = {"112233"}, .ref = "QFX"};
	char copy[200];

	(void)snprintf(copy, sizeof copy, "%s", text);
	request_blank(&request, copy);
	assert_string_equal(copy, expected);
}

static void code_and_address_are_blanked_out_of_a_reason(void **state)
{
	(void)state;
	assert_blanked("550 <j.doe@example.org>: no", "550 <*****************>: no");
	assert_blanked("J.Doe@EXAMPLE.org J.DOE@example.ORG", "***************** *****************");
	assert_blanked("code 112233.", "code ******.");
	assert_blanked("112233112233", "************");
	assert_blanked("code 112 233, 11-22-33, 1 1 2 2 3 3", "code *******, ********, ***********");
	assert_blanked("550 rejected (ref QFX)", "550 rejected (ref QFX)");
	assert_blanked("11223 j.doe@example.or", "11223 j.doe@example.or");
	assert_blanked("", "");
	assert_blanked("a\r\nb\tc\x7f\x1b[0m", "a  b c  [0m");
	assert_blanked("112\r\n233", "********");
}

static void C38_what_a_reason_was_cut_within_is_blanked_too(void **state)
{
	(void)state;
	static const struct request request = {
		.contact = {CHANNEL_EMAIL, "j.doe@example.org"}, .code = {"112233"}};
	const char *said = " <j.doe@example.org> 11 22 33";

	for (size_t len = REQUEST_REASON_SIZE - 2; len < REQUEST_REASON_SIZE; len++) {
		for (size_t shown = 0; shown <= strlen(said); shown++) {
			char text[REQUEST_REASON_SIZE];
			memset(text, 'x', len);
			memcpy(text + len - shown, said, shown);
			text[len] = '\0';
			request_blank(&request, text);
			assert_null(strpbrk(text, "j.doeampl@rg123"));
		}
	}
}

static void overlapping_codes_leave_nothing_behind(void **state)
{
	(void)state;
	struct request request = {.code = {"111111"}};
	char text[] = "x1111111 1y";

	request_blank(&request, text);
	assert_string_equal(text, "x*********y");
}

static void request_without_a_code_blanks_no_more_than_its_address(void **state)
{
	(void)state;
	struct request request = {.contact = {CHANNEL_SMS, "+4915112345678"}};
	char text[] = "number +4915112345678 is 123456";

	request_blank(&request, text);
	assert_string_equal(text, "number ************** is 123456");
}

/* What who writes a hook sees first. */
static void a_word_that_is_missing_is_called_missing(void **state)
{
	(void)state;
	static const char *const lines[] = {"sent", "sent relay", "refused relay"};
	struct request_verdict verdict;
	struct otp_why why;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_not_equal(
			request_verdict_decode(lines[i], strlen(lines[i]), &verdict, &why), OTP_OK);
		assert_non_null(strstr(why.text, ", or nothing follows it"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_that_is_missing_is_called_missing),
		cmocka_unit_test(verdicts_are_written_as_one_line),
		cmocka_unit_test(impossible_verdicts_are_written_as_harmless_ones),
		cmocka_unit_test(verdicts_are_read_back),
		cmocka_unit_test(longest_reason_fits_and_a_longer_one_is_refused),
		cmocka_unit_test(anything_else_is_no_verdict),
		cmocka_unit_test(code_and_address_are_blanked_out_of_a_reason),
		cmocka_unit_test(C38_what_a_reason_was_cut_within_is_blanked_too),
		cmocka_unit_test(overlapping_codes_leave_nothing_behind),
		cmocka_unit_test(request_without_a_code_blanks_no_more_than_its_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
