/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/smtp_reply.h"

#include "hook/curl_cause.h"

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

/* What the server said no to; libcurl knows, and tells it in words alone ("RCPT failed: 550"). */
static const char *stage(const struct smtp_end *end)
{
	static const struct {
		const char *curl_words, *stage;
	} stages[] = {{"MAIL failed", "sender refused: "}, {"RCPT failed", "recipient refused: "},
		{"DATA failed", "message refused: "}};

	if (end->code == CURLE_LOGIN_DENIED)
		return "login refused: ";
	if (end->body_given)
		return "message refused: ";
	if (end->only_asked && strncmp(end->curl_words, "Command failed", strlen("Command failed")) == 0)
		return "sender refused: ";
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (strncmp(end->curl_words, stages[i].curl_words, strlen(stages[i].curl_words)) == 0)
			return stages[i].stage;
	return "";
}

/* A reply of 400 or above: 4yz may be another time, 5yz will not. */
static void judge_reply(const struct smtp_end *end, struct provider_result *result)
{
	CURL_CAUSE_SAY(result, end->reply->code < 500 ? VERDICT_LATER : VERDICT_REFUSED, stage(end),
		end->reply->text, "", "", "");
}

void smtp_judge(const struct smtp_end *end, struct provider_result *result)
{
	if (end->code == CURLE_OK)
		CURL_CAUSE_SAY(result, end->only_asked ? VERDICT_READY : VERDICT_SENT, "", "", "", "", "");
	else if (end->reply->code >= 400)
		judge_reply(end, result);
	else if (end->body_given)
		CURL_CAUSE_SAY(
			result, VERDICT_UNKNOWN, "no answer to the message from ", end->server, "", "", "");
	else
		curl_cause_judge(&(struct curl_cause){.code = end->code,
					 .server = end->server,
					 .words = end->curl_words,
					 .os_error = end->os_error},
			result);
}
