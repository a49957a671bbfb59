/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/pam_walk.h"

#include <string.h>

/* What libpam thinks of the login so far: its "impression". */
enum standing {
	STANDING_NONE, /* nobody has said anything: in the end a denial */
	STANDING_GOOD,
	STANDING_ANOTHER, /* somebody's answer other than success was taken for the result */
	STANDING_BAD,
	STANDINGS_N,
};

struct walk {
	const struct pam_stack *stack;
	const struct pam_walk_plan *plan;
	struct pam_walk_result result;
	bool seen[PAM_STACK_RULES_MAX][STANDINGS_N][STANDINGS_N];
};

/* One way, as far as it has come. */
struct way {
	enum standing standing;
	enum standing before[PAM_STACK_DEPTH_MAX + 1]; /* by level: when that substack began */
	unsigned leaver;
};

static void go(struct walk *walk, unsigned at, struct way way);

/* Past n lines of the same level; a substack is one, whatever is in it. *whole: there were as many. */
static unsigned skip(const struct pam_stack *stack, unsigned at, int n, bool *whole)
{
	unsigned level = stack->rules[at].level, last = at;

	while (n > 0 && last + 1 < stack->rules_n && stack->rules[last + 1].level >= level) {
		do
			last++;
		while (last + 1 < stack->rules_n && stack->rules[last + 1].level > level);
		n--;
	}
	*whole = n == 0;
	return last + 1;
}

/* Past what is left of the substack; at the lowest level, of the stack. */
static unsigned leave(const struct pam_stack *stack, unsigned at)
{
	unsigned level = stack->rules[at].level, last = at;

	while (last + 1 < stack->rules_n && stack->rules[last + 1].level >= level)
		last++;
	return last + 1;
}

static enum standing judge(const struct way *way, unsigned level, int action, enum pam_answer answer)
{
	switch (action) {
	case PAM_ACTION_OK:
	case PAM_ACTION_DONE:
		if (way->standing != STANDING_NONE && way->standing != STANDING_GOOD)
			return way->standing;
		return answer == PAM_ANSWER_SUCCESS ? STANDING_GOOD : STANDING_ANOTHER;
	case PAM_ACTION_BAD:
	case PAM_ACTION_DIE:
		return STANDING_BAD;
	case PAM_ACTION_RESET:
		return way->before[level];
	default: /* ignored, or so many lines are skipped */
		return way->standing;
	}
}

static void follow(struct walk *walk, unsigned at, struct way way, enum pam_answer answer)
{
	const struct pam_rule *rule = &walk->stack->rules[at];
	const struct pam_walk_plan *plan = walk->plan;
	int action = rule->actions[answer];
	unsigned next = at + 1;
	bool whole = true;

	if (action > 0)
		next = skip(walk->stack, at, action, &whole);
	else if (action == PAM_ACTION_DONE || action == PAM_ACTION_DIE)
		next = leave(walk->stack, at);
	bool passes = plan->watched != PAM_WALK_NOWHERE && at < plan->watched && next > plan->watched;
	if (passes && plan->counts != NULL && !plan->counts(plan->self, rule))
		return;
	way.standing = whole ? judge(&way, rule->level, action, answer) : STANDING_BAD;
	if (passes)
		way.leaver = at;
	go(walk, next, way);
}

static void arrive(struct walk *walk, const struct way *way)
{
	if (way->standing != STANDING_GOOD || walk->result.opens)
		return;
	walk->result.opens = true;
	walk->result.leaver = way->leaver;
}

static void go(struct walk *walk, unsigned at, struct way way)
{
	if (at >= walk->stack->rules_n) {
		arrive(walk, &way);
		return;
	}
	const struct pam_rule *rule = &walk->stack->rules[at];
	bool *seen = &walk->seen[at][way.standing][way.before[rule->level]];
	if (*seen)
		return;
	*seen = true;
	if (at == walk->plan->watched) {
		walk->result.reached = true;
		if (walk->plan->stop_there)
			return;
	}
	if (rule->substack) {
		way.before[rule->level + 1] = way.standing;
		go(walk, at + 1, way);
		return;
	}
	unsigned answers = walk->plan->answers(walk->plan->self, rule, at);
	for (unsigned answer = 0; answer < PAM_ANSWERS_N; answer++)
		if ((answers & PAM_WALK_ANSWER(answer)) != 0)
			follow(walk, at, way, (enum pam_answer)answer);
}

struct pam_walk_result pam_walk(const struct pam_stack *stack, const struct pam_walk_plan *plan)
{
	struct walk walk = {.stack = stack, .plan = plan, .result = {.leaver = PAM_WALK_NOWHERE}};

	go(&walk, 0, (struct way){.standing = STANDING_NONE, .leaver = PAM_WALK_NOWHERE});
	return walk.result;
}
