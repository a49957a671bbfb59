/* SPDX-License-Identifier: BSD-2-Clause */
#include "contacts/lines.h"

#include "trust/trust.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANKS " \t"

static enum otp_err read_open(int fd, const char *path, char **text, size_t *len, struct otp_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size > LINES_FILE_MAX)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "%s: over %u bytes", path, LINES_FILE_MAX);
	/* One more than it had, to see whether it grows under our eyes, and one for the NUL. */
	size_t size = (size_t)st.st_size + 2;
	*text = malloc(size);
	if (*text == NULL)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "%s: there is not enough memory", path);
	return trust_read(fd, path, *text, size, len, why);
}

/* A file that is written in place may be seen half written, and who is not in it yet has no contacts. */
static enum otp_err check_end(const char *path, const char *text, size_t len, struct otp_why *why)
{
	if (len == 0 || text[len - 1] == '\n')
		return OTP_OK;
	return why_set(why, OTP_ERR_CONFIG, 0,
		"%s: its last line has no end: replace the file whole, by a rename", path);
}

enum otp_err lines_read_file(const char *path, uid_t owner, char **text, struct otp_why *why)
{
	const struct trust_rule rule = {.mode = TRUST_READABLE, .owner = owner};
	int fd = -1;
	size_t len = 0;

	*text = NULL;
	enum otp_err err = trust_open_file(path, O_RDONLY, rule, &fd, why);
	if (err != OTP_OK)
		return err;
	err = read_open(fd, path, text, &len, why);
	(void)close(fd);
	if (err == OTP_OK)
		err = lines_check(path, *text, len, why);
	if (err == OTP_OK)
		err = check_end(path, *text, len, why);
	if (err != OTP_OK) {
		free(*text);
		*text = NULL;
	}
	return err;
}

enum otp_err lines_check(const char *name, const char *text, size_t len, struct otp_why *why)
{
	unsigned line = 1;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s:%u: holds the control byte 0x%02x", name,
				line, (unsigned)c);
		line += c == '\n';
	}
	return OTP_OK;
}

bool lines_next(struct lines *lines)
{
	while (*lines->rest != '\0') {
		char *line = lines->rest, *end = strchrnul(line, '\n');
		lines->rest = *end == '\n' ? end + 1 : end;
		*end = '\0';
		lines->number++;
		lines->word = line + strspn(line, BLANKS);
		if (*lines->word != '\0' && *lines->word != '#')
			return true;
	}
	return false;
}

char *lines_word(struct lines *lines)
{
	char *word = lines->word + strspn(lines->word, BLANKS);
	char *end = word + strcspn(word, BLANKS);

	lines->word = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return *word != '\0' ? word : NULL;
}

enum otp_err lines_fault(const struct lines *lines, struct otp_why *why, const char *format, ...)
{
	char text[WHY_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return why_set(why, OTP_ERR_CONFIG, 0, "%s:%u: %s", lines->name, lines->number, text);
}

static bool split(const char *word, enum channel *channel, const char **address)
{
	char name[8];
	const char *colon = strchr(word, ':');

	if (colon == NULL || (size_t)(colon - word) >= sizeof name)
		return false;
	(void)snprintf(name, sizeof name, "%.*s", (int)(colon - word), word);
	*address = colon + 1;
	return channel_parse(name, channel);
}

/* The word itself may be an address, so it is told by its place. */
enum otp_err lines_add_contact(
	const struct lines *lines, const char *word, struct otp_contacts *contacts, struct otp_why *why)
{
	struct contact *contact = &contacts->list[contacts->n];
	unsigned number = contacts->n + 1;
	enum channel channel;
	const char *address;
	struct otp_why fault = {0};

	if (contacts->n == RECORD_CONTACTS_MAX)
		return lines_fault(lines, why, "over %d contacts", RECORD_CONTACTS_MAX);
	if (!split(word, &channel, &address))
		return lines_fault(lines, why, "contact %u must be email:ADDRESS or sms:NUMBER", number);
	if (contact_parse(channel, address, contact, &fault) != OTP_OK)
		return lines_fault(lines, why, "contact %u: %s", number, fault.text);
	for (unsigned i = 0; i < contacts->n; i++)
		if (contact_equal(&contacts->list[i], contact))
			return lines_fault(lines, why, "contact %u is contact %u again", number, i + 1);
	if (!record_contacts_fit(contacts->list, number))
		return lines_fault(
			lines, why, "the addresses have over %d bytes together", RECORD_ADDRESSES_MAX);
	contacts->n = number;
	return OTP_OK;
}
