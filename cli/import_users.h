/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_IMPORT_USERS_H
#define OTPCODE_CLI_IMPORT_USERS_H

#include "cli/command.h"

/* Registers the users of a users file, docs/import.md; "-" is standard input. Says what became of them. */
enum cli_exit import_users(const struct arguments *arguments, const char *path);

#endif
