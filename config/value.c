/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/value.h"

#include "config/channel.h"
#include "config/command_line.h"
#include "config/gateway.h"
#include "config/list.h"
#include "config/networks.h"
#include "config/quantity.h"
#include "config/source.h"
#include "config/url.h"
#include "core/contact.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HOOK_UNIX "unix:"
#define SOCKET_PATH_MAX 107

/* An enum is read and written as the unsigned that it is stored as. */
static_assert(sizeof(enum code_alphabet) == sizeof(unsigned), "words are stored as unsigned");
static_assert(sizeof(enum config_tls) == sizeof(unsigned), "words are stored as unsigned");
static_assert(sizeof(enum config_reveal) == sizeof(unsigned), "words are stored as unsigned");
static_assert(sizeof(enum config_unenrolled) == sizeof(unsigned), "words are stored as unsigned");
static_assert(sizeof(enum policy_remember_by) == sizeof(unsigned), "words are stored as unsigned");
static_assert(CONFIG_VALUE_SIZE >= CONFIG_CHANNEL_PROVIDERS_MAX * (CONFIG_NAME_SIZE + 1), "a full list fits");

enum otp_err value_refuse(
	const struct config_key *key, const char *text, const char *fault, struct otp_why *why)
{
	char range[CONFIG_RANGE_SIZE];

	value_range(key, range);
	return why_set(
		why, OTP_ERR_CONFIG, 0, "%s=%.*s %s %s", key->key, VALUE_SHOWN_MAX, text, fault, range);
}

/* Without the value: it may be a password that was put into the wrong key. */
static enum otp_err refuse_unseen(const struct config_key *key, struct otp_why *why)
{
	char range[CONFIG_RANGE_SIZE];

	value_range(key, range);
	return why_set(why, OTP_ERR_CONFIG, 0, "%s must be %s", key->key, range);
}

static enum otp_err parse_switch(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	bool yes = strcmp(text, "yes") == 0;

	if (!yes && strcmp(text, "no") != 0)
		return value_refuse(key, text, "must be", why);
	*(bool *)field = yes;
	return OTP_OK;
}

static void format_switch(const struct config_key *key, const void *field, char *out, size_t size)
{
	(void)key;
	(void)snprintf(out, size, "%s", *(const bool *)field ? "yes" : "no");
}

static void switch_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	(void)key;
	(void)snprintf(out, CONFIG_RANGE_SIZE, "yes|no");
}

/* The index'th word of "one|two"; NULL past the end. */
static const char *word_at(const char *words, unsigned index, size_t *len)
{
	for (*len = strcspn(words, "|"); index > 0; index--) {
		if (words[*len] == '\0')
			return NULL;
		words += *len + 1;
		*len = strcspn(words, "|");
	}
	return words;
}

static enum otp_err parse_word(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	const char *word;
	size_t len;

	for (unsigned i = 0; (word = word_at(key->words, i, &len)) != NULL; i++)
		if (strlen(text) == len && memcmp(word, text, len) == 0) {
			memcpy(field, &i, sizeof i);
			return OTP_OK;
		}
	return value_refuse(key, text, "must be", why);
}

static void format_word(const struct config_key *key, const void *field, char *out, size_t size)
{
	unsigned index;
	size_t len;

	memcpy(&index, field, sizeof index);
	const char *word = word_at(key->words, index, &len);
	(void)snprintf(out, size, "%.*s", word != NULL ? (int)len : 0, word != NULL ? word : "");
}

static void word_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	(void)snprintf(out, CONFIG_RANGE_SIZE, "%s", key->words);
}

/* Whether text may stand in key at all; the rest is each kind's own rule. An argument comes here unchecked.
 */
static bool fits(const struct config_key *key, const char *text)
{
	size_t len = strlen(text);

	if (len == 0)
		return key->may_be_empty;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return len < key->size && text[0] != ' ' && text[len - 1] != ' ';
}

static bool is_any(const char *text)
{
	(void)text;
	return true;
}

bool value_is_path(const char *text)
{
	while (*text == '/') {
		size_t len = strcspn(++text, "/");
		if (len == 0 || (len == 1 && text[0] == '.') ||
			(len == 2 && text[0] == '.' && text[1] == '.'))
			return false;
		text += len;
		if (*text == '\0')
			return true;
	}
	return false;
}

/* Of a socket no longer than a socket's address may be (unix(7)). */
static bool is_hook(const char *text)
{
	const char *socket =
		strncmp(text, HOOK_UNIX, strlen(HOOK_UNIX)) == 0 ? text + strlen(HOOK_UNIX) : NULL;

	return socket == NULL ? value_is_path(text)
			      : value_is_path(socket) && strlen(socket) <= SOCKET_PATH_MAX;
}

/* Not root: what it runs talks to the network. By name only, so that nobody is meant by a number. */
static bool is_hook_user(const char *text)
{
	return strspn(text, LETTERS DIGITS "._-") == strlen(text) && strchr(LETTERS "_", text[0]) != NULL &&
	       strcmp(text, "root") != 0;
}

