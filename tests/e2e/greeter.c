/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A login window as xrdp and many greeters are one: a single field that hides what is typed, no place for a
 * line of text, and nothing but a dialogue to carry on with. greeter SERVICE USER [HOW]: each line of
 * standard input is what is typed into the field when it is shown, Ctrl-C the button that cancels; HOW is
 * what it does instead of handing over what was typed.
 */

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_ANSWER 100000
#define CTRL_C "\003"

enum how { HOW_TYPED, HOW_NULL, HOW_EMPTY, HOW_LONG, HOW_FAILS, HOW_NO_ARRAY };

static const char *const hows[] = {[HOW_TYPED] = "typed",
	[HOW_NULL] = "null",
	[HOW_EMPTY] = "empty",
	[HOW_LONG] = "long",
	[HOW_FAILS] = "fails",
	[HOW_NO_ARRAY] = "no-array"};

struct field {
	enum how how;
	bool has_echo; /* somebody asked for a field that shows what is typed */
};

static char *typed(void)
{
	char line[1024];

	if (fgets(line, sizeof line, stdin) == NULL)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return strdup(line);
}

static char *long_answer(void)
{
	char *text = malloc(LONG_ANSWER + 1);

	if (text == NULL)
		abort();
	memset(text, '1', LONG_ANSWER);
	text[LONG_ANSWER] = '\0';
	return text;
}

static char *answer(enum how how)
{
	switch (how) {
	case HOW_EMPTY:
		return strdup("");
	case HOW_LONG:
		return long_answer();
	case HOW_TYPED:
		return typed();
	case HOW_NULL:
	case HOW_FAILS:
	case HOW_NO_ARRAY:
		break;
	}
	return NULL;
}

static int converse(int n, const struct pam_message **messages, struct pam_response **responses, void *self)
{
	struct field *field = self;
	const struct pam_message *last = messages[n - 1];

	*responses = NULL;
	if (last->msg_style == PAM_TEXT_INFO || last->msg_style == PAM_ERROR_MSG) {
		*responses = calloc((size_t)n, sizeof **responses);
		return *responses == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
	}
	/* xrdp answers such a one with the user's name; there is nothing that the person could do. */
	if (last->msg_style != PAM_PROMPT_ECHO_OFF || n != 1) {
		field->has_echo = true;
		return PAM_CONV_ERR;
	}
	printf("field: %s\n", last->msg);
	(void)fflush(stdout);
	if (field->how == HOW_FAILS)
		return PAM_CONV_ERR;
	if (field->how == HOW_NO_ARRAY)
		return PAM_SUCCESS;
	*responses = calloc(1, sizeof **responses);
	if (*responses == NULL)
		return PAM_BUF_ERR;
	(*responses)->resp = answer(field->how);
	if ((*responses)->resp == NULL || strcmp((*responses)->resp, CTRL_C) != 0)
		return PAM_SUCCESS;
	free((*responses)->resp);
	free(*responses);
	*responses = NULL;
	return PAM_CONV_ERR;
}

static bool read_how(const char *word, enum how *how)
{
	for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++)
		if (strcmp(word, hows[i]) == 0) {
			*how = (enum how)i;
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	struct field field = {.how = HOW_TYPED};
	struct pam_conv conv = {.conv = converse, .appdata_ptr = &field};
	pam_handle_t *pamh = NULL;

	if (argc < 3 || (argc > 3 && !read_how(argv[3], &field.how))) {
		(void)fputs("usage: greeter SERVICE USER [typed|null|empty|long|fails|no-array]\n", stderr);
		return 2;
	}
	if (pam_start(argv[1], argv[2], &conv, &pamh) != PAM_SUCCESS ||
		pam_set_item(pamh, PAM_TTY, ":0") != PAM_SUCCESS)
		return 2;
	int code = pam_authenticate(pamh, 0);
	if (code == PAM_SUCCESS)
		code = pam_acct_mgmt(pamh, 0);
	printf("%s%s\n", code == PAM_SUCCESS ? "in" : "refused: ",
		code == PAM_SUCCESS ? "" : pam_strerror(pamh, code));
	if (field.has_echo)
		puts("it wanted a field that shows what is typed");
	(void)pam_end(pamh, code);
	return code == PAM_SUCCESS ? 0 : 1;
}
