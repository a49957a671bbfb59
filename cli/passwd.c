/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A forgotten password: who proves to be the user by a code that was sent, and by what they keep beside it
 * where they keep any, gets a new one. A PAM application: how a password is checked and stored is for the
 * stack of otpcode-passwd to say.
 */

#include "cli/command.h"
#include "cli/journal.h"
#include "cli/notice.h"
#include "cli/proof.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/terminal.h"

#include <openssl/crypto.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SERVICE "otpcode-passwd"
#define ROOT_UID 0
#define TRIES 3 /* of a password that the stack takes */

/* One run of the command. */
struct renewal {
	struct session session;
	struct user user;
	struct proof proof;
};

/* Has an app or a backup code; if_unknown where the record cannot be read. */
static bool keeps_anything(const struct renewal *renewal, bool if_unknown)
{
	struct record record;

	if (session_read(&renewal->session, renewal->user.name, &record, NULL, NULL) != OTP_OK)
		return if_unknown;
	return record.totp_n > 0 || record.backups_n > 0;
}

/*
 * A code that was sent, and what the user keeps where the user keeps anything: of the two, a mailbox alone is
 * not enough. Nor is it where what was kept is gone by now: a damaged record loses its backup codes.
 */
static bool prove(struct renewal *renewal)
{
	bool kept = keeps_anything(renewal, false); /* who has no record yet keeps nothing */

	if (!proof_ask(&renewal->proof, OTP_ACCEPT_SENT, proof_hides(&renewal->proof)))
		return false;
	if (!kept && !keeps_anything(renewal, true))
		return true;
	report_line("And now a code that needs no message.");
	return proof_ask(&renewal->proof, OTP_ACCEPT_KEPT, false);
}

/* What libpam frees. NULL where nothing was answered. */
static char *answer_to(const struct pam_message *message)
{
	char typed[PAM_MAX_RESP_SIZE];
	bool asks = message->msg_style == PAM_PROMPT_ECHO_ON || message->msg_style == PAM_PROMPT_ECHO_OFF;
	char *answer = NULL;

	if (!asks)
		report_line("%s", message->msg);
	else if (terminal_ask(message->msg, message->msg_style == PAM_PROMPT_ECHO_ON, typed, sizeof typed))
		answer = strdup(typed);
	OPENSSL_cleanse(typed, sizeof typed);
	return answer;
}

static void drop_answers(struct pam_response *answers, int n)
{
	for (int i = 0; i < n; i++)
		if (answers[i].resp != NULL) {
			OPENSSL_cleanse(answers[i].resp, strlen(answers[i].resp));
			free(answers[i].resp);
		}
	free(answers);
}

/* ctx: whether the person broke off. */
static int converse(int n, const struct pam_message **messages, struct pam_response **out, void *ctx)
{
	bool *broken_off = ctx;
	struct pam_response *answers =
		n > 0 && n <= PAM_MAX_NUM_MSG ? calloc((size_t)n, sizeof *answers) : NULL;

	if (answers == NULL)
		return PAM_CONV_ERR;
	for (int i = 0; i < n; i++) {
		int style = messages[i]->msg_style;
		answers[i].resp = answer_to(messages[i]);
		if (answers[i].resp == NULL &&
			(style == PAM_PROMPT_ECHO_ON || style == PAM_PROMPT_ECHO_OFF)) {
			drop_answers(answers, n);
			*broken_off = true;
			return PAM_CONV_ERR;
		}
	}
	*out = answers;
	return PAM_SUCCESS;
}

/* By the stack of otpcode-passwd, as root: it asks for no old password. */
static enum cli_exit set_password(const struct user *user)
{
	bool broken_off = false;
	struct pam_conv conversation = {.conv = converse, .appdata_ptr = &broken_off};
	const char *tty = ttyname(STDIN_FILENO);
	pam_handle_t *pamh = NULL;
	int code = pam_start(SERVICE, user->name, &conversation, &pamh);

