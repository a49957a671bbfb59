/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/placeholder.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 24
#define LIST_SIZE 160
#define WORD_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static const char *const names[PLACEHOLDERS_N] = {
	[PLACEHOLDER_TO] = "to",
	[PLACEHOLDER_TO_DIGITS] = "to_digits",
	[PLACEHOLDER_TEXT] = "text",
	[PLACEHOLDER_CODE] = "code",
	[PLACEHOLDER_FROM] = "from",
	[PLACEHOLDER_REF] = "ref",
	[PLACEHOLDER_HOST] = "host",
	[PLACEHOLDER_USER] = "user",
	[PLACEHOLDER_ID] = "id",
	[PLACEHOLDER_PASSWORD] = "password",
};

const char *placeholder_name(size_t index)
{
	return index < PLACEHOLDERS_N ? names[index] : NULL;
}

enum placeholder placeholder_at(const char *text, size_t *len)
{
	unsigned i = 0;

	*len = strcspn(text, "}") + 1;
	while (i < PLACEHOLDERS_N &&
		(strlen(names[i]) + 2 != *len || strncmp(text + 1, names[i], *len - 2) != 0 ||
			text[*len - 1] != '}'))
		i++;
	return (enum placeholder)i;
}

bool placeholder_stands_in(const char *text, enum placeholder which)
{
	size_t len;

	for (text = strchr(text, '{'); text != NULL; text = strchr(text + 1, '{'))
		if (placeholder_at(text, &len) == which)
			return true;
	return false;
}

static void list_allowed(unsigned allowed, char out[LIST_SIZE])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < PLACEHOLDERS_N && len < LIST_SIZE; i++)
		if ((allowed & 1U << i) != 0)
			len += (size_t)snprintf(
				out + len, LIST_SIZE - len, "%s{%s}", len > 0 ? " " : "", names[i]);
}

static enum otp_err refuse(
	const char *key, const char *at, const char *fault, unsigned allowed, struct otp_why *why)
{
	char list[LIST_SIZE];
	int shown = (int)strspn(at + 1, WORD_CHARS) + 1;

	list_allowed(allowed, list);
	shown += at[shown] == '}' ? 1 : 0;
	return why_set(why, OTP_ERR_CONFIG, 0, "%s: %.*s %s; there are %s", key,
		shown < SHOWN_MAX ? shown : SHOWN_MAX, at, fault, list);
}

/* text stands on a brace. */
static enum otp_err check_one(
	const char *key, const char *text, unsigned allowed, size_t *len, struct otp_why *why)
{
	enum placeholder which = placeholder_at(text, len);

	if (*text == '}')
		return refuse(key, text, "has no { in front of it", allowed, why);
	if (which == PLACEHOLDERS_N)
		return refuse(key, text, "is no placeholder", allowed, why);
	if ((allowed & 1U << which) == 0)
		return refuse(key, text, "may not stand here", allowed, why);
	return OTP_OK;
}

enum otp_err placeholder_check(const char *key, const char *text, unsigned allowed, struct otp_why *why)
{
	size_t len;

	for (text += strcspn(text, "{}"); *text != '\0'; text += strcspn(text, "{}")) {
		enum otp_err err = check_one(key, text, allowed, &len, why);
		if (err != OTP_OK)
			return err;
		text += len;
	}
	return OTP_OK;
}

/* Whether a '{' begins a word rather than an object. */
static bool begins_word(const char *text)
{
	return text[0] == '{' && text[1] != '\0' && strchr(WORD_CHARS, text[1]) != NULL;
}

enum otp_err placeholder_check_json(const char *key, const char *text, unsigned allowed, struct otp_why *why)
{
	bool in_string = false;
	size_t step;

	for (; *text != '\0'; text += step) {
		step = 1;
		if (*text == '"')
			in_string = !in_string;
		else if (in_string && text[0] == '\\' && text[1] != '\0')
			step = 2;
		else if (begins_word(text)) {
			if (!in_string)
				return refuse(key, text, "must stand inside a string", allowed, why);
			enum otp_err err = check_one(key, text, allowed, &step, why);
			if (err != OTP_OK)
				return err;
		}
	}
	return OTP_OK;
}
