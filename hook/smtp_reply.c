/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/smtp_reply.h"

#include <errno.h>
#include <string.h>

#define GOODBYE 221 /* answers the QUIT after a refusal, which is what counts */

/* Adds len characters and one blank in front of them; whatever is not printable is a blank, and blanks never
 * stand together. */
static void add_words(struct smtp_reply *reply, const char *words, size_t len)
{
	size_t at = strlen(reply->text);
	bool gap = at > 0;

	for (size_t i = 0; i < len && at + 2 < sizeof reply->text; i++) {
		if (words[i] <= ' ' || words[i] > '~') {
			gap = at > 0;
			continue;
		}
		if (gap)
			reply->text[at++] = ' ';
		gap = false;
		reply->text[at++] = words[i];
	}
	reply->text[at] = '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The code of a line such as "550-words" (RFC 5321 4.2.1), or 0. */
static int line_code(const char *line, size_t len)
{
	if (len < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2]))
		return 0;
	if (len > 3 && line[3] != '-' && line[3] != ' ' && line[3] != '\r' && line[3] != '\n')
		return 0;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

void smtp_reply_take(struct smtp_reply *reply, const char *line, size_t len)
{
	int code = line_code(line, len);

	if (code == 0 || code == GOODBYE)
		return;
	if (reply->whole || code != reply->code) {
		*reply = (struct smtp_reply){.code = code};
		add_words(reply, line, 3);
	}
	reply->whole = len == 3 || line[3] != '-';
	if (len > 4)
		add_words(reply, line + 4, len - 4);
}

/* What the rest of libcurl's codes mean here. The sentence is before, the server's name, after, and libcurl's
 * words if told to. */
static const struct cause {
	CURLcode code;
	enum request_outcome outcome;
	const char *before, *after;
	bool curl_words;
} causes[] = {
	{CURLE_COULDNT_RESOLVE_HOST, VERDICT_LATER, "host name not found: ", "", false},
	{CURLE_OPERATION_TIMEDOUT, VERDICT_LATER, "no answer in time from ", "", false},
	{CURLE_USE_SSL_FAILED, VERDICT_REFUSED, "", " offers no STARTTLS", false},
	{CURLE_PEER_FAILED_VERIFICATION, VERDICT_REFUSED, "certificate not trusted: ", "", true},
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
static void say(struct provider_result *result, enum request_outcome outcome, const char *const words[5])
{
	size_t at = 0;

	for (size_t i = 0; i < 5; i++)
		for (const char *word = words[i]; *word != '\0' && at < sizeof result->reason - 1; word++)
			result->reason[at++] = *word;
	result->reason[at] = '\0';
	result->outcome = outcome;
}

#define SAY(result, outcome, ...) say(result, outcome, (const char *const[5]){__VA_ARGS__})

/* A reply of 400 or above: 4yz may be another time, 5yz will not. */
static void judge_reply(const struct smtp_end *end, struct provider_result *result)
{
	SAY(result, end->reply->code < 500 ? VERDICT_LATER : VERDICT_REFUSED,
		end->code == CURLE_LOGIN_DENIED ? "login refused: " : "", end->reply->text, "", "", "");
}

/* What OpenSSL and libcurl put in front of a sentence that stands behind ours. */
static const char *less_prefix(const char *words)
{
	static const char *const prefixes[] = {"SSL certificate problem: ", "SSL: "};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(words, prefixes[i], strlen(prefixes[i])) == 0)
			return words + strlen(prefixes[i]);
	return words;
}

static void judge_cause(const struct smtp_end *end, struct provider_result *result)
{
	const char *words =
		less_prefix(end->curl_words[0] != '\0' ? end->curl_words : curl_easy_strerror(end->code));

	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		const struct cause *cause = &causes[i];
		if (cause->code != end->code)
			continue;
		SAY(result, cause->outcome, cause->before, end->server, cause->after,
			cause->curl_words ? ": " : "", cause->curl_words ? words : "");
		return;
	}
	SAY(result, VERDICT_LATER, "sending to ", end->server, " failed", ": ", words);
}

static void judge_connect(const struct smtp_end *end, struct provider_result *result)
{
	const char *name = end->os_error != 0 ? strerrordesc_np((int)end->os_error) : NULL;

	if (end->os_error == ECONNREFUSED)
		SAY(result, VERDICT_LATER, "connection refused at ", end->server, "", "", "");
	else
		SAY(result, VERDICT_LATER, "cannot connect to ", end->server, "", name != NULL ? ": " : "",
			name != NULL ? name : "");
}

void smtp_judge(const struct smtp_end *end, struct provider_result *result)
{
	if (end->code == CURLE_OK)
		SAY(result, VERDICT_SENT, "", "", "", "", "");
	else if (end->reply->code >= 400)
		judge_reply(end, result);
	else if (end->body_given)
		SAY(result, VERDICT_UNKNOWN, "no answer to the message from ", end->server, "", "", "");
	else if (end->code == CURLE_COULDNT_CONNECT)
		judge_connect(end, result);
	else
		judge_cause(end, result);
}
