/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_PAM_CONTROL_H
#define OTPCODE_CLI_PAM_CONTROL_H

#include "cli/pam_stack.h"

#include <stdbool.h>

/* What follows from each answer, by a control such as "required", or by what stands in the brackets of one
 * such as "[success=ok default=die]". False for one that libpam would not take. */
bool pam_control_parse(const char *control, bool bracketed, int actions[PAM_ANSWERS_N]);

#endif
