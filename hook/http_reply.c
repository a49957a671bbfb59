/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/http_reply.h"

#include "config/gateway.h"
#include "hook/curl_cause.h"
#include "hook/http_words.h"

#include <stdio.h>
#include <string.h>

#define RETRY_AFTER_MAX_S 86400

/* What the gateway says of an error; out may stay empty. */
static void find_words(const struct http_end *end, char out[HTTP_WORDS_SIZE])
{
	const char *path = end->provider->error_json;

	if (path[0] == '\0' || !http_words_member(end->shown, end->body_len, path, out) || out[0] == '\0')
		http_words_clean(end->shown, end->body_len, out);
}

/* "HTTP 401: words" */
static void say(const struct http_end *end, enum request_outcome outcome, const char *note,
	struct provider_result *result)
{
	char words[HTTP_WORDS_SIZE];
	char status[24];

	find_words(end, words);
	(void)snprintf(status, sizeof status, "HTTP %ld", end->status);
	CURL_CAUSE_SAY(result, outcome, status, note, words[0] != '\0' ? ": " : "", words, "");
}

/* Nobody knows whether the message was taken. */
static void judge_lost(const struct http_end *end, struct provider_result *result)
{
	CURL_CAUSE_SAY(result, end->knows_repeats ? VERDICT_LATER : VERDICT_UNKNOWN,
		"no answer to the message from ", end->server, "", "", "");
	result->may_arrive = end->knows_repeats;
}

/*
 * With TLS 1.3 a server that does not like the client's certificate, or has none, says so when the request is
 * on its way already; it has not looked at it then.
 */
static bool is_certificate_refused(const struct http_end *end)
{
	return strstr(end->curl_words, " alert ") != NULL &&
	       (strstr(end->curl_words, "certificate") != NULL ||
		       strstr(end->curl_words, "unknown ca") != NULL);
}

static bool body_holds(const struct http_end *end, const char *text)
{
	return memmem(end->body, end->body_len, text, strlen(text)) != NULL;
}

/* Whether the member that success_json names has its value; where it has not, note says what it is. */
static bool member_is_right(const struct http_end *end, char note[HTTP_WORDS_SIZE])
{
	const char *condition = end->provider->success_json;
	char path[sizeof end->provider->success_json], value[HTTP_WORDS_SIZE];
	size_t len = strcspn(condition, "=");

	(void)snprintf(path, sizeof path, "%.*s", (int)len, condition);
	if (!http_words_member(end->body, end->body_len, path, value)) {
		(void)snprintf(note, HTTP_WORDS_SIZE, ", but its %.60s is missing", path);
		return false;
	}
	bool right = strcmp(value, condition + len + 1) == 0;
	if (http_words_member(end->shown, end->body_len, path, value))
		(void)snprintf(note, HTTP_WORDS_SIZE, ", but its %.60s is %.40s", path, value);
	else
		(void)snprintf(note, HTTP_WORDS_SIZE, ", but its %.60s is another", path);
	return right;
}

/* The status is one of success: does the body agree? An answer that was cut short may have gone on to. */
static void judge_body(const struct http_end *end, struct provider_result *result)
{
	const struct config_provider *provider = end->provider;
	char note[HTTP_WORDS_SIZE] = ", but success_text is not in its answer";
	bool right = provider->success_text[0] == '\0' || body_holds(end, provider->success_text);

	if (right && provider->success_json[0] != '\0')
		right = member_is_right(end, note);
	if (right)
		CURL_CAUSE_SAY(result, VERDICT_SENT, "", "", "", "", "");
	else if (end->code != CURLE_OK)
		judge_lost(end, result);
	else
		say(end, VERDICT_REFUSED, note, result);
}

static bool is_for_now(long status)
{
	return status == 408 || status == 429 || status >= 500;
}

static int64_t retry_after_ms(const struct http_end *end)
{
	long s = end->retry_after_s;

	return s <= 0 ? 0 : (int64_t)(s < RETRY_AFTER_MAX_S ? s : RETRY_AFTER_MAX_S) * 1000;
}

void http_judge(const struct http_end *end, struct provider_result *result)
{
	*result = (struct provider_result){.retry_after_ms = retry_after_ms(end)};
	if (end->status < 200 && is_certificate_refused(end))
		CURL_CAUSE_SAY(result, VERDICT_REFUSED, end->server,
			" does not accept client_cert, or asks for one: ", end->curl_words, "", "");
	else if (end->status < 200 && end->given)
		judge_lost(end, result);
	else if (end->status < 200)
		curl_cause_judge(&(struct curl_cause){.code = end->code,
					 .server = end->server,
					 .words = end->curl_words,
					 .os_error = end->os_error},
			result);
	else if (gateway_status_is_in(end->provider->success_status, end->status))
		judge_body(end, result);
	else if (end->status < 300)
		say(end, VERDICT_REFUSED, ", which is not in success_status", result);
	else if (end->status < 400)
		CURL_CAUSE_SAY(result, VERDICT_REFUSED,
			"a redirect, which is not followed: url is not where ", end->server,
			" takes messages", "", "");
	else
		say(end, is_for_now(end->status) ? VERDICT_LATER : VERDICT_REFUSED, "", result);
}
