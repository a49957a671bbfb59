/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/arguments.h"

#include "cli/nearest.h"

#include <stdio.h>
#include <string.h>

static const struct option_facts options[OPTIONS_N] = {
	[OPTION_EMAIL] = {"email", "ADDRESS", RECORD_CONTACTS_MAX, "an email address of the user"},
	[OPTION_SMS] = {"sms", "NUMBER", RECORD_CONTACTS_MAX, "a phone number of the user: +12025550123"},
	[OPTION_TO] = {"to", "ADDRESS", 1, "send to this email address or phone number, of no user"},
	[OPTION_PROVIDER] = {"provider", "NAME", 1, "send by this provider alone"},
	[OPTION_LOCKED] = {"locked", NULL, 1, "only users who are locked now"},
	[OPTION_UNENROLLED] = {"unenrolled", NULL, 1, "users with a login shell who are not enrolled"},
	[OPTION_ALL] = {"all", NULL, 1, "every user; with unlock, every one who is locked now"},
	[OPTION_PREFER] = {"prefer", NULL, 1, "ask for the app's code first: nothing is sent until Enter"},
	[OPTION_ALGORITHM] = {"algorithm", "NAME", 1,
		"sha1 (the default: what every app knows), sha256, sha512"},
	[OPTION_DIGITS] = {"digits", "N", 1, "6 (the default) or 8"},
	[OPTION_PERIOD] = {"period", "T", 1, "30s (the default) or 60s"},
	[OPTION_URI] = {"uri", NULL, 1, "print the otpauth URI alone: for a program that shows it"},
	[OPTION_REMOVE] = {"remove", NULL, 1, "remove the app"},
	[OPTION_COUNT] = {"count", "N", 1, "with --expires: so many, in place of one"},
	[OPTION_EXPIRES] = {"expires", "T", 1, "they end after this time: 15min, 4h, 7d"},
	[OPTION_REVOKE] = {"revoke", "N", 1, "forget this device, by its number, or all"},
	[OPTION_GOOGLE_AUTHENTICATOR] = {"google-authenticator", "FILE", 1, "a .google_authenticator file"},
	[OPTION_PAM_OATH] = {"pam-oath", "FILE", 1, "a users file of pam_oath"},
	[OPTION_YES] = {"yes", NULL, 1, "do not ask"},
	[OPTION_JSON] = {"json", NULL, 1, "print JSON"},
	[OPTION_CONFIG] = {"config", "FILE", 1, "read this configuration"},
	[OPTION_VERBOSE] = {"verbose", NULL, 1, "show what is said to the provider, and its answers"},
	[OPTION_PROVE] = {"prove", NULL, 1, "send a code to the address and ask for it first"},
	[OPTION_DRY_RUN] = {"dry-run", NULL, 1, "say what would be done, and do nothing"},
	[OPTION_UPDATE] = {"update", NULL, 1, "give users who are enrolled the facts of the file"},
	[OPTION_JSON_LINES] = {"json-lines", NULL, 1, "write JSON, one user a line, in place of CSV"},
	[OPTION_WITH_SECRETS] = {"with-secrets", NULL, 1, "the secrets of apps, and backup codes, too"},
	[OPTION_SERVICE] = {"service", "NAME", 1, "look at this PAM service (sshd)"},
	[OPTION_SEND] = {"send", "ADDRESS", 1, "send a test message there as well"},
	[OPTION_HELP] = {"help", NULL, 1, "print this help"},
};

const struct option_facts *arguments_option(enum option_id id)
{
	return &options[id];
}

/* A letter alone is meant as a short option, of which there is only -h. */
static const char *nearest_option(const char *typed)
{
	const char *names[OPTIONS_N];

	for (unsigned i = 0; i < OPTIONS_N; i++) {
		names[i] = options[i].name;
		if (typed[0] == names[i][0] && typed[1] == '\0')
			return names[i];
	}
	return nearest_word(typed, names, OPTIONS_N);
}

