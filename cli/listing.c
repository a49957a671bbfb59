/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/listing.h"

#include <stdio.h>

#define ROWS_AT_ONCE 1000 /* of a table: its columns are as wide as these need */

struct listing listing_new(bool as_json, const char *member, const char *const *headings, unsigned headings_n)
{
	struct listing listing = {.as_json = as_json, .member = member};

	if (!as_json)
		listing.table = report_table_new(headings, headings_n);
	return listing;
}

void listing_add_cells(struct listing *listing, const char *const *cells)
{
	if (listing->rows_n > 0 && listing->rows_n % ROWS_AT_ONCE == 0)
		report_table_flush(&listing->table);
	listing->rows_n++;
	report_table_add(&listing->table, cells);
}

static void print_head(const struct listing *listing)
{
	(void)printf("{\n  \"schema\": \"%s\",\n  \"version\": %d,\n  \"%s\": [", report_json_schema_name(),
		REPORT_JSON_VERSION, listing->member);
}

/* The object that was added last, a line of its own. */
static void print_object(struct listing *listing)
{
	struct report_json *json = &listing->json;

	if (json->root != NULL && !json->failed) {
		(void)fputs(listing->rows_n > 1 ? ",\n    " : "\n    ", stdout);
		(void)json_dumpf(json->root, stdout, 0);
		report_check_written();
	}
	report_json_drop(json);
}

json_t *listing_add_object(struct listing *listing)
{
	if (listing->rows_n == 0)
		print_head(listing);
	else
		print_object(listing);
	listing->rows_n++;
	listing->json.root = json_object();
	if (listing->json.root == NULL)
		listing->json.failed = true;
	return listing->json.root;
}

static enum cli_exit print_json(struct listing *listing)
{
	if (listing->rows_n == 0)
		print_head(listing);
	else
		print_object(listing);
	(void)printf("%s]\n}\n", listing->rows_n > 0 ? "\n  " : "");
	if (!listing->json.failed)
		return CLI_DONE;
	report_error("there is not enough memory");
	return CLI_FAILED;
}

enum cli_exit listing_print(struct listing *listing, const char *if_empty)
{
	if (listing->as_json)
		return print_json(listing);
	if (listing->rows_n > 0)
		return report_table_print(&listing->table, "");
	listing_drop(listing);
	report_line("%s", if_empty);
	return CLI_DONE;
}

void listing_drop(struct listing *listing)
{
	if (listing->as_json)
		report_json_drop(&listing->json);
	else
		report_table_drop(&listing->table);
}
