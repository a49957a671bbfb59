/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/help.h"
#include "cli/journal.h"
#include "cli/otpauth.h"
#include "cli/qr.h"
#include "cli/report.h"
#include "cli/secret.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "core/account.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#define TRIES 4 /* the first, and three more */
#define TYPED_SIZE 64

/* One enrolment of an app. secret is wiped on every way out. */
struct enrolment {
	struct totp_secret secret;
	struct account_totp totp;
	bool uri_only;
};

static bool read_form(const struct arguments *arguments, struct totp_form *form)
{
	static const char *const algorithms[] = {
		[TOTP_SHA1] = "sha1", [TOTP_SHA256] = "sha256", [TOTP_SHA512] = "sha512"};
	const char *algorithm = arguments_value(arguments, OPTION_ALGORITHM);
	const char *digits = arguments_value(arguments, OPTION_DIGITS);
	const char *period = arguments_value(arguments, OPTION_PERIOD);
	bool found = algorithm == NULL;

	*form = (struct totp_form){.algorithm = TOTP_SHA1, .digits = 6, .period_s = 30};
	for (unsigned i = 0; !found && i < sizeof algorithms / sizeof algorithms[0]; i++) {
		found = strcmp(algorithm, algorithms[i]) == 0;
		form->algorithm = (enum totp_algorithm)i;
	}
	if (digits != NULL && strcmp(digits, "8") == 0)
		form->digits = 8;
	if (period != NULL && strcmp(period, "60s") == 0)
		form->period_s = 60;
	if (!found)
		(void)help_complain("totp", "--algorithm '%s': sha1, sha256 or sha512", algorithm);
	else if (digits != NULL && form->digits != 8 && strcmp(digits, "6") != 0)
		(void)help_complain("totp", "--digits '%s': 6 or 8", digits);
	else if (period != NULL && form->period_s != 60 && strcmp(period, "30s") != 0)
		(void)help_complain("totp", "--period '%s': 30s or 60s", period);
	else
		return true;
	return false;
}

/* As long as the hash: RFC 6238 section 5.1 with RFC 4226 section 4. */
static enum otp_err draw_secret(
	const struct session *session, struct enrolment *enrolment, struct otp_why *why)
{
	static const unsigned lengths[] = {[TOTP_SHA1] = 20, [TOTP_SHA256] = 32, [TOTP_SHA512] = 64};
	const struct otp_random *random = &session->core.random;

	enrolment->secret.len = lengths[enrolment->totp.form.algorithm];
	return random->fill(random->self, enrolment->secret.bytes, enrolment->secret.len, why);
}

static enum otp_err show_code(const char *uri, struct otp_why *why)
{
	struct qr_style style = {.utf8 = terminal_takes_utf8(), .colour = terminal_takes_colour()};
	struct qr_drawing drawing;
	enum otp_err err = qr_draw(uri, style, terminal_room(), &drawing, why);

	if (err == OTP_ERR_TOO_LARGE) {
		report_line("%s. Make it larger and begin again, or give the app the line above", why->text);
		return OTP_OK;
	}
	if (err == OTP_OK && !terminal_write(drawing.text, drawing.len))
		err = why_set(why, OTP_ERR_IO, 0, "the QR code could not be written");
	qr_drop(&drawing);
	return err;
}

static enum otp_err show_secret(const struct session *session, const struct user *user,
	const struct enrolment *enrolment, struct otp_why *why)
{
	char host[ORIGIN_HOST_SIZE], uri[OTPAUTH_URI_SIZE + 1];
	struct otpauth_facts facts = {
		.form = enrolment->totp.form, .secret = &enrolment->secret, .host = host, .user = user->name};
	enum otp_err err = OTP_OK;

	session_host_name(&session->config, host);
	otpauth_uri(&facts, uri);
	size_t len = strlen(uri);
	if (!enrolment->uri_only)
		report_line("Scan this with the authenticator app, or give it this line:");
	uri[len] = '\n';
	if (!terminal_write(uri, len + 1))
		err = why_set(why, OTP_ERR_IO, 0, "the URI could not be written");
	uri[len] = '\0';
	if (err == OTP_OK && !enrolment->uri_only)
		err = show_code(uri, why);
	OPENSSL_cleanse(uri, sizeof uri);
	return err;
}

/* *step: of the code typed, or -1. False at the end of input. */
static bool ask_code(const struct session *session, const struct enrolment *enrolment, int64_t *step,
	enum otp_err *err, struct otp_why *why)
{
	struct code_form form = {.alphabet = CODE_DIGITS, .length = enrolment->totp.form.digits};
	char typed[TYPED_SIZE];
	struct code code;
	unsigned typed_len;
	bool answered = terminal_ask("The code that the app shows now: ", true, typed, sizeof typed);

	*step = -1;
	if (answered && code_clean(form, typed, NULL, &code, &typed_len) == CODE_SHAPE_CODE) {
		*err = totp_find(
			&enrolment->totp.form, &enrolment->secret, session_now(session), 0, &code, step, why);
		code_wipe(&code);
	}
	OPENSSL_cleanse(typed, sizeof typed);
	return answered;
}

