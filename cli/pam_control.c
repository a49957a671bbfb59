/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/pam_control.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NUMBER_DIGITS_MAX 4
#define WORD_SIZE 32
#define UNSET 1000000

/* The names of libpam's results (pam.conf(5)), and what they are here; NULL among them: default. */
static const struct result {
	const char *name;
	enum pam_answer answer;
} results[] = {
	{"success", PAM_ANSWER_SUCCESS},
	{"auth_err", PAM_ANSWER_DENIED},
	{"ignore", PAM_ANSWER_IGNORE},
	{"perm_denied", PAM_ANSWER_PERM_DENIED},
	{"maxtries", PAM_ANSWER_MAXTRIES},
	{"authinfo_unavail", PAM_ANSWER_UNAVAILABLE},
	{"default", PAM_ANSWER_OTHER},
};

/* These are never looked at one by one. */
static const char *const passed_over[] = {"open_err", "symbol_err", "service_err", "system_err", "buf_err",
	"cred_insufficient", "user_unknown", "new_authtok_reqd", "acct_expired", "session_err",
	"cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err", "authtok_err",
	"authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging", "try_again", "abort",
	"authtok_expired", "module_unknown", "bad_item", "conv_again", "incomplete"};

static const struct word {
	const char *name;
	int action;
} words[] = {{"ignore", PAM_ACTION_IGNORE}, {"ok", PAM_ACTION_OK}, {"done", PAM_ACTION_DONE},
	{"bad", PAM_ACTION_BAD}, {"die", PAM_ACTION_DIE}, {"reset", PAM_ACTION_RESET}};

/* The old words, which stand for brackets. */
static const struct keyword {
	const char *name;
	int success, other;
} keywords[] = {
	{"required", PAM_ACTION_OK, PAM_ACTION_BAD},
	{"requisite", PAM_ACTION_OK, PAM_ACTION_DIE},
	{"sufficient", PAM_ACTION_DONE, PAM_ACTION_IGNORE},
	{"optional", PAM_ACTION_OK, PAM_ACTION_IGNORE},
	{"binding", PAM_ACTION_DONE, PAM_ACTION_BAD},
};

#define N_OF(table) (sizeof(table) / sizeof *(table))

static bool is_passed_over(const char *name)
{
	for (size_t i = 0; i < N_OF(passed_over); i++)
		if (strcasecmp(name, passed_over[i]) == 0)
			return true;
	return false;
}

static bool take_action(const char *text, int *action)
{
	size_t digits = strspn(text, "0123456789");

	for (size_t i = 0; i < N_OF(words); i++)
		if (strcasecmp(text, words[i].name) == 0) {
			*action = words[i].action;
			return true;
		}
	if (digits == 0 || digits > NUMBER_DIGITS_MAX || text[digits] != '\0')
		return false;
	*action = (int)strtol(text, NULL, 10);
	return true;
}

static bool take_pair(char *pair, int actions[PAM_ANSWERS_N])
{
	char *equals = strchr(pair, '=');
	int action;

	if (equals == NULL || !take_action(equals + 1, &action))
		return false;
	*equals = '\0';
	for (size_t i = 0; i < N_OF(results); i++)
		if (strcasecmp(pair, results[i].name) == 0) {
			actions[results[i].answer] = action;
			return true;
		}
	return is_passed_over(pair);
}

static bool parse_brackets(const char *text, int actions[PAM_ANSWERS_N])
{
	for (unsigned i = 0; i < PAM_ANSWERS_N; i++)
		actions[i] = UNSET;
	while (*(text += strspn(text, " \t\r\f\v")) != '\0') {
		char pair[2 * WORD_SIZE];
		size_t len = strcspn(text, " \t\r\f\v");
		if (len >= sizeof pair)
			return false;
		memcpy(pair, text, len);
		pair[len] = '\0';
		if (!take_pair(pair, actions))
			return false;
		text += len;
	}
	/* What is not named, not even by default, fails the stack. */
	int rest = actions[PAM_ANSWER_OTHER] == UNSET ? PAM_ACTION_BAD : actions[PAM_ANSWER_OTHER];
	for (unsigned i = 0; i < PAM_ANSWERS_N; i++)
		if (actions[i] == UNSET)
			actions[i] = rest;
	return true;
}

bool pam_control_parse(const char *control, bool bracketed, int actions[PAM_ANSWERS_N])
{
	if (bracketed)
		return parse_brackets(control, actions);
	for (size_t i = 0; i < N_OF(keywords); i++) {
		if (strcasecmp(control, keywords[i].name) != 0)
			continue;
		for (unsigned a = 0; a < PAM_ANSWERS_N; a++)
			actions[a] = keywords[i].other;
		actions[PAM_ANSWER_SUCCESS] = keywords[i].success;
		actions[PAM_ANSWER_IGNORE] = PAM_ACTION_IGNORE;
		return true;
	}
	return false;
}
