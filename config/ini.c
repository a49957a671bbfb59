/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/ini.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The text from start up to end without the blanks around it; *end becomes its NUL. */
static char *trim(char *start, char *end)
{
	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	*end = '\0';
	return start;
}

/*
 * Before anything is compared or cut: a NUL would end a name early, a control byte would hide what a terminal
 * shows.
 */
static enum otp_err check_controls(const char *line, size_t len, struct otp_why *why)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)line[i];
		if (byte == '\r' && i + 1 == len)
			return why_set(why, OTP_ERR_CONFIG, 0,
				"ends in CR LF: save the file with plain LF line ends");
		if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
			return why_set(why, OTP_ERR_CONFIG, 0, "holds the control byte 0x%02x", byte);
	}
	return OTP_OK;
}

static enum otp_err check_ascii(const char *text, struct otp_why *why)
{
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte > 0x7e)
			return why_set(why, OTP_ERR_CONFIG, 0,
				"holds the byte 0x%02x: only comments may hold anything but ASCII", byte);
	}
	return OTP_OK;
}

/* text starts with '[' and ends without blanks. */
static enum otp_err read_section(char *text, struct ini_line *at, struct otp_why *why)
{
	char *close = strchr(text, ']');

	if (close == NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "the section is not closed: [NAME]");
	if (close[1] != '\0')
		return why_set(why, OTP_ERR_CONFIG, 0, "nothing may stand behind ']'");
	at->section = trim(text + 1, close);
	at->key = NULL;
	at->value = NULL;
	return OTP_OK;
}

/* The line itself stays out of the texts: somebody may have pasted a password. */
static enum otp_err read_key(char *text, struct ini_line *at, struct otp_why *why)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"there is no '=': write key=value, or # in front of a comment");
	char *value = equals + 1;
	at->key = trim(text, equals);
	at->value = trim(value, value + strlen(value));
	if (*at->key == '\0')
		return why_set(why, OTP_ERR_CONFIG, 0, "there is no key in front of '='");
	if (at->section == NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "a key stands above the first [section]");
	return OTP_OK;
}

static enum otp_err read_line(
	char *line, size_t len, struct ini_line *at, struct ini_visit visit, struct otp_why *why)
{
	enum otp_err err = check_controls(line, len, why);
	if (err != OTP_OK)
		return err;
	char *text = trim(line, line + len);
	if (*text == '\0' || *text == '#' || *text == ';')
		return OTP_OK;
	err = check_ascii(text, why);
	if (err == OTP_OK)
		err = *text == '[' ? read_section(text, at, why) : read_key(text, at, why);
	return err != OTP_OK ? err : visit.line(visit.ctx, at, why);
}

enum otp_err ini_parse(const char *name, char *text, size_t len, struct ini_visit visit, struct otp_why *why)
{
	struct ini_line at = {0};
	char *end = text + len;

	for (char *line = text; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *line_end = newline != NULL ? newline : end;
		at.line++;
		enum otp_err err = read_line(line, (size_t)(line_end - line), &at, visit, why);
		if (err != OTP_OK) {
			why_prefix(why, "%s:%u: ", name, at.line);
			return err;
		}
		line = line_end + 1;
	}
	return OTP_OK;
}
