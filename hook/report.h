/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_REPORT_H
#define OTPCODE_HOOK_REPORT_H

#include "deliver/request.h"

#include <stdbool.h>

/* Logs to authpriv what one provider made of the message, so that an admin can always find out why. */
void report_provider(const struct request *request, const char *provider, enum request_outcome outcome,
	const char *reason);

/*
 * Says the verdict on standard output, with code and address blanked. It is also logged where the asker no
 * longer waits: in the background, or if nobody reads it. Gives the exit status that belongs to it
 * (sysexits.h).
 */
int report_end(const struct request *request, struct request_verdict *verdict, bool background);

#endif
