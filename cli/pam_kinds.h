/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_PAM_KINDS_H
#define OTPCODE_CLI_PAM_KINDS_H

#include "cli/pam_stack.h"

#include <stdbool.h>

/* What modules of other makers do, as far as it matters beside ours. */
enum pam_kind {
	PAM_KIND_UNKNOWN,
	PAM_KIND_PASSWORD,     /* asks for a password, or takes the one that was asked for */
	PAM_KIND_OTHER_FACTOR, /* a token, a finger, another code */
	PAM_KIND_CONDITION,    /* asks nothing; tells who, or where from */
	PAM_KIND_DENY,
	PAM_KIND_PERMIT,
};

enum pam_kind pam_kind_of(const struct pam_rule *rule);

/* Whether that rule is a condition that skips the rule at past. */
bool pam_kind_skips(const struct pam_stack *stack, unsigned rule, unsigned past);

#endif
