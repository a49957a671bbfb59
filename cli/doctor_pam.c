/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"

#include "cli/module_file.h"
#include "cli/pam_kinds.h"
#include "cli/pam_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE "pam_otpcode.so"
#define LINE "auth  [success=ok ignore=ignore default=die]   pam_otpcode.so"
#define EXAMPLE "pam.d-example has whole stacks"

/* What a walk is to find out. */
enum question {
	QUESTION_PASSED_BY,      /* may somebody get in who was never asked? */
	QUESTION_WRONG_PASSWORD, /* does a wrong password come to us? */
	QUESTION_OUR_NO,         /* does anybody get in after our no? */
	QUESTION_OUR_IGNORE,     /* does anybody who is ignored get in? */
	QUESTION_EXEMPT,         /* does anybody who is exempt get in? */
};

struct walk_self {
	const struct doctor *doctor;
	enum question question;
};

#define A(name) PAM_WALK_ANSWER(PAM_ANSWER_##name)
#define ANY (A(SUCCESS) | A(DENIED) | A(IGNORE) | A(PERM_DENIED) | A(OTHER))

static unsigned our_answers(enum question question)
{
	switch (question) {
	case QUESTION_OUR_NO:
		return A(DENIED) | A(MAXTRIES) | A(UNAVAILABLE) | A(OTHER);
	case QUESTION_OUR_IGNORE:
		return A(IGNORE);
	case QUESTION_PASSED_BY:
	case QUESTION_WRONG_PASSWORD:
	case QUESTION_EXEMPT:
		break;
	}
	return A(SUCCESS);
}

static unsigned answers(const void *ctx, const struct pam_rule *rule, unsigned index)
{
	const struct walk_self *self = ctx;

	if (index == self->doctor->ours || pam_rule_is(rule, MODULE))
		return our_answers(self->question);
	switch (pam_kind_of(rule)) {
	case PAM_KIND_PASSWORD:
	case PAM_KIND_OTHER_FACTOR:
		return self->question == QUESTION_WRONG_PASSWORD ? A(DENIED) : A(SUCCESS);
	case PAM_KIND_CONDITION:
		return ANY;
	case PAM_KIND_DENY:
		return A(DENIED);
	case PAM_KIND_PERMIT:
		return A(SUCCESS);
	case PAM_KIND_UNKNOWN:
		break;
	}
	return self->question == QUESTION_PASSED_BY ? ANY : A(SUCCESS) | A(IGNORE);
}

/* A condition that lets somebody pass us by does so on purpose. */
static bool is_no_exemption(const void *ctx, const struct pam_rule *rule)
{
	(void)ctx;
	return pam_kind_of(rule) != PAM_KIND_CONDITION;
}

static bool is_exemption(const void *ctx, const struct pam_rule *rule)
{
	return !is_no_exemption(ctx, rule);
}

static bool is_nothing(const void *ctx, const struct pam_rule *rule)
{
	(void)ctx;
	(void)rule;
	return false;
}

static struct pam_walk_result ask(const struct doctor *doctor, enum question question)
{
	/* Of the ways that pass our line by: those that the question is about. */
	static bool (*const passing[])(const void *ctx, const struct pam_rule *rule) = {
		[QUESTION_PASSED_BY] = is_no_exemption,
		[QUESTION_WRONG_PASSWORD] = is_nothing,
		[QUESTION_OUR_NO] = is_nothing,
		[QUESTION_OUR_IGNORE] = is_nothing,
		[QUESTION_EXEMPT] = is_exemption};
	const struct walk_self self = {doctor, question};
	const struct pam_walk_plan plan = {
		.answers = answers,
		.counts = passing[question],
		.self = &self,
		.watched = doctor->ours,
		.stop_there = question == QUESTION_PASSED_BY || question == QUESTION_WRONG_PASSWORD ||
			      question == QUESTION_EXEMPT,
	};

	return pam_walk(doctor->stack, &plan);
}

static const struct pam_rule *our_rule(const struct doctor *doctor)
{
	return &doctor->stack->rules[doctor->ours];
}

