/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/proof.h"

#include "cli/report.h"
#include "cli/terminal.h"
#include "contacts/contacts.h"
#include "prompt/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

/* What the command came to is all that goes to standard output. */
static void tell(void *self, const char *line)
{
	(void)self;
	report_note("%s", line);
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
	struct proof *proof = self;

	return deliver_send(&proof->deliver, request, end, verdict, why);
}

/*
 * sudo sets SUDO_UID itself, and passes SSH_CONNECTION on only where its configuration says so. Who came by
 * sudo is not root: callers share no origin, and who is the user is in the known lane, as root without a
 * password never is.
 */
static void find_origin(struct proof *proof, const char *service)
{
	const char *sudo_uid = getenv("SUDO_UID");
	char host[ORIGIN_HOST_SIZE];
	struct origin_facts facts = {.host = host,
		.service = service,
		.ssh_connection = getenv("SSH_CONNECTION"),
		.tty = ttyname(STDIN_FILENO),
		.caller_uid = getuid()};

	if (sudo_uid != NULL)
		facts.caller_uid = (uint32_t)strtoul(sudo_uid, NULL, 10);
	session_host_name(&proof->session->config, host);
	origin_from_facts(&facts, &proof->login.origin);
}

void proof_begin(struct proof *proof, struct session *session, const char *service)
{
	*proof = (struct proof){.session = session, .hidden = prompt_hidden_system()};
	limits_set(&proof->limits, session->config.store.path, SESSION_OWNER);
	session->core.limits = limits_interface(&proof->limits);
	find_origin(proof, service);
}

enum otp_err proof_set_user(struct proof *proof, const struct user *user, struct otp_why *why)
{
	const struct config *config = &proof->session->config;

	proof->login.user = user->name;
	proof->login.uid = user->uid;
	if (!contacts_are_elsewhere(config))
		return OTP_OK;
	proof->login.contacts = &proof->contacts;
	return contacts_find(config, SESSION_OWNER, user->name, &proof->contacts, why);
}

bool proof_hides(const struct proof *proof)
{
	return proof->session->config.prompt.reveal == CONFIG_REVEAL_NONE;
}

bool proof_ask(struct proof *proof, enum otp_accept accept, bool hides)
{
	const struct config *config = &proof->session->config;
	struct prompt_options options = {
		.echo = config->prompt.echo,
		.max_prompts = config->prompt.max_prompts,
		.wait_ms = config->delivery.wait_s * 1000,
		.support = config->prompt.support,
		.tell_unenrolled = true,
		.channels = config->delivery.channels,
		.hidden = hides ? &proof->hidden : NULL,
	};
	struct prompt_host host = {
		.self = proof, .tell = tell, .ask = ask, .log = log_event, .deliver = deliver};

	proof->deliver = (struct deliver_options){.hook = config->delivery.hook,
		.config = config->path,
		.hook_user = config->delivery.hook_user,
		.patience_ms = hides ? PROMPT_PATIENCE_MS : 0};
	proof->login.accept = accept;
	return prompt_login(&proof->session->core, &proof->login, &options, &host) == PROMPT_VERIFIED;
}

void proof_refuse(struct proof *proof)
{
	const struct config *config = &proof->session->config;
	struct otp_step step = {.situation = OTP_NOT_ENROLLED};
	struct texts_facts facts = {.form = config->policy.form, .support = config->prompt.support};
	char text[TEXTS_LINE_SIZE];

	if (proof_hides(proof)) {
		proof->login.user = "unknown user"; /* no name: no record has it */
		proof->login.uid = UINT32_MAX;
		proof->login.contacts = NULL;
		proof->hidden.no_such_user = true;
		bool ignored = proof_ask(proof, OTP_ACCEPT_SENT, true);
		(void)ignored;
		return;
	}
	texts_line(&step, TEXTS_PLAIN, &facts, text);
	report_note("%s", text);
}
