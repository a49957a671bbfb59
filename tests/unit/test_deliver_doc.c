/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/deliver-protocol.md says what the code does, and its example hook is one. */
#include "deliver/deliver.h"
#include "tests/unit/hook_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DOCUMENT "docs/deliver-protocol.md"
#define EXAMPLE "tests/hooks/example.sh"

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);

	if (file == NULL || text == NULL)
		fail_msg("cannot read %s", path);
	assert_true(fread(text, 1, 65535, file) > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* What stands between the lines "```NAME" and "```". */
static char *read_block(const char *name)
{
	char *text = read_text(DOCUMENT), fence[32];

	(void)snprintf(fence, sizeof fence, "\n```%s\n", name);
	char *start = strstr(text, fence);
	assert_non_null(start);
	start += strlen(fence);
	char *end = strstr(start, "\n```\n");
	assert_non_null(end);
	end[1] = '\0';
	memmove(text, start, strlen(start) + 1);
	return text;
}

static void table_of_keys_is_the_codes(void **state)
{
	(void)state;
	char *text = read_text(DOCUMENT), row[256];
	const char *at = strstr(text, "| key | when |");
	struct request_key_facts facts;
	size_t n = 0;

	assert_non_null(at);
	at = strchr(strchr(at, '\n') + 1, '\n') + 1; /* past the head and the rule */
	for (; request_key_at(n, &facts); n++) {
		(void)snprintf(row, sizeof row, "| `%s` | %s | %s |", facts.key, facts.need, facts.rule);
		if (strncmp(at, row, strlen(row)) != 0)
			fail_msg("row %zu is '%.60s', not '%s'", n + 1, at, row);
		at = strchr(at, '\n') + 1;
	}
	assert_true(n > 0);
	assert_int_equal(*at, '\n');
	free(text);
}

static void sizes_are_the_codes(void **state)
{
	(void)state;
	char *text = read_text(DOCUMENT), words[64];

	(void)snprintf(words, sizeof words, "At most %d bytes", REQUEST_MAX);
	assert_non_null(strstr(text, words));
	(void)snprintf(words, sizeof words, "at most %d bytes with its newline", REQUEST_VERDICT_MAX);
	assert_non_null(strstr(text, words));
	(void)snprintf(words, sizeof words, "REASON is 1 to %d printable", REQUEST_REASON_SIZE - 1);
	assert_non_null(strstr(text, words));
	(void)snprintf(words, sizeof words, "name has 1 to %d letters", REQUEST_PROVIDER_SIZE - 1);
	assert_non_null(strstr(text, words));
	free(text);
}

static void table_of_verdicts_is_the_codes(void **state)
{
	(void)state;
	char *text = read_text(DOCUMENT);
	const char *at = strstr(text, "| verdict | meaning |");

	assert_non_null(at);
	at = strchr(strchr(at, '\n') + 1, '\n') + 1;
	for (int outcome = VERDICT_SENT; outcome <= VERDICT_READY; outcome++) {
		struct request_verdict verdict = {(enum request_outcome)outcome, "PROVIDER", 7, "REASON"};
		char line[REQUEST_VERDICT_MAX], row[REQUEST_VERDICT_MAX + 8];
		size_t len = request_verdict_encode(&verdict, line);
		line[len - 1] = '\0';
		char *number = strstr(line, " 7");
		if (number != NULL)
			memcpy(number, " MS", sizeof " MS");
		(void)snprintf(row, sizeof row, "| `%s` |", line);
		if (strncmp(at, row, strlen(row)) != 0)
			fail_msg("'%.60s' is not '%s'", at, row);
		at = strchr(at, '\n') + 1;
	}
	assert_int_equal(*at, '\n');
	free(text);
}

static void request_of_the_document_is_one(void **state)
{
	(void)state;
	char *text = read_block("request");
	struct request request;
	struct otp_why why = {0};

	if (request_decode(text, strlen(text), &request, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_string_equal(request.ref, "QFX");
	free(text);
}

static void verdicts_of_the_document_are_some(void **state)
{
	(void)state;
	char *text = read_block("verdicts");
	unsigned n = 0;

	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), n++) {
		struct request_verdict verdict;
		struct otp_why why = {0};
		if (request_verdict_decode(line, strlen(line), &verdict, &why) != OTP_OK)
			fail_msg("%s: %s", line, why.text);
		assert_int_equal(verdict.outcome, VERDICT_SENT + n);
	}
	assert_int_equal(n, VERDICT_CONFIG + 1);
	free(text);
}

static void example_hook_of_the_document_is_the_file(void **state)
{
	(void)state;
	char *block = read_block("sh"), *file = read_text(EXAMPLE);

	assert_string_equal(block, file);
	free(block);
	free(file);
}

/* But for what says who it is: a person copies it by hand. */
static void example_hook_of_the_document_has_ten_lines(void **state)
{
	(void)state;
	char *file = read_text(EXAMPLE);
	unsigned lines = 0;

	for (const char *line = file, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
		lines += *line != '#';
	assert_int_equal(lines, 10);
	free(file);
}

static void write_program(const char *path, const char *text)
{
	(void)unlink(path);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fchmod(fileno(file), 0755), 0);
	assert_int_equal(fclose(file), 0);
}

/* The example, but for the mailer that it calls: one of ours, which leaves the message in the file "out". */
static void stage_example(const struct hook_stage *stage, const char *mailer_ends_with)
{
	char *example = read_text(EXAMPLE), path[128], program[512], *text = calloc(1, 65536);
	static const char mailer[] = "/usr/bin/msmtp";
	const char *at = strstr(example, mailer);

	assert_non_null(text);
	assert_non_null(at);
	(void)snprintf(path, sizeof path, "%s/trap.sh", stage->dir);
	(void)snprintf(text, 65536, "%.*s%s%s", (int)(at - example), example, path, at + strlen(mailer));
	write_program(stage->hook, text);
	(void)snprintf(program, sizeof program, "#!/bin/sh\n{ echo \"to: $*\"; cat; } >%s\nexit %s\n",
		stage->out, mailer_ends_with);
	write_program(path, program);
	free(example);
	free(text);
}

static void example_hook_of_the_document_delivers(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, EXAMPLE);
	struct request request = hook_stage_request();
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};
	char message[1024];

	stage_example(stage, "0");
	if (deliver_send(&stage->options, &request, &end, &verdict, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(end, DELIVER_VERDICT);
	assert_int_equal(verdict.outcome, VERDICT_SENT);
	assert_string_equal(verdict.provider, "msmtp");
	(void)hook_stage_read_out(stage, message, sizeof message);
	assert_string_equal(message, "to: -- jane@example.org\n"
				     "From: login@example.org\n"
				     "To: jane@example.org\n"
				     "Subject: Login on web1, ref QFX\n"
				     "\n"
				     "482915\n"
				     "\n"
				     "Never share it.\n");
}

static void example_hook_of_the_document_says_when_its_mailer_failed(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, EXAMPLE);
	struct request request = hook_stage_request();
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};

	stage_example(stage, "75");
	if (deliver_send(&stage->options, &request, &end, &verdict, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(verdict.outcome, VERDICT_LATER);
	assert_string_equal(verdict.reason, "exit status 75");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_of_keys_is_the_codes),
		cmocka_unit_test(sizes_are_the_codes),
		cmocka_unit_test(table_of_verdicts_is_the_codes),
		cmocka_unit_test(request_of_the_document_is_one),
		cmocka_unit_test(verdicts_of_the_document_are_some),
		cmocka_unit_test(example_hook_of_the_document_is_the_file),
		cmocka_unit_test(example_hook_of_the_document_has_ten_lines),
		cmocka_unit_test(example_hook_of_the_document_delivers),
		cmocka_unit_test(example_hook_of_the_document_says_when_its_mailer_failed),
	};
	return cmocka_run_group_tests(tests, hook_stage_make, hook_stage_remove);
}
