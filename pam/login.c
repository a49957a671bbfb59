/* SPDX-License-Identifier: BSD-2-Clause */

#include "pam/login.h"

#include "contacts/contacts.h"
#include "contacts/people.h"
#include "core/random.h"
#include "prompt/logline.h"
#include "prompt/texts.h"
#include "store/file.h"
#include "store/hostkey.h"
#include "store/limits.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syslog.h>
#include <unistd.h>

#define ROOT_UID 0

static bool is_silent(const struct pam_login *pam)
{
	return (pam->flags & PAM_SILENT) != 0;
}

static void pam_tell(void *self, const char *line)
{
	struct pam_login *pam = self;

	if (!is_silent(pam))
		(void)pam_info(pam->pamh, "%s", line);
}

/*
 * Line and prompt are two calls: some hosts look only at the first message of a call. sshd glues the line
 * before the prompt up to 9.9 and sends it at once from 10.3. Under PAM_SILENT, which sudo always sets, a
 * line may not be a message, so the prompt holds it: nobody can tell otherwise where the code went, what its
 * ref is, or that the last one was wrong.
 */
static enum prompt_reply pam_ask(void *self, const char *line, const char *prompt, bool echo, char *answer)
{
	struct pam_login *pam = self;
	bool has_line = line != NULL && line[0] != '\0';
	bool glued = has_line && is_silent(pam);
	char *response = NULL;

	if (has_line)
		pam_tell(self, line);
	int code = pam_prompt(pam->pamh, echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, &response, "%s%s%s",
		glued ? line : "", glued ? "\n" : "", prompt);
	if (code == PAM_SUCCESS && response != NULL)
		(void)snprintf(answer, PROMPT_ANSWER_SIZE, "%s", response);
	enum prompt_reply reply = code != PAM_SUCCESS ? PROMPT_REPLY_FAILED
				  : response == NULL  ? PROMPT_REPLY_END /* su says this at end of input */
						      : PROMPT_REPLY_TEXT;
	if (response != NULL)
		OPENSSL_cleanse(response, strlen(response));
	free(response);
	return reply;
}

void pam_login_log(void *self, enum prompt_level level, const char *line)
{
	static const int priorities[] = {
		[PROMPT_INFO] = LOG_INFO, [PROMPT_NOTICE] = LOG_NOTICE, [PROMPT_ERROR] = LOG_ERR};
	struct pam_login *pam = self;

	pam_syslog(pam->pamh, priorities[level], "%s", line);
}

static enum otp_err pam_deliver(void *self, const struct request *request, enum deliver_end *end,
	struct request_verdict *verdict, struct otp_why *why)
{
	struct pam_login *pam = self;

	return deliver_send(&pam->deliver, request, end, verdict, why);
}

/* The one place where verdicts become PAM codes. No default label: the compiler asks about each new result.
 */
static int pam_code(enum prompt_result result, enum config_unenrolled unenrolled)
{
	switch (result) {
	case PROMPT_VERIFIED:
	case PROMPT_REMEMBERED:
		return PAM_SUCCESS;
	case PROMPT_NOT_ENROLLED:
		return unenrolled == CONFIG_UNENROLLED_IGNORE ? PAM_IGNORE : PAM_AUTH_ERR;
	case PROMPT_WRONG:
	case PROMPT_EXPIRED:
	case PROMPT_NO_CONTACT:
		return PAM_AUTH_ERR;
	case PROMPT_OUT_OF_TRIES:
	case PROMPT_LOCKED:
	case PROMPT_THROTTLED:
		return PAM_MAXTRIES; /* makes sshd stop asking */
	case PROMPT_NOT_DELIVERED:
	case PROMPT_UNAVAILABLE:
		return PAM_AUTHINFO_UNAVAIL;
	case PROMPT_NO_CONVERSATION:
		return PAM_CONV_ERR;
	}
	return PAM_SYSTEM_ERR;
}

static bool hides(const struct pam_login *pam)
{
	return pam->config.prompt.reveal == CONFIG_REVEAL_NONE;
}

static void log_error(struct pam_login *pam, const struct otp_why *why)
{
	struct logline log;

	logline_begin(&log, "error");
	if (!pam->hidden.no_such_user) {
		logline_add(&log, "user", pam->login.user); /* NULL before it is known */
		logline_add(&log, "account", pam->login.origin.account);
	}
	logline_add(&log, "rhost", pam->login.origin.source);
	logline_add(&log, "why", why->text);
	pam_login_log(pam, PROMPT_ERROR, log.text);
}

/* This machine cannot judge: the admin reads why, the person that it is not their fault. */
static int refuse(struct pam_login *pam, int code, const struct otp_why *why)
{
	char line[TEXTS_LINE_SIZE];

	log_error(pam, why);
	texts_out_of_order(pam->config.prompt.support, line);
	pam_tell(pam, line);
	return code;
}

