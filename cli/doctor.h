/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_DOCTOR_H
#define OTPCODE_CLI_DOCTOR_H

#include "cli/doctor_probe.h"
#include "cli/doctor_survey.h"
#include "cli/pam_stack.h"
#include "cli/session.h"
#include "cli/sshd_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What 'otpcode doctor' looks at. Each check is a row of a theme's table: it looks, and says what it found by
 * doctor_say, or nothing where all is well. Checks change nothing. They run in the order of the tables, and a
 * later one may use what an earlier one read.
 */

enum doctor_grade {
	DOCTOR_SOUND,
	DOCTOR_UNKNOWN, /* could not be looked at: no fault */
	DOCTOR_WARNING, /* works, but not as it should, or not for long */
	DOCTOR_FAULT,   /* somebody cannot log in, or is not asked */
};
#define DOCTOR_GRADES_N 4

#define DOCTOR_TEXT_SIZE 640

struct doctor_finding {
	enum doctor_grade grade;
	char text[DOCTOR_TEXT_SIZE];
	char mend[DOCTOR_TEXT_SIZE]; /* what to do; empty with DOCTOR_UNKNOWN where nothing can be done */
};

struct doctor {
	const struct arguments *arguments;
	const char *service; /* of PAM */
	bool is_sshd;

	/* Filled by checks for those after them. */
	struct session session; /* its config counts where config_sound, the rest where store_open */
	char config_path[CONFIG_PATH_SIZE];
	bool config_sound, keys_had, store_open;
	struct pam_stack *stack; /* meant where stack_read */
	bool stack_read;
	unsigned ours; /* the rule of ours in it; PAM_STACK_RULES_MAX: none */
	struct sshd_facts sshd;
	struct doctor_probes probes;
	bool hook_answers;
	struct doctor_survey *survey; /* of all records; NULL: not made */

	/* What the check that runs has found. */
	struct doctor_finding *findings;
	unsigned findings_n;
	bool no_memory;
};

/* What must be known before a check can look; a mask of them. */
enum doctor_need {
	DOCTOR_NEEDS_CONFIG = 1,
	DOCTOR_NEEDS_KEYS = 2,
	DOCTOR_NEEDS_STORE = 4,
	DOCTOR_NEEDS_SURVEY = 8,
	DOCTOR_NEEDS_SSHD = 16,         /* sshd told its settings */
	DOCTOR_NEEDS_SSHD_IN_PART = 32, /* or why it does not start */
	DOCTOR_NEEDS_OURS = 64,         /* the stack has our line */
	DOCTOR_NEEDS_PROBES = 128,      /* the hook answered */
	DOCTOR_NEEDS_SEND = 256,        /* --send */
};

struct doctor_check {
	const char *name;     /* "sshd.usepam" */
	const char *looks_at; /* completes "looked at ..." */
	unsigned needs;
	void (*run)(struct doctor *doctor);
};

struct doctor_theme {
	const struct doctor_check *checks;
	size_t checks_n;
	bool of_sshd; /* of no other service */
};

extern const struct doctor_theme doctor_module, doctor_sshd, doctor_pam, doctor_config, doctor_store,
	doctor_delivery, doctor_relay, doctor_users, doctor_host;

/* Begins a finding of the check that runs. */
void doctor_say(struct doctor *doctor, enum doctor_grade grade, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Says what to do about it; always follows doctor_say of a warning or fault. */
void doctor_mend(struct doctor *doctor, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The [delivery] wait and so on of the service: the configuration where it is sound, else the defaults. */
const struct config *doctor_config_of(const struct doctor *doctor);

#endif
