/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/smtp.h"

#include "core/contact.h"
#include "hook/curl.h"
#include "hook/curl_trace.h"
#include "hook/password.h"
#include "hook/smtp_reply.h"
#include "hook/text.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define SERVER_SIZE (CONFIG_PATH_SIZE + 8)
#define HOST_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

/* One message on its way. */
struct sending {
	struct curl_transfer transfer;
	const struct provider_message *message;
	size_t given; /* bytes of the message that libcurl has taken */
	bool ended;   /* and has been told that there are no more */
	bool only_asks;
	struct smtp_reply reply;
	char password[PASSWORD_SIZE];
	char server[SERVER_SIZE]; /* HOST:PORT, for people */
	struct curl_slist *recipients;
};

static size_t give_body(char *buffer, size_t size, size_t count, void *self)
{
	struct sending *sending = self;
	size_t left = sending->message->mail_len - sending->given;
	size_t now = left < size * count ? left : size * count;

	memcpy(buffer, sending->message->mail + sending->given, now);
	sending->given += now;
	sending->ended = sending->given == sending->message->mail_len;
	return now;
}

/* A refusal, or the acceptance of the whole message. */
static bool was_last_word(const struct sending *sending)
{
	const struct smtp_reply *reply = &sending->reply;

	return reply->whole && (reply->code >= 400 || (sending->ended && reply->code < 300));
}

static size_t take_reply(char *line, size_t size, size_t count, void *self)
{
	struct sending *sending = self;
	size_t len = size * count;

	if (!curl_transfer_take(&sending->transfer, len))
		return 0;
	smtp_reply_take(&sending->reply, line, len);
	if (was_last_word(sending))
		curl_transfer_hurry(&sending->transfer);
	return len;
}

/* The URL with the name to greet with as its path, which is where libcurl looks for it; and HOST:PORT. */
static bool set_url(struct sending *sending, const char *text, const char *greeting)
{
	char path[CONFIG_PATH_SIZE];
	char *host = NULL, *port = NULL;
	CURLU *url = curl_url();

	(void)snprintf(
		path, sizeof path, "/%s", strspn(greeting, HOST_CHARS) == strlen(greeting) ? greeting : "");
	bool good = url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
		    curl_url_set(url, CURLUPART_PATH, path, 0) == CURLUE_OK &&
		    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		    curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
	if (good) {
		(void)snprintf(sending->server, sizeof sending->server, "%s:%s", host, port);
		char *whole = NULL;
		good = curl_url_get(url, CURLUPART_URL, &whole, 0) == CURLUE_OK &&
		       curl_easy_setopt(sending->transfer.handle, CURLOPT_URL, whole) == CURLE_OK;
		curl_free(whole);
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	return good;
}

/* Only these two: libcurl would rather take GSSAPI for a name with an @ in it, and fail without a ticket. */
static enum otp_err set_login(
	struct sending *sending, const struct config_provider *provider, struct otp_why *why)
{
	CURL *handle = sending->transfer.handle;
	enum otp_err err = OTP_OK;

	if (provider->username[0] == '\0')
		return OTP_OK;
	if (provider->password_file[0] != '\0')
		err = password_read(provider->password_file, sending->password, why);
	trace_hide(sending->message->trace, sending->password);
	if (err == OTP_OK &&
		(curl_easy_setopt(handle, CURLOPT_USERNAME, provider->username) != CURLE_OK ||
			curl_easy_setopt(handle, CURLOPT_PASSWORD, sending->password) != CURLE_OK ||
			curl_easy_setopt(handle, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN") != CURLE_OK))
		err = why_set(why, OTP_ERR_NO_MEMORY, 0, "libcurl took no login");
	return err;
}

static enum otp_err set_tls(
	struct sending *sending, const struct config_provider *provider, struct otp_why *why)
{
	long need = provider->tls == CONFIG_TLS_REQUIRED ? CURLUSESSL_ALL : CURLUSESSL_NONE;

	if (curl_easy_setopt(sending->transfer.handle, CURLOPT_USE_SSL, need) != CURLE_OK)
		return why_set(why, OTP_ERR_CONFIG, 0, "this libcurl has no TLS");
	if (provider->ca_file[0] != '\0')
		return curl_transfer_trust_only(&sending->transfer, provider->ca_file, why);
	return OTP_OK;
}

/* libcurl 7.88 hands CR LF inside an address on to the server, so here too nothing unchecked passes. */
static enum otp_err set_envelope(struct sending *sending, struct otp_why *why)
{
	struct contact from, to;
	CURL *handle = sending->transfer.handle;
	enum otp_err err = contact_parse(CHANNEL_EMAIL, sending->message->from, &from, why);

	if (err == OTP_OK)
		err = contact_parse(CHANNEL_EMAIL, sending->message->to, &to, why);
	if (err != OTP_OK)
		return err;
	sending->recipients = curl_slist_append(NULL, to.address);
	if (sending->recipients == NULL ||
		curl_easy_setopt(handle, CURLOPT_MAIL_FROM, from.address) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, sending->recipients) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_READFUNCTION, give_body) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_READDATA, sending) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_reply) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_HEADERDATA, sending) != CURLE_OK)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "libcurl took no message");
	return OTP_OK;
}

