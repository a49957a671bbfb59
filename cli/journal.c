/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/journal.h"

#include "cli/user.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

void journal_write(struct logline *line)
{
	char name[RECORD_USER_SIZE], by[2 * RECORD_USER_SIZE + 3];
	const char *sudo = getenv("SUDO_USER");

	user_name_of(getuid(), name);
	if (sudo != NULL && *sudo != '\0')
		(void)snprintf(by, sizeof by, "%s(%.*s)", name, RECORD_USER_SIZE - 1, sudo);
	else
		(void)snprintf(by, sizeof by, "%s", name);
	logline_add(line, "by", by);
	openlog("otpcode", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "%s", line->text);
	closelog();
}

void journal_write_user(const char *event, const char *user)
{
	struct logline line;

	logline_begin(&line, event);
	logline_add(&line, "user", user);
	journal_write(&line);
}
