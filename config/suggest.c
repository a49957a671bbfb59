/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/suggest.h"

#include "config/table.h"

#include <stdio.h>
#include <string.h>

#define NAME_LEN_MAX 24
#define LIST_SIZE 160
#define SHOWN_MAX 40

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edit distance of two names; NAME_LEN_MAX + 1 where one is longer than any name of the table. */
static unsigned distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	unsigned row[NAME_LEN_MAX + 1];

	if (a_len > NAME_LEN_MAX || b_len > NAME_LEN_MAX)
		return NAME_LEN_MAX + 1;
	for (unsigned j = 0; j <= b_len; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned edit = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = least(edit, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_len];
}

/* Whether who wrote name may have meant other: two slips, or one in a short word. */
static bool is_near(const char *name, const char *other)
{
	return distance(name, other) <= (strlen(other) > 4 ? 2 : 1);
}

/* How a section's line is written. */
static const char *heading(const char *section)
{
	return strcmp(section, TABLE_PROVIDER) == 0 ? "provider NAME" : section;
}

static void append(char list[LIST_SIZE], const char *before, const char *name, const char *after)
{
	size_t len = strlen(list);
	(void)snprintf(list + len, LIST_SIZE - len, "%s%s%s%s", len > 0 ? " " : "", before, name, after);
}

enum otp_err suggest_section(const char *unknown, struct otp_why *why)
{
	char list[LIST_SIZE] = "";
	const struct config_key *key;
	const char *last = "";

	for (size_t i = 0; (key = table_at(i)) != NULL; i++) {
		if (is_near(unknown, key->section))
			return why_set(why, OTP_ERR_CONFIG, 0, "unknown section [%.*s]: did you mean [%s]?",
				SHOWN_MAX, unknown, heading(key->section));
		if (strcmp(key->section, last) != 0)
			append(list, "[", heading(key->section), "]");
		last = key->section;
	}
	return why_set(
		why, OTP_ERR_CONFIG, 0, "unknown section [%.*s]: there are %s", SHOWN_MAX, unknown, list);
}

enum otp_err suggest_key(const char *section, const char *unknown, struct otp_why *why)
{
	char list[LIST_SIZE] = "";
	const struct config_key *key;
	const char *elsewhere = NULL;

	if (table_find(section, "header.1") != NULL && strncmp(unknown, "header", 6) == 0)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"unknown key %.*s in [%s]: headers are header.1 to header.%d", SHOWN_MAX, unknown,
			heading(section), CONFIG_HEADERS_MAX);
	for (size_t i = 0; (key = table_at(i)) != NULL; i++) {
		bool here = strcmp(key->section, section) == 0;
		if (here && is_near(unknown, key->key))
			return why_set(why, OTP_ERR_CONFIG, 0, "unknown key %.*s in [%s]: did you mean %s?",
				SHOWN_MAX, unknown, heading(section), key->key);
		if (here)
			append(list, "", key->key, "");
		else if (strcmp(key->key, unknown) == 0)
			elsewhere = key->section;
	}
	if (elsewhere != NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "unknown key %s in [%s]: it belongs to [%s]", unknown,
			heading(section), heading(elsewhere));
	return why_set(why, OTP_ERR_CONFIG, 0, "unknown key %.*s in [%s]: there are %s", SHOWN_MAX, unknown,
		heading(section), list);
}
