/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/fill.h"

#include <string.h>

#define UNRESERVED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"

static void add_url(struct text *out, const char *value)
{
	for (; *value != '\0'; value++)
		if (strchr(UNRESERVED, *value) != NULL)
			text_add_bytes(out, value, 1);
		else
			text_addf(out, "%%%02X", (unsigned char)*value);
}

static void add_json(struct text *out, const char *value)
{
	size_t left = strlen(value), step;

	for (; left > 0; value += step, left -= step) {
		unsigned char byte = (unsigned char)*value;
		step = text_utf8_len(value, left);
		if (byte == '"' || byte == '\\')
			text_addf(out, "\\%c", byte);
		else if (byte == '\n')
			text_add(out, "\\n");
		else if (byte < 0x20 || byte == 0x7f)
			text_addf(out, "\\u%04x", byte);
		else if (step == 0)
			text_add(out, "\\ufffd");
		else
			text_add_bytes(out, value, step);
		if (step == 0)
			step = 1;
	}
}

static void add_header(struct text *out, const char *value)
{
	for (; *value != '\0'; value++) {
		bool printable = *value >= 0x20 && *value < 0x7f;
		text_add_bytes(out, printable ? value : *value == '\n' || *value == '\r' ? " " : "?", 1);
	}
}

static const char *value_of(
	enum placeholder which, const struct provider_message *message, const char *password)
{
	switch (which) {
	case PLACEHOLDER_TO:
		return message->to;
	case PLACEHOLDER_TO_DIGITS:
		return message->to + (message->to[0] == '+' ? 1 : 0);
	case PLACEHOLDER_TEXT:
		return message->text;
	case PLACEHOLDER_CODE:
		return message->code;
	case PLACEHOLDER_FROM:
		return message->from;
	case PLACEHOLDER_REF:
		return message->ref;
	case PLACEHOLDER_HOST:
		return message->host;
	case PLACEHOLDER_USER:
		return message->user;
	case PLACEHOLDER_ID:
		return message->id;
	case PLACEHOLDER_PASSWORD:
		return password != NULL ? password : "";
	case PLACEHOLDERS_N:
		break;
	}
	return "";
}

static void add_value(struct text *out, enum fill_form form, const char *value)
{
	switch (form) {
	case FILL_PLAIN:
		text_add(out, value);
		break;
	case FILL_URL:
		add_url(out, value);
		break;
	case FILL_JSON:
		add_json(out, value);
		break;
	case FILL_HEADER:
		add_header(out, value);
		break;
	}
}

void fill_template(const char *from, enum fill_form form, const struct provider_message *message,
	const char *password, struct text *out)
{
	while (*from != '\0') {
		size_t len = strcspn(from, "{");
		text_add_bytes(out, from, len);
		from += len;
		if (*from == '\0')
			return;
		enum placeholder which = placeholder_at(from, &len);
		if (which == PLACEHOLDERS_N) {
			text_add_bytes(out, from, 1);
			from++;
		} else {
			add_value(out, form, value_of(which, message, password));
			from += len;
		}
	}
}
