/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_UNENROLLED_H
#define OTPCODE_CLI_UNENROLLED_H

#include "cli/session.h"

#include <stdbool.h>

/* Prints the users who can log in (a shell of /etc/shells, uid 0 or from 1000 on) and have no record. */
enum cli_exit unenrolled_list(struct session *session, bool as_json);

#endif
