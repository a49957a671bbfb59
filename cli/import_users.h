/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_IMPORT_USERS_H
#define OTPCODE_CLI_IMPORT_USERS_H

#include "cli/arguments.h"
#include "cli/command.h"

/* otpcode import of a users file (docs/import.md); path is NULL where none was given, "-" for standard input.
 */
enum cli_exit import_users(const struct arguments *arguments, const char *path);

#endif
