/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_COMMAND_REPLY_H
#define OTPCODE_HOOK_COMMAND_REPLY_H

#include "hook/provider.h"

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_REPLY_MAX 1024 /* bytes of its output that are kept */

/* How a command ended. */
struct command_end {
	const char *program; /* as it is configured */
	int status;          /* as waitpid gives it; unused with timed_out */
	bool timed_out;      /* it had to be stopped */
	bool taken;          /* it read the whole message: unless it said no, that may arrive */
	bool untouched;      /* it read nothing of it: so nobody can have it */
	const char *output;  /* the beginning of what it wrote, any bytes */
	size_t output_len;
};

/* What sysexits.h makes of the exit status, and the command's own words where it has any. */
void command_judge(const struct command_end *end, struct provider_result *result);

#endif