static enum otp_err prove(const struct session *session, struct enrolment *enrolment, struct otp_why *why)
{
	enum otp_err err = OTP_OK;
	int64_t step = -1;

	for (unsigned tries_left = TRIES; tries_left > 0 && err == OTP_OK; tries_left--) {
		if (!ask_code(session, enrolment, &step, &err, why))
			break;
		if (step >= 0 || err != OTP_OK)
			break;
		if (tries_left > 1)
			report_note("That is not its code of %u digits. Is the phone's time set by its "
				    "network? Once more, please.",
				enrolment->totp.form.digits);
	}
	enrolment->totp.last_step = step;
	if (err == OTP_OK && step < 0)
		return why_set(why, OTP_ERR_INVALID, 0,
			"no right code was given: nothing is stored, and what was shown is worth nothing");
	return err;
}

static enum otp_err set(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)why;
	account_set_totp(record, exists, now, ctx);
	return OTP_OK;
}

static enum otp_err remove_app(
	void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)ctx;
	if (!exists)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "%s is not enrolled", record->user);
	return account_remove_totp(record, now, why);
}

static enum cli_exit enrol(struct session *session, const struct user *user, struct enrolment *enrolment)
{
	struct otp_why why;
	enum otp_err err = draw_secret(session, enrolment, &why);

	if (err == OTP_OK)
		err = show_secret(session, user, enrolment, &why);
	if (err == OTP_OK)
		err = prove(session, enrolment, &why);
	if (err == OTP_OK)
		err = secret_seal(session, user, &enrolment->secret, &enrolment->totp.secret, &why);
	totp_secret_wipe(&enrolment->secret);
	if (err != OTP_OK)
		return report_failure(err, &why);
	enum cli_exit status = session_change(session, user, (struct otp_edit){set, &enrolment->totp});
	if (status != CLI_DONE)
		return status;
	char form[DESCRIBE_FORM_SIZE];
	struct logline line;
	describe_form(&enrolment->totp.form, form);
	if (!enrolment->uri_only)
		report_line("%s: the authenticator app is enrolled: %s. The next code counts at a login.",
			user->name, form);
	logline_begin(&line, "totp");
	logline_add(&line, "user", user->name);
	logline_add(&line, "form", form);
	journal_write(&line);
	return CLI_DONE;
}

static enum cli_exit remove_of(
	struct session *session, const struct user *user, const struct record *record, bool sure)
{
	char warning[RECORD_USER_SIZE + 128];

	(void)snprintf(warning, sizeof warning, "This removes the authenticator app of %s.", user->name);
	if (record->totp_n > 0 && !sure && !report_confirm(warning))
		return CLI_FAILED;
	enum cli_exit status = session_change(session, user, (struct otp_edit){remove_app, NULL});
	if (status != CLI_DONE)
		return status;
	report_line("%s: the authenticator app is removed", user->name);
	journal_write_user("totp-remove", user->name);
	return CLI_DONE;
}

static enum cli_exit run(const struct arguments *arguments, const char *typed, struct enrolment *enrolment)
{
	bool sure = arguments->given[OPTION_YES] > 0;
	char warning[RECORD_USER_SIZE + 128];
	struct session session;
	struct user user;
	struct record record;
	bool enrolled;
	enum cli_exit status = session_open(arguments, &session);

	if (status != CLI_DONE)
		return status;
	status = session_find_user(&session, typed, &user, &record, &enrolled);
	(void)snprintf(warning, sizeof warning,
		"This replaces the authenticator app of %s: the codes that it shows now will be worth "
		"nothing.",
		user.name);
	if (status == CLI_DONE && arguments->given[OPTION_REMOVE] > 0)
		status = remove_of(&session, &user, &record, sure);
	else if (status == CLI_DONE && record.totp_n > 0 && !sure && !report_confirm(warning))
		status = CLI_FAILED;
	else if (status == CLI_DONE)
		status = enrol(&session, &user, enrolment);
	session_close(&session);
	return status;
}

enum cli_exit command_totp(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct enrolment enrolment = {.totp.preferred = arguments->given[OPTION_PREFER] > 0,
		.uri_only = arguments->given[OPTION_URI] > 0};
	bool removes = arguments->given[OPTION_REMOVE] > 0;
	(void)operands_n;

	if (!read_form(arguments, &enrolment.totp.form))
		return CLI_USAGE;
	for (unsigned id = OPTION_PREFER; removes && id < OPTION_REMOVE; id++)
		if (arguments->given[id] > 0)
			return help_complain("totp", "either --remove or --%s, not both",
				arguments_option((enum option_id)id)->name);
	if (!removes && !enrolment.uri_only && !terminal_is_there()) {
		report_error("totp: there is no terminal to show the QR code on; --uri prints the otpauth "
			     "URI and reads the code through pipes");
		return CLI_FAILED;
	}
	/* No core file, and nobody looks into the memory that held the secret. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	enum cli_exit status = run(arguments, operands[0], &enrolment);
	totp_secret_wipe(&enrolment.secret);
	return status;
}
