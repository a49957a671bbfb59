/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_TEMPLATES_H
#define OTPCODE_CLI_TEMPLATES_H

#include "config/config.h"

#include <sys/types.h>

/*
 * Fills the template of each channel for a login as it might be, under the rules that the hook has for it;
 * one of somebody else than root must be that person's own: owner_of says whose a file must be. The first
 * fault is in why. Of what could not be read, and of an SMS of more than one part, a warning is printed.
 */
__attribute__((warn_unused_result)) enum otp_err templates_check(
	const struct config *config, uid_t (*owner_of)(const char *path), struct otp_why *why);

#endif
