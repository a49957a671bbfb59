/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"

#include "cli/admin_request.h"
#include "cli/mend.h"
#include "deliver/deliver.h"

#include <string.h>
#include <unistd.h>

#define CERTIFICATE_DAYS 14
#define DAY_S 86400

/* What the hook said of each provider, sorted by what kept a message from being handed over. */

static const struct config *config_of(const struct doctor *doctor)
{
	return doctor_config_of(doctor);
}

enum trouble {
	TROUBLE_NONE,
	TROUBLE_NAME,
	TROUBLE_PORT,
	TROUBLE_TLS,
	TROUBLE_LOGIN,
	TROUBLE_SENDER,
	TROUBLE_TEMPLATE,
	TROUBLE_PROGRAM,
	TROUBLE_ANSWER,
};

static bool begins_with(const char *text, const char *path)
{
	return path[0] != '\0' && strncmp(text, path, strlen(path)) == 0;
}

/* Files that the hook could not use stand at the beginning of what it says. */
static enum trouble file_trouble(const struct config *config, const struct doctor_probe *probe)
{
	const struct config_provider *provider = config_find_provider(config, probe->provider);
	const char *reason = probe->verdict.reason;

	if (begins_with(reason, config_find_channel(config, probe->channel)->template_file))
		return TROUBLE_TEMPLATE;
	if (provider == NULL)
		return TROUBLE_NONE;
	if (begins_with(reason, provider->password_file))
		return TROUBLE_LOGIN;
	if (begins_with(reason, provider->ca_file) || begins_with(reason, provider->client_cert) ||
		begins_with(reason, provider->client_key))
		return TROUBLE_TLS;
	return TROUBLE_NONE;
}

static enum trouble trouble_of(const struct config *config, const struct doctor_probe *probe)
{
	static const struct {
		const char *cause;
		enum trouble trouble;
	} rows[] = {{"dns", TROUBLE_NAME}, {"refused", TROUBLE_PORT}, {"connect", TROUBLE_PORT},
		{"timeout", TROUBLE_PORT}, {"proxy", TROUBLE_PORT}, {"tls", TROUBLE_TLS},
		{"tls-missing", TROUBLE_TLS}, {"tls-name", TROUBLE_TLS}, {"tls-expired", TROUBLE_TLS},
		{"tls-trust", TROUBLE_TLS}, {"tls-client", TROUBLE_TLS}, {"login", TROUBLE_LOGIN},
		{"sender", TROUBLE_SENDER}, {"command", TROUBLE_PROGRAM}, {"trust", TROUBLE_PROGRAM}};

	if (probe->err != OTP_OK)
		return TROUBLE_NONE; /* the hook's, not the provider's */
	if (probe->end == DELIVER_SLOW)
		return TROUBLE_PORT;
	if (probe->verdict.outcome == VERDICT_READY)
		return TROUBLE_NONE;
	enum trouble trouble = file_trouble(config, probe);
	const struct mend *mend = mend_find(probe->verdict.reason);
	if (trouble != TROUBLE_NONE || mend == NULL)
		return trouble != TROUBLE_NONE ? trouble : TROUBLE_ANSWER;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].cause, mend->cause) == 0)
			return rows[i].trouble;
	return TROUBLE_ANSWER;
}

/* In place of the advice for providers' words, where a file is at fault. */
static void mend_trouble(struct doctor *doctor, const struct doctor_probe *probe, enum trouble trouble)
{
	const struct mend *mend = mend_find(probe->verdict.reason);

	if (trouble == TROUBLE_TEMPLATE)
		doctor_mend(doctor,
			"correct that line of the template, or leave template out for the built-in text; "
			"otpcode-deliver(8) has its placeholders");
	else if (file_trouble(config_of(doctor), probe) != TROUBLE_NONE)
		doctor_mend(doctor,
			"the file must be root's, and its group the hook's: chown root:_otpcode, chmod 0640");
	else if (probe->end == DELIVER_SLOW)
		doctor_mend(doctor, "'otpcode test --to ADDRESS --verbose' shows where it hangs");
	else if (mend != NULL)
		doctor_mend(doctor, "[provider %s]: %s", probe->provider, mend->advice);
	else
		doctor_mend(doctor,
			"these are the server's own words; 'otpcode test --to ADDRESS --verbose' shows the "
			"whole conversation");
}

static void each_trouble(struct doctor *doctor, enum trouble trouble)
{
	for (unsigned i = 0; i < doctor->probes.n; i++) {
		const struct doctor_probe *probe = &doctor->probes.list[i];
		if (trouble_of(config_of(doctor), probe) != trouble)
			continue;
		doctor_say(doctor, DOCTOR_FAULT, "[provider %s] for %s: %s", probe->provider,
			channel_name(probe->channel),
			probe->end == DELIVER_SLOW ? "no answer within [delivery] wait"
						   : probe->verdict.reason);
		mend_trouble(doctor, probe, trouble);
	}
}

static void check_template(struct doctor *doctor)
{
	each_trouble(doctor, TROUBLE_TEMPLATE);
}

static void check_name(struct doctor *doctor)
{
	each_trouble(doctor, TROUBLE_NAME);
}

static void check_port(struct doctor *doctor)
{
	each_trouble(doctor, TROUBLE_PORT);
}

