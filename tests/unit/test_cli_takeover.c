/* SPDX-License-Identifier: BSD-2-Clause */
/* NOLINTBEGIN(bugprone-suspicious-include): what only the command holds is in no library */
#include "cli/base32.c"
#include "cli/google_file.c"
#include "cli/oath_file.c"
#include "cli/takeover.c"
/* NOLINTEND(bugprone-suspicious-include) */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY" /* 1234567890123456 */
#define HEAD SECRET "\n"
#define TOTP "\" TOTP_AUTH\n"

static struct takeover takeover;
static struct otp_why why;

static enum otp_err parse(const char *text)
{
	why.text[0] = '\0';
	return google_file_parse(text, strlen(text), &takeover, &why);
}

/* Byte by byte: of a secret nothing may be left between the members either. */
static bool is_empty(const struct takeover *one)
{
	const unsigned char *bytes = (const unsigned char *)one;
	size_t n = 0;

	while (n < sizeof *one && bytes[n] == 0)
		n++;
	return n == sizeof *one;
}

static void assert_refused(const char *text, const char *reason)
{
	assert_int_equal(parse(text), OTP_ERR_INVALID);
	assert_non_null(strstr(why.text, reason));
	assert_true(is_empty(&takeover));
	/* Nothing that stands in the file stands in the reason. */
	assert_null(strstr(why.text, "GEZD"));
	assert_null(strstr(why.text, "11223344"));
}

static void file_of_google_authenticator_is_read(void **state)
{
	(void)state;
	assert_int_equal(parse(HEAD "\" RATE_LIMIT 3 30\n\" WINDOW_SIZE 17\n\" DISALLOW_REUSE 58000001 "
				    "58000007 58000003\n" TOTP "11223344\n87654321\n"),
		OTP_OK);
	assert_int_equal(takeover.secret.len, 16);
	assert_memory_equal(takeover.secret.bytes, "1234567890123456", 16);
	assert_int_equal(takeover.form.algorithm, TOTP_SHA1);
	assert_int_equal(takeover.form.digits, 6);
	assert_int_equal(takeover.form.period_s, 30);
	assert_int_equal(takeover.window, 17);
	assert_true(takeover.has_rate_limit);
	assert_true(takeover.knows_used);
	assert_int_equal(takeover.last_step, 58000007);
	assert_int_equal(takeover.backups_n, 2);
	assert_string_equal(takeover.backups[0].text, "11223344");
	assert_string_equal(takeover.backups[1].text, "87654321");
	assert_false(takeover.has_skew);
}

static void least_file_is_read_and_knows_nothing_of_what_was_used(void **state)
{
	(void)state;
	assert_int_equal(
		parse("gezdgnbvgy3tqojqgezdgnbvgy\r\n\" STEP_SIZE 60\r\n" TOTP "\" TIME_SKEW -2"), OTP_OK);
	assert_int_equal(takeover.form.period_s, 60);
	assert_false(takeover.knows_used);
	assert_int_equal(takeover.window, 0);
	assert_true(takeover.has_skew);
	assert_int_equal(takeover.backups_n, 0);
}

static void counter_codes_are_refused(void **state)
{
	(void)state;
	assert_refused(HEAD "\" HOTP_COUNTER 1\n", "line 2: it counts its codes (HOTP)");
	assert_refused(HEAD TOTP "\" HOTP_COUNTER 7\n", "line 3: it counts its codes (HOTP)");
	assert_refused(HEAD "\" WINDOW_SIZE 3\n", "TOTP_AUTH");
}

static void weak_secret_is_refused_with_its_bits(void **state)
{
	(void)state;
	assert_refused("GEZDGNBVGY3TQOJQ\n" TOTP, "has 80 bits, and 128 are the least");
	assert_refused("GEZDGNBVGY3TQOJQGEZDGNBV\n" TOTP, "has 120 bits");
	assert_refused("\n" TOTP, "has 0 bits");
	assert_refused("", "has 0 bits");
}

static void what_is_no_secret_is_refused(void **state)
{
	char longest[2 + BASE32_SIZE(TOTP_SECRET_MAX + 1) + sizeof TOTP];

	(void)state;
	assert_refused("GEZDGNBVGY3TQOJQGEZDGNBVG1\n" TOTP, "line 1");
	assert_refused("GEZDGNBVGY3TQOJQGEZDGNBVGYA\n" TOTP, "line 1");
	memset(longest, 'A', 104);
	(void)snprintf(longest + 104, sizeof longest - 104, "\n" TOTP);
	assert_refused(longest, "at most 64 bytes");
	memset(longest, 'A', 103);
	longest[103] = '\n';
	(void)snprintf(longest + 104, sizeof longest - 104, TOTP);
	assert_int_equal(parse(longest), OTP_OK);
	assert_int_equal(takeover.secret.len, TOTP_SECRET_MAX);
}

