/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/pam_stack.h"

#include "cli/pam_control.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A stack while it is read. */
struct loading {
	const struct pam_source *source;
	struct pam_stack *stack;
	unsigned depth;   /* of files */
	unsigned files_n; /* in all */
	struct otp_why *why;
};

/* One file of it. */
struct file {
	const char *path;
	char *rest;
	unsigned line;
	unsigned level;
	bool all; /* every type of line counts: the file of a service, or one that "@include" names */
};

static enum otp_err load_file(struct loading *loading, const char *name, unsigned level, bool all);

static enum otp_err fault(const struct loading *loading, const struct file *file, const char *what)
{
	return why_set(loading->why, OTP_ERR_CONFIG, 0, "%s:%u: %s", file->path, file->line, what);
}

/* The next line, with those that a backslash continues; false at the end. Cut at '#'. */
static bool next_line(struct file *file, char **line)
{
	char *out;

	if (file->rest == NULL || *file->rest == '\0')
		return false;
	*line = out = file->rest;
	for (char *in = file->rest;; in++) {
		if (in[0] == '\\' && in[1] == '\n') {
			file->line++;
			in++;
			*out++ = ' ';
			continue;
		}
		if (*in == '\0' || *in == '\n') {
			file->line++;
			file->rest = *in == '\0' ? NULL : in + 1;
			*out = '\0';
			break;
		}
		*out++ = *in;
	}
	(*line)[strcspn(*line, "#")] = '\0';
	return true;
}

/* The next word; one in brackets ends at the bracket, without them. NULL: there is none. */
static char *next_word(char **rest)
{
	char *p = *rest + strspn(*rest, " \t\r\f\v"), *word = p, *out;

	if (*p == '\0')
		return NULL;
	if (*p != '[') {
		p += strcspn(p, " \t\r\f\v");
	} else {
		word = out = ++p;
		for (; *p != '\0' && *p != ']'; p++) {
			if (p[0] == '\\' && p[1] == ']')
				p++;
			*out++ = *p;
		}
		if (*p == ']')
			p++;
		*rest = p;
		*out = '\0';
		return word;
	}
	*rest = *p == '\0' ? p : p + 1;
	*p = '\0';
	return word;
}

static char *copy(struct loading *loading, const char *text, enum otp_err *err)
{
	char *made = strdup(text);

	if (made == NULL)
		*err = why_set(loading->why, OTP_ERR_NO_MEMORY, 0, "no memory for a PAM stack");
	return made;
}

static struct pam_rule *new_rule(struct loading *loading, const struct file *file, enum otp_err *err)
{
	struct pam_stack *stack = loading->stack;

	if (stack->rules_n == PAM_STACK_RULES_MAX) {
		*err = fault(loading, file, "too many lines in one stack");
		return NULL;
	}
	struct pam_rule *rule = &stack->rules[stack->rules_n++];
	memset(rule, 0, sizeof *rule);
	rule->line = file->line;
	rule->level = file->level;
	rule->file = copy(loading, file->path, err);
	return rule;
}

/* "auth substack common": a marker that jumps count as one line, and below it the lines of the file. */
static enum otp_err load_substack(struct loading *loading, const struct file *file, const char *name)
{
	enum otp_err err = OTP_OK;
	struct pam_rule *rule = new_rule(loading, file, &err);

	if (err != OTP_OK)
		return err;
	rule->substack = true;
	rule->control = copy(loading, "substack", &err);
	rule->module = copy(loading, name, &err);
	return err == OTP_OK ? load_file(loading, name, file->level + 1, false) : err;
}

static enum otp_err add_module(
	struct loading *loading, const struct file *file, const char *control, bool bracketed, char *rest)
{
	enum otp_err err = OTP_OK;
	char *module = next_word(&rest), *word;

	if (module == NULL)
		return fault(loading, file, "no module");
	struct pam_rule *rule = new_rule(loading, file, &err);
	if (err != OTP_OK)
		return err;
	rule->control = copy(loading, control, &err);
	rule->module = copy(loading, module, &err);
	if (err == OTP_OK && !pam_control_parse(control, bracketed, rule->actions))
		return fault(loading, file, "a control that libpam does not know");
	while (err == OTP_OK && (word = next_word(&rest)) != NULL &&
		rule->arguments_n < PAM_STACK_ARGUMENTS_MAX)
		rule->arguments[rule->arguments_n++] = copy(loading, word, &err);
	return err;
}

