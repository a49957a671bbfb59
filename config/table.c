/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/table.h"

#include "config/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define IN_CONFIG(member)                                                                                    \
	.offset = offsetof(struct config, member), .size = sizeof(((struct config *)0)->member)
#define IN_PROVIDER(member)                                                                                  \
	.offset = offsetof(struct config_provider, member),                                                  \
	.size = sizeof(((struct config_provider *)0)->member)

/* The hook reads the same file, but never sees a module argument; so what it reads must stand in the file. */
#define HOOK_READS_IT "the hook reads it, and sees the file alone"
#define ONE_STORE "all services of a host share one store"
#define ONE_DELIVERY "all services of a host share one delivery"
#define ONE_COUNT "all services of a host count together"
#define ONE_RULE "who may pass without a code is decided in the file"

/* Its text stands behind its kind; the size is that of the text. */
#define BODY_IN_PROVIDER .offset = offsetof(struct config_provider, body), .size = CONFIG_BODY_SIZE
#define SMTP (1U << CONFIG_PROVIDER_SMTP)
#define HTTP (1U << CONFIG_PROVIDER_HTTP)
#define COMMAND (1U << CONFIG_PROVIDER_COMMAND)
#define HEADER(name, index)                                                                                  \
	{                                                                                                    \
		TABLE_PROVIDER, name, CONFIG_KIND_HEADER, IN_PROVIDER(headers[index]),                       \
			.may_be_empty = true, .serves = HTTP, .file_only = HOOK_READS_IT,                    \
			.help = "a header of the request: Name: value"                                       \
	}