/* In place of a message: libcurl decodes this command as it does a url. */
static enum otp_err set_question(struct sending *sending, struct otp_why *why)
{
	char command[(size_t)3 * CONTACT_ADDRESS_SIZE + sizeof "MAIL FROM:<>"];
	struct text text = text_begin(command, sizeof command);
	struct contact from;
	CURL *handle = sending->transfer.handle;
	enum otp_err err = contact_parse(CHANNEL_EMAIL, sending->message->from, &from, why);

	if (err != OTP_OK)
		return err;
	text_add(&text, "MAIL FROM:<");
	for (const char *p = from.address; *p != '\0'; p++)
		if (*p == '%')
			text_add(&text, "%25");
		else
			text_add_bytes(&text, p, 1);
	text_add(&text, ">");
	if (curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, command) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_NOBODY, 1L) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_reply) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_HEADERDATA, sending) != CURLE_OK)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "libcurl took no command");
	return curl_transfer_keep_certificates(&sending->transfer, why);
}

static enum otp_err prepare(struct sending *sending, const struct config_provider *provider,
	struct provider_limits limits, struct otp_why *why)
{
	enum otp_err err = curl_transfer_open(&sending->transfer, "smtp,smtps", limits, why);

	if (err == OTP_OK && !set_url(sending, provider->url, sending->message->host))
		err = why_set(why, OTP_ERR_CONFIG, 0, "url not understood: %s", provider->url);
	curl_trace_smtp(&sending->transfer, sending->message->trace);
	if (err == OTP_OK)
		err = set_tls(sending, provider, why);
	if (err == OTP_OK)
		err = set_login(sending, provider, why);
	if (err == OTP_OK)
		err = sending->only_asks ? set_question(sending, why) : set_envelope(sending, why);
	return err;
}

static void perform(struct sending *sending, struct provider_result *result)
{
	CURLcode code = curl_easy_perform(sending->transfer.handle);
	struct smtp_end end = {
		.code = code,
		.reply = &sending->reply,
		.only_asked = sending->only_asks,
		.body_given = sending->ended,
		.server = sending->server,
		.curl_words = sending->transfer.error,
	};

	(void)curl_easy_getinfo(sending->transfer.handle, CURLINFO_OS_ERRNO, &end.os_error);
	smtp_judge(&end, result);
	request_blank_word(result->reason, sending->password);
	if (sending->only_asks)
		result->certificate_ends = curl_transfer_certificate_end(&sending->transfer);
}

static void run(struct sending *sending, const struct config_provider *provider,
	struct provider_limits limits, struct provider_result *result)
{
	struct otp_why why = {0};
	enum otp_err err = prepare(sending, provider, limits, &why);

	if (err == OTP_OK) {
		perform(sending, result);
	} else {
		result->outcome = err == OTP_ERR_NO_MEMORY ? VERDICT_LATER : VERDICT_CONFIG;
		(void)snprintf(result->reason, sizeof result->reason, "%.*s", (int)sizeof result->reason - 1,
			why.text);
	}
	OPENSSL_cleanse(sending->password, sizeof sending->password);
	curl_slist_free_all(sending->recipients);
	curl_transfer_close(&sending->transfer);
}

void smtp_send(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result)
{
	struct sending sending = {.message = message};

	run(&sending, provider, limits, result);
}

void smtp_check(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result)
{
	struct sending sending = {.message = message, .only_asks = true};

	run(&sending, provider, limits, result);
}
