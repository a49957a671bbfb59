/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_REPORT_H
#define OTPCODE_CLI_REPORT_H

#include "cli/command.h"
#include "core/why.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What the command prints: results on standard output, complaints on standard error. Control bytes become
 * '?'. */

/* One line of result. */
void report_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line of what goes on meanwhile, on standard error. */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "otpcode: ..." */
void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints why and gives the exit status that err stands for. */
enum cli_exit report_failure(enum otp_err err, const struct otp_why *why);

/* Shows what would be destroyed and asks on the terminal; false without one, after saying that --yes would
 * do. */
bool report_confirm(const char *warning);

/* After something was written to standard output: keeps why it could not be, for report_finish to tell. */
void report_check_written(void);

/* Writes out what is left. What could not be written makes a failure of status. */
enum cli_exit report_finish(enum cli_exit status);

/* A table with headings, by libsmartcols. Lack of memory is kept and told by report_table_print. */
struct report_table {
	struct libscols_table *table;
	unsigned columns_n;
	bool failed;
};
struct report_table report_table_new(const char *const *headings, unsigned headings_n);
void report_table_add(struct report_table *table, const char *const *cells);
/* Prints what is there, and makes room: later lines stand under the same headings, in columns at least as
 * wide. */
void report_table_flush(struct report_table *table);
/* Prints with indent in front of each line, and frees. */
enum cli_exit report_table_print(struct report_table *table, const char *indent);
void report_table_drop(struct report_table *table); /* frees without printing */

/*
 * JSON, by jansson. Lack of memory is kept and told by report_json_print. put takes value over, whether or
 * not it fails.
 */
struct report_json {
	json_t *root;
	bool failed;
};
#define REPORT_JSON_VERSION 1                      /* of what the schemas of docs/schema/ describe */
void report_json_schema(const char *command_name); /* what report_json_new is to name */
const char *report_json_schema_name(void);         /* "list", "config-show" */
struct report_json report_json_new(void);          /* {"schema": "list", "version": 1} */
void report_json_put(struct report_json *json, json_t *object, const char *key, json_t *value);
void report_json_append(struct report_json *json, json_t *array, json_t *value);
json_t *report_json_text(const char *text);                /* bytes that are no UTF-8 become '?' */
json_t *report_json_time(int64_t time);                    /* "2026-01-01T03:47:00Z"; null for 0 */
enum cli_exit report_json_print(struct report_json *json); /* and frees */
void report_json_drop(struct report_json *json);

#endif
