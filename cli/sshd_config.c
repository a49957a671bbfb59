/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/sshd_config.h"

#include "cli/run_program.h"
#include "cli/sshd_lines.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SPEC_SIZE 640
#define NOBODY_AT_ALL "otpcode-doctor" /* a user whom no block is about */
#define OUTSIDE "203.0.113.1"          /* RFC 5737: nobody's */

static const char *const programs[] = {"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/lib/ssh/sshd"};

/* What a login is, as far as Match can ask. */
struct login {
	char user[128], host[128], addr[64], laddr[64], lport[16];
};

static const char *find_program(void)
{
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	return NULL;
}

static struct login plain_login(const char *user)
{
	struct login login = {.host = OUTSIDE, .addr = OUTSIDE};

	(void)snprintf(login.user, sizeof login.user, "%s", user);
	return login;
}

static bool yes(const char *value)
{
	return strcmp(value, "no") != 0;
}

static void take_setting(const char *keyword, const char *value, struct sshd_setting *out)
{
	if (strcmp(keyword, "usepam") == 0)
		out->use_pam = yes(value);
	else if (strcmp(keyword, "kbdinteractiveauthentication") == 0)
		out->kbdinteractive = yes(value);
	else if (strcmp(keyword, "passwordauthentication") == 0)
		out->password = yes(value);
	else if (strcmp(keyword, "pubkeyauthentication") == 0)
		out->pubkey = yes(value);
	else if (strcmp(keyword, "hostbasedauthentication") == 0)
		out->hostbased = yes(value);
	else if (strcmp(keyword, "permitrootlogin") == 0)
		(void)snprintf(out->root, sizeof out->root, "%s", value);
	else if (strcmp(keyword, "logingracetime") == 0)
		out->grace_s = strtol(value, NULL, 10);
	else if (strcmp(keyword, "authenticationmethods") == 0)
		(void)snprintf(out->methods, sizeof out->methods, "%s", value);
}

void sshd_setting_read(char *text, struct sshd_setting *out)
{
	char *line;

	(void)snprintf(out->methods, sizeof out->methods, "any");
	while ((line = strsep(&text, "\n")) != NULL) {
		char *keyword = strsep(&line, " ");
		if (keyword != NULL && line != NULL)
			take_setting(keyword, line, out);
	}
}

/* without_methods: as if AuthenticationMethods were not set. */
static bool ask_with(const struct login *login, bool without_methods, struct sshd_setting *out, char why[400])
{
	const char *program = find_program();
	char spec[SPEC_SIZE];
	struct run_output output;

	int len =
		snprintf(spec, sizeof spec, "user=%s,host=%s,addr=%s", login->user, login->host, login->addr);
	if (login->laddr[0] != '\0')
		len += snprintf(spec + len, sizeof spec - (size_t)len, ",laddr=%s", login->laddr);
	if (login->lport[0] != '\0')
		(void)snprintf(spec + len, sizeof spec - (size_t)len, ",lport=%s", login->lport);
	const char *const argv[] = {
		program, "-T", "-C", spec, without_methods ? "-o" : NULL, "AuthenticationMethods=any", NULL};
	if (program == NULL || !run_program(argv, &output)) {
		(void)snprintf(why, 400, "sshd could not be run");
		return false;
	}
	if (output.status == 0)
		sshd_setting_read(output.out, out);
	else
		(void)snprintf(why, 400, "%s", output.error[0] != '\0' ? output.error : "it gave no reason");
	free(output.out);
	return output.status == 0;
}

static bool ask(const struct login *login, struct sshd_setting *out, char why[400])
{
	return ask_with(login, false, out, why);
}

bool sshd_ask_user(const char *user, struct sshd_setting *out)
{
	struct login login = plain_login(user);
	char why[400];

	/* The specification of a login has commas between its parts. */
	return strchr(user, ',') == NULL && ask(&login, out, why);
}

/* Some word that the list of patterns takes: its first that is not negated, with any in place of wildcards.
 */
static void word_of(const char *patterns, char any, char *out, size_t size)
{
	while (*patterns == '!') {
		patterns += strcspn(patterns, ",");
		patterns += *patterns == ',' ? 1 : 0;
	}
	(void)snprintf(out, size, "%.*s", (int)strcspn(patterns, ",/"), patterns);
	for (char *p = out; *p != '\0'; p++)
		if (*p == '*' || *p == '?')
			*p = any;
}

/* A user who is in the group. */
static bool member_of(const char *patterns, char *out, size_t size)
{
	char name[128];

	word_of(patterns, 'x', name, sizeof name);
	const struct group *group = getgrnam(name);
	if (group == NULL)
		return false;
	const char *member = group->gr_mem[0];
	gid_t gid = group->gr_gid;
	if (member != NULL && getpwnam(member) != NULL) {
		(void)snprintf(out, size, "%s", member);
		return true;
	}
	const struct passwd *entry;
	setpwent();
	while ((entry = getpwent()) != NULL && entry->pw_gid != gid)
		;
	if (entry != NULL)
		(void)snprintf(out, size, "%s", entry->pw_name);
	endpwent();
	return entry != NULL;
}

