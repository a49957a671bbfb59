/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_LISTING_H
#define OTPCODE_CLI_LISTING_H

#include "cli/report.h"

#include <stdbool.h>

/* A list of facts that goes out as a table or, with --json, as an array of objects; as it grows, so that its
 * length costs no memory. */
struct listing {
	bool as_json;
	struct report_table table;
	struct report_json json; /* root: the last object added */
	const char *member;
	unsigned long rows_n;
};

/* member: what the array is called. Ended with listing_print or listing_drop. */
struct listing listing_new(
	bool as_json, const char *member, const char *const *headings, unsigned headings_n);

/* One line of a table. */
void listing_add_cells(struct listing *listing, const char *const *cells);

/* A new object at the end of the array, filled by report_json_put(&listing->json, ...). NULL without memory.
 */
json_t *listing_add_object(struct listing *listing);

/* if_empty is said in place of an empty table. */
enum cli_exit listing_print(struct listing *listing, const char *if_empty);

/* Of a list to which nothing was added. */
void listing_drop(struct listing *listing);

#endif
