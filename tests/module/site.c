/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/module/site.h"

#include "core/account.h"
#include "core/backup.h"
#include "core/random.h"
#include "otp_core.h"
#include "store/file.h"
#include "store/hostkey.h"
#include "store/limits.h"
#include "tests/unit/staging.h"

#include <dirent.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Puts the request down under the next free number and says what mailbox/say holds. */
static const char hook[] =
	"#!/bin/sh\n"
	"box=${2%/*}/mailbox n=0\n"
	"until (set -C; : > \"$box/$n\") 2>/dev/null; do n=$((n+1)); done\n"
	"while IFS= read -r line && [ -n \"$line\" ]; do echo \"$line\"; done > \"$box/$n\"\n"
	"while IFS= read -r line; do echo \"$line\"; done < \"$box/say\"\n";

static const char base_config[] = "[delivery]\nhook=%s\nhook_user=nobody\nwait=5s\n"
				  "[email]\nproviders=relay\nfrom=login@example.org\n"
				  "[provider relay]\nurl=smtp://localhost:25\n"
				  "[store]\npath=%s\nkey=%s\n";

static char folder[256];
static char module_path[512];

const char *site_path(const char *name)
{
	return staging_path(name);
}

const char *site_module(void)
{
	return module_path;
}

static void write_file(const char *path, mode_t mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

void site_configure(const char *more)
{
	char text[4096];
	int len = snprintf(
		text, sizeof text, base_config, site_path("hook"), site_path("state"), site_path("key"));

	(void)snprintf(text + len, sizeof text - (size_t)len, "%s", more);
	write_file(site_path("otpcode.conf"), 0644, text);
}

void site_stack(const char *before, const char *control, const char *arguments)
{
	char text[4096];

	(void)snprintf(text, sizeof text,
		"%sauth %s %s conf=%s %s\nauth required pam_permit.so\naccount required pam_permit.so\n"
		"password optional pam_warn.so\npassword %s %s conf=%s %s\npassword required pam_permit.so\n",
		before, control, module_path, site_path("otpcode.conf"), arguments, control, module_path,
		site_path("otpcode.conf"), arguments);
	write_file(site_path("pam.d/" SITE_SERVICE), 0644, text);
}

void site_hook_says(const char *verdict)
{
	char line[512] = "";

	if (verdict == NULL)
		verdict = "sent relay 7";
	if (verdict[0] != '\0')
		(void)snprintf(line, sizeof line, "%s\n", verdict);
	write_file(site_path("mailbox/say"), 0644, line);
}

bool site_make(void)
{
	const char *build = getenv("OTPCODE_BUILD");
	const char *made = geteuid() == 0 ? staging_make() : NULL;

	if (made == NULL)
		return false;
	(void)snprintf(folder, sizeof folder, "%s", made);
	assert_int_equal(chmod(folder, 0755), 0);
	char *real = realpath(build != NULL ? build : "build", NULL);
	assert_non_null(real);
	(void)snprintf(module_path, sizeof module_path, "%s/pam_otpcode.so", real);
	free(real);
	assert_int_equal(mkdir(site_path("pam.d"), 0755), 0);
	assert_int_equal(mkdir(site_path("mailbox"), 0777), 0);
	assert_int_equal(chmod(site_path("mailbox"), 0777), 0);
	write_file(site_path("hook"), 0755, hook);
	site_configure("");
	site_stack("", "[success=ok ignore=ignore default=die]", "");
	site_reset();
	return true;
}

void site_remove(void)
{
	staging_remove();
}

bool site_made;

int site_make_group(void **state)
{
	(void)state;
	site_made = site_make();
	return 0;
}

int site_remove_group(void **state)
{
	(void)state;
	if (site_made)
		site_remove();
	return 0;
}

unsigned site_mails(void)
{
	unsigned mails = 0;
	char name[64];

	for (;; mails++) {
		(void)snprintf(name, sizeof name, "mailbox/%u", mails);
		if (access(site_path(name), F_OK) != 0)
			return mails;
	}
}

const char *site_code(unsigned index)
{
	static char code[32];
	char name[64], text[4096] = "";

	(void)snprintf(name, sizeof name, "mailbox/%u", index);
	code[0] = '\0';
	FILE *file = fopen(site_path(name), "r");
	if (file == NULL)
		return code;
	while (fgets(text, sizeof text, file) != NULL)
		if (sscanf(text, "code %31s", code) == 1)
			break;
	(void)fclose(file);
	return code;
}

static void open_core(struct otp_core *core, struct store_file *file)
{
	unsigned char id[KEY_MAC_LEN];
	struct otp_why why = {0};

	*core = (struct otp_core){
		.clock = clock_system(), .random = random_system(), .policy = policy_default()};
	if (hostkey_load(site_path("key"), 0, &core->keys, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(key_store_id(&core->keys, id, NULL), OTP_OK);
	if (store_file_open(file, site_path("state"), 0, id, &why) != OTP_OK)
		fail_msg("%s", why.text);
	core->store = store_file_interface(file);
}

static enum otp_err enroll(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct contact contact;

	(void)ctx;
	assert_int_equal(contact_parse(CHANNEL_EMAIL, "daemon@example.org", &contact, why), OTP_OK);
	return account_enroll(record, exists, now, &contact, 1, why);
}

static void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
}

void site_reset(void)
{
	struct otp_core core;
	struct store_file file;
	unsigned char id[KEY_MAC_LEN];
	struct keys keys;
	bool created;

	empty_folder(site_path("mailbox"));
	empty_folder(site_path("state/users"));
	empty_folder(site_path("state/shared"));
	assert_int_equal(hostkey_create(site_path("key"), 0, &created, NULL), OTP_OK);
	assert_int_equal(hostkey_load(site_path("key"), 0, &keys, NULL), OTP_OK);
	assert_int_equal(key_store_id(&keys, id, NULL), OTP_OK);
	assert_int_equal(store_file_create(site_path("state"), 0, id, &created, NULL), OTP_OK);
	assert_int_equal(limits_create(site_path("state"), 0, &created, NULL), OTP_OK);
	open_core(&core, &file);
	assert_int_equal(otp_change(&core, SITE_USER, 1, (struct otp_edit){.run = enroll}, NULL), OTP_OK);
	store_file_close(&file);
	site_hook_says(NULL);
	site_forget_log();
}

/* What the user keeps; the app's secret is that of RFC 4226. */
static const struct totp_form app_form = {TOTP_SHA1, 8, 60};
static const struct totp_secret app = {.bytes = "12345678901234567890", .len = 20};

static enum otp_err keep(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	static const unsigned char nonce[TOTP_NONCE_LEN];
	static const struct totp_owner owner = {SITE_USER, 1};
	static const struct backup_code backup = {SITE_BACKUP};
	const struct keys *keys = ctx;
	struct account_totp totp = {.form = app_form, .preferred = true};
	struct record_backup kept = {.until = 0};

	assert_int_equal(totp_seal(keys, &owner, nonce, &app, &totp.secret, why), OTP_OK);
	assert_int_equal(backup_seal(keys, SITE_USER, 1, &backup, &kept.seal, why), OTP_OK);
	account_set_totp(record, exists, now, &totp);
	return account_set_backups(record, exists, now, &kept, 1, false, why);
}

void site_keep(void)
{
	struct otp_core core;
	struct store_file file;

	open_core(&core, &file);
	assert_int_equal(
		otp_change(&core, SITE_USER, 1, (struct otp_edit){.run = keep, .ctx = &core.keys}, NULL),
		OTP_OK);
	store_file_close(&file);
}

struct code site_app_code(void)
{
	struct code code;

	assert_int_equal(totp_code(&app_form, &app, time(NULL) / app_form.period_s + 1, &code, NULL), OTP_OK);
	return code;
}

void site_record(struct record *out)
{
	struct otp_core core;
	struct store_file file;
	struct otp_why why = {0};

	open_core(&core, &file);
	if (otp_read(&core, SITE_USER, out, NULL, &why) != OTP_OK)
		fail_msg("%s", why.text);
	store_file_close(&file);
}

/* The conversation */

struct talk {
	struct site_login *login;
	pam_handle_t *pamh;
};

static char *reply_text(const struct site_reply *reply)
{
	unsigned mails = site_mails();
	char code[32] = "";

	if (reply->answer == SITE_TYPE)
		return strdup(reply->text);
	if (mails > 0)
		(void)snprintf(
			code, sizeof code, "%s", site_code(reply->answer == SITE_FIRST_CODE ? 0 : mails - 1));
	if (reply->answer == SITE_WRONG)
		code[0] = code[0] == '0' ? '1' : '0';
	return strdup(code);
}

static void see(struct site_login *login, const char *text)
{
	size_t len = strlen(login->seen);

	(void)snprintf(login->seen + len, sizeof login->seen - len, "%s\n", text);
}

static int converse(int n, const struct pam_message **messages, struct pam_response **responses, void *ctx)
{
	struct talk *talk = ctx;
	struct site_login *login = talk->login;

	*responses = calloc((size_t)n, sizeof **responses);
	for (int i = 0; i < n; i++) {
		int style = messages[i]->msg_style;
		see(login, messages[i]->msg);
		if (style != PAM_PROMPT_ECHO_ON && style != PAM_PROMPT_ECHO_OFF) {
			login->messages++;
			continue;
		}
		struct site_reply reply = {.answer = SITE_END};
		if (login->prompts < SITE_REPLIES_MAX)
			reply = login->replies[login->prompts];
		if (reply.answer == SITE_TYPE && reply.text == NULL)
			reply.answer = SITE_END;
		login->echoed = style == PAM_PROMPT_ECHO_ON;
		if (login->at_prompt != NULL)
			login->at_prompt(talk->pamh, login->prompts);
		login->prompts++;
		if (reply.answer == SITE_FAIL) {
			free(*responses);
			*responses = NULL;
			return PAM_CONV_ERR;
		}
		if (reply.answer != SITE_END)
			(*responses)[i].resp = reply_text(&reply);
	}
	return PAM_SUCCESS;
}

static void put_env(pam_handle_t *pamh, const char *name, const char *value)
{
	char text[1024];

	if (value == NULL)
		return;
	(void)snprintf(text, sizeof text, "%s=%s", name, value);
	assert_int_equal(pam_putenv(pamh, text), PAM_SUCCESS);
}

static int authenticate_and_change(pam_handle_t *pamh, const struct site_login *login)
{
	int code = pam_authenticate(pamh, 0);

	if (code != PAM_SUCCESS)
		return code;
	if (login->changes_user != NULL)
		assert_int_equal(pam_set_item(pamh, PAM_USER, login->changes_user), PAM_SUCCESS);
	return pam_chauthtok(pamh, login->flags);
}

/* pam_warn logs each phase that came to it, and with which flags. */
static unsigned count_updates(void)
{
	static const char mark[] = "function=[pam_sm_chauthtok] flags=";
	unsigned n = 0;

	for (const char *p = site_log(); (p = strstr(p, mark)) != NULL; p += sizeof mark)
		n += (strtoul(p + sizeof mark - 1, NULL, 0) & PAM_UPDATE_AUTHTOK) != 0;
	return n;
}

static int run_phase(pam_handle_t *pamh, const struct site_login *login)
{
	switch (login->phase) {
	case SITE_AUTHENTICATE:
		return pam_authenticate(pamh, login->flags);
	case SITE_SETCRED:
		return pam_setcred(pamh, PAM_ESTABLISH_CRED);
	case SITE_ACCOUNT:
		return pam_acct_mgmt(pamh, login->flags);
	case SITE_SESSION:
		return pam_open_session(pamh, login->flags);
	case SITE_CHAUTHTOK:
		return pam_chauthtok(pamh, login->flags);
	case SITE_AUTHENTICATE_AND_CHAUTHTOK:
		return authenticate_and_change(pamh, login);
	}
	return PAM_SYSTEM_ERR;
}

int site_run(struct site_login *login)
{
	struct talk talk = {.login = login};
	struct pam_conv conv = {.conv = converse, .appdata_ptr = &talk};

	login->prompts = 0;
	login->messages = 0;
	login->seen[0] = '\0';
	/* A host that cannot even begin is a result too: some tests leave it no descriptor. */
	int started = pam_start_confdir(SITE_SERVICE, login->user, &conv, site_path("pam.d"), &talk.pamh);
	if (started != PAM_SUCCESS)
		return started;
	if (login->rhost != NULL)
		assert_int_equal(pam_set_item(talk.pamh, PAM_RHOST, login->rhost), PAM_SUCCESS);
	if (login->tty != NULL)
		assert_int_equal(pam_set_item(talk.pamh, PAM_TTY, login->tty), PAM_SUCCESS);
	put_env(talk.pamh, "SSH_CONNECTION", login->ssh_connection);
	put_env(talk.pamh, "SSH_AUTH_INFO_0", login->ssh_auth_info);
	unsigned before = count_updates();
	int code = run_phase(talk.pamh, login);
	login->updates = count_updates() - before;
	(void)pam_end(talk.pamh, code);
	return code;
}

int site_run_or_skip(struct site_login *login)
{
	if (!site_made)
		skip();
	return site_run(login);
}

/* The log: libpam's syslog calls come here, because this program is first in the search for symbols. */

static char log_text[65536];

__attribute__((format(printf, 1, 0))) static void log_put(const char *format, va_list args)
{
	size_t len = strlen(log_text);

	(void)vsnprintf(log_text + len, sizeof log_text - len, format, args);
	len = strlen(log_text);
	(void)snprintf(log_text + len, sizeof log_text - len, "\n");
}

/* In parentheses: with fortification it is a macro for clang. */
void(syslog)(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	va_start(args, format);
	log_put(format, args);
	va_end(args);
}

void __syslog_chk(int priority, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));
void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)priority;
	(void)flag;
	va_start(args, format);
	log_put(format, args);
	va_end(args);
}

const char *site_log(void)
{
	return log_text;
}

void site_forget_log(void)
{
	log_text[0] = '\0';
}