/* Stands for whom the user database does not know. */
static const struct passwd nobody = {.pw_name = (char *)"unknown user", .pw_uid = (uid_t)-1};

/* OTP_ERR_NOT_ENROLLED is never returned; *found is false where NSS knows nobody by that name. */
static enum otp_err find_user(const char *name, struct pam_user *user, bool *found, struct otp_why *why)
{
	struct passwd *entry = NULL;
	int error;

	do
		error = getpwnam_r(name, &user->entry, user->buffer, sizeof user->buffer, &entry);
	while (error == EINTR);
	*found = entry != NULL;
	if (entry == NULL && error != 0 && error != ENOENT && error != ESRCH)
		return why_set(why, OTP_ERR_NSS, error, "the user database did not answer");
	return OTP_OK;
}

static const char *pam_item(pam_handle_t *pamh, int item)
{
	const void *value = NULL;

	return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}

/* What an earlier module asked for and found right: in a login, or before a change. */
static const char *checked_password(const struct pam_login *pam)
{
	const char *password = pam_item(pam->pamh, PAM_AUTHTOK);

	return password != NULL ? password : pam_item(pam->pamh, PAM_OLDAUTHTOK);
}

static void find_origin(struct pam_login *pam, struct origin *origin)
{
	char host[ORIGIN_HOST_SIZE] = "";
	const char *configured = pam->config.delivery.host_name;

	(void)gethostname(host, sizeof host - 1);
	struct origin_facts facts = {
		.host = configured[0] != '\0' ? configured : host,
		.service = pam_item(pam->pamh, PAM_SERVICE),
		.ssh_connection = pam_getenv(pam->pamh, "SSH_CONNECTION"),
		.ssh_auth_info = pam_getenv(pam->pamh, "SSH_AUTH_INFO_0"),
		.rhost = pam_item(pam->pamh, PAM_RHOST),
		.tty = pam_item(pam->pamh, PAM_TTY),
		.caller_uid = getuid(),
	};
	origin_from_facts(&facts, origin);
}

/*
 * sshd's password method runs this module in its monitor and answers every prompt with the password. It shows
 * by the connection being there without the methods already passed, which keyboard-interactive always sets,
 * if only to "".
 */
static bool is_blind(pam_handle_t *pamh)
{
	return pam_getenv(pamh, "SSH_CONNECTION") != NULL && pam_getenv(pamh, "SSH_AUTH_INFO_0") == NULL;
}

/* The user, as whom the login goes on unless find_person finds somebody else. */
static void set_login(struct pam_login *pam, const struct passwd *user)
{
	const char *password = checked_password(pam);

	pam->login = (struct otp_login){.user = user->pw_name,
		.uid = user->pw_uid,
		.password_checked = password != NULL && password[0] != '\0'};
	find_origin(pam, &pam->login.origin);
}

/* On a shared account whoever holds this login's key is somebody: it is their record, contacts and limits. */
static enum otp_err find_person(struct pam_login *pam, struct otp_why *why)
{
	const char *path = pam->config.users.people, *account = pam->login.user;
	char name[RECORD_USER_SIZE];
	bool found;

	if (path[0] == '\0')
		return OTP_OK;
	enum otp_err err = people_find(path, ROOT_UID, account, pam->login.origin.key, name, why);
	if (err != OTP_OK || name[0] == '\0' || strcmp(name, account) == 0)
		return err;
	err = find_user(name, &pam->person, &found, why);
	if (err == OTP_OK && !found)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: %s, who shares %s, is no user of this host", path,
			name, account);
	if (err == OTP_OK) {
		pam->login.user = pam->person.entry.pw_name;
		pam->login.uid = pam->person.entry.pw_uid;
		origin_set_account(&pam->login.origin, account);
	}
	return err;
}

static enum otp_err find_contacts(struct pam_login *pam, struct otp_why *why)
{
	if (!contacts_are_elsewhere(&pam->config))
		return OTP_OK;
	enum otp_err err = contacts_find(&pam->config, ROOT_UID, pam->login.user, &pam->contacts, why);
	if (pam->hidden.no_such_user) /* asked for the time it takes: a command may answer to any name */
		pam->contacts.n = 0;
	pam->login.contacts = &pam->contacts;
	return err;
}

