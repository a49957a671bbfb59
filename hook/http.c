/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/http.h"

#include "config/placeholder.h"
#include "config/url.h"
#include "hook/curl.h"
#include "hook/curl_cause.h"
#include "hook/curl_trace.h"
#include "hook/fill.h"
#include "hook/http_reply.h"
#include "hook/password.h"
#include "hook/secrets.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define URL_SIZE 32768
#define HEADER_SIZE 16384
#define BODY_SIZE 131072 /* of a whole message each byte may become three */
#define SERVER_SIZE (CONFIG_URL_SIZE + 8)

/* One message on its way. Secret. */
struct sending {
	struct curl_transfer transfer;
	const struct config_provider *provider;
	const struct provider_message *message;
	char password[PASSWORD_SIZE];
	char url[URL_SIZE];
	char header[HEADER_SIZE];
	char body[BODY_SIZE];
	size_t body_len;
	struct curl_slist *headers;
	char server[SERVER_SIZE]; /* HOST:PORT, for people */
	char answer[CURL_RESPONSE_MAX];
	size_t answer_len;
	char shown[CURL_RESPONSE_MAX + 1]; /* the answer as it may be repeated */
	struct secrets secrets;
};

static enum otp_err fill(const struct sending *sending, const char *template, enum fill_form form, char *out,
	size_t size, size_t *len, struct otp_why *why)
{
	struct text text = text_begin(out, size);

	fill_template(template, form, sending->message, sending->password, &text);
	*len = text.len;
	return text.full ? why_set(why, OTP_ERR_CONFIG, 0, "the message is too long for [provider %s]",
				   sending->provider->name)
			 : OTP_OK;
}

/* Also the HOST:PORT that people are told. */
static enum otp_err set_url(struct sending *sending, struct otp_why *why)
{
	char *host = NULL, *port = NULL;
	CURLU *url = curl_url();
	size_t len;
	enum otp_err err =
		fill(sending, sending->provider->url, FILL_URL, sending->url, sizeof sending->url, &len, why);

	if (err == OTP_OK &&
		(url == NULL || curl_url_set(url, CURLUPART_URL, sending->url, 0) != CURLUE_OK ||
			curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
			curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
			curl_easy_setopt(sending->transfer.handle, CURLOPT_URL, sending->url) != CURLE_OK))
		err = why_set(why, OTP_ERR_CONFIG, 0, "url not understood: %s", sending->provider->url);
	if (err == OTP_OK)
		(void)snprintf(sending->server, sizeof sending->server, "%s:%s", host, port);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	return err;
}

static enum otp_err add_header(struct sending *sending, const char *header, struct otp_why *why)
{
	struct curl_slist *longer = curl_slist_append(sending->headers, header);

	if (longer == NULL)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "no memory for a header");
	sending->headers = longer;
	return OTP_OK;
}

static bool sets_type(const struct config_provider *provider)
{
	static const char type[] = "Content-Type:";

	for (unsigned i = 0; i < CONFIG_HEADERS_MAX; i++)
		if (strncasecmp(provider->headers[i], type, sizeof type - 1) == 0)
			return true;
	return false;
}

static enum otp_err set_headers(struct sending *sending, struct otp_why *why)
{
	const struct config_provider *provider = sending->provider;
	enum otp_err err = OTP_OK;
	size_t len;

	for (unsigned i = 0; err == OTP_OK && i < CONFIG_HEADERS_MAX; i++) {
		if (provider->headers[i][0] == '\0')
			continue;
		err = fill(sending, provider->headers[i], FILL_HEADER, sending->header,
			sizeof sending->header, &len, why);
		if (err == OTP_OK)
			err = add_header(sending, sending->header, why);
	}
	if (err == OTP_OK && provider->body.kind != CONFIG_BODY_NONE && !sets_type(provider))
		err = add_header(sending,
			provider->body.kind == CONFIG_BODY_JSON
				? "Content-Type: application/json"
				: "Content-Type: application/x-www-form-urlencoded",
			why);
	if (err == OTP_OK &&
		curl_easy_setopt(sending->transfer.handle, CURLOPT_HTTPHEADER, sending->headers) != CURLE_OK)
		err = why_set(why, OTP_ERR_NO_MEMORY, 0, "libcurl took no headers");
	return err;
}

/* Placeholders stand inside strings, and what is filled in never leaves them: what is JSON before is JSON
 * after. */
static enum otp_err check_json(const struct config_provider *provider, struct otp_why *why)
{
	json_error_t error;
	json_t *json = json_loads(provider->body.text, JSON_REJECT_DUPLICATES, &error);

	if (json == NULL)
		return why_set(why, OTP_ERR_CONFIG, 0, "[provider %s] json is not JSON at character %d: %s",
			provider->name, error.position, error.text);
	json_decref(json);
	return OTP_OK;
}

static enum otp_err fill_body(struct sending *sending, struct otp_why *why)
{
	const struct config_body *body = &sending->provider->body;
	enum otp_err err = OTP_OK;