static void line_that_is_not_understood_is_refused_by_its_number(void **state)
{
	(void)state;
	assert_refused(HEAD TOTP "1122334\n", "line 3: it is neither an option nor a scratch code");
	assert_refused(HEAD TOTP "112233445\n", "line 3");
	assert_refused(HEAD TOTP "1122334A\n", "line 3");
	assert_refused(HEAD TOTP "\" ALGORITHM SHA256\n", "line 3: an option that is not known");
	assert_refused(HEAD TOTP "\"\n", "line 3");
	assert_refused(HEAD "\" STEP_SIZE 15\n" TOTP, "line 2: its time step is neither 30 nor 60 seconds");
	assert_refused(HEAD "\" STEP_SIZE\n" TOTP, "line 2");
	assert_refused(HEAD "\" WINDOW_SIZE 0\n" TOTP, "line 2: its window");
	assert_refused(HEAD "\" WINDOW_SIZE 101\n" TOTP, "line 2: its window");
	assert_refused(HEAD "\" WINDOW_SIZE 99999999999999999999\n" TOTP, "line 2: its window");
	assert_refused(HEAD "\" DISALLOW_REUSE 1 x 3\n" TOTP, "line 2");
}

static void more_scratch_codes_than_a_record_holds_are_refused(void **state)
{
	char text[512] = HEAD TOTP;
	size_t len = strlen(text);

	(void)state;
	for (int i = 0; i < RECORD_BACKUPS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "11223344\n");
	assert_int_equal(parse(text), OTP_OK);
	assert_int_equal(takeover.backups_n, RECORD_BACKUPS_MAX);
	(void)snprintf(text + len, sizeof text - len, "11223344\n");
	assert_refused(text, "more scratch codes");
}

/* The line's token, or its refusal, of the only line in text. */
static struct oath_line only_line(const char *text)
{
	struct oath_reader reader = {.at = text, .end = text + strlen(text)};
	struct oath_line line = {.err = OTP_ERR_IO}, next;

	assert_true(oath_file_next(&reader, &line));
	assert_false(oath_file_next(&reader, &next));
	assert_true(line.err == OTP_OK || is_empty(&line.token));
	assert_null(strstr(line.why.text, "3132"));
	return line;
}

#define HEX "31323334353637383930313233343536"

static void token_of_each_form_is_read(void **state)
{
	static const struct {
		const char *type;
		int period_s;
		unsigned digits;
	} forms[] = {{"HOTP/T30", 30, 6}, {"HOTP/T30/6", 30, 6}, {"HOTP/T60/8", 60, 8}, {"HOTP/T60", 60, 6}};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		char text[128];
		(void)snprintf(text, sizeof text, "%s\talice\t-\t%s\t0 123456 2026-01-01T00:00:00L\n",
			forms[i].type, HEX);
		struct oath_line line = only_line(text);
		assert_int_equal(line.err, OTP_OK);
		assert_string_equal(line.user, "alice");
		assert_int_equal(line.token.form.period_s, forms[i].period_s);
		assert_int_equal(line.token.form.digits, forms[i].digits);
		assert_int_equal(line.token.secret.len, 16);
		assert_memory_equal(line.token.secret.bytes, "1234567890123456", 16);
		assert_false(line.token.pin_is_elsewhere);
		assert_false(line.token.knows_used);
	}
}