/* In the order of the file. The numbers of [code] and [limits] are core/policy.h's. */
static const struct config_key table[] = {
	{"code", "length", CONFIG_KIND_NUMBER, IN_CONFIG(policy.form.length), .min = CODE_MIN_LEN,
		.max = CODE_MAX_LEN, .help = "characters of a code"},
	{"code", "alphabet", CONFIG_KIND_WORD, IN_CONFIG(policy.form.alphabet), .words = "digits|letters",
		.help = "what a code is made of; letters without look-alikes"},
	{"code", "lifetime", CONFIG_KIND_DURATION, IN_CONFIG(policy.lifetime_s), .min = POLICY_LIFETIME_MIN_S,
		.max = POLICY_LIFETIME_MAX_S, .unit = "min", .help = "how long a code works"},
	{"limits", "tries", CONFIG_KIND_NUMBER, IN_CONFIG(policy.tries), .min = 1, .max = POLICY_TRIES_MAX,
		.help = "answers of one challenge, over all its codes"},
	{"limits", "resend_after", CONFIG_KIND_DURATION, IN_CONFIG(policy.resend_after_s), .min = 1,
		.max = POLICY_RESEND_MAX_S, .unit = "s",
		.help = "wait before a code is sent again; doubles each time"},
	{"limits", "sends_per_user", CONFIG_KIND_RATE, IN_CONFIG(policy.sends_per_user), .min = 1,
		.max = POLICY_SENDS_MAX, .file_only = ONE_COUNT,
		.help = "messages that one user's logins may cause"},
	{"limits", "sends_per_source", CONFIG_KIND_RATE, IN_CONFIG(policy.sends_per_source), .min = 1,
		.max = POLICY_SHARED_SENDS_MAX, .help = "messages that logins from one source may cause"},
	{"limits", "sends_email", CONFIG_KIND_RATE, IN_CONFIG(policy.sends_email), .min = 1,
		.max = POLICY_SHARED_SENDS_MAX, .help = "messages by email that this host may send"},
	{"limits", "sends_sms", CONFIG_KIND_RATE, IN_CONFIG(policy.sends_sms), .min = 1,
		.max = POLICY_SHARED_SENDS_MAX, .help = "messages by sms that this host may send"},
	{"limits", "sends_sms_daily", CONFIG_KIND_RATE, IN_CONFIG(policy.sends_sms_daily), .min = 1,
		.max = POLICY_SHARED_SENDS_MAX, .unit = "d",
		.help = "messages by sms that this host may send in a day"},
	{"limits", "trusted_sources", CONFIG_KIND_NETWORKS, IN_CONFIG(policy.trusted_sources),
		.may_be_empty = true, .help = "networks whose sources have no limit: bastions"},
	{"limits", "lock_after", CONFIG_KIND_NUMBER, IN_CONFIG(policy.lock_after), .min = 1,
		.max = POLICY_WRONG_30D_MAX, .file_only = ONE_COUNT,
		.help = "consecutive failures of a lane before it is locked"},
	{"limits", "lock_for", CONFIG_KIND_DURATION, IN_CONFIG(policy.lock_for_s), .min = 1,
		.max = POLICY_LOCK_MAX_S, .unit = "min", .file_only = ONE_COUNT,
		.help = "the first lock; doubles with every further 5 failures, to 1d"},
	{"limits", "wrong_per_30d", CONFIG_KIND_NUMBER, IN_CONFIG(policy.wrong_per_30d), .min = 1,
		.max = POLICY_WRONG_30D_MAX, .file_only = ONE_COUNT,
		.help = "failures of a lane in 30 days, then locked until unlocked"},
	{"prompt", "echo", CONFIG_KIND_SWITCH, IN_CONFIG(prompt.echo),
		.help = "show the code while it is typed"},
	{"prompt", "reveal", CONFIG_KIND_WORD, IN_CONFIG(prompt.reveal), .words = "masked|none",
		.help = "what is told before a code was right: where it went, or nothing"},
	{"prompt", "max_prompts", CONFIG_KIND_NUMBER, IN_CONFIG(prompt.max_prompts), .min = 1, .max = 20,
		.help = "prompts of one login"},
	{"prompt", "support", CONFIG_KIND_TEXT, IN_CONFIG(prompt.support), .may_be_empty = true,
		.help = "whom to ask for help; shown at the prompt and in messages"},
	{"users", "unenrolled", CONFIG_KIND_WORD, IN_CONFIG(users.unenrolled), .words = "deny|ignore",
		.file_only = ONE_RULE,
		.help = "a user without a record: denied, or left to the rest of the stack"},
	{"users", "contacts", CONFIG_KIND_SOURCE, IN_CONFIG(users.contacts), .file_only = ONE_RULE,
		.help = "where contacts live: in the records, in a file, or with a command"},
	{"users", "contacts_user", CONFIG_KIND_USER, IN_CONFIG(users.contacts_user), .may_be_empty = true,
		.file_only = ONE_RULE, .help = "whom the command that says contacts runs as"},
	{"users", "contacts_wait", CONFIG_KIND_DURATION, IN_CONFIG(users.contacts_wait_s), .min = 1,
		.max = 30, .unit = "s", .file_only = ONE_RULE,
		.help = "how long a login waits for the command that says contacts"},
	{"users", "people", CONFIG_KIND_PATH, IN_CONFIG(users.people), .may_be_empty = true,
		.file_only = ONE_RULE,
		.help = "a file that says who somebody on a shared account is, by SSH key"},
	{"devices", "remember_for", CONFIG_KIND_DURATION, IN_CONFIG(policy.remember_for_s), .min = 60,
		.max = POLICY_REMEMBER_MAX_S, .unit = "d", .may_be_off = true,
		.help = "how long a place is not asked again after a success"},
	{"devices", "remember_by", CONFIG_KIND_WORD, IN_CONFIG(policy.remember_by),
		.words = "key+network|network", .help = "what a place is remembered by"},
	{"delivery", "hook", CONFIG_KIND_HOOK, IN_CONFIG(delivery.hook), .file_only = ONE_DELIVERY,
		.help = "the program that delivers, or unix: and the socket where it is reached"},
	{"delivery", "hook_user", CONFIG_KIND_USER, IN_CONFIG(delivery.hook_user), .file_only = ONE_DELIVERY,
		.help = "whom the hook runs as"},
	{"delivery", "wait", CONFIG_KIND_DURATION, IN_CONFIG(delivery.wait_s), .min = 1, .max = 60,
		.unit = "s", .file_only = ONE_DELIVERY,
		.help = "how long a login waits for the hook's verdict"},
	{"delivery", "host_name", CONFIG_KIND_TEXT, IN_CONFIG(delivery.host_name), .may_be_empty = true,
		.file_only = ONE_DELIVERY, .help = "this host's name in messages; empty: the system's"},
	{"delivery", "channels", CONFIG_KIND_CHANNELS, IN_CONFIG(delivery.channels), .may_be_empty = true,
		.file_only = ONE_DELIVERY, .help = "what codes go by; empty: by whatever has providers"},
	{"email", "providers", CONFIG_KIND_PROVIDERS, IN_CONFIG(email), .may_be_empty = true,
		.file_only = HOOK_READS_IT,
		.help = "the relays that send email, in the order in which they are tried"},
	{"email", "from", CONFIG_KIND_ADDRESS, IN_CONFIG(email.from), .may_be_empty = true,
		.file_only = HOOK_READS_IT, .help = "the address that messages come from"},
	{"email", "template", CONFIG_KIND_PATH, IN_CONFIG(email.template_file), .may_be_empty = true,
		.file_only = HOOK_READS_IT, .help = "a file with the message; empty: the built-in text"},
	{"sms", "providers", CONFIG_KIND_PROVIDERS, IN_CONFIG(sms), .may_be_empty = true,
		.file_only = HOOK_READS_IT,
		.help = "the gateways that send SMS, in the order in which they are tried"},
	{"sms", "from", CONFIG_KIND_TEXT, IN_CONFIG(sms.from), .may_be_empty = true,
		.file_only = HOOK_READS_IT, .help = "the sender that gateways are to show, as {from}"},
	{"sms", "template", CONFIG_KIND_PATH, IN_CONFIG(sms.template_file), .may_be_empty = true,
		.file_only = HOOK_READS_IT, .help = "a file with the message; empty: the built-in text"},
	{"sms", "allow_prefixes", CONFIG_KIND_PREFIXES, IN_CONFIG(allow_prefixes), .may_be_empty = true,
		.file_only = HOOK_READS_IT, .help = "how a number begins that may be texted to"},
	{TABLE_PROVIDER, "url", CONFIG_KIND_URL, IN_PROVIDER(url), .serves = SMTP | HTTP,
		.file_only = HOOK_READS_IT, .help = "the relay or gateway"},
	{TABLE_PROVIDER, "username", CONFIG_KIND_TEXT, IN_PROVIDER(username), .may_be_empty = true,
		.serves = SMTP | HTTP, .file_only = HOOK_READS_IT,
		.help = "how the hook signs in; empty: not at all"},
	{TABLE_PROVIDER, "password_file", CONFIG_KIND_PATH, IN_PROVIDER(password_file), .may_be_empty = true,
		.serves = SMTP | HTTP, .file_only = HOOK_READS_IT,
		.help = "a file whose first line is the password"},
	{TABLE_PROVIDER, "tls", CONFIG_KIND_WORD, IN_PROVIDER(tls), .words = "required|none",
		.serves = SMTP | HTTP, .file_only = HOOK_READS_IT,
		.help = "verified TLS, or plain; none is for loopback only, and the default there"},
	{TABLE_PROVIDER, "ca_file", CONFIG_KIND_PATH, IN_PROVIDER(ca_file), .may_be_empty = true,
		.serves = SMTP | HTTP, .file_only = HOOK_READS_IT,
		.help = "certificates to trust in place of the system's"},
	{TABLE_PROVIDER, "method", CONFIG_KIND_WORD, IN_PROVIDER(method), .words = "POST|GET|PUT",
		.serves = HTTP, .file_only = HOOK_READS_IT, .help = "how the gateway is asked"},
	HEADER("header.1", 0),
	HEADER("header.2", 1),
	HEADER("header.3", 2),
	HEADER("header.4", 3),
	HEADER("header.5", 4),
	HEADER("header.6", 5),
	HEADER("header.7", 6),
	HEADER("header.8", 7),
	{TABLE_PROVIDER, "form", CONFIG_KIND_FORM, BODY_IN_PROVIDER, .may_be_empty = true, .serves = HTTP,
		.file_only = HOOK_READS_IT,
		.help = "the body: name=value&name=value, url-encoded but for its placeholders"},
	{TABLE_PROVIDER, "json", CONFIG_KIND_JSON, BODY_IN_PROVIDER, .may_be_empty = true, .serves = HTTP,
		.file_only = HOOK_READS_IT, .help = "the body: a JSON text"},
	{TABLE_PROVIDER, "auth", CONFIG_KIND_WORD, IN_PROVIDER(auth), .words = "none|basic|bearer|aws-sigv4",
		.serves = HTTP, .file_only = HOOK_READS_IT,
		.help = "how the hook signs in; basic with a username, bearer with a password_file alone"},
	{TABLE_PROVIDER, "sigv4", CONFIG_KIND_SIGV4, IN_PROVIDER(sigv4), .may_be_empty = true, .serves = HTTP,
		.file_only = HOOK_READS_IT, .help = "what an AWS signature is for: aws:amz:REGION:SERVICE"},
	{TABLE_PROVIDER, "client_cert", CONFIG_KIND_PATH, IN_PROVIDER(client_cert), .may_be_empty = true,
		.serves = HTTP, .file_only = HOOK_READS_IT, .help = "the certificate that the hook shows"},
	{TABLE_PROVIDER, "client_key", CONFIG_KIND_PATH, IN_PROVIDER(client_key), .may_be_empty = true,
		.serves = HTTP, .file_only = HOOK_READS_IT, .help = "the key of client_cert"},
	{TABLE_PROVIDER, "proxy", CONFIG_KIND_PROXY, IN_PROVIDER(proxy), .may_be_empty = true, .serves = HTTP,
		.file_only = HOOK_READS_IT, .help = "the proxy to go through"},
	{TABLE_PROVIDER, "success_status", CONFIG_KIND_STATUSES, IN_PROVIDER(success_status), .serves = HTTP,
		.file_only = HOOK_READS_IT, .help = "the statuses that mean: taken"},
	{TABLE_PROVIDER, "success_json", CONFIG_KIND_CONDITION, IN_PROVIDER(success_json),
		.may_be_empty = true, .serves = HTTP, .file_only = HOOK_READS_IT,
		.help = "the member of the answer, and its value, that mean: taken"},
	{TABLE_PROVIDER, "success_text", CONFIG_KIND_TEXT, IN_PROVIDER(success_text), .may_be_empty = true,
		.serves = HTTP, .file_only = HOOK_READS_IT,
		.help = "what stands in an answer that means: taken"},
	{TABLE_PROVIDER, "error_json", CONFIG_KIND_MEMBER, IN_PROVIDER(error_json), .may_be_empty = true,
		.serves = HTTP, .file_only = HOOK_READS_IT,
		.help = "the member of the answer that says what was wrong"},
	{TABLE_PROVIDER, "command", CONFIG_KIND_COMMAND, IN_PROVIDER(command), .may_be_empty = true,
		.serves = COMMAND, .file_only = HOOK_READS_IT,
		.help = "the program to run, in place of a url"},
	{"passwd", "forgotten", CONFIG_KIND_SWITCH, IN_CONFIG(passwd.forgotten), .file_only = ONE_RULE,
		.help = "a forgotten password may be replaced by otpcode passwd"},
	{"store", "path", CONFIG_KIND_PATH, IN_CONFIG(store.path), .file_only = ONE_STORE,
		.help = "the folder of the records"},
	{"store", "key", CONFIG_KIND_PATH, IN_CONFIG(store.key), .file_only = ONE_STORE,
		.help = "the host key"},
};
#define TABLE_N (sizeof table / sizeof table[0])
static_assert(TABLE_N <= TABLE_MAX, "struct reading keeps a place for each key");