static bool is_address(const char *text)
{
	struct contact contact;
	return contact_parse(CHANNEL_EMAIL, text, &contact, NULL) == OTP_OK;
}

static enum otp_err parse_string(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	static bool (*const rules[CONFIG_KINDS_N])(const char *) = {
		[CONFIG_KIND_TEXT] = is_any,
		[CONFIG_KIND_PATH] = value_is_path,
		[CONFIG_KIND_HOOK] = is_hook,
		[CONFIG_KIND_USER] = is_hook_user,
		[CONFIG_KIND_ADDRESS] = is_address,
		[CONFIG_KIND_STATUSES] = gateway_is_status_list,
		[CONFIG_KIND_CONDITION] = gateway_is_json_condition,
		[CONFIG_KIND_MEMBER] = gateway_is_json_path,
		[CONFIG_KIND_SIGV4] = gateway_is_sigv4,
		[CONFIG_KIND_PROXY] = gateway_is_proxy,
	};

	if (!fits(key, text) || (*text != '\0' && !rules[key->kind](text)))
		return refuse_unseen(key, why);
	memcpy(field, text, strlen(text) + 1);
	return OTP_OK;
}

static enum otp_err parse_url(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	struct url url;

	if (!fits(key, text))
		return refuse_unseen(key, why);
	enum otp_err err = url_parse(text, &url, why);
	if (err == OTP_OK)
		memcpy(field, text, strlen(text) + 1);
	return err;
}

/* A value that is checked with more to say than whether it is right. */
static enum otp_err parse_checked(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	static enum otp_err (*const checks[CONFIG_KINDS_N])(const char *, const char *, struct otp_why *) = {
		[CONFIG_KIND_HEADER] = gateway_check_header,
		[CONFIG_KIND_FORM] = gateway_check_form,
		[CONFIG_KIND_JSON] = gateway_check_json,
		[CONFIG_KIND_COMMAND] = command_line_check,
	};

	if (!fits(key, text))
		return refuse_unseen(key, why);
	enum otp_err err = *text != '\0' ? checks[key->kind](key->key, text, why) : OTP_OK;
	if (err == OTP_OK)
		memcpy(field, text, strlen(text) + 1);
	return err;
}

static enum config_body_kind body_kind(const struct config_key *key)
{
	return key->kind == CONFIG_KIND_FORM ? CONFIG_BODY_FORM : CONFIG_BODY_JSON;
}

/* Both kinds of body have one place: there is only one body. An empty one takes away its own kind. */
static enum otp_err parse_body(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	struct config_body *body = field;
	enum config_body_kind kind = body_kind(key);

	if (body->kind != CONFIG_BODY_NONE && body->kind != kind)
		return *text == '\0' ? OTP_OK
				     : why_set(why, OTP_ERR_CONFIG, 0,
					       "%s: there is a %s already, and a request has one body",
					       key->key, kind == CONFIG_BODY_FORM ? "json" : "form");
	body->kind = *text != '\0' ? kind : CONFIG_BODY_NONE;
	return parse_checked(key, text, body->text, why);
}

static void format_body(const struct config_key *key, const void *field, char *out, size_t size)
{
	const struct config_body *body = field;

	(void)snprintf(out, size, "%s", body->kind == body_kind(key) ? body->text : "");
}

static void format_string(const struct config_key *key, const void *field, char *out, size_t size)
{
	(void)key;
	(void)snprintf(out, size, "%s", (const char *)field);
}

static void string_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	static const char *const ranges[CONFIG_KINDS_N] = {
		[CONFIG_KIND_PATH] = "an absolute path without //, /./, /../ or / at its end",
		[CONFIG_KIND_HOOK] =
			"an absolute path without //, /./, /../, / at its end; or unix:PATH (up to 107)",
		[CONFIG_KIND_USER] = "a user's name, not root",
		[CONFIG_KIND_ADDRESS] = "an email address",
		[CONFIG_KIND_URL] = "smtp://HOST[:PORT], smtps://HOST[:PORT] or https://HOST[:PORT]/PATH",
		[CONFIG_KIND_HEADER] = "Name: value, up to 256 printable ASCII characters",
		[CONFIG_KIND_FORM] = "name=value&name=value, up to 1024 printable ASCII characters",
		[CONFIG_KIND_JSON] = "a JSON text of up to 1024 printable ASCII characters",
		[CONFIG_KIND_STATUSES] = "statuses such as 200,201, or 2xx",
		[CONFIG_KIND_CONDITION] = "path.to.member=value",
		[CONFIG_KIND_MEMBER] = "path.to.member",
		[CONFIG_KIND_SIGV4] = "aws:amz:REGION:SERVICE",
		[CONFIG_KIND_COMMAND] = "/PATH ARGUMENT..., up to 256 printable ASCII characters",
		[CONFIG_KIND_PROXY] = "http://HOST:PORT",
		[CONFIG_KIND_PROVIDERS] = "names of [provider NAME] sections, with commas between",
	};

	if (ranges[key->kind] != NULL)
		(void)snprintf(out, CONFIG_RANGE_SIZE, "%s", ranges[key->kind]);
	else
		(void)snprintf(out, CONFIG_RANGE_SIZE, "up to %zu printable ASCII characters", key->size - 1);
}

