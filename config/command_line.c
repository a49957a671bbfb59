/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/command_line.h"

#include "config/placeholder.h"

#include <string.h>

#define SHELL_CHARS "\"'\\`$|&;<>*?~"

bool command_line_take(const char **text, const char **word, size_t *len)
{
	*word = *text + strspn(*text, " ");
	*len = strcspn(*word, " ");
	*text = *word + *len;
	return *len > 0;
}

/* Whoever writes one of these counts on a shell. */
static enum otp_err check_characters(const char *key, const char *text, struct otp_why *why)
{
	const char *at = strpbrk(text, SHELL_CHARS);

	if (at == NULL)
		return OTP_OK;
	return why_set(why, OTP_ERR_CONFIG, 0,
		"%s: no shell reads it, so %c means nothing: put what needs a shell into a script of root's",
		key, *at);
}

static bool is_program(const char *word, size_t len)
{
	return word[0] == '/' && len > 1 && word[len - 1] != '/' && memchr(word, '{', len) == NULL &&
	       memmem(word, len, "//", 2) == NULL;
}

enum otp_err command_line_check(const char *key, const char *text, struct otp_why *why)
{
	return command_line_check_for(key, text, PLACEHOLDERS_COMMAND, why);
}

enum otp_err command_line_check_for(const char *key, const char *text, unsigned allowed, struct otp_why *why)
{
	const char *word;
	size_t len;
	unsigned n = 0;
	enum otp_err err = check_characters(key, text, why);

	if (err == OTP_OK)
		err = placeholder_check(key, text, allowed, why);
	if (err != OTP_OK)
		return err;
	for (; command_line_take(&text, &word, &len); n++)
		if (n == 0 && !is_program(word, len))
			return why_set(why, OTP_ERR_CONFIG, 0,
				"%s must begin with the absolute path of a program", key);
	if (n > COMMAND_LINE_WORDS_MAX)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s has over %d words", key, COMMAND_LINE_WORDS_MAX);
	return OTP_OK;
}
