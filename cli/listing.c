/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/listing.h"

struct listing listing_new(bool as_json, const char *member, const char *const *headings, unsigned headings_n)
{
	struct listing listing = {.as_json = as_json};

	if (as_json) {
		listing.json = report_json_new();
		listing.array = json_array();
		report_json_put(&listing.json, listing.json.root, member, listing.array);
	} else {
		listing.table = report_table_new(headings, headings_n);
	}
	return listing;
}

void listing_add_cells(struct listing *listing, const char *const *cells)
{
	listing->rows_n++;
	report_table_add(&listing->table, cells);
}

json_t *listing_add_object(struct listing *listing)
{
	json_t *object = json_object();

	listing->rows_n++;
	report_json_append(&listing->json, listing->array, object);
	return object;
}

enum cli_exit listing_print(struct listing *listing, const char *if_empty)
{
	if (listing->as_json)
		return report_json_print(&listing->json);
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
