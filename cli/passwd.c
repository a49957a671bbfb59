/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A forgotten password: who proves to be the user by a code that was sent, and by what they keep beside it
 * where they keep any, gets a new one. A PAM application: how a password is checked and stored is for the
 * stack of otpcode-passwd to say.
 */

#include "cli/command.h"
#include "cli/journal.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "contacts/contacts.h"
#include "deliver/deliver.h"
#include "prompt/prompt.h"
#include "prompt/texts.h"
#include "store/limits.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define SERVICE "otpcode-passwd"
#define ROOT_UID 0
#define TRIES 3 /* of a password that the stack takes */

/* One run of the command. */
struct renewal {
	struct session session;
	struct limits_file limits;
	struct user user;
	struct prompt_hidden hidden;
	struct otp_contacts contacts;
	struct otp_login login;
	struct deliver_options deliver;
};

static void tell(void *self, const char *line)
{
	(void)self;
	report_line("%s", line);
}

static enum prompt_reply ask(void *self, const char *line, const char *prompt, bool echo, char *answer)
{
	if (line != NULL && line[0] != '\0')
		tell(self, line);
	return terminal_ask(prompt, echo, answer, PROMPT_ANSWER_SIZE) ? PROMPT_REPLY_TEXT : PROMPT_REPLY_END;
}

static void log_event(void *self, enum prompt_level level, const char *line)
{
	static const int priorities[] = {
		[PROMPT_INFO] = LOG_INFO, [PROMPT_NOTICE] = LOG_NOTICE, [PROMPT_ERROR] = LOG_ERR};

	(void)self;
	openlog("otpcode", LOG_PID, LOG_AUTHPRIV);
	syslog(priorities[level], "%s", line);
	closelog();
}

static enum otp_err deliver(void *self, const struct request *request, enum deliver_end *end,
	struct request_verdict *verdict, struct otp_why *why)
{
	struct renewal *renewal = self;

	return deliver_send(&renewal->deliver, request, end, verdict, why);
}

/*
 * sudo sets SUDO_UID itself, and passes SSH_CONNECTION on only where its configuration says so. Who came by
 * sudo is not root: else every caller would be in the user's known lane.
 */
static void find_origin(struct renewal *renewal)
{
	const char *sudo_uid = getenv("SUDO_UID");
	char host[ORIGIN_HOST_SIZE];
	struct origin_facts facts = {.host = host,
		.service = SERVICE,
		.ssh_connection = getenv("SSH_CONNECTION"),
		.tty = ttyname(STDIN_FILENO),
		.caller_uid = getuid()};

	if (sudo_uid != NULL)
		facts.caller_uid = (uint32_t)strtoul(sudo_uid, NULL, 10);
	session_host_name(&renewal->session.config, host);
	origin_from_facts(&facts, &renewal->login.origin);
}

static bool hides(const struct renewal *renewal)
{
	return renewal->session.config.prompt.reveal == CONFIG_REVEAL_NONE;
}

/* hidden: NULL where what is wrong may be told. */
static bool prove_by(struct renewal *renewal, enum otp_accept accept, const struct prompt_hidden *hidden)
{
	const struct config *config = &renewal->session.config;
	struct prompt_options options = {
		.echo = config->prompt.echo,
		.max_prompts = config->prompt.max_prompts,
		.wait_ms = config->delivery.wait_s * 1000,
		.support = config->prompt.support,
		.tell_unenrolled = true,
		.channels = config->delivery.channels,
		.hidden = hidden,
	};
	struct prompt_host host = {
		.self = renewal, .tell = tell, .ask = ask, .log = log_event, .deliver = deliver};

	renewal->deliver = (struct deliver_options){.hook = config->delivery.hook,
		.config = config->path,
		.hook_user = config->delivery.hook_user,
		.patience_ms = hidden != NULL ? PROMPT_PATIENCE_MS : 0};
	renewal->login.accept = accept;
	return prompt_login(&renewal->session.core, &renewal->login, &options, &host) == PROMPT_VERIFIED;
}