/* A login that the block is about; false where there can be none, or its criteria are not known here. */
static bool login_of(char *criteria, struct login *login)
{
	char *criterion, *patterns;

	while ((criterion = sshd_lines_word(&criteria)) != NULL) {
		if ((patterns = sshd_lines_word(&criteria)) == NULL)
			return false;
		if (strcasecmp(criterion, "user") == 0)
			word_of(patterns, 'x', login->user, sizeof login->user);
		else if (strcasecmp(criterion, "host") == 0)
			word_of(patterns, 'x', login->host, sizeof login->host);
		else if (strcasecmp(criterion, "address") == 0)
			word_of(patterns, '1', login->addr, sizeof login->addr);
		else if (strcasecmp(criterion, "localaddress") == 0)
			word_of(patterns, '1', login->laddr, sizeof login->laddr);
		else if (strcasecmp(criterion, "localport") == 0)
			word_of(patterns, '1', login->lport, sizeof login->lport);
		else if (strcasecmp(criterion, "group") != 0 ||
			 !member_of(patterns, login->user, sizeof login->user))
			return false;
	}
	return true;
}

static bool ask_about_match(void *self, const struct sshd_line *line)
{
	struct sshd_facts *facts = self;
	struct login login = plain_login(NOBODY_AT_ALL);
	struct sshd_setting *setting = &facts->settings[facts->n];
	char why[400];

	if (strcasecmp(line->keyword, "match") != 0 || !line->in_match)
		return true;
	if (facts->n == SSHD_SETTINGS_MAX)
		return false;
	*setting = (struct sshd_setting){.is_match = true};
	(void)snprintf(
		setting->who, sizeof setting->who, "Match %s (%s:%u)", line->value, line->file, line->line);
	if (login_of(line->value, &login) && ask(&login, setting, why))
		facts->n++;
	return true;
}

void sshd_ask(struct sshd_facts *out)
{
	struct login anybody = plain_login(NOBODY_AT_ALL), root = plain_login("root");

	memset(out, 0, sizeof *out);
	out->here = find_program() != NULL;
	if (!out->here)
		return;
	out->known = ask(&anybody, &out->settings[0], out->why) && ask(&root, &out->settings[1], out->why);
	if (!out->known && strstr(out->why, "cannot be satisfied") != NULL) {
		char why[sizeof out->why];
		out->unsatisfied = ask_with(&anybody, true, &out->settings[0], why);
	}
	if (!out->known)
		return;
	(void)snprintf(out->settings[1].who, sizeof out->settings[1].who, "user root");
	out->n = 2;
	sshd_lines_walk(SSHD_CONFIG, ask_about_match, out);
}

struct search {
	const char *keyword;
	char *out;
};

static bool note_place(void *self, const struct sshd_line *line)
{
	const struct search *search = self;

	if (line->in_match || strcasecmp(line->keyword, search->keyword) != 0)
		return true;
	(void)snprintf(search->out, SSHD_PLACE_SIZE, " (%s:%u)", line->file, line->line);
	return false;
}

void sshd_config_place(const char *keyword, char out[SSHD_PLACE_SIZE])
{
	struct search search = {keyword, out};

	out[0] = '\0';
	sshd_lines_walk(SSHD_CONFIG, note_place, &search);
}

bool sshd_methods_next(const char **rest, char list[SSHD_METHODS_SIZE])
{
	const char *start = *rest + strspn(*rest, " ");
	size_t len = strcspn(start, " ");

	*rest = start + len;
	(void)snprintf(list, SSHD_METHODS_SIZE, "%.*s", (int)len, start);
	return len > 0;
}

bool sshd_methods_has(const char *list, const char *method)
{
	size_t method_len = strlen(method);

	for (;; list++) {
		size_t len = strcspn(list, ",:");
		if (len == method_len && strncmp(list, method, len) == 0)
			return true;
		list += strcspn(list, ",");
		if (*list == '\0')
			return false;
	}
}

bool sshd_reaches_pam(const struct sshd_setting *setting)
{
	char list[SSHD_METHODS_SIZE];

	if (!setting->use_pam || !setting->kbdinteractive)
		return false;
	for (const char *rest = setting->methods; sshd_methods_next(&rest, list);)
		if (strcmp(list, "any") == 0 || (sshd_methods_has(list, "keyboard-interactive") &&
							strstr(list, "keyboard-interactive:bsdauth") == NULL))
			return true;
	return false;
}
