/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 2048

/* What the first write to standard output that failed ran into. */
static int write_error;

void report_check_written(void)
{
	if (write_error == 0 && ferror(stdout) != 0)
		write_error = errno;
}

__attribute__((format(printf, 3, 0))) static void print_line(
	FILE *out, const char *prefix, const char *format, va_list args)
{
	char line[LINE_SIZE];

	(void)vsnprintf(line, sizeof line, format, args);
	for (unsigned char *p = (unsigned char *)line; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
	(void)fprintf(out, "%s%s\n", prefix, line);
	report_check_written();
}

void report_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(stdout, "", format, args);
	va_end(args);
}

void report_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(stderr, "", format, args);
	va_end(args);
}

void report_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(stderr, "otpcode: ", format, args);
	va_end(args);
}

enum cli_exit report_failure(enum otp_err err, const struct otp_why *why)
{
	report_error("%s", why->text);
	return err == OTP_ERR_CONFIG ? CLI_CONFIG : CLI_FAILED;
}

bool report_confirm(const char *warning)
{
	char answer[16];

	if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0) {
		report_error("%s Nothing was changed: there is no terminal to ask on", warning);
		report_error("--yes does it without asking");
		return false;
	}
	(void)fprintf(stderr, "%s Go on? [y/N] ", warning);
	if (fgets(answer, sizeof answer, stdin) != NULL) {
		answer[strcspn(answer, "\n")] = '\0';
		if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
			return true;
	}
	report_error("nothing was changed");
	return false;
}

enum cli_exit report_finish(enum cli_exit status)
{
	bool fine = fflush(stdout) == 0;
	report_check_written();
	fine = fine && ferror(stdout) == 0 && fclose(stdout) == 0;
	if (fine)
		return status;
	report_error("the output could not be written: %s", strerror(write_error != 0 ? write_error : errno));
	return status == CLI_DONE ? CLI_FAILED : status;
}

json_t *report_json_time(int64_t when)
{
	time_t seconds = (time_t)when;
	char text[sizeof "2026-01-01T03:47:00Z" + 12];
	struct tm parts;

	if (when == 0 || gmtime_r(&seconds, &parts) == NULL ||
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		return json_null();
	return json_string(text);
}

struct report_table report_table_new(const char *const *headings, unsigned headings_n)
{
	struct report_table table = {.table = scols_new_table(), .columns_n = headings_n};

	/* A table is as wide as its facts: cut to a terminal's width, an address would be another one. */
	table.failed =
		table.table == NULL || scols_table_set_termforce(table.table, SCOLS_TERMFORCE_NEVER) != 0;
	for (unsigned i = 0; !table.failed && i < headings_n; i++)
		table.failed = scols_table_new_column(table.table, headings[i], 0.0, 0) == NULL;
	return table;
}

void report_table_add(struct report_table *table, const char *const *cells)
{
	struct libscols_line *line = table->failed ? NULL : scols_table_new_line(table->table, NULL);

	table->failed = line == NULL;
	for (unsigned i = 0; !table->failed && i < table->columns_n; i++)
		table->failed = scols_line_set_data(line, i, *cells[i] != '\0' ? cells[i] : "-") != 0;
}

void report_table_drop(struct report_table *table)
{
	scols_unref_table(table->table);
	table->table = NULL;
}

static void print_table(struct report_table *table, const char *indent)
{
	char *text = NULL, *rest, *line;

	if (!table->failed)
		table->failed = scols_print_table_to_string(table->table, &text) != 0 || text == NULL;
	rest = text;
	while (!table->failed && (line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			(void)printf("%s%s\n", indent, line);
	report_check_written();
	free(text);
}

void report_table_flush(struct report_table *table)
{
	print_table(table, "");
	for (unsigned i = 0; !table->failed && i < table->columns_n; i++) {
		struct libscols_column *column = scols_table_get_column(table->table, i);
		table->failed = scols_column_set_whint(column, (double)scols_column_get_width(column)) != 0;
	}
	if (!table->failed)
		table->failed = scols_table_enable_noheadings(table->table, 1) != 0;
	scols_table_remove_lines(table->table);
}

enum cli_exit report_table_print(struct report_table *table, const char *indent)
{
	print_table(table, indent);
	report_table_drop(table);
	if (table->failed)
		report_error("there is not enough memory");
	return table->failed ? CLI_FAILED : CLI_DONE;
}

static char schema[32] = "otpcode";

void report_json_schema(const char *command_name)
{
	(void)snprintf(schema, sizeof schema, "%s", command_name);
	for (char *p = schema; *p != '\0'; p++)
		if (*p == ' ')
			*p = '-';
}

const char *report_json_schema_name(void)
{
	return schema;
}

struct report_json report_json_new(void)
{
	struct report_json json = {.root = json_object()};

	report_json_put(&json, json.root, "schema", json_string(schema));
	report_json_put(&json, json.root, "version", json_integer(REPORT_JSON_VERSION));
	return json;
}

void report_json_put(struct report_json *json, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		json->failed = true;
}

void report_json_append(struct report_json *json, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		json->failed = true;
}

json_t *report_json_text(const char *text)
{
	json_t *value = json_string(text);
	char *copy;

	if (value != NULL || (copy = strdup(text)) == NULL)
		return value;
	for (char *p = copy; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	value = json_string(copy);
	free(copy);
	return value;
}

void report_json_drop(struct report_json *json)
{
	json_decref(json->root);
	json->root = NULL;
}

enum cli_exit report_json_print(struct report_json *json)
{
	bool failed = json->failed || json->root == NULL;

	if (failed)
		report_error("there is not enough memory");
	else if (json_dumpf(json->root, stdout, JSON_INDENT(2)) == 0)
		(void)putchar('\n');
	report_json_drop(json);
	return failed ? CLI_FAILED : CLI_DONE;
}
