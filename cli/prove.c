/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/prove.h"

#include "cli/report.h"
#include "cli/terminal.h"
#include "deliver/deliver.h"
#include "prompt/logline.h"
#include "prompt/prompt.h"
#include "store/limits.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define SERVICE "otpcode"

/* A store of one record, gone with this process. */
struct copy {
	char bytes[STORE_RECORD_MAX];
	size_t len;
};

/* One proof. */
struct proof {
	struct otp_core core;
	struct copy copy;
	struct limits_file limits;
	struct deliver_options deliver;
};

static enum otp_err copy_update(void *self, struct store_key key, struct store_edit edit, struct otp_why *why)
{
	struct copy *copy = self;
	const struct store_bytes old = {.data = copy->bytes, .len = copy->len};
	char next[STORE_RECORD_MAX];
	size_t next_len = 0;
	(void)key;
	(void)why;

	if (edit.run(edit.ctx, &old, next, &next_len) == STORE_WRITE) {
		memcpy(copy->bytes, next, next_len);
		copy->len = next_len;
	}
	OPENSSL_cleanse(next, sizeof next);
	return OTP_OK;
}

static enum otp_err copy_read(
	void *self, struct store_key key, char *buf, struct store_bytes *bytes, struct otp_why *why)
{
	const struct copy *copy = self;
	(void)key;
	(void)why;

	memcpy(buf, copy->bytes, copy->len);
	*bytes = (struct store_bytes){.data = buf, .len = copy->len};
	return OTP_OK;
}

/* The user with this contact alone: no code of a login under way, no app and no backup code will do here. */
static enum otp_err fill_copy(
	struct copy *copy, const struct record *record, const struct contact *contact, struct otp_why *why)
{
	struct record alone = *record;

	memset(alone.contacts, 0, sizeof alone.contacts);
	alone.contacts[0] = *contact;
	alone.contacts_n = 1;
	alone.challenges_n = 0;
	alone.totp_n = 0;
	alone.backups_n = 0;
	alone.devices_n = 0;
	enum otp_err err = record_encode(&alone, copy->bytes, &copy->len, why);
	OPENSSL_cleanse(&alone, sizeof alone);
	return err;
}

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

static void find_origin(const struct config *config, struct origin *origin)
{
	char host[ORIGIN_HOST_SIZE] = "";
	struct origin_facts facts = {.service = SERVICE,
		.ssh_connection = getenv("SSH_CONNECTION"),
		.tty = ttyname(STDIN_FILENO),
		.caller_uid = getuid()};

	(void)gethostname(host, sizeof host - 1);
	facts.host = config->delivery.host_name[0] != '\0' ? config->delivery.host_name : host;
	origin_from_facts(&facts, origin);
}

static void begin(struct proof *proof, const struct session *session)
{
	const struct config *config = &session->config;

	proof->core = session->core;
	proof->core.store = (struct store){.self = &proof->copy, .update = copy_update, .read = copy_read};
	limits_set(&proof->limits, config->store.path, SESSION_OWNER);
	proof->core.limits = limits_interface(&proof->limits);
	proof->deliver = (struct deliver_options){.hook = config->delivery.hook,
		.config = config->path,
		.hook_user = config->delivery.hook_user};
}

static enum prompt_result run(struct proof *proof, const struct config *config, const struct record *record)
{
	struct otp_login login = {.user = record->user, .uid = record->uid, .accept = OTP_ACCEPT_SENT};
	const struct prompt_options options = {
		.echo = true,
		.max_prompts = config->prompt.max_prompts,
		.wait_ms = config->delivery.wait_s * 1000,
		.support = config->prompt.support,
		.tell_unenrolled = true,
		.channels = config->delivery.channels,
	};
	const struct prompt_host host = {
		.self = proof, .tell = tell, .ask = ask, .log = log_event, .deliver = deliver};

	find_origin(config, &login.origin);
	return prompt_login(&proof->core, &login, &options, &host);
}

enum cli_exit prove_contact(
	const struct session *session, const struct record *record, const struct contact *contact)
{
	struct proof *proof = calloc(1, sizeof *proof);
	char mask[CONTACT_MASK_SIZE];
	struct otp_why why = {.text = "there is not enough memory"};
	enum otp_err err = proof != NULL ? OTP_OK : OTP_ERR_NO_MEMORY;
	bool proved = false;

	if (err == OTP_OK)
		err = fill_copy(&proof->copy, record, contact, &why);
	if (err == OTP_OK) {
		begin(proof, session);
		proved = run(proof, &session->config, record) == PROMPT_VERIFIED;
		OPENSSL_cleanse(proof, sizeof *proof);
	}
	free(proof);
	if (err != OTP_OK)
		return report_failure(err, &why);
	contact_mask(contact, mask);
	if (!proved)
		report_error("%s is not proved: nothing was changed", mask);
	return proved ? CLI_DONE : CLI_FAILED;
}