	if (body->kind == CONFIG_BODY_NONE)
		return OTP_OK;
	if (body->kind == CONFIG_BODY_JSON)
		err = check_json(sending->provider, why);
	if (err == OTP_OK)
		err = fill(sending, body->text, body->kind == CONFIG_BODY_JSON ? FILL_JSON : FILL_URL,
			sending->body, sizeof sending->body, &sending->body_len, why);
	return err;
}

static enum otp_err set_body(struct sending *sending, struct otp_why *why)
{
	CURL *handle = sending->transfer.handle;
	enum otp_err err = fill_body(sending, why);
	bool good = true;

	if (err != OTP_OK)
		return err;
	if (sending->provider->method == CONFIG_METHOD_GET)
		good = curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	else
		good = curl_easy_setopt(handle, CURLOPT_POST, 1L) == CURLE_OK &&
		       curl_easy_setopt(handle, CURLOPT_POSTFIELDS, sending->body) == CURLE_OK &&
		       curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)sending->body_len) == CURLE_OK;
	if (good && sending->provider->method == CONFIG_METHOD_PUT)
		good = curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "PUT") == CURLE_OK;
	return good ? OTP_OK : why_set(why, OTP_ERR_NO_MEMORY, 0, "libcurl took no message");
}

/* Each sends its proof with the first request, and to this server alone. */
static enum otp_err set_login(struct sending *sending, struct otp_why *why)
{
	const struct config_provider *provider = sending->provider;
	CURL *handle = sending->transfer.handle;
	bool good = true;

	switch (provider->auth) {
	case CONFIG_AUTH_NONE:
		return OTP_OK;
	case CONFIG_AUTH_BEARER:
		good = curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER) == CURLE_OK &&
		       curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, sending->password) == CURLE_OK;
		return good ? OTP_OK : why_set(why, OTP_ERR_CONFIG, 0, "this libcurl has no bearer login");
	case CONFIG_AUTH_BASIC:
		good = curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) == CURLE_OK;
		break;
	case CONFIG_AUTH_AWS_SIGV4:
		good = curl_easy_setopt(handle, CURLOPT_AWS_SIGV4, provider->sigv4) == CURLE_OK;
		break;
	}
	if (!good || curl_easy_setopt(handle, CURLOPT_USERNAME, provider->username) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_PASSWORD, sending->password) != CURLE_OK)
		return why_set(why, OTP_ERR_CONFIG, 0, "this libcurl cannot sign in as [provider %s] says",
			provider->name);
	return OTP_OK;
}

static enum otp_err set_connection(struct sending *sending, struct otp_why *why)
{
	const struct config_provider *provider = sending->provider;
	enum otp_err err = OTP_OK;

	if (provider->ca_file[0] != '\0')
		err = curl_transfer_trust_only(&sending->transfer, provider->ca_file, why);
	if (err == OTP_OK && provider->client_cert[0] != '\0')
		err = curl_transfer_show_certificate(
			&sending->transfer, provider->client_cert, provider->client_key, why);
	if (err == OTP_OK && provider->proxy[0] != '\0')
		err = curl_transfer_go_through(&sending->transfer, provider->proxy, why);
	return err;
}

static long status_of(const struct sending *sending)
{
	long status = 0;

	(void)curl_easy_getinfo(sending->transfer.handle, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool reads_body(const struct config_provider *provider)
{
	return provider->success_json[0] != '\0' || provider->success_text[0] != '\0';
}

/* Past the headers only a rule of success is worth waiting for; the words of an error get a second. */
static size_t take_header(const char *line, size_t size, size_t count, void *self)
{
	struct sending *sending = self;
	size_t len = size * count;
	bool ends = len <= 2 && line[0] != ':' && (line[0] == '\r' || line[0] == '\n');

	if (!curl_transfer_take(&sending->transfer, len))
		return 0;
	if (ends && status_of(sending) >= 200 &&
		(status_of(sending) >= 300 || !reads_body(sending->provider)))
		curl_transfer_hurry(&sending->transfer);
	return len;
}

static size_t take_body(char *data, size_t size, size_t count, void *self)
{
	struct sending *sending = self;
	size_t len = size * count, room = sizeof sending->answer - sending->answer_len;

	memcpy(sending->answer + sending->answer_len, data, len < room ? len : room);
	sending->answer_len += len < room ? len : room;
	return curl_transfer_take(&sending->transfer, len) ? len : 0;
}

static enum otp_err set_answer(struct sending *sending, struct otp_why *why)
{
	CURL *handle = sending->transfer.handle;

	if (curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_USERAGENT, "otpcode-deliver") != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_HEADERDATA, sending) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body) != CURLE_OK ||
		curl_easy_setopt(handle, CURLOPT_WRITEDATA, sending) != CURLE_OK)
		return why_set(why, OTP_ERR_CONFIG, 0, "this libcurl has no HTTP");
	return OTP_OK;
}

