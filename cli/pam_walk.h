/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_PAM_WALK_H
#define OTPCODE_CLI_PAM_WALK_H

#include "cli/pam_stack.h"

#include <stdbool.h>

/* Every way that a login can take through a stack, as libpam walks it. Pure. */

#define PAM_WALK_ANSWER(answer) (1U << (answer))
#define PAM_WALK_NOWHERE PAM_STACK_RULES_MAX

/* What may happen at a rule. */
struct pam_walk_plan {
	/* Which answers its module may give: PAM_WALK_ANSWERs. */
	unsigned (*answers)(const void *self, const struct pam_rule *rule, unsigned index);
	/* Whether such an answer is of interest although it leads over the rule watched; may be NULL: all
	 * are. */
	bool (*counts)(const void *self, const struct pam_rule *rule);
	const void *self;
	unsigned watched; /* a rule of the stack; PAM_WALK_NOWHERE */
	bool stop_there;  /* a way that comes to it is not followed further */
};

struct pam_walk_result {
	bool reached;    /* some way comes to the rule watched */
	bool opens;      /* some way ends in success; with stop_there: without having come there */
	unsigned leaver; /* the rule from which such a way went past the one watched; PAM_WALK_NOWHERE */
};

struct pam_walk_result pam_walk(const struct pam_stack *stack, const struct pam_walk_plan *plan);

#endif
