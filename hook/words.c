/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/words.h"

#include "hook/text.h"

#include <openssl/crypto.h>
#include <string.h>

#define LINE_MAX_LEN 76
#define PARAGRAPH_SIZE 1024

/* Adds a paragraph in lines of at most LINE_MAX_LEN where its words allow it, and an empty line. */
static void add_paragraph(struct text *body, const char *paragraph)
{
	size_t column = 0;

	while (*paragraph != '\0') {
		size_t len = strcspn(paragraph, " ");
		if (column > 0) {
			bool fits = column + 1 + len <= LINE_MAX_LEN;
			text_add(body, fits ? " " : "\n");
			column = fits ? column + 1 : 0;
		}
		text_add_bytes(body, paragraph, len);
		column += len;
		paragraph += len;
		paragraph += strspn(paragraph, " ");
	}
	text_add(body, "\n\n");
}

static void add_facts(struct text *body, const struct request *request)
{
	if (request->ref[0] != '\0')
		text_addf(body, "  Ref:      %s\n", request->ref);
	if (request->account[0] != '\0')
		text_addf(body, "  Account:  %s\n", request->account);
	text_addf(body, "  Host:     %s\n  Service:  %s\n  Source:   %s\n  Time:     ", request->host,
		request->service, request->source);
	text_add_time(body, request->time, TEXT_TIME_MINUTE);
	text_add(body, "\n\n");
}

static const char *helper(const struct request *request)
{
	return request->support[0] != '\0' ? request->support : "whoever runs this host";
}

static void add_warning(struct text *body, const struct request *request)
{
	char words[PARAGRAPH_SIZE];
	struct text paragraph = text_begin(words, sizeof words);

	if (request->key_proved)
		text_addf(&paragraph,
			"The first step of this login was already passed: somebody proved an SSH key of %s. "
			"If you did not "
			"start this login, others hold your key: tell %s at once and give the code to "
			"nobody.",
			request->user, helper(request));
	else
		text_addf(&paragraph, "If you did not start this login, give the code to nobody and tell %s.",
			helper(request));
	add_paragraph(body, words);
}

static void build_code(const struct request *request, struct text *subject, struct text *body)
{
	char words[PARAGRAPH_SIZE];
	struct text paragraph = text_begin(words, sizeof words);

	text_addf(subject, "Verification code for %s on %s (ref %s)", request->user, request->host,
		request->ref);
	text_addf(body, "%s\n\n", request->code.text);
	text_addf(&paragraph, "This is the verification code for %s on %s", request->user, request->host);
	if (request->account[0] != '\0')
		text_addf(&paragraph, ", to log in as %s", request->account);
	text_add(&paragraph, ".");
	add_paragraph(body, words);
	add_facts(body, request);

	paragraph = text_begin(words, sizeof words);
	text_addf(&paragraph,
		"Never share this code. Enter it only at the login that you started. If the ref there is not "
		"%s, do not "
		"enter it.",
		request->ref);
	add_paragraph(body, words);

	paragraph = text_begin(words, sizeof words);
	text_add(&paragraph, "If the login closed, log in again; this code works until ");
	text_add_time(&paragraph, request->works_until, TEXT_TIME_SHORT);
	text_add(&paragraph, ".");
	add_paragraph(body, words);
	add_warning(body, request);
}

static void build_test(const struct request *request, struct text *subject, struct text *body)
{
	char words[PARAGRAPH_SIZE];
	struct text paragraph = text_begin(words, sizeof words);

	text_addf(subject, "Test message for %s on %s", request->user, request->host);
	text_addf(&paragraph,
		"This is a test message, sent by an administrator of %s. It holds no code, and nothing needs "
		"to be done: "
		"verification codes will come this way.",
		request->host);
	add_paragraph(body, words);
	add_facts(body, request);
}

static void build_notice(const struct request *request, struct text *subject, struct text *body)
{
	char words[PARAGRAPH_SIZE];
	struct text paragraph = text_begin(words, sizeof words);

	text_addf(subject, "New password for %s on %s", request->user, request->host);
	text_addf(&paragraph,
		"The password of %s on %s was replaced by somebody who gave a verification code sent to "
		"%s. If that was you, nothing needs to be done.",
		request->user, request->host, request->user);
	add_paragraph(body, words);
	add_facts(body, request);
	paragraph = text_begin(words, sizeof words);
	text_addf(&paragraph, "If it was not you, others read your messages: tell %s at once.",
		helper(request));
	add_paragraph(body, words);
}

static void build_email(const struct request *request, struct words *out)
{
	struct text subject = text_begin(out->subject, sizeof out->subject);
	struct text body = text_begin(out->body, sizeof out->body);

	switch (request->kind) {
	case REQUEST_CODE:
		build_code(request, &subject, &body);
		break;
	case REQUEST_TEST:
	case REQUEST_CHECK: /* which has no message: its sample is of another kind */
		build_test(request, &subject, &body);
		break;
	case REQUEST_PASSWORD:
		build_notice(request, &subject, &body);
		break;
	}
	body.out[body.len - 1] = '\0'; /* the empty line after the last paragraph */
}

void words_build(const struct request *request, struct words *out)
{
	if (request->contact.channel == CHANNEL_SMS)
		words_build_sms(request, out);
	else
		build_email(request, out);
}

void words_wipe(struct words *words)
{
	OPENSSL_cleanse(words, sizeof *words);
}
