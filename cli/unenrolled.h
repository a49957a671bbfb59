/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_UNENROLLED_H
#define OTPCODE_CLI_UNENROLLED_H

#include "cli/session.h"

#include <pwd.h>
#include <stdbool.h>

/* A shell of /etc/shells, and uid 0 or from 1000 on. */
bool unenrolled_can_log_in(const struct passwd *entry);

/* Prints the users who can log in (a shell of /etc/shells, uid 0 or from 1000 on) and have no record. */
enum cli_exit unenrolled_list(struct session *session, bool as_json);

#endif
