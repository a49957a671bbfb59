/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/logline.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void add_char(struct logline *line, char c)
{
	if (line->len + 1 < sizeof line->text) {
		line->text[line->len++] = c;
		line->text[line->len] = '\0';
	}
}

static void add_text(struct logline *line, const char *text)
{
	for (; *text != '\0'; text++)
		add_char(line, *text);
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static char clean(char c)
{
	if (is_control(c))
		return '?';
	if (c == '"')
		return '\'';
	return c;
}

static bool needs_quotes(const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if (*p == ' ' || *p == '"' || *p == '=' || is_control(*p))
			return true;
	return false;
}

void logline_begin(struct logline *line, const char *event)
{
	line->len = 0;
	line->text[0] = '\0';
	add_text(line, "event=");
	add_text(line, event);
}

void logline_add(struct logline *line, const char *key, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	bool quotes = needs_quotes(value);

	add_char(line, ' ');
	add_text(line, key);
	add_char(line, '=');
	if (quotes)
		add_char(line, '"');
	for (; *value != '\0'; value++)
		add_char(line, clean(*value));
	if (quotes)
		add_char(line, '"');
}

void logline_add_number(struct logline *line, const char *key, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRId64, value);
	logline_add(line, key, text);
}

void logline_add_time(struct logline *line, const char *key, int64_t when)
{
	time_t seconds = (time_t)when;
	struct tm tm;
	char text[32];

	if (gmtime_r(&seconds, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return;
	logline_add(line, key, text);
}