const struct config_key *table_at(size_t index)
{
	return index < TABLE_N ? &table[index] : NULL;
}

size_t table_index(const struct config_key *key)
{
	return (size_t)(key - table);
}

const struct config_key *table_find(const char *section, const char *key)
{
	for (size_t i = 0; i < TABLE_N; i++)
		if (strcmp(table[i].section, section) == 0 && strcmp(table[i].key, key) == 0)
			return &table[i];
	return NULL;
}

bool table_has_section(const char *section)
{
	for (size_t i = 0; i < TABLE_N; i++)
		if (strcmp(table[i].section, section) == 0)
			return true;
	return false;
}

void table_defaults(struct config *out)
{
	*out = (struct config){
		.policy = policy_default(),
		.prompt = {.echo = true, .max_prompts = 5},
		.users = {.unenrolled = CONFIG_UNENROLLED_DENY, .contacts_wait_s = 5},
		.delivery = {.hook = OTPCODE_LIBEXECDIR "/otpcode-deliver",
			.hook_user = "_otpcode",
			.wait_s = 10},
		.store = {.path = OTPCODE_STATEDIR, .key = OTPCODE_SYSCONFDIR "/host.key"},
	};
}

struct config_provider config_provider_default(void)
{
	return (struct config_provider){.tls = CONFIG_TLS_REQUIRED, .success_status = "2xx"};
}

bool config_key_at(size_t index, struct config_key_facts *out)
{
	const struct config_key *key = table_at(index);
	const struct config_provider no_provider = config_provider_default();
	struct config defaults;

	if (key == NULL)
		return false;
	table_defaults(&defaults);
	bool of_provider = strcmp(key->section, TABLE_PROVIDER) == 0;
	const char *base = of_provider ? (const char *)&no_provider : (const char *)&defaults;
	*out = (struct config_key_facts){.section = key->section,
		.key = key->key,
		.help = key->help,
		.argument = key->file_only == NULL};
	value_format(key, base + key->offset, out->default_text);
	value_range(key, out->range_text);
	return true;
}