static void check_tls(struct doctor *doctor)
{
	each_trouble(doctor, TROUBLE_TLS);
}

static void check_login(struct doctor *doctor)
{
	each_trouble(doctor, TROUBLE_LOGIN);
}

static void check_sender(struct doctor *doctor)
{
	each_trouble(doctor, TROUBLE_SENDER);
}

static void check_program(struct doctor *doctor)
{
	each_trouble(doctor, TROUBLE_PROGRAM);
}

static void check_answer(struct doctor *doctor)
{
	each_trouble(doctor, TROUBLE_ANSWER);
}

static void check_certificate(struct doctor *doctor)
{
	int64_t now = clock_system().now(NULL);

	for (unsigned i = 0; i < doctor->probes.n; i++) {
		const struct doctor_probe *probe = &doctor->probes.list[i];
		int64_t left_s = probe->certificate_ends - now;
		if (probe->certificate_ends == 0 || left_s < 0 || left_s >= CERTIFICATE_DAYS * (int64_t)DAY_S)
			continue;
		doctor_say(doctor, DOCTOR_WARNING,
			"[provider %s]: the server's certificate ends in %lld day%s; nothing can be sent "
			"from then on",
			probe->provider, (long long)(left_s / DAY_S), left_s / DAY_S == 1 ? "" : "s");
		doctor_mend(doctor, "have it renewed by whoever runs the server");
	}
}

static void check_segments(struct doctor *doctor)
{
	for (unsigned i = 0; i < doctor->probes.n; i++) {
		const struct doctor_probe *probe = &doctor->probes.list[i];
		if (probe->parts <= 1)
			continue;
		doctor_say(doctor, DOCTOR_WARNING,
			"a text message with a code takes %lld parts: each is paid for, and the code comes "
			"when the last "
			"one does",
			(long long)probe->parts);
		doctor_mend(doctor,
			"shorten %s to 160 characters with all filled in, or leave template out of [sms]",
			config_of(doctor)->sms.template_file);
		return; /* the same text goes to every provider */
	}
}

static enum otp_err send_to(struct doctor *doctor, struct request *request, enum deliver_end *end,
	struct request_verdict *verdict, struct otp_why *why)
{
	const struct config *config = config_of(doctor);
	const struct deliver_options options = {.hook = config->delivery.hook,
		.config = config->path,
		.hook_user = config->delivery.hook_user};
	char admin[RECORD_USER_SIZE];

	user_name_of(getuid(), admin);
	admin_request_fill(config, admin, NULL, request);
	return deliver_send(&options, request, end, verdict, why);
}

/* The one check that is seen outside: only where an address is given. */
static void check_send(struct doctor *doctor)
{
	const char *address = arguments_value(doctor->arguments, OPTION_SEND);
	struct request request = {.kind = REQUEST_TEST};
	struct otp_why why = {0};
	enum deliver_end end;
	struct request_verdict verdict;

	enum otp_err err = contact_parse(
		address[0] == '+' ? CHANNEL_SMS : CHANNEL_EMAIL, address, &request.contact, &why);
	if (err == OTP_OK)
		err = send_to(doctor, &request, &end, &verdict, &why);
	if (err == OTP_OK && end == DELIVER_VERDICT && verdict.outcome == VERDICT_SENT)
		return;
	if (err != OTP_OK)
		doctor_say(doctor, DOCTOR_FAULT, "the test message: %s", why.text);
	else
		doctor_say(doctor, DOCTOR_FAULT, "the test message was not taken: %s",
			end == DELIVER_SLOW ? "no verdict within [delivery] wait" : verdict.reason);
	const struct mend *mend = err == OTP_OK ? mend_find(verdict.reason) : NULL;
	doctor_mend(doctor, "%s",
		mend != NULL ? mend->advice : "'otpcode test --to ADDRESS --verbose' shows why");
}

static const struct doctor_check checks[] = {
	{"delivery.template", "the texts of messages", DOCTOR_NEEDS_PROBES, check_template},
	{"delivery.segments", "that a text message is one part", DOCTOR_NEEDS_PROBES, check_segments},
	{"delivery.dns", "the names of relays and gateways", DOCTOR_NEEDS_PROBES, check_name},
	{"delivery.port", "connections to them", DOCTOR_NEEDS_PROBES, check_port},
	{"delivery.tls", "TLS with them, names and authorities", DOCTOR_NEEDS_PROBES, check_tls},
	{"delivery.certificate", "how long their certificates hold", DOCTOR_NEEDS_PROBES, check_certificate},
	{"delivery.login", "our login there", DOCTOR_NEEDS_PROBES, check_login},
	{"delivery.sender", "that they take our sender", DOCTOR_NEEDS_PROBES, check_sender},
	{"delivery.command", "programs that send", DOCTOR_NEEDS_PROBES, check_program},
	{"delivery.answer", "whatever else they say", DOCTOR_NEEDS_PROBES, check_answer},
	{"delivery.send", "the test message that --send asks for", DOCTOR_NEEDS_CONFIG | DOCTOR_NEEDS_SEND,
		check_send},
};

const struct doctor_theme doctor_relay = {checks, sizeof checks / sizeof *checks, false};
