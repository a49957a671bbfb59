/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The PAM side: what the host program knows goes in, one PAM code comes out. An error is never a success and
 * never PAM_IGNORE, and the host process is as it was when we return.
 */

#include "pam/login.h"

#include "prompt/logline.h"

#include <openssl/crypto.h>
#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syslog.h>
#include <unistd.h>

/*
 * What one call of the module leaves to a later one of the same handle, and nobody else: for which PAM_USER,
 * and what came of it.
 */
#define VERIFIED "pam_otpcode_verified" /* by pam_sm_authenticate: a code was right */
#define PRELIM "pam_otpcode_prelim"     /* by the first phase of pam_sm_chauthtok */

struct note {
	int code; /* PAM_SUCCESS or PAM_IGNORE */
	char user[];
};

static void note_free(pam_handle_t *pamh, void *data, int status)
{
	struct note *note = data;

	(void)pamh;
	(void)status;
	OPENSSL_cleanse(note, sizeof *note + strlen(note->user));
	free(note);
}

/* NULL where the host program does not tell. */
static const char *user_now(pam_handle_t *pamh)
{
	const void *user = NULL;

	return pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS ? user : NULL;
}

static int note_set(pam_handle_t *pamh, const char *name, int code)
{
	const char *user = user_now(pamh);
	struct note *note = user != NULL ? malloc(sizeof *note + strlen(user) + 1) : NULL;

	if (note == NULL)
		return PAM_BUF_ERR;
	note->code = code;
	memcpy(note->user, user, strlen(user) + 1);
	if (pam_set_data(pamh, name, note, note_free) == PAM_SUCCESS)
		return PAM_SUCCESS;
	note_free(pamh, note, 0);
	return PAM_BUF_ERR;
}

static const struct note *note_get(pam_handle_t *pamh, const char *name)
{
	const void *note = NULL;

	return pam_get_data(pamh, name, &note) == PAM_SUCCESS ? note : NULL;
}

/* What was noted, if it was for who is the user now; otherwise. */
static int note_find(pam_handle_t *pamh, const char *name, int otherwise)
{
	const struct note *note = note_get(pamh, name);
	const char *user = user_now(pamh);

	return note != NULL && user != NULL && strcmp(note->user, user) == 0 ? note->code : otherwise;
}

/* False if it stands there still. */
static bool note_drop(pam_handle_t *pamh, const char *name)
{
	return note_get(pamh, name) == NULL || pam_set_data(pamh, name, NULL, NULL) == PAM_SUCCESS;
}

static struct pam_login *make_login(pam_handle_t *pamh, int flags)
{
	struct pam_login *pam = calloc(1, sizeof *pam);

	if (pam == NULL) {
		pam_syslog(pamh, LOG_ERR, "event=error why=\"no memory\"");
		return NULL;
	}
	pam->pamh = pamh;
	pam->flags = (unsigned)flags;
	pam->result = PROMPT_UNAVAILABLE;
	pam->hidden = prompt_hidden_system();
	return pam;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct pam_login *pam = make_login(pamh, flags);

	if (pam == NULL || !note_drop(pamh, VERIFIED)) {
		free(pam);
		return PAM_BUF_ERR;
	}
	int code = pam_login_run(pam, argc, argv);
	/* Where it cannot be noted, a change of an expired password asks once more. */
	if (code == PAM_SUCCESS && pam->result == PROMPT_VERIFIED)
		(void)note_set(pamh, VERIFIED, PAM_SUCCESS);
	free(pam);
	return code;
}

/* Nothing is to be set; a module that is in the stack must not spoil the others' verdict here. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

static void log_passed(struct pam_login *pam, const struct passwd *user, const char *why)
{
	struct logline line;

	logline_begin(&line, "passed");
	logline_add(&line, "user", user->pw_name);
	logline_add(&line, "why", why);
	pam_login_log(pam, PROMPT_NOTICE, line.text);
}

/*
 * Who changes a password unasked. root may change another's in any case, as with pam_unix; a program of
 * root's that changes an expired one does so for the person at its prompt, who has just been asked, or has
 * not.
 */
static bool passes(struct pam_login *pam, const struct passwd *user)
{
	bool expired = (pam->flags & PAM_CHANGE_EXPIRED_AUTHTOK) != 0;

	if (!expired && getuid() == 0 && user->pw_uid != 0) {
		log_passed(pam, user, "root changes the password");
		return true;
	}
	if (expired && note_find(pam->pamh, VERIFIED, PAM_AUTH_ERR) == PAM_SUCCESS) {
		log_passed(pam, user, "a code was right in this login");
		return true;
	}
	return false;
}

/*
 * Decides, before any module of the stack changes anything: a refusal in the second phase comes too late for
 * those above this one, and stops those below only under some controls.
 */
static int permit_change(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct pam_login *pam = make_login(pamh, flags);

	if (pam == NULL || !note_drop(pamh, PRELIM)) {
		free(pam);
		return PAM_BUF_ERR;
	}
	pam->passes = passes;
	int code = pam_login_run(pam, argc, argv);
	free(pam);
	if (code == PAM_SUCCESS || code == PAM_IGNORE) {
		int noted = note_set(pamh, PRELIM, code);
		code = noted == PAM_SUCCESS ? code : noted;
	}
	return code;
}

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	switch ((unsigned)flags & (PAM_PRELIM_CHECK | PAM_UPDATE_AUTHTOK)) {
	case PAM_PRELIM_CHECK:
		return permit_change(pamh, flags, argc, argv);
	case PAM_UPDATE_AUTHTOK:
		return note_find(pamh, PRELIM, PAM_AUTHTOK_ERR);
	default:
		return PAM_AUTHTOK_ERR;
	}
}