static void token_that_is_not_ours_is_refused_by_user(void **state)
{
	static const struct {
		const char *line, *reason;
	} cases[] = {
		{"HOTP bob - " HEX, "it counts its codes (HOTP)"},
		{"HOTP/E bob - " HEX, "it counts its codes (HOTP)"},
		{"HOTP/E/8 bob - " HEX " 5", "it counts its codes (HOTP)"},
		{"HOTP/T30/7 bob - " HEX, "not of 6 or 8 digits every 30 or 60 s"},
		{"HOTP/T15 bob - " HEX, "not of 6 or 8 digits every 30 or 60 s"},
		{"HOTP/T30 bob 4321 " HEX, "it has a PIN"},
		{"HOTP/T30 bob - 31323334353637383930", "it has 80 bits, and 128 are the least"},
		{"HOTP/T30 bob - 3132333435363738393031323334353", "no secret"},
		{"HOTP/T30 bob - 3132333435363738393031323334353g", "not in hex"},
		{"HOTP/T30 bob - " HEX HEX HEX HEX "31", "at most 64 bytes"},
		{"HOTP/T30 bob -", "it has no secret"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct oath_line line = only_line(cases[i].line);
		assert_int_equal(line.err, OTP_ERR_INVALID);
		assert_string_equal(line.user, "bob");
		assert_non_null(strstr(line.why.text, cases[i].reason));
	}
	assert_string_equal(only_line("HOTP/T30").user, "");
	assert_string_equal(only_line("-----BEGIN OPENSSH PRIVATE KEY-----").user, "");
	assert_string_equal(only_line("MOTP bob - " HEX).user, "");
}

static void password_checked_elsewhere_is_noted(void **state)
{
	(void)state;
	assert_true(only_line("HOTP/T30 bob + " HEX).token.pin_is_elsewhere);
}

static void empty_lines_and_comments_are_passed_over_and_counted(void **state)
{
	static const char text[] =
		"# users\n\n  \t\nHOTP/T30 a - " HEX "\n#HOTP/T30 b - " HEX "\nHOTP/T30 c - " HEX;
	struct oath_reader reader = {.at = text, .end = text + sizeof text - 1};
	struct oath_line line;

	(void)state;
	assert_true(oath_file_next(&reader, &line));
	assert_int_equal(line.number, 4);
	assert_string_equal(line.user, "a");
	assert_true(oath_file_next(&reader, &line));
	assert_int_equal(line.number, 6);
	assert_string_equal(line.user, "c");
	assert_false(oath_file_next(&reader, &line));
}

static void name_too_long_is_no_name(void **state)
{
	char name[RECORD_USER_SIZE + 1], text[RECORD_USER_SIZE + 128];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	(void)snprintf(text, sizeof text, "HOTP/T30 %s - " HEX, name);
	struct oath_line line = only_line(text);
	assert_int_equal(line.err, OTP_ERR_INVALID);
	assert_string_equal(line.user, "");
}

/* RFC 4648 section 10, without padding. */
static void base32_of_the_rfc(void **state)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "MY"}, {"fo", "MZXQ"}, {"foo", "MZXW6"},
		{"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		char text[16];
		unsigned char bytes[16];
		size_t len;
		base32_encode((const unsigned char *)pairs[i][0], strlen(pairs[i][0]), text);
		assert_string_equal(text, pairs[i][1]);
		assert_true(base32_decode(text, strlen(text), bytes, sizeof bytes, &len));
		assert_int_equal(len, strlen(pairs[i][0]));
		assert_memory_equal(bytes, pairs[i][0], len);
	}
}

static void base32_that_is_none_leaves_nothing_behind(void **state)
{
	static const char *const texts[] = {
		"MZXW6YT!", "MZXW6YTB0", "M", "MZX", "MZ", "MZXW6YTBOIMZXW6YTBOIMZXW6YTBOI"};
	static const unsigned char nothing[8] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		unsigned char bytes[8] = {1};
		size_t len = 1;
		assert_false(base32_decode(texts[i], strlen(texts[i]), bytes, sizeof bytes, &len));
		assert_int_equal(len, 0);
		assert_memory_equal(bytes, nothing, sizeof bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_of_google_authenticator_is_read),
		cmocka_unit_test(least_file_is_read_and_knows_nothing_of_what_was_used),
		cmocka_unit_test(counter_codes_are_refused),
		cmocka_unit_test(weak_secret_is_refused_with_its_bits),
		cmocka_unit_test(what_is_no_secret_is_refused),
		cmocka_unit_test(line_that_is_not_understood_is_refused_by_its_number),
		cmocka_unit_test(more_scratch_codes_than_a_record_holds_are_refused),
		cmocka_unit_test(token_of_each_form_is_read),
		cmocka_unit_test(token_that_is_not_ours_is_refused_by_user),
		cmocka_unit_test(password_checked_elsewhere_is_noted),
		cmocka_unit_test(empty_lines_and_comments_are_passed_over_and_counted),
		cmocka_unit_test(name_too_long_is_no_name),
		cmocka_unit_test(base32_of_the_rfc),
		cmocka_unit_test(base32_that_is_none_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
