/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_PROCESSES_H
#define OTPCODE_CLI_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

struct processes {
	unsigned n;
	long pid; /* of one of them */
	char name[64];
};

/* Processes of that user which do not run the program. False: /proc does not tell. */
bool processes_find(uid_t uid, const char *but_not, struct processes *out);

#endif
