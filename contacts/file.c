/* SPDX-License-Identifier: BSD-2-Clause */
#include "contacts/file.h"

#include <stdlib.h>
#include <string.h>

static enum otp_err read_contacts(
	struct lines *lines, const char *user, struct otp_contacts *out, struct otp_why *why)
{
	const char *word;
	enum otp_err err = OTP_OK;

	*out = (struct otp_contacts){.n = 0};
	while (err == OTP_OK && (word = lines_word(lines)) != NULL)
		err = lines_add_contact(lines, word, out, why);
	if (err == OTP_OK && out->n == 0)
		return lines_fault(lines, why, "%s has no contact: email:ADDRESS or sms:NUMBER", user);
	return err;
}

enum otp_err file_find_in(
	struct lines *lines, const char *user, struct otp_contacts *out, struct otp_why *why)
{
	unsigned found = 0;
	enum otp_err err = OTP_OK;

	while (err == OTP_OK && lines_next(lines)) {
		if (strcmp(lines_word(lines), user) != 0)
			continue;
		if (found > 0)
			err = lines_fault(lines, why, "%s has a line already: %u", user, found);
		else
			err = read_contacts(lines, user, out, why);
		found = lines->number;
	}
	return err;
}

enum otp_err file_find(
	const char *path, uid_t owner, const char *user, struct otp_contacts *out, struct otp_why *why)
{
	struct lines lines = {.name = path};
	enum otp_err err = lines_read_file(path, owner, &lines.rest, why);
	char *text = lines.rest;

	if (err == OTP_OK)
		err = file_find_in(&lines, user, out, why);
	free(text);
	return err;
}

/* Whose line it is, to find who has two. */
struct owned {
	const char *user;
	unsigned line;
};

static int compare_owned(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;
	int order = strcmp(x->user, y->user);

	return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line;
}

static enum otp_err check_allowed(const struct lines *lines, const struct config *config,
	const struct otp_contacts *contacts, struct otp_why *why)
{
	struct otp_why fault = {0};

	for (unsigned i = 0; i < contacts->n; i++)
		if (config_allows(config, &contacts->list[i], &fault) != OTP_OK)
			return lines_fault(lines, why, "contact %u: %s", i + 1, fault.text);
	return OTP_OK;
}

static enum otp_err check_line(
	struct lines *lines, const struct config *config, struct owned *owned, struct otp_why *why)
{
	struct otp_contacts contacts;

	*owned = (struct owned){.user = lines_word(lines), .line = lines->number};
	enum otp_err err = read_contacts(lines, owned->user, &contacts, why);
	return err == OTP_OK ? check_allowed(lines, config, &contacts, why) : err;
}

static enum otp_err check_repeated(
	const struct lines *lines, struct owned *owned, size_t n, struct otp_why *why)
{
	qsort(owned, n, sizeof *owned, compare_owned);
	for (size_t i = 1; i < n; i++)
		if (strcmp(owned[i - 1].user, owned[i].user) == 0)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s:%u: %s has a line already: %u",
				lines->name, owned[i].line, owned[i].user, owned[i - 1].line);
	return OTP_OK;
}

enum otp_err file_check(const struct config *config, uid_t owner, struct otp_why *why)
{
	struct lines lines = {.name = config->users.contacts.where};
	struct owned *list = NULL;
	size_t n = 0;
	char *text;
	enum otp_err err = lines_read_file(lines.name, owner, &text, why);

	lines.rest = text;
	while (err == OTP_OK && lines_next(&lines)) {
		struct owned *longer = n % 64 == 0 ? reallocarray(list, n + 64, sizeof *list) : list;
		if (longer == NULL) {
			err = why_set(why, OTP_ERR_NO_MEMORY, 0, "there is not enough memory");
			break;
		}
		list = longer;
		err = check_line(&lines, config, &list[n++], why);
	}
	if (err == OTP_OK && n > 0)
		err = check_repeated(&lines, list, n, why);
	free(list);
	free(text);
	return err;
}
