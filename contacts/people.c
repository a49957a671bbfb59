/* SPDX-License-Identifier: BSD-2-Clause */
#include "contacts/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_PREFIX "SHA256:"
#define KEY_DIGEST_LEN 43 /* base64 of 32 bytes, without the '=' at its end */
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

struct person {
	const char *account, *key, *name;
};

static bool is_fingerprint(const char *text)
{
	size_t prefix_len = strlen(KEY_PREFIX);

	return strncmp(text, KEY_PREFIX, prefix_len) == 0 && strlen(text + prefix_len) == KEY_DIGEST_LEN &&
	       strspn(text + prefix_len, BASE64) == KEY_DIGEST_LEN;
}

/* The rest of the line, behind its account. */
static enum otp_err read_person(struct lines *lines, struct person *out, struct otp_why *why)
{
	out->key = lines_word(lines);
	out->name = out->key != NULL ? lines_word(lines) : NULL;
	if (out->name == NULL || lines_word(lines) != NULL)
		return lines_fault(lines, why, "a line is: ACCOUNT SHA256:FINGERPRINT USER");
	if (!is_fingerprint(out->key))
		return lines_fault(lines, why,
			"%.60s is no fingerprint: SHA256: and 43 characters, as ssh-keygen -l -f KEY.pub "
			"prints "
			"it",
			out->key);
	if (strlen(out->name) >= RECORD_USER_SIZE)
		return lines_fault(lines, why, "a user's name has at most %d bytes", RECORD_USER_SIZE - 1);
	return OTP_OK;
}

enum otp_err people_find_in(struct lines *lines, const char *account, const char *key,
	char person[RECORD_USER_SIZE], struct otp_why *why)
{
	unsigned found = 0;
	enum otp_err err = OTP_OK;

	person[0] = '\0';
	while (err == OTP_OK && lines_next(lines)) {
		struct person line = {.account = lines_word(lines)};
		if (strcmp(line.account, account) != 0)
			continue;
		err = read_person(lines, &line, why);
		if (err != OTP_OK || strcmp(line.key, key) != 0)
			continue;
		if (found > 0)
			err = lines_fault(
				lines, why, "this key of %s has a line already: %u", account, found);
		found = lines->number;
		(void)snprintf(person, RECORD_USER_SIZE, "%s", line.name);
	}
	if (err != OTP_OK)
		person[0] = '\0';
	return err;
}

enum otp_err people_find(const char *path, uid_t owner, const char *account, const char *key,
	char person[RECORD_USER_SIZE], struct otp_why *why)
{
	struct lines lines = {.name = path};
	enum otp_err err = lines_read_file(path, owner, &lines.rest, why);
	char *text = lines.rest;

	person[0] = '\0';
	if (err == OTP_OK)
		err = people_find_in(&lines, account, key, person, why);
	free(text);
	return err;
}

enum otp_err people_check(const char *path, uid_t owner, struct otp_why *why)
{
	struct lines lines = {.name = path};
	char *text, person[RECORD_USER_SIZE];
	enum otp_err err = lines_read_file(path, owner, &text, why);

	lines.rest = text;
	while (err == OTP_OK && lines_next(&lines)) {
		struct person line = {.account = lines_word(&lines)};
		err = read_person(&lines, &line, why);
		if (err == OTP_OK) /* for the key that is listed twice */
			err = people_find(path, owner, line.account, line.key, person, why);
	}
	free(text);
	return err;
}