/* A code that was sent, and what the user keeps where the user keeps anything: of the two, a mailbox alone is
 * not enough. */
static bool prove(struct renewal *renewal)
{
	struct record record;
	struct otp_why why;

	if (!prove_by(renewal, OTP_ACCEPT_SENT, hides(renewal) ? &renewal->hidden : NULL))
		return false;
	enum otp_err err = session_read(&renewal->session, renewal->user.name, &record, &why);
	if (err != OTP_OK) {
		(void)session_explain(err, renewal->user.name, &why);
		return false;
	}
	if (record.totp_n == 0 && record.backups_n == 0)
		return true;
	report_line("And now a code of your authenticator app, or a backup code.");
	return prove_by(renewal, OTP_ACCEPT_KEPT, NULL);
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
	logline_add(&line, "rhost", renewal->login.origin.source);
	journal_write(&line);
	if (status != CLI_DONE)
		return status;
	report_line("The password of %s is replaced.", name);
	return session_change(&renewal->session, &renewal->user, (struct otp_edit){note, &renewal->login});
}

/* Who has no address, whom nobody knows and root are told the same, and as little as reveal has it. */
static enum cli_exit refuse(struct renewal *renewal, const char *why)
{
	const struct config *config = &renewal->session.config;
	struct otp_step step = {.situation = OTP_NOT_ENROLLED};
	struct texts_facts facts = {.form = config->policy.form, .support = config->prompt.support};
	char text[TEXTS_LINE_SIZE];
	struct logline line;

	logline_begin(&line, "denied");
	logline_add(&line, "service", SERVICE);
	logline_add(&line, "why", why);
	journal_write(&line);
	if (hides(renewal)) {
		renewal->login.user = "unknown user"; /* no name: no record has it */
		renewal->login.uid = UINT32_MAX;
		renewal->hidden.no_such_user = true;
		(void)prove_by(renewal, OTP_ACCEPT_SENT, &renewal->hidden);
		return CLI_FAILED;
	}
	texts_line(&step, TEXTS_PLAIN, &facts, text);
	report_line("%s", text);
	return CLI_FAILED;
}

/* Of what is wrong nobody may notice whom it concerns, where nothing is to be revealed. */
static enum cli_exit fail(struct renewal *renewal, enum otp_err err, const struct otp_why *why)
{
	return hides(renewal) ? refuse(renewal, why->text) : report_failure(err, why);
}

static enum otp_err find_contacts(struct renewal *renewal, struct otp_why *why)
{
	const struct config *config = &renewal->session.config;

	if (!contacts_are_elsewhere(config))
		return OTP_OK;
	renewal->login.contacts = &renewal->contacts;
	return contacts_find(config, SESSION_OWNER, renewal->user.name, &renewal->contacts, why);
}

static enum cli_exit run(struct renewal *renewal, const char *typed)
{
	struct otp_why why;
	enum otp_err err = user_find(typed, &renewal->user, &why);

	find_origin(renewal);
	if (err == OTP_ERR_NSS)
		return fail(renewal, err, &why);
	if (err != OTP_OK || !renewal->user.exists) /* what was typed may be a password: it is not logged */
		return refuse(renewal, "unknown user");
	if (renewal->user.uid == ROOT_UID)
		return refuse(renewal, "uid 0");
	renewal->login.user = renewal->user.name;
	renewal->login.uid = renewal->user.uid;
	err = find_contacts(renewal, &why);
	return err == OTP_OK ? renew(renewal) : fail(renewal, err, &why);
}

static void use_limits(struct renewal *renewal)
{
	limits_set(&renewal->limits, renewal->session.config.store.path, SESSION_OWNER);
	renewal->session.core.limits = limits_interface(&renewal->limits);
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
	use_limits(renewal);
	renewal->hidden = prompt_hidden_system();
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
	status = run_open(&renewal, operands_n > 0 ? operands[0] : NULL);
	session_close(&renewal.session);
	return status;
}
