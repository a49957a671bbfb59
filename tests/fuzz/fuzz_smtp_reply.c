/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever lines a server sends, the reason is one line of printable ASCII, and it never says that something
 * was sent. */
#include "hook/smtp_reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~' || (*text == ' ' && text[1] == ' '))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_reply reply = {0};
	struct provider_result result;
	const char *line = (const char *)data;

	for (size_t left = size; left > 0;) {
		const char *end = memchr(line, '\n', left);
		size_t len = end != NULL ? (size_t)(end - line) + 1 : left;
		smtp_reply_take(&reply, line, len);
		line += len;
		left -= len;
	}
	if (memchr(reply.text, '\0', sizeof reply.text) == NULL || reply.code < 0 || reply.code > 999)
		abort();
	check(reply.text);
	for (int given = 0; given < 2; given++) {
		const struct smtp_end end = {.code = CURLE_WEIRD_SERVER_REPLY,
			.reply = &reply,
			.body_given = given == 1,
			.server = "relay:25",
			.curl_words = ""};
		smtp_judge(&end, &result);
		check(result.reason);
		if (result.outcome == VERDICT_SENT || (result.outcome == VERDICT_REFUSED && reply.code < 500))
			abort();
	}
	return 0;
}
