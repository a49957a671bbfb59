/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/message.h"

#include "hook/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define LINE_LEN 78      /* RFC 5322 2.1.1: should */
#define LINE_LEN_MAX 998 /* must */
#define QUOTED_LEN 76    /* RFC 2045 6.7 */
#define ENCODED_BYTES 39 /* of a word: "Subject: " and the word fit RFC 2047's 76 columns */
#define ID_BYTES 16

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* Folds at blanks (RFC 5322 2.2.3). */
static void add_folded(struct text *out, const char *words, size_t column)
{
	while (*words != '\0') {
		size_t blanks = strspn(words, " ");
		size_t len = blanks + strcspn(words + blanks, " ");
		if (blanks > 0 && blanks < len && column + len > LINE_LEN) {
			text_add(out, "\r\n");
			column = 0;
		}
		text_add_bytes(out, words, len);
		column += len;
		words += len;
	}
}

/* Encoded words (RFC 2047), none of which cuts a character. */
static void add_encoded(struct text *out, const char *words)
{
	size_t left = strlen(words);

	for (const char *separator = ""; left > 0; separator = "\r\n ") {
		unsigned char base64[ENCODED_BYTES / 3 * 4 + 1];
		size_t len = 0;
		for (size_t step; len < left; len += step) {
			step = text_utf8_len(words + len, left - len);
			step = step == 0 ? 1 : step;
			if (len + step > ENCODED_BYTES)
				break;
		}
		(void)EVP_EncodeBlock(base64, (const unsigned char *)words, (int)len);
		text_addf(out, "%s=?UTF-8?B?%s?=", separator, (const char *)base64);
		words += len;
		left -= len;
	}
}

static void add_subject(struct text *out, const char *subject)
{
	text_add(out, "Subject: ");
	if (is_plain(subject) && strstr(subject, "=?") == NULL)
		add_folded(out, subject, strlen("Subject: "));
	else
		add_encoded(out, subject);
	text_add(out, "\r\n");
}

static enum otp_err add_id(
	struct text *out, const char *from, const struct otp_random *random, struct otp_why *why)
{
	unsigned char id[ID_BYTES];
	const char *at = strrchr(from, '@');
	enum otp_err err = random->fill(random->self, id, sizeof id, why);

	if (err != OTP_OK)
		return err;
	text_add(out, "Message-ID: <");
	for (size_t i = 0; i < sizeof id; i++)
		text_addf(out, "%02x", id[i]);
	text_addf(out, "@%s>\r\n", at != NULL ? at + 1 : "localhost");
	return OTP_OK;
}

static bool lines_fit(const char *body)
{
	for (size_t len; *body != '\0'; body += len) {
		len = strcspn(body, "\n");
		if (len > LINE_LEN_MAX)
			return false;
		len += body[len] == '\n' ? 1 : 0;
	}
	return true;
}

static void add_plain_body(struct text *out, const char *body)
{
	while (*body != '\0') {
		size_t len = strcspn(body, "\n");
		text_add_bytes(out, body, len);
		text_add(out, "\r\n");
		body += len + (body[len] == '\n' ? 1 : 0);
	}
}

/* One line in quoted-printable (RFC 2045 6.7); a blank at its end would not survive the way. */
static void add_quoted_line(struct text *out, const char *line, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];
		bool last = i + 1 == len;
		bool literal = (c > ' ' && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !last);
		size_t width = literal ? 1 : 3;
		if (column + width > QUOTED_LEN - 1) {
			text_add(out, "=\r\n");
			column = 0;
		}
		if (literal)
			text_add_bytes(out, line + i, 1);
		else
			text_addf(out, "=%02X", c);
		column += width;
	}
	text_add(out, "\r\n");
}

static void add_quoted_body(struct text *out, const char *body)
{
	while (*body != '\0') {
		size_t len = strcspn(body, "\n");
		add_quoted_line(out, body, len);
		body += len + (body[len] == '\n' ? 1 : 0);
	}
}

enum otp_err message_build(const struct message_facts *facts, const struct words *words,
	const struct otp_random *random, struct message *out, struct otp_why *why)
{
	struct text text = text_begin(out->text, sizeof out->text);
	bool plain = is_plain(words->body) && lines_fit(words->body);

	out->len = 0;
	if (has_control(facts->from) || has_control(facts->to) || has_control(words->subject))
		return why_set(why, OTP_ERR_INVALID, 0, "a control byte in a header of the message");
	text_addf(&text, "From: %s\r\nTo: %s\r\n", facts->from, facts->to);
	add_subject(&text, words->subject);
	text_add(&text, "Date: ");
	text_add_time(&text, facts->now, TEXT_TIME_MAIL);
	text_add(&text, "\r\n");
	enum otp_err err = add_id(&text, facts->from, random, why);
	text_addf(&text,
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
		plain ? "7bit" : "quoted-printable");
	if (plain)
		add_plain_body(&text, words->body);
	else
		add_quoted_body(&text, words->body);
	out->len = text.len;
	if (err == OTP_OK && text.full)
		err = why_set(why, OTP_ERR_TOO_LARGE, 0, "the message does not fit %d bytes", MESSAGE_MAX);
	if (err != OTP_OK)
		message_wipe(out);
	return err;
}

void message_wipe(struct message *message)
{
	OPENSSL_cleanse(message, sizeof *message);
}
