/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_MODULE_SITE_H
#define OTPCODE_TESTS_MODULE_SITE_H

#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A machine of a test's own: the real module in a PAM service folder of its own, host key, store and
 * configuration in a root-owned folder, and a hook that puts each request down in a mailbox. Nothing under
 * /etc or /var is touched.
 */

#define SITE_SERVICE "otptest"
#define SITE_USER "daemon" /* enrolled; a user that every system has */
#define SITE_OTHER "bin"   /* not enrolled */

/* False where this process may not make a trusted folder (not root): the caller skips. */
bool site_make(void);
void site_remove(void);

/* The same for a group of tests: site_made says whether it is there. */
extern bool site_made;
int site_make_group(void **state);
int site_remove_group(void **state);

/* PATH of the folder and name; good until the fourth next call. */
const char *site_path(const char *name);

/* PATH of the module. */
const char *site_module(void);

/* Writes the configuration: the working one plus these lines, which may name sections again. */
void site_configure(const char *more);

/* Writes the service file: control of our line in auth and password, arguments after conf=, lines before
 * ours. */
void site_stack(const char *before, const char *control, const char *arguments);

/* What the hook answers from now on: a verdict line; "" for none at all; NULL for its usual "sent". */
void site_hook_says(const char *verdict);

/* How many requests the hook got, and the code of one of them (0: the first). Empty if there is none. */
unsigned site_mails(void);
const char *site_code(unsigned index);

/* The record of SITE_USER. */
void site_record(struct record *out);

/* The user gets an app that is preferred, and one backup code, SITE_BACKUP. */
void site_keep(void);
#define SITE_BACKUP "ABCDEFGHIJKLMN67"

/* The app's code of the step to come: it works for a minute at least. */
struct code site_app_code(void);

/* Forgets records and mails, and enrolls SITE_USER anew. */
void site_reset(void);

/* One login. */
enum site_answer {
	SITE_TYPE,       /* text as it stands */
	SITE_CODE,       /* the newest code that the hook got */
	SITE_FIRST_CODE, /* the first one */
	SITE_WRONG,      /* of the right form, but wrong */
	SITE_END,        /* success with a NULL answer, as su at end of input */
	SITE_FAIL,       /* PAM_CONV_ERR */
};

struct site_reply {
	enum site_answer answer;
	const char *text;
};

#define SITE_REPLIES_MAX 8
#define SITE_SEEN_SIZE 4096

enum site_phase {
	SITE_AUTHENTICATE,
	SITE_SETCRED,
	SITE_ACCOUNT,
	SITE_SESSION,
	SITE_CHAUTHTOK,
	SITE_AUTHENTICATE_AND_CHAUTHTOK, /* with one handle, as where a password has expired */
};

struct site_login {
	enum site_phase phase; /* that alone is run */
	const char *user;
	const char
		*changes_user; /* who the user has become before the second of two phases; NULL: the same */
	const char *rhost;
	const char *tty;
	const char *ssh_connection; /* NULL: not set */
	const char *ssh_auth_info;  /* NULL: not set */
	int flags;
	struct site_reply replies[SITE_REPLIES_MAX];    /* then SITE_END */
	void (*at_prompt)(void *pamh, unsigned prompt); /* NULL: none */

	/* Out */
	unsigned prompts;
	unsigned messages;         /* lines that were no prompts */
	bool echoed;               /* the last prompt was echo-on */
	char seen[SITE_SEEN_SIZE]; /* every line and prompt, each with a newline */
	unsigned updates;          /* how often chauthtok came to its second phase, above us */
};

/* Runs it and gives the stack's overall result. */
int site_run(struct site_login *login);

/* The same; skips the test where there is no site. */
int site_run_or_skip(struct site_login *login);

/* Everything that went to syslog since the last site_forget_log, one line each. */
const char *site_log(void);
void site_forget_log(void);

#endif