static enum otp_err prepare(struct sending *sending, struct provider_limits limits, struct otp_why *why)
{
	static enum otp_err (*const steps[])(struct sending *, struct otp_why *) = {
		set_url, set_headers, set_body, set_login, set_connection, set_answer};
	struct url url;
	enum otp_err err = url_parse(sending->provider->url, &url, why);

	if (err == OTP_OK)
		err = curl_transfer_open(
			&sending->transfer, url.scheme == URL_HTTPS ? "https" : "http", limits, why);
	if (err == OTP_OK && sending->provider->password_file[0] != '\0')
		err = password_read(sending->provider->password_file, sending->password, why);
	trace_hide(sending->message->trace, sending->password);
	curl_trace_http(&sending->transfer, sending->message->trace);
	for (size_t i = 0; err == OTP_OK && i < sizeof steps / sizeof *steps; i++)
		err = steps[i](sending, why);
	return err;
}

static bool knows_repeats(const struct config_provider *provider)
{
	for (unsigned i = 0; i < CONFIG_HEADERS_MAX; i++)
		if (placeholder_stands_in(provider->headers[i], PLACEHOLDER_ID))
			return true;
	return false;
}

/* Before anything of it is cut. A NUL is a blank to whoever reads it. */
static void make_shown(struct sending *sending)
{
	const char *to = sending->message->to;

	secrets_add(&sending->secrets, sending->message->code);
	secrets_add(&sending->secrets, to + (to[0] == '+' ? 1 : 0));
	secrets_add(&sending->secrets, to);
	secrets_add(&sending->secrets, sending->password);
	for (size_t i = 0; i < sending->answer_len; i++)
		sending->shown[i] = (char)(sending->answer[i] != '\0' ? sending->answer[i] : ' ');
	secrets_blank(&sending->secrets, sending->shown);
}

static void perform(struct sending *sending, struct provider_result *result)
{
	CURL *handle = sending->transfer.handle;
	curl_off_t began_us = 0, retry_after = 0;
	CURLcode code = curl_easy_perform(handle);
	struct http_end end = {
		.provider = sending->provider,
		.code = code,
		.status = status_of(sending),
		.body = sending->answer,
		.shown = sending->shown,
		.body_len = sending->answer_len,
		.knows_repeats = knows_repeats(sending->provider),
		.server = sending->server,
		.curl_words = sending->transfer.error,
	};

	(void)curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &began_us);
	(void)curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
	(void)curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &end.os_error);
	end.given = began_us > 0;
	end.retry_after_s = retry_after > 0 && retry_after < INT32_MAX ? (long)retry_after : 0;
	make_shown(sending);
	http_judge(&end, result);
}

static enum otp_err set_question(struct sending *sending, struct otp_why *why)
{
	if (curl_easy_setopt(sending->transfer.handle, CURLOPT_CONNECT_ONLY, 1L) != CURLE_OK)
		return why_set(why, OTP_ERR_CONFIG, 0, "this libcurl cannot connect without asking");
	return curl_transfer_keep_certificates(&sending->transfer, why);
}

static void connect_alone(struct sending *sending, struct provider_result *result)
{
	struct curl_cause cause = {.code = curl_easy_perform(sending->transfer.handle),
		.server = sending->server,
		.words = sending->transfer.error};

	(void)curl_easy_getinfo(sending->transfer.handle, CURLINFO_OS_ERRNO, &cause.os_error);
	if (cause.code == CURLE_OK)
		result->outcome = VERDICT_READY;
	else
		curl_cause_judge(&cause, result);
	result->certificate_ends = curl_transfer_certificate_end(&sending->transfer);
}

static void run(const struct config_provider *provider, const struct provider_message *message, bool asks,
	struct provider_limits limits, struct provider_result *result)
{
	struct sending *sending = calloc(1, sizeof *sending);
	struct otp_why why = {0};

	if (sending == NULL) {
		*result = (struct provider_result){
			.outcome = VERDICT_LATER, .reason = "no memory for the message"};
		return;
	}
	sending->provider = provider;
	sending->message = message;
	enum otp_err err = prepare(sending, limits, &why);
	if (err == OTP_OK && !asks)
		err = set_question(sending, &why);
	if (err == OTP_OK && asks) {
		perform(sending, result);
	} else if (err == OTP_OK) {
		connect_alone(sending, result);
	} else {
		result->outcome = err == OTP_ERR_NO_MEMORY ? VERDICT_LATER : VERDICT_CONFIG;
		(void)snprintf(result->reason, sizeof result->reason, "%.*s", (int)sizeof result->reason - 1,
			why.text);
	}
	for (struct curl_slist *header = sending->headers; header != NULL; header = header->next)
		OPENSSL_cleanse(header->data, strlen(header->data));
	curl_slist_free_all(sending->headers);
	curl_transfer_close(&sending->transfer);
	OPENSSL_cleanse(sending, sizeof *sending);
	free(sending);
}

void http_send(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result)
{
	run(provider, message, true, limits, result);
}

void http_check(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result)
{
	run(provider, message, false, limits, result);
}
