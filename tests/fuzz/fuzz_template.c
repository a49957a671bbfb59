/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever template is taken makes a message whose header is ours alone and whose lines SMTP carries. */
#include "hook/message.h"
#include "hook/template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_N 9 /* From, To, Subject, Date, Message-ID, Auto-Submitted and the three of MIME */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum otp_err fill(void *self, void *out, size_t len, struct otp_why *why)
{
	(void)self, (void)why;
	memset(out, 0, len);
	return OTP_OK;
}

static void check(const struct message *message)
{
	unsigned names = 0;
	const char *line = message->text;

	if (strlen(message->text) != message->len)
		abort();
	for (const char *end; (end = strstr(line, "\r\n")) != line; line = end + 2) {
		if (end == NULL)
			abort();
		names += *line != ' ';
	}
	if (names != NAMES_N)
		abort();
	for (const char *end; *line != '\0'; line = end + 2) {
		end = strpbrk(line, "\r\n");
		if (end == NULL || end[0] != '\r' || end[1] != '\n' || end - line > 998)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct request request = {.code = {"493817"},
		.ref = "QFX",
		.user = "alice",
		.host = "web1",
		.service = "sshd",
		.source = "203.0.113.9",
		.time = 1767276000,
		.works_until = 1767276300,
		.support = "helpdesk@example.org"};
	static const struct message_facts facts = {
		.from = "login@example.org", .to = "alice@example.org", .now = 1767276000};
	static const struct otp_random random = {.fill = fill};
	static struct words words;
	static struct message message;
	struct otp_why why;

	if (template_fill((const char *)data, size, "template", &request, &words, &why) != OTP_OK) {
		if (strncmp(why.text, "template:", strlen("template:")) != 0)
			abort();
		return 0;
	}
	if (strstr(words.body, request.code.text) == NULL)
		abort();
	if (message_build(&facts, &words, &random, &message, &why) != OTP_OK)
		abort();
	check(&message);
	return 0;
}
