/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/backup.h"
#include "core/policy.h"
#include "core/record.h"
#include "core/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Holds docs/guess-odds.md and the program's constants in step. Tests run from the repository's top folder.
 */
#define DOC "docs/guess-odds.md"

static char doc[16384];

/* Lines may be broken anywhere; only the rows of a table are lines of their own. */
static void join_lines(char *text)
{
	char *out = text;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\n' && c[1] == '|')
			*out++ = '\n';
		else if (*c != '\n' && *c != ' ')
			*out++ = *c;
		else if (out > text && out[-1] != ' ')
			*out++ = ' ';
	}
	*out = '\0';
}

static int read_doc(void **state)
{
	(void)state;
	FILE *file = fopen(DOC, "r");
	if (file == NULL)
		return -1;
	size_t len = fread(doc, 1, sizeof doc - 1, file);
	doc[len] = '\0';
	join_lines(doc);
	return fclose(file) == 0 && len > 0 && len < sizeof doc - 1 ? 0 : -1;
}

static void assert_in_doc(const char *text)
{
	if (strstr(doc, text) == NULL)
		fail_msg(DOC " does not say: %s", text);
}

static double power(double base, unsigned exponent)
{
	double product = 1;

	while (exponent-- > 0)
		product *= base;
	return product;
}

/* 66666.7: "66,666", which is no better than it is; beyond what can be imagined its power of ten. */
static void write_odds(double one_in, char *out, size_t size)
{
	char digits[32];
	size_t n = 0;

	if (one_in >= 1e12) {
		unsigned exponent = 12;
		while (power(10, exponent + 1) <= one_in)
			exponent++;
		(void)snprintf(out, size, "1 in 10^%u", exponent);
		return;
	}
	int len = snprintf(digits, sizeof digits, "%lld", (long long)(one_in + 1e-6));
	n = (size_t)snprintf(out, size, "1 in ");
	for (int i = 0; i < len && n + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[n++] = ',';
		out[n++] = digits[i];
	}
	out[n] = '\0';
}

#define TOTP_STEPS (2 * TOTP_WINDOW + 1)

static void assert_row(const char *what, double per_try)
{
	const struct policy policy = policy_default();
	const double tries[] = {
		1, policy.tries, policy.wrong_per_30d, POLICY_TRIES_MAX, POLICY_WRONG_30D_MAX};
	char row[512];
	size_t n = (size_t)snprintf(row, sizeof row, "\n| %s |", what);

	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		char odds[64];
		write_odds(1 / (per_try * tries[i]), odds, sizeof odds);
		n += (size_t)snprintf(row + n, sizeof row - n, " %s |", odds);
	}
	assert_in_doc(row);
}

/* An answer has one form: of those that the user's codes have, the best to guess at. */
static double best(double a, double b)
{
	return a > b ? a : b;
}

static void every_row_follows_from_the_constants(void **state)
{
	(void)state;
	const double six = power(10, CODE_MIN_LEN), eight = power(10, 8);
	const double live = POLICY_LIVE_CODES, app = TOTP_STEPS, kept = RECORD_BACKUPS_MAX;
	const double backup = kept / power(32, BACKUP_LEN), taken_over = kept / power(10, BACKUP_SHORT_LEN);

	assert_int_equal(policy_default().form.length, CODE_MIN_LEN);
	assert_row("codes sent, of 6 digits", live / six);
	assert_row("codes sent, of 6 letters", live / power(20, CODE_MIN_LEN));
	assert_row("an app of 6 digits alone", app / six);
	assert_row("an app of 8 digits alone", app / eight);
	assert_row("codes sent, of 6 digits, and an app of 6", (live + app) / six);
	assert_row("codes sent, of 6 digits, and an app of 8", best(live / six, app / eight));
	assert_row("both of 6 digits, and 11 backup codes", best((live + app) / six, backup));
	assert_row("codes sent, of 6 digits, an app of 8, and 11 backup codes taken over, of 8 digits",
		best(live / six, app / eight + taken_over));
	assert_row("codes sent, of 8 digits, an app of 8, and 11 backup codes taken over, of 8 digits",
		(live + app) / eight + taken_over);
	assert_row("11 backup codes alone", backup);
	assert_row("11 backup codes taken over, of 8 digits, alone", taken_over);
}

static void every_sentence_has_the_numbers_of_the_program(void **state)
{
	(void)state;
	const struct policy policy = policy_default();
	char text[160];

	(void)snprintf(text, sizeof text, "were sent and are live (at most %d)", POLICY_LIVE_CODES);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "authenticator app (%d at a time:", TOTP_STEPS);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "the backup codes (at most %d)", RECORD_BACKUPS_MAX);
	assert_in_doc(text);
	(void)snprintf(
		text, sizeof text, "takes %u tries (at most %d, `tries`)", policy.tries, POLICY_TRIES_MAX);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "takes %u wrong answers in 30 days (at most %d, `wrong_per_30d`)",
		policy.wrong_per_30d, POLICY_WRONG_30D_MAX);
	assert_in_doc(text);
	(void)snprintf(text, sizeof text, "policy: %u tries, %u wrong answers. At the caps: %d and %d,",
		policy.tries, policy.wrong_per_30d, POLICY_TRIES_MAX, POLICY_WRONG_30D_MAX);
	assert_in_doc(text);
}

/* README gives the numbers of one row. */
static void readme_says_the_same(void **state)
{
	(void)state;
	const struct policy policy = policy_default();
	const double per_try = (POLICY_LIVE_CODES + TOTP_STEPS) / power(10, CODE_MIN_LEN);
	static char readme[131072];
	char challenge[64], month[64], text[160];
	FILE *file = fopen("README.md", "r");

	assert_non_null(file);
	readme[fread(readme, 1, sizeof readme - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	join_lines(readme);
	write_odds(1 / (per_try * policy.tries), challenge, sizeof challenge);
	write_odds(1 / (per_try * policy.wrong_per_30d), month, sizeof month);
	(void)snprintf(text, sizeof text, "%s a challenge, %s in 30 days", challenge, month);
	assert_non_null(strstr(readme, text));
	(void)snprintf(text, sizeof text, "3 of them for strangers | %d |", POLICY_SENDS_MAX);
	assert_non_null(strstr(readme, text));
}

static void the_table_has_no_other_rows(void **state)
{
	(void)state;
	unsigned rows = 0;

	for (const char *at = doc; (at = strstr(at, "\n| ")) != NULL; at++)
		rows++;
	assert_int_equal(rows, 1 + 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_row_follows_from_the_constants, read_doc),
		cmocka_unit_test_setup(every_sentence_has_the_numbers_of_the_program, read_doc),
		cmocka_unit_test_setup(readme_says_the_same, read_doc),
		cmocka_unit_test_setup(the_table_has_no_other_rows, read_doc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