bool value_is_provider_name(const char *name)
{
	size_t len = strlen(name);
	return len > 0 && len < CONFIG_NAME_SIZE && strspn(name, LETTERS DIGITS "_-") == len &&
	       name[0] != '-' && name[0] != '_';
}

static enum otp_err add_provider(
	const struct config_key *key, const char *name, struct config_channel *channel, struct otp_why *why)
{
	if (!value_is_provider_name(name))
		return refuse_unseen(key, why);
	for (unsigned i = 0; i < channel->providers_n; i++)
		if (strcmp(channel->providers[i], name) == 0)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s names %s twice", key->key, name);
	if (channel->providers_n == CONFIG_CHANNEL_PROVIDERS_MAX)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s takes at most %d names", key->key,
			CONFIG_CHANNEL_PROVIDERS_MAX);
	memcpy(channel->providers[channel->providers_n++], name, strlen(name) + 1);
	return OTP_OK;
}

static enum otp_err parse_providers(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	struct config_channel *channel = field;
	char name[CONFIG_NAME_SIZE];

	channel->providers_n = 0;
	while (*text != '\0') {
		if (!list_take(&text, name, sizeof name))
			return refuse_unseen(key, why);
		enum otp_err err = add_provider(key, name, channel, why);
		if (err != OTP_OK)
			return err;
	}
	return OTP_OK;
}

static void format_providers(const struct config_key *key, const void *field, char *out, size_t size)
{
	const struct config_channel *channel = field;
	size_t len = 0;

	(void)key;
	out[0] = '\0';
	for (unsigned i = 0; i < channel->providers_n && len < size; i++)
		len += (size_t)snprintf(
			out + len, size - len, "%s%s", i > 0 ? "," : "", channel->providers[i]);
}

static const struct {
	enum otp_err (*parse)(const struct config_key *, const char *, void *, struct otp_why *);
	void (*format)(const struct config_key *, const void *, char *, size_t);
	void (*range)(const struct config_key *, char[CONFIG_RANGE_SIZE]);
} kinds[CONFIG_KINDS_N] = {
	[CONFIG_KIND_NUMBER] = {quantity_parse_number, quantity_format_number, quantity_number_range},
	[CONFIG_KIND_DURATION] = {quantity_parse_duration, quantity_format_duration, quantity_duration_range},
	[CONFIG_KIND_RATE] = {quantity_parse_rate, quantity_format_rate, quantity_rate_range},
	[CONFIG_KIND_SWITCH] = {parse_switch, format_switch, switch_range},
	[CONFIG_KIND_WORD] = {parse_word, format_word, word_range},
	[CONFIG_KIND_TEXT] = {parse_string, format_string, string_range},
	[CONFIG_KIND_PATH] = {parse_string, format_string, string_range},
	[CONFIG_KIND_HOOK] = {parse_string, format_string, string_range},
	[CONFIG_KIND_USER] = {parse_string, format_string, string_range},
	[CONFIG_KIND_ADDRESS] = {parse_string, format_string, string_range},
	[CONFIG_KIND_URL] = {parse_url, format_string, string_range},
	[CONFIG_KIND_HEADER] = {parse_checked, format_string, string_range},
	[CONFIG_KIND_FORM] = {parse_body, format_body, string_range},
	[CONFIG_KIND_JSON] = {parse_body, format_body, string_range},
	[CONFIG_KIND_STATUSES] = {parse_string, format_string, string_range},
	[CONFIG_KIND_CONDITION] = {parse_string, format_string, string_range},
	[CONFIG_KIND_MEMBER] = {parse_string, format_string, string_range},
	[CONFIG_KIND_SIGV4] = {parse_string, format_string, string_range},
	[CONFIG_KIND_COMMAND] = {parse_checked, format_string, string_range},
	[CONFIG_KIND_PROXY] = {parse_string, format_string, string_range},
	[CONFIG_KIND_NETWORKS] = {networks_parse, networks_format, networks_range},
	[CONFIG_KIND_CHANNELS] = {channel_list_parse, channel_list_format, channel_list_range},
	[CONFIG_KIND_PREFIXES] = {channel_prefixes_parse, channel_prefixes_format, channel_prefixes_range},
	[CONFIG_KIND_SOURCE] = {source_parse, source_format, source_range},
	[CONFIG_KIND_PROVIDERS] = {parse_providers, format_providers, string_range},
};

enum otp_err value_parse(const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	return kinds[key->kind].parse(key, text, field, why);
}

void value_format(const struct config_key *key, const void *field, char out[CONFIG_VALUE_SIZE])
{
	kinds[key->kind].format(key, field, out, CONFIG_VALUE_SIZE);
}

void value_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	kinds[key->kind].range(key, out);
}
