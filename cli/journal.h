/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_JOURNAL_H
#define OTPCODE_CLI_JOURNAL_H

#include "prompt/logline.h"

/* Adds who did it, "by=root(alice)", the name in parentheses being what sudo says, and tells syslog
 * (authpriv). */
void journal_write(struct logline *line);

/* The same for an event that has but a user. */
void journal_write_user(const char *event, const char *user);

#endif
