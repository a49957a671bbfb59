/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_PAM_STACK_H
#define OTPCODE_CLI_PAM_STACK_H

#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>

/* The auth lines of a PAM service as libpam would load them: pam.conf(5). */

#define PAM_STACK_RULES_MAX 256
#define PAM_STACK_DEPTH_MAX 16 /* of includes; libpam's own limit is the same for substacks */
#define PAM_STACK_PATH_SIZE 256
#define PAM_STACK_ARGUMENTS_MAX 32

/* What a module may answer, as far as stacks tell the answers apart here. */
enum pam_answer {
	PAM_ANSWER_SUCCESS,
	PAM_ANSWER_DENIED, /* auth_err */
	PAM_ANSWER_IGNORE,
	PAM_ANSWER_PERM_DENIED,
	PAM_ANSWER_MAXTRIES,
	PAM_ANSWER_UNAVAILABLE, /* authinfo_unavail */
	PAM_ANSWER_OTHER,       /* any other: what "default" stands for */
	PAM_ANSWERS_N,
};

/* What follows from an answer; above 0: so many lines are skipped. */
enum pam_action {
	PAM_ACTION_IGNORE = 0,
	PAM_ACTION_OK = -1,
	PAM_ACTION_DONE = -2,
	PAM_ACTION_BAD = -3,
	PAM_ACTION_DIE = -4,
	PAM_ACTION_RESET = -5,
};

struct pam_rule {
	char *file;
	unsigned line;
	unsigned level; /* of substacks */
	bool substack;  /* no module: what has a higher level below it is one */
	char *control;  /* as it is written */
	int actions[PAM_ANSWERS_N];
	char *module; /* as it is written; of a substack its file */
	char *arguments[PAM_STACK_ARGUMENTS_MAX];
	unsigned arguments_n;
};

struct pam_stack {
	char file[PAM_STACK_PATH_SIZE]; /* where it begins */
	struct pam_rule rules[PAM_STACK_RULES_MAX];
	unsigned rules_n;
};

/* Where the text of PAM files comes from. */
struct pam_source {
	void *self;
	/* The whole file of that name, NUL-ended, to be freed, and its path. OTP_ERR_NOT_ENROLLED: there is
	 * none. */
	enum otp_err (*read)(void *self, const char *name, char path[PAM_STACK_PATH_SIZE], char **text,
		struct otp_why *why);
};

/* /etc/pam.d, then the folders of vendors. */
struct pam_source pam_source_system(void);

/*
 * Reads the auth lines of the service; where it has no file, or no such line, those of "other", as libpam
 * does. OTP_ERR_CONFIG "FILE:LINE: ..." for what makes libpam refuse the whole service; OTP_ERR_NOT_ENROLLED
 * where there is no file at all; OTP_ERR_IO, OTP_ERR_NO_MEMORY. Ended with pam_stack_free in any case.
 */
__attribute__((warn_unused_result)) enum otp_err pam_stack_read(
	const struct pam_source *source, const char *service, struct pam_stack *out, struct otp_why *why);
void pam_stack_free(struct pam_stack *stack);

/* Whether the rule's module is that one, "pam_unix.so", whatever folder is written before it. */
bool pam_rule_is(const struct pam_rule *rule, const char *module);

#endif