static void check_line(struct doctor *doctor)
{
	struct pam_source source = pam_source_system();
	struct otp_why why = {0};

	doctor->stack = calloc(1, sizeof *doctor->stack);
	if (doctor->stack == NULL) {
		doctor->no_memory = true;
		return;
	}
	enum otp_err err = pam_stack_read(&source, doctor->service, doctor->stack, &why);
	if (err != OTP_OK) {
		doctor_say(doctor, DOCTOR_FAULT, "the PAM stack of %s cannot be read: %s", doctor->service,
			why.text);
		doctor_mend(doctor, "libpam denies everybody then: correct it; " EXAMPLE);
		return;
	}
	doctor->stack_read = true;
	for (unsigned i = 0; i < doctor->stack->rules_n && doctor->ours == PAM_STACK_RULES_MAX; i++)
		if (pam_rule_is(&doctor->stack->rules[i], MODULE))
			doctor->ours = i;
	if (doctor->ours != PAM_STACK_RULES_MAX)
		return;
	doctor_say(doctor, DOCTOR_FAULT,
		"no auth line of %s (the PAM stack of %s) names " MODULE ": no code is asked",
		doctor->stack->file, doctor->service);
	doctor_mend(doctor, "add the line: " LINE "; " EXAMPLE);
}

/* Another folder's module than the one that make install puts there. */
static void check_path(struct doctor *doctor)
{
	if (strchr(our_rule(doctor)->module, '/') == NULL)
		return;
	const struct pam_rule *rule = our_rule(doctor);
	struct module_kind kind;
	if (rule->module[0] == '/' && module_kind_of(rule->module, &kind))
		return;
	doctor_say(doctor, DOCTOR_FAULT, "%s:%u names the module as %s, where there is none", rule->file,
		rule->line, rule->module);
	doctor_mend(doctor, "write " MODULE " without a folder: libpam knows its own");
}

static void check_passed_by(struct doctor *doctor)
{
	struct pam_walk_result result = ask(doctor, QUESTION_PASSED_BY);
	if (!result.opens)
		return;
	if (result.leaver >= doctor->stack->rules_n) {
		doctor_say(doctor, DOCTOR_FAULT, "there is a way through %s that opens without our line",
			doctor->stack->file);
		doctor_mend(doctor, "write the stack anew; " EXAMPLE);
		return;
	}
	const struct pam_rule *rule = &doctor->stack->rules[result.leaver];
	doctor_say(doctor, DOCTOR_FAULT,
		"%s:%u: '%s %s' stands above our line and lets whom it knows in at once: they are asked for "
		"no code",
		rule->file, rule->line, rule->control, rule->module);
	doctor_mend(doctor, "make it 'requisite', so that the login goes on to our line; " EXAMPLE);
}

static bool is_word(const struct pam_rule *rule, const char *word)
{
	return strcasecmp(rule->control, word) == 0;
}

static void check_control(struct doctor *doctor)
{
	const struct pam_rule *rule = our_rule(doctor);
	bool weak = is_word(rule, "optional") || is_word(rule, "sufficient") ||
		    rule->actions[PAM_ANSWER_OTHER] >= PAM_ACTION_DONE ||
		    rule->actions[PAM_ANSWER_DENIED] >= PAM_ACTION_DONE;
	if (!weak && !ask(doctor, QUESTION_OUR_NO).opens)
		return;
	doctor_say(doctor, DOCTOR_FAULT,
		"%s:%u: our line stands under '%s': our no does not end the login, and Ctrl-C at the prompt "
		"is a way "
		"in",
		rule->file, rule->line, rule->control);
	doctor_mend(doctor, "write: " LINE);
}

/* With key and code, the key took the password's place; behind us, a password comes when the code is sent. */
static void check_left_in_place(struct doctor *doctor)
{
	bool with_key = doctor->is_sshd && doctor->sshd.known &&
			strstr(doctor->sshd.settings[0].methods, "publickey,") != NULL;
	bool code_first =
		doctor->config_sound && doctor_config_of(doctor)->prompt.reveal == CONFIG_REVEAL_NONE;

	for (unsigned i = 0; i < doctor->stack->rules_n; i++) {
		const struct pam_rule *rule = &doctor->stack->rules[i];
		bool after = i > doctor->ours;
		if (pam_kind_of(rule) != PAM_KIND_PASSWORD || (after && code_first) || (!after && !with_key))
			continue;
		doctor_say(doctor, after ? DOCTOR_FAULT : DOCTOR_WARNING,
			after ? "%s:%u: %s asks for a password after our line: the code goes out to whoever "
				"knows a "
				"name, and who has no password is denied"
			      : "%s:%u: %s asks for a password although sshd wants a key first: three things "
				"are "
				"asked, and who has no password is denied",
			rule->file, rule->line, rule->module);
		doctor_mend(doctor,
			"our lines come in the place of what was there: take out '@include common-auth' (or "
			"that "
			"line) from %s",
			doctor->stack->file);
		return;
	}
}

