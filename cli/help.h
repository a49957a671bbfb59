/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_HELP_H
#define OTPCODE_CLI_HELP_H

#include "cli/command.h"

#include <stddef.h>
#include <stdio.h>

/* All commands, one a line; only those of a group ("contact") where group_len is not 0. */
void help_print_overview(FILE *out, const char *group, size_t group_len);

/* All about one command. */
void help_print_command(FILE *out, const struct command *command);

/* Complains about the arguments of the command of that name, then says how it is used; always CLI_USAGE. */
enum cli_exit help_complain(const char *command_name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