/* core is NULL where there is none: see prompt_login. */
static int run_prompt(struct pam_login *pam, const struct otp_core *core)
{
	const struct config *config = &pam->config;
	struct prompt_options options = {
		.echo = config->prompt.echo,
		.max_prompts = config->prompt.max_prompts,
		.wait_ms = config->delivery.wait_s * 1000,
		.support = config->prompt.support,
		.tell_unenrolled = config->users.unenrolled == CONFIG_UNENROLLED_DENY,
		.password = checked_password(pam),
		.channels = config->delivery.channels,
		.hidden = hides(pam) ? &pam->hidden : NULL,
	};
	struct prompt_host host = {
		.self = pam, .tell = pam_tell, .ask = pam_ask, .log = pam_login_log, .deliver = pam_deliver};

	pam->deliver = (struct deliver_options){.hook = config->delivery.hook,
		.config = config->path,
		.hook_user = config->delivery.hook_user,
		.patience_ms = hides(pam) ? PROMPT_PATIENCE_MS : 0};
	pam->result = prompt_login(core, &pam->login, &options, &host);
	return pam_code(pam->result, config->users.unenrolled);
}

/* Of what was found wrong nobody may notice whom it concerns, where nothing is to be revealed. */
static int fail(struct pam_login *pam, const struct otp_why *why)
{
	if (!hides(pam))
		return refuse(pam, PAM_AUTHINFO_UNAVAIL, why);
	log_error(pam, why);
	return run_prompt(pam, NULL);
}

/* Opens key and store, runs the login, closes them. */
static int open_and_run(struct pam_login *pam)
{
	const struct config *config = &pam->config;
	struct otp_core core = {.clock = clock_system(), .random = random_system(), .policy = config->policy};
	struct store_file file = {.users_fd = -1};
	struct limits_file limits;
	unsigned char id[KEY_MAC_LEN];
	struct otp_why why = {0};
	int code;

	enum otp_err err = hostkey_load(config->store.key, ROOT_UID, &core.keys, &why);
	if (err == OTP_OK)
		err = key_store_id(&core.keys, id, &why);
	if (err == OTP_OK)
		err = store_file_open(&file, config->store.path, ROOT_UID, id, &why);
	if (err == OTP_OK) {
		core.store = store_file_interface(&file);
		limits_set(&limits, config->store.path, ROOT_UID);
		core.limits = limits_interface(&limits);
		code = run_prompt(pam, &core);
		store_file_close(&file);
	} else {
		code = fail(pam, &why);
	}
	keys_wipe(&core.keys);
	return code;
}

/* With the configuration read and the user known. */
static int run_login(struct pam_login *pam, const struct passwd *user)
{
	struct otp_why why = {0};

	set_login(pam, user);
	enum otp_err err = find_person(pam, &why);
	if (err == OTP_OK)
		err = find_contacts(pam, &why);
	return err == OTP_OK ? open_and_run(pam) : fail(pam, &why);
}

/* Nobody by that name: what was typed may be a password, so it is neither logged nor answered differently. */
static int refuse_unknown_user(struct pam_login *pam)
{
	if (hides(pam)) {
		pam->hidden.no_such_user = true;
		return run_login(pam, &nobody); /* as any other user who is not enrolled */
	}
	struct otp_step step = {.situation = OTP_NOT_ENROLLED};
	struct texts_facts facts = {.form = pam->config.policy.form, .support = pam->config.prompt.support};
	char line[TEXTS_LINE_SIZE];

	pam_login_log(pam, PROMPT_NOTICE, "event=denied why=\"unknown user\"");
	texts_line(&step, TEXTS_PLAIN, &facts, line);
	pam_tell(pam, line);
	return PAM_AUTH_ERR;
}

int pam_login_run(struct pam_login *pam, int argc, const char **argv)
{
	const char *path, *name = NULL;
	struct pam_user user;
	struct otp_why why = {0};
	bool found;

	if (config_conf_argument(argc, argv, &path, &why) != OTP_OK ||
		config_load(path, ROOT_UID, argc, argv, &pam->config, &why) != OTP_OK)
		return refuse(pam, PAM_SERVICE_ERR, &why);
	if (pam->passes != NULL)
		pam->config.policy.remember_for_s =
			0; /* a known device may log in, not change the password */
	if (is_blind(pam->pamh)) {
		(void)why_set(&why, OTP_ERR_CONVERSATION, 0,
			"sshd's password method cannot show a prompt: set PasswordAuthentication no and "
			"KbdInteractiveAuthentication yes");
		return refuse(pam, PAM_CONV_ERR, &why);
	}
	if (pam_get_user(pam->pamh, &name, NULL) != PAM_SUCCESS || name == NULL) {
		(void)why_set(&why, OTP_ERR_CONVERSATION, 0, "the host program gave no user");
		return refuse(pam, PAM_CONV_ERR, &why);
	}
	if (find_user(name, &user, &found, &why) != OTP_OK) {
		pam->hidden.no_such_user = true;
		set_login(pam, &nobody);
		return fail(pam, &why);
	}
	if (found && pam->passes != NULL && pam->passes(pam, &user.entry))
		return PAM_SUCCESS;
	return found ? run_login(pam, &user.entry) : refuse_unknown_user(pam);
}