static void check_requisite(struct doctor *doctor)
{
	const struct pam_rule *password = NULL;

	for (unsigned i = 0; i < doctor->ours && password == NULL; i++)
		if (pam_kind_of(&doctor->stack->rules[i]) == PAM_KIND_PASSWORD)
			password = &doctor->stack->rules[i];
	if (password == NULL || !ask(doctor, QUESTION_WRONG_PASSWORD).reached)
		return;
	doctor_say(doctor, DOCTOR_FAULT,
		"%s:%u: '%s %s' lets the login go on to our line after a wrong password: whoever knows a "
		"name has "
		"messages sent",
		password->file, password->line, password->control, password->module);
	doctor_mend(doctor, "write: auth  requisite  %s", password->module);
}

static void check_lone(struct doctor *doctor)
{
	bool ignores = doctor->config_sound &&
		       doctor_config_of(doctor)->users.unenrolled == CONFIG_UNENROLLED_IGNORE;
	bool exempts = false;
	for (unsigned i = 0; i < doctor->ours; i++)
		exempts = exempts || pam_kind_skips(doctor->stack, i, doctor->ours);
	bool alone = (ignores && !ask(doctor, QUESTION_OUR_IGNORE).opens) ||
		     (exempts && !ask(doctor, QUESTION_EXEMPT).opens);
	if (!alone)
		return;
	doctor_say(doctor, DOCTOR_FAULT,
		"%s: who is %s is denied all the same: a stack in which every module says \"ignore\" denies "
		"everybody",
		doctor->stack->file,
		ignores ? "ignored because of unenrolled=ignore" : "skipped past our line");
	doctor_mend(
		doctor, "end the stack in: auth  required  pam_permit.so, which undoes no denial above it");
}

static void check_arguments(struct doctor *doctor)
{
	struct otp_why why = {0};
	const char *path = NULL;

	const struct pam_rule *rule = our_rule(doctor);
	const char *arguments[PAM_STACK_ARGUMENTS_MAX];
	for (unsigned i = 0; i < rule->arguments_n; i++)
		arguments[i] = rule->arguments[i];
	struct config *config = calloc(1, sizeof *config);
	if (config == NULL) {
		doctor->no_memory = true;
		return;
	}
	enum otp_err err = config_conf_argument((int)rule->arguments_n, arguments, &path, &why);
	if (err == OTP_OK)
		err = config_load(path != NULL ? path : doctor->config_path, SESSION_OWNER,
			(int)rule->arguments_n, arguments, config, &why);
	free(config);
	if (err == OTP_OK)
		return;
	doctor_say(doctor, DOCTOR_FAULT, "%s:%u: %s", rule->file, rule->line, why.text);
	doctor_mend(doctor, "correct the argument; every login through this service is denied until then");
}

static const struct doctor_check checks[] = {
	{"pam.line", "the auth lines of the service, with all that they include", 0, check_line},
	{"pam.module", "the module that our line names", DOCTOR_NEEDS_OURS, check_path},
	{"pam.sufficient", "whether every way through the stack comes to our line", DOCTOR_NEEDS_OURS,
		check_passed_by},
	{"pam.control", "whether our no ends the login", DOCTOR_NEEDS_OURS, check_control},
	{"pam.leftover", "passwords asked for that our line was to replace", DOCTOR_NEEDS_OURS,
		check_left_in_place},
	{"pam.requisite", "whether a wrong password ends the login before our line", DOCTOR_NEEDS_OURS,
		check_requisite},
	{"pam.permit", "whether who is skipped gets in", DOCTOR_NEEDS_OURS, check_lone},
	{"pam.arguments", "the arguments of our line", DOCTOR_NEEDS_OURS | DOCTOR_NEEDS_CONFIG,
		check_arguments},
};

const struct doctor_theme doctor_pam = {checks, sizeof checks / sizeof *checks, false};
