/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/http_reply.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The input is two bytes, a line and the body of an answer. The bytes choose how the transfer ended; the line
 * is what success_json, success_text and error_json say.
 */

static void must(int holds)
{
	if (!holds)
		abort();
}

/* A configuration holds printable ASCII alone. */
static struct config_provider a_provider(uint8_t choice, const char *from, size_t len)
{
	struct config_provider provider = config_provider_default();
	char line[64] = "";

	for (size_t i = 0; i < len && i < sizeof line - 1; i++)
		if (from[i] > ' ' && from[i] <= '~')
			line[i] = from[i];
		else
			line[i] = '_';
	len = strlen(line);

	if ((choice & 1) != 0)
		(void)snprintf(provider.success_json, sizeof provider.success_json, "%.*s=1", (int)len, line);
	if ((choice & 2) != 0)
		(void)snprintf(provider.success_text, sizeof provider.success_text, "%.*s", (int)len, line);
	if ((choice & 4) != 0)
		(void)snprintf(provider.error_json, sizeof provider.error_json, "%.*s", (int)len, line);
	return provider;
}

static void check(const struct http_end *end)
{
	struct provider_result result;

	memset(&result, 0xaa, sizeof result);
	http_judge(end, &result);
	must(memchr(result.reason, '\0', sizeof result.reason) != NULL);
	for (const char *c = result.reason; *c != '\0'; c++)
		must(*c >= ' ' && *c <= '~');
	must(result.outcome != VERDICT_SENT || (end->status >= 200 && end->status < 300));
	must(!result.may_arrive || (end->knows_repeats && end->given && result.outcome == VERDICT_LATER));
	must(result.outcome == VERDICT_SENT || result.reason[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	const char *line = (const char *)data + 2;
	const char *end_of_line = memchr(line, '\n', size - 2);
	size_t len = end_of_line != NULL ? (size_t)(end_of_line - line) : size - 2;
	size_t body_at = 2 + len + (end_of_line != NULL ? 1 : 0);
	/* No NUL behind it, as in a transfer. */
	char *body = malloc(size - body_at > 0 ? size - body_at : 1);
	must(body != NULL);
	memcpy(body, data + body_at, size - body_at);
	struct config_provider provider = a_provider(data[0], line, len);
	struct http_end end = {.provider = &provider,
		.code = (data[0] & 8) != 0 ? CURLE_WRITE_ERROR : CURLE_OK,
		.status = (data[0] & 16) != 0 ? 0 : 100 + 100 * (long)(data[1] % 5) + (data[1] % 3 ? 0 : 29),
		.retry_after_s = data[1],
		.body = body,
		.shown = body,
		.body_len = size - body_at,
		.given = (data[0] & (16 | 32)) != 16, /* whatever has a status was given */
		.knows_repeats = (data[0] & 64) != 0,
		.server = "gw:443",
		.curl_words = ""};
	check(&end);
	free(body);
	return 0;
}
