/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/curl_cause.h"

#include <errno.h>
#include <string.h>

/* What libcurl's codes mean here. The sentence is before, the server's name, after, and libcurl's
 * words if told to. */
static const struct meaning {
	CURLcode code;
	enum request_outcome outcome;
	const char *before, *after;
	bool curl_words;
} meanings[] = {
	{CURLE_COULDNT_RESOLVE_HOST, VERDICT_LATER, "host name not found: ", "", false},
	{CURLE_COULDNT_RESOLVE_PROXY, VERDICT_LATER, "name of the proxy not found, for ", "", false},
	{CURLE_PROXY, VERDICT_LATER, "proxy failed, for ", "", true},
	{CURLE_OPERATION_TIMEDOUT, VERDICT_LATER, "no answer in time from ", "", false},
	{CURLE_USE_SSL_FAILED, VERDICT_REFUSED, "", " offers no STARTTLS", false},
	{CURLE_PEER_FAILED_VERIFICATION, VERDICT_REFUSED, "certificate not trusted: ", "", true},
	{CURLE_SSL_CERTPROBLEM, VERDICT_CONFIG, "client certificate for ", " not usable", true},
	{CURLE_SSL_CACERT_BADFILE, VERDICT_CONFIG, "ca_file for ", " holds no certificate", false},
	{CURLE_SSL_CONNECT_ERROR, VERDICT_LATER, "TLS with ", " failed", true},
	{CURLE_LOGIN_DENIED, VERDICT_REFUSED, "login refused: ", " offers neither AUTH PLAIN nor AUTH LOGIN",
		false},
	{CURLE_RECV_ERROR, VERDICT_LATER, "connection lost to ", "", false},
	{CURLE_SEND_ERROR, VERDICT_LATER, "connection lost to ", "", false},
	{CURLE_GOT_NOTHING, VERDICT_LATER, "connection lost to ", "", false},
	{CURLE_WEIRD_SERVER_REPLY, VERDICT_LATER, "no SMTP answer from ", "", true},
	{CURLE_WRITE_ERROR, VERDICT_LATER, "too long an answer from ", "", false},
	{CURLE_OUT_OF_MEMORY, VERDICT_LATER, "out of memory, sending to ", "", false},
	{CURLE_URL_MALFORMAT, VERDICT_CONFIG, "url not understood: ", "", true},
	{CURLE_UNSUPPORTED_PROTOCOL, VERDICT_CONFIG, "this libcurl cannot send to ", "", true},
	{CURLE_NOT_BUILT_IN, VERDICT_CONFIG, "this libcurl cannot send to ", "", true},
};

/* Cuts what does not fit. */
void curl_cause_say(struct provider_result *result, enum request_outcome outcome, const char *const words[5])
{
	size_t at = 0;

	for (size_t i = 0; i < 5; i++)
		for (const char *word = words[i]; *word != '\0' && at < sizeof result->reason - 1; word++)
			result->reason[at++] = *word;
	result->reason[at] = '\0';
	result->outcome = outcome;
}

#define SAY CURL_CAUSE_SAY

/* What OpenSSL and libcurl put in front of a sentence that stands behind ours. */
static const char *less_prefix(const char *words)
{
	static const char *const prefixes[] = {"SSL certificate problem: ", "SSL: "};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(words, prefixes[i], strlen(prefixes[i])) == 0)
			return words + strlen(prefixes[i]);
	return words;
}

static void judge_meaning(const struct curl_cause *cause, struct provider_result *result)
{
	const char *words =
		less_prefix(cause->words[0] != '\0' ? cause->words : curl_easy_strerror(cause->code));

	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		const struct meaning *meaning = &meanings[i];
		if (meaning->code != cause->code)
			continue;
		SAY(result, meaning->outcome, meaning->before, cause->server, meaning->after,
			meaning->curl_words ? ": " : "", meaning->curl_words ? words : "");
		return;
	}
	SAY(result, VERDICT_LATER, "sending to ", cause->server, " failed", ": ", words);
}

static void judge_connect(const struct curl_cause *cause, struct provider_result *result)
{
	const char *name = cause->os_error != 0 ? strerrordesc_np((int)cause->os_error) : NULL;

	if (cause->os_error == ECONNREFUSED)
		SAY(result, VERDICT_LATER, "connection refused at ", cause->server, "", "", "");
	else
		SAY(result, VERDICT_LATER, "cannot connect to ", cause->server, "", name != NULL ? ": " : "",
			name != NULL ? name : "");
}

void curl_cause_judge(const struct curl_cause *cause, struct provider_result *result)
{
	if (cause->code == CURLE_COULDNT_CONNECT)
		judge_connect(cause, result);
	else
		judge_meaning(cause, result);
}