static enum otp_err load_auth(struct loading *loading, const struct file *file, char *rest)
{
	bool bracketed = rest[strspn(rest, " \t\r\f\v")] == '[';
	char *control = next_word(&rest);

	if (control == NULL)
		return fault(loading, file, "no control");
	if (!bracketed && (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0)) {
		char *name = next_word(&rest);
		if (name == NULL)
			return fault(loading, file, "no file to include");
		return strcasecmp(control, "include") == 0 ? load_file(loading, name, file->level, false)
							   : load_substack(loading, file, name);
	}
	return add_module(loading, file, control, bracketed, rest);
}

static enum otp_err load_line(struct loading *loading, const struct file *file, char *line)
{
	static const char *const others[] = {"account", "session", "password"};
	char *type = next_word(&line);

	if (type == NULL)
		return OTP_OK;
	if (strcasecmp(type, "@include") == 0) {
		char *name = next_word(&line);
		return name != NULL ? load_file(loading, name, file->level, file->all)
				    : fault(loading, file, "no file to include");
	}
	type += *type == '-' ? 1 : 0; /* a module that may be missing */
	if (strcasecmp(type, "auth") == 0)
		return load_auth(loading, file, line);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcasecmp(type, others[i]) == 0)
			return OTP_OK;
	return fault(loading, file, "a type that is none of auth, account, session, password");
}

static enum otp_err load_text(struct loading *loading, struct file *file)
{
	enum otp_err err = OTP_OK;
	char *line;

	while (err == OTP_OK && next_line(file, &line))
		err = load_line(loading, file, line);
	return err;
}

static enum otp_err load_file(struct loading *loading, const char *name, unsigned level, bool all)
{
	char path[PAM_STACK_PATH_SIZE];
	char *text = NULL;

	if (loading->depth == PAM_STACK_DEPTH_MAX || loading->files_n++ == PAM_STACK_RULES_MAX)
		return why_set(loading->why, OTP_ERR_CONFIG, 0, "%s: included too deep or too often", name);
	enum otp_err err = loading->source->read(loading->source->self, name, path, &text, loading->why);
	if (err == OTP_ERR_NOT_ENROLLED && loading->depth > 0)
		return why_set(loading->why, OTP_ERR_CONFIG, 0, "%s: includes %s, which is not there",
			loading->stack->file, name);
	if (err != OTP_OK)
		return err;
	if (loading->depth == 0)
		(void)snprintf(loading->stack->file, sizeof loading->stack->file, "%s", path);
	struct file file = {.path = path, .rest = text, .level = level, .all = all};
	loading->depth++;
	err = load_text(loading, &file);
	loading->depth--;
	free(text);
	return err;
}

enum otp_err pam_stack_read(
	const struct pam_source *source, const char *service, struct pam_stack *out, struct otp_why *why)
{
	struct loading loading = {.source = source, .stack = out, .why = why};

	out->rules_n = 0;
	out->file[0] = '\0';
	enum otp_err err = load_file(&loading, service, 0, true);
	if (err == OTP_ERR_NOT_ENROLLED || (err == OTP_OK && out->rules_n == 0))
		err = load_file(&loading, "other", 0, true);
	return err;
}

void pam_stack_free(struct pam_stack *stack)
{
	for (unsigned i = 0; i < stack->rules_n; i++) {
		struct pam_rule *rule = &stack->rules[i];
		for (unsigned a = 0; a < rule->arguments_n; a++)
			free(rule->arguments[a]);
		free(rule->file);
		free(rule->control);
		free(rule->module);
	}
	stack->rules_n = 0;
}

bool pam_rule_is(const struct pam_rule *rule, const char *module)
{
	const char *slash = strrchr(rule->module, '/');

	return !rule->substack && strcmp(slash != NULL ? slash + 1 : rule->module, module) == 0;
}
