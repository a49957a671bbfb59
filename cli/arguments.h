/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_ARGUMENTS_H
#define OTPCODE_CLI_ARGUMENTS_H

#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>

/* Every option that any command has; all are long, and stand before or after the words. */
enum option_id {
	OPTION_EMAIL,
	OPTION_SMS,
	OPTION_TO,
	OPTION_PROVIDER,
	OPTION_LOCKED,
	OPTION_UNENROLLED,
	OPTION_ALL,
	OPTION_PREFER,
	OPTION_ALGORITHM,
	OPTION_DIGITS,
	OPTION_PERIOD,
	OPTION_URI,
	OPTION_REMOVE,
	OPTION_COUNT,
	OPTION_EXPIRES,
	OPTION_REVOKE,
	OPTION_GOOGLE_AUTHENTICATOR,
	OPTION_PAM_OATH,
	OPTION_YES,
	OPTION_JSON,
	OPTION_VERBOSE,
	OPTION_SERVICE,
	OPTION_SEND,
	OPTION_PROVE,
	OPTION_DRY_RUN,
	OPTION_UPDATE,
	OPTION_JSON_LINES,
	OPTION_WITH_SECRETS,
	OPTION_CONFIG,
	OPTION_HELP,
	OPTIONS_N,
};

#define OPTION_BIT(id) (1u << (id))

struct option_facts {
	const char *name;  /* without its dashes */
	const char *value; /* what the value is called; NULL: the option has none */
	unsigned times;    /* how often it may be given */
	const char *help;
};

const struct option_facts *arguments_option(enum option_id id);

#define ARGUMENTS_WORDS_MAX 16
#define ARGUMENTS_FAULT_SIZE 320

/* A command line taken apart; the strings are argv's. */
struct arguments {
	const char *words[ARGUMENTS_WORDS_MAX]; /* all that is no option */
	unsigned words_n;
	const char *values[OPTIONS_N][RECORD_CONTACTS_MAX];
	unsigned places[OPTIONS_N][RECORD_CONTACTS_MAX]; /* how many options stand before it */
	unsigned options_n;
	unsigned given[OPTIONS_N];
};

/* argv without the program's name. False: fault says what is wrong and what would be right. */
__attribute__((warn_unused_result)) bool arguments_parse(
	int argc, char *const *argv, struct arguments *out, char fault[ARGUMENTS_FAULT_SIZE]);

/* The value of an option that may be given once, or NULL. */
const char *arguments_value(const struct arguments *arguments, enum option_id id);

#endif
