/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_SYSTEM_USER_H
#define OTPCODE_CLI_SYSTEM_USER_H

#include "core/why.h"

#include <stdbool.h>

/* Makes a system user without home and login shell, by useradd(8), where there is none. One with uid 0 is
 * refused. */
__attribute__((warn_unused_result)) enum otp_err system_user_create(
	const char *name, bool *created, struct otp_why *why);

#endif