/* word: as it was typed; its dashes are named as they stand there. */
static bool say_unknown(const char *word, char fault[ARGUMENTS_FAULT_SIZE])
{
	char typed[32];

	(void)snprintf(typed, sizeof typed, "%.*s", (int)strcspn(word, "="), word);
	const char *nearest = nearest_option(typed + strspn(typed, "-"));
	if (nearest != NULL)
		(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "there is no option '%s'; did you mean '--%s'?",
			typed, nearest);
	else
		(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "there is no option '%s'", typed);
	return false;
}

static bool find_option(const char *name, size_t name_len, enum option_id *out)
{
	for (unsigned i = 0; i < OPTIONS_N; i++)
		if (strlen(options[i].name) == name_len && memcmp(options[i].name, name, name_len) == 0) {
			*out = (enum option_id)i;
			return true;
		}
	return false;
}

static bool add_option(
	enum option_id id, const char *value, struct arguments *out, char fault[ARGUMENTS_FAULT_SIZE])
{
	const struct option_facts *facts = &options[id];

	if (out->given[id] == facts->times) {
		if (facts->times == 1)
			(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "--%s is given twice", facts->name);
		else
			(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "--%s may be given %u times at most",
				facts->name, facts->times);
		return false;
	}
	if (value != NULL)
		out->values[id][out->given[id]] = value;
	out->places[id][out->given[id]] = out->options_n++;
	out->given[id]++;
	return true;
}

/* word: argv's, with its one or two dashes. *used: whether next was taken as the value. */
static bool read_option(const char *word, const char *next, struct arguments *out, bool *used,
	char fault[ARGUMENTS_FAULT_SIZE])
{
	const char *name = word + (word[1] == '-' ? 2 : 1);
	size_t name_len = strcspn(name, "=");
	const char *value = name[name_len] == '=' ? name + name_len + 1 : NULL;
	enum option_id id;

	*used = false;
	if (!find_option(name, name_len, &id))
		return say_unknown(word, fault);
	const struct option_facts *facts = &options[id];
	if (facts->value == NULL && value != NULL) {
		(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "--%s takes no value", facts->name);
		return false;
	}
	if (facts->value != NULL && value == NULL) {
		/* No address, name or file of anybody's begins with dashes: a value was forgotten. */
		if (next != NULL && strncmp(next, "--", 2) != 0) {
			value = next;
			*used = true;
		}
	}
	if (facts->value != NULL && (value == NULL || *value == '\0')) {
		(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "--%s needs a value: --%s %s", facts->name,
			facts->name, facts->value);
		return false;
	}
	return add_option(id, value, out, fault);
}

static bool add_word(const char *word, struct arguments *out, char fault[ARGUMENTS_FAULT_SIZE])
{
	if (out->words_n == ARGUMENTS_WORDS_MAX) {
		(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "too many arguments");
		return false;
	}
	out->words[out->words_n++] = word;
	return true;
}

bool arguments_parse(int argc, char *const *argv, struct arguments *out, char fault[ARGUMENTS_FAULT_SIZE])
{
	bool options_end = false;

	*out = (struct arguments){.words_n = 0};
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		bool used = false, fine;

		if (options_end || word[0] != '-' || word[1] == '\0')
			fine = add_word(word, out, fault);
		else if (strcmp(word, "--") == 0)
			fine = options_end = true;
		else if (strcmp(word, "-h") == 0)
			fine = read_option("--help", NULL, out, &used, fault);
		else
			fine = read_option(word, i + 1 < argc ? argv[i + 1] : NULL, out, &used, fault);
		if (!fine)
			return false;
		if (used)
			i++;
	}
	return true;
}

const char *arguments_value(const struct arguments *arguments, enum option_id id)
{
	return arguments->given[id] > 0 ? arguments->values[id][0] : NULL;
}
