/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_RUN_PROGRAM_H
#define OTPCODE_CLI_RUN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* A program that is asked for facts. */
struct run_output {
	int status;      /* exit status; -1: it was ended by a signal */
	char *out;       /* standard output, NUL-ended, to be freed; at most RUN_OUTPUT_MAX of it */
	char error[400]; /* the last line of standard error, without its newline */
};

#define RUN_OUTPUT_MAX 262144

/* argv[0] is the program's path. Standard input is empty. False: it could not be run; out is not to be freed
 * then. */
bool run_program(const char *const *argv, struct run_output *out);

#endif
