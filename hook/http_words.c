/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/http_words.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 4096 /* an answer says what it has to say before that */

/* A line under way. */
struct line {
	char *out;
	size_t len;
	bool gap; /* a blank is due before the next word */
};

static void add(struct line *line, char c)
{
	if (c <= ' ' || c > '~') {
		line->gap = line->len > 0;
		return;
	}
	if (line->len + 2 >= HTTP_WORDS_SIZE)
		return;
	if (line->gap)
		line->out[line->len++] = ' ';
	line->gap = false;
	line->out[line->len++] = c;
}

/* Gateways repeat what they were asked, url-encoded. */
static char decoded(const char *text, size_t len, size_t *step)
{
	*step = 1;
	if (len < 3 || text[0] != '%')
		return text[0];
	bool at = text[1] == '4' && text[2] == '0';
	bool plus = text[1] == '2' && (text[2] == 'B' || text[2] == 'b');
	if (!at && !plus)
		return '%';
	*step = 3;
	if (plus)
		return '+';
	return '@';
}

static size_t skip_blanks(const char *body, size_t len)
{
	size_t at = 0;

	while (at < len && ((unsigned char)body[at] <= ' ' || (unsigned char)body[at] > '~'))
		at++;
	return at;
}

void http_words_clean(const char *body, size_t len, char out[HTTP_WORDS_SIZE])
{
	struct line line = {.out = out};
	size_t at = skip_blanks(body, len), step;

	if (len > SEEN_MAX)
		len = SEEN_MAX;
	bool markup = at < len && body[at] == '<';
	bool lines = !markup && at < len && body[at] != '{' && body[at] != '[';
	bool in_tag = false;
	for (; at < len && !(lines && body[at] == '\n'); at += step) {
		char c = decoded(body + at, len - at, &step);
		if (markup && (c == '<' || c == '>')) {
			in_tag = c == '<';
			c = ' ';
		}
		if (in_tag)
			c = ' ';
		add(&line, c);
	}
	out[line.len] = '\0';
}

/* The part of value that path names; NULL where there is none. Borrowed. */
static const json_t *find(const json_t *value, const char *path)
{
	char name[128];

	while (value != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");
		if (len >= sizeof name)
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		if (json_is_array(value))
			value = strspn(name, "0123456789") == len
					? json_array_get(value, strtoul(name, NULL, 10))
					: NULL;
		else
			value = json_object_get(value, name);
		path += len + (path[len] == '.' ? 1 : 0);
	}
	return value;
}

static bool write_value(const json_t *value, char out[HTTP_WORDS_SIZE])
{
	char number[64];

	switch (value != NULL ? json_typeof(value) : JSON_OBJECT) {
	case JSON_STRING:
		http_words_clean(json_string_value(value), json_string_length(value), out);
		return true;
	case JSON_INTEGER:
		(void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		(void)snprintf(number, sizeof number, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
		(void)snprintf(number, sizeof number, "true");
		break;
	case JSON_FALSE:
		(void)snprintf(number, sizeof number, "false");
		break;
	case JSON_NULL:
		(void)snprintf(number, sizeof number, "null");
		break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		return false;
	}
	(void)snprintf(out, HTTP_WORDS_SIZE, "%s", number);
	return true;
}

bool http_words_member(const char *body, size_t len, const char *path, char out[HTTP_WORDS_SIZE])
{
	json_t *whole = json_loadb(body, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	bool found = write_value(find(whole, path), out);

	json_decref(whole);
	return found;
}
