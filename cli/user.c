/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/user.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_START 4096
#define BUFFER_MAX 1048576

/* getpwnam(3) lists these as what some name services say for "no such user". */
static bool is_not_found(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH;
}

static int look_up(const char *name, struct user *out)
{
	struct passwd entry, *found = NULL;
	int error = ERANGE;

	for (size_t size = BUFFER_START; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
		char *buffer = malloc(size);
		if (buffer == NULL)
			return ENOMEM;
		error = getpwnam_r(name, &entry, buffer, size, &found);
		if (error == 0 && found != NULL) {
			out->exists = true;
			out->uid = (uint32_t)found->pw_uid;
			(void)snprintf(out->name, sizeof out->name, "%s", found->pw_name);
		}
		free(buffer);
	}
	return error;
}

enum otp_err user_find(const char *typed, struct user *out, struct otp_why *why)
{
	*out = (struct user){.exists = false};
	if (strlen(typed) >= sizeof out->name)
		return why_set(
			why, OTP_ERR_INVALID, 0, "a user's name has at most %zu bytes", sizeof out->name - 1);
	(void)snprintf(out->name, sizeof out->name, "%s", typed);
	int error = look_up(typed, out);
	if (is_not_found(error))
		return OTP_OK;
	return why_set(why, OTP_ERR_NSS, error, "the user database did not answer for %s", typed);
}

void user_name_of(uid_t uid, char out[RECORD_USER_SIZE])
{
	char buffer[BUFFER_START];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
		(void)snprintf(out, RECORD_USER_SIZE, "%s", found->pw_name);
	else
		(void)snprintf(out, RECORD_USER_SIZE, "uid:%lu", (unsigned long)uid);
}
