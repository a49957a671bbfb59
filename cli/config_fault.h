/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_CONFIG_FAULT_H
#define OTPCODE_CLI_CONFIG_FAULT_H

#include "core/why.h"

#include <sys/types.h>

/* The first fault of a configuration, those included that the module, which has no parser for JSON, cannot
 * find at load. OTP_OK: there is none. */
__attribute__((warn_unused_result)) enum otp_err config_fault_find(
	const char *path, uid_t owner, struct otp_why *why);

#endif