	if (code == PAM_SUCCESS && tty != NULL)
		code = pam_set_item(pamh, PAM_TTY, tty);
	for (int i = 0; code == PAM_SUCCESS && i < TRIES; i++) {
		code = pam_chauthtok(pamh, 0);
		if (broken_off || (code != PAM_AUTHTOK_ERR && code != PAM_TRY_AGAIN))
			break;
		if (i + 1 < TRIES)
			code = PAM_SUCCESS;
	}
	if (code != PAM_SUCCESS)
		report_error("the password is as it was: %s", pam_strerror(pamh, code));
	(void)pam_end(pamh, code);
	return code == PAM_SUCCESS ? CLI_DONE : CLI_FAILED;
}

static enum otp_err note(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	const struct otp_login *login = ctx;

	if (!exists)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "%s is not enrolled", record->user);
	record_add_event(record, now,
		&(struct record_event_facts){.kind = EVENT_PASSWORD,
			.service = login->origin.service,
			.source = login->origin.source});
	return OTP_OK;
}

static enum cli_exit renew(struct renewal *renewal)
{
	const char *name = renewal->user.name;
	struct logline line;

	if (!prove(renewal))
		return CLI_FAILED;
	report_line("A new password for %s:", name);
	enum cli_exit status = set_password(&renewal->user);
	logline_begin(&line, status == CLI_DONE ? "password" : "password-kept");
	logline_add(&line, "user", name);
	logline_add(&line, "rhost", renewal->proof.login.origin.source);
	journal_write(&line);
	if (status != CLI_DONE)
		return status;
	report_line("The password of %s is replaced.", name);
	status = session_change(
		&renewal->session, &renewal->user, (struct otp_edit){note, &renewal->proof.login});
	notice_send(&renewal->session, name, REQUEST_PASSWORD, &renewal->proof.login.origin);
	return status;
}

/* Who has no address, whom nobody knows and root are told the same, and as little as reveal has it. */
static enum cli_exit refuse(struct renewal *renewal, const char *why)
{
	struct logline line;

	logline_begin(&line, "denied");
	logline_add(&line, "service", SERVICE);
	logline_add(&line, "rhost", renewal->proof.login.origin.source);
	logline_add(&line, "why", why);
	journal_write(&line);
	proof_refuse(&renewal->proof);
	return CLI_FAILED;
}

/* Of what is wrong nobody may notice whom it concerns, where nothing is to be revealed. */
static enum cli_exit fail(struct renewal *renewal, enum otp_err err, const struct otp_why *why)
{
	return proof_hides(&renewal->proof) ? refuse(renewal, why->text) : report_failure(err, why);
}

static enum cli_exit run(struct renewal *renewal, const char *typed)
{
	struct otp_why why;

	proof_begin(&renewal->proof, &renewal->session, SERVICE);
	enum otp_err err = user_find(typed, &renewal->user, &why);
	if (err == OTP_ERR_NSS)
		return fail(renewal, err, &why);
	if (err != OTP_OK || !renewal->user.exists) /* what was typed may be a password: it is not logged */
		return refuse(renewal, "unknown user");
	if (renewal->user.uid == ROOT_UID)
		return refuse(renewal, "uid 0");
	err = proof_set_user(&renewal->proof, &renewal->user, &why);
	return err == OTP_OK ? renew(renewal) : fail(renewal, err, &why);
}

static enum cli_exit run_open(struct renewal *renewal, const char *typed)
{
	char name[RECORD_USER_SIZE];

	if (!renewal->session.config.passwd.forgotten) {
		report_error(
			"passwd: a forgotten password is not renewed here: [passwd] forgotten is no in %s",
			renewal->session.config.path);
		return CLI_FAILED;
	}
	if (!terminal_is_there()) {
		report_error("passwd: there is no terminal to ask on (over ssh: ssh -t)");
		return CLI_FAILED;
	}
	if (typed == NULL && !terminal_ask("User: ", true, name, sizeof name))
		return CLI_FAILED;
	return run(renewal, typed != NULL ? typed : name);
}

enum cli_exit command_passwd(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct renewal renewal;

	memset(&renewal, 0, sizeof renewal);
	enum cli_exit status = session_open(arguments, &renewal.session);
	if (status != CLI_DONE)
		return status;
	(void)prctl(PR_SET_DUMPABLE, 0); /* no core file with a password in it */
	status = run_open(&renewal, operands_n > 0 ? operands[0] : NULL);
	session_close(&renewal.session);
	return status;
}
