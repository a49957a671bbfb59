/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever request_verdict_decode takes, request_verdict_encode writes again to the byte; and no secret is
 * left in a text that request_blank went over.
 */
#include "deliver/request.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const char *line, size_t len)
{
	struct request_verdict verdict;
	char text[REQUEST_VERDICT_MAX];

	if (request_verdict_decode(line, len, &verdict, NULL) != OTP_OK) {
		if (verdict.outcome == VERDICT_SENT)
			abort();
		return;
	}
	if (request_verdict_encode(&verdict, text) != len + 1 || memcmp(text, line, len) != 0 ||
		text[len] != '\n')
		abort();
}

static void check_blanking(const char *line, size_t len)
{
	static const struct request request = {
		.contact = {CHANNEL_EMAIL, "a@b.de"}, .code = {"121212"}, .ref = "QFX"};
	char *text = malloc(len + 1);

	if (text == NULL)
		return;
	memcpy(text, line, len);
	text[len] = '\0';
	size_t before = strlen(text);
	request_blank(&request, text);
	if (strlen(text) != before || strcasestr(text, request.contact.address) != NULL ||
		strstr(text, request.code.text) != NULL)
		abort();
	for (const char *p = text; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_round_trip((const char *)data, size);
	check_blanking((const char *)data, size);
	return 0;
}
