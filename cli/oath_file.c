/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/takeover.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define WORDS_N 4 /* type, user, PIN, secret; what follows is what was used last */

struct word {
	const char *text;
	size_t len;
};

static bool is_gap(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static unsigned split(const char *at, const char *end, struct word words[WORDS_N])
{
	unsigned n = 0;

	while (n < WORDS_N) {
		while (at < end && is_gap(*at))
			at++;
		if (at == end)
			break;
		words[n].text = at;
		while (at < end && !is_gap(*at))
			at++;
		words[n].len = (size_t)(at - words[n].text);
		n++;
	}
	return n;
}

static bool word_is(const struct word *word, const char *text)
{
	return word->len == strlen(text) && memcmp(word->text, text, word->len) == 0;
}

static bool word_begins(const struct word *word, const char *text)
{
	return word->len >= strlen(text) && memcmp(word->text, text, strlen(text)) == 0;
}

/* "HOTP/T30", "HOTP/T60/8"; usersfile.c of liboath knows any step and 6 to 8 digits. */
static enum otp_err read_type(const struct word *type, struct totp_form *form, struct otp_why *why)
{
	static const struct {
		const char *name;
		int period_s;
		unsigned digits;
	} forms[] = {{"HOTP/T30", 30, 6}, {"HOTP/T30/6", 30, 6}, {"HOTP/T30/8", 30, 8}, {"HOTP/T60", 60, 6},
		{"HOTP/T60/6", 60, 6}, {"HOTP/T60/8", 60, 8}};

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (!word_is(type, forms[i].name))
			continue;
		*form = (struct totp_form){
			.algorithm = TOTP_SHA1, .digits = forms[i].digits, .period_s = forms[i].period_s};
		return OTP_OK;
	}
	if (word_begins(type, "HOTP/T"))
		return why_set(
			why, OTP_ERR_INVALID, 0, "its codes are not of 6 or 8 digits every 30 or 60 s");
	return why_set(why, OTP_ERR_INVALID, 0,
		"it counts its codes (HOTP); only codes by the clock (TOTP) are taken over");
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum otp_err read_secret(const struct word *word, struct totp_secret *out, struct otp_why *why)
{
	if (word->len % 2 != 0 || word->len / 2 > TOTP_SECRET_MAX)
		return why_set(why, OTP_ERR_INVALID, 0, "it has no secret of at most 64 bytes in hex");
	for (size_t i = 0; i < word->len; i += 2) {
		int high = hex_value(word->text[i]), low = hex_value(word->text[i + 1]);
		if (high < 0 || low < 0)
			return why_set(why, OTP_ERR_INVALID, 0, "its secret is not in hex");
		out->bytes[i / 2] = (unsigned char)(high * 16 + low);
	}
	out->len = (unsigned)(word->len / 2);
	if (out->len < TOTP_SECRET_MIN)
		return why_set(why, OTP_ERR_INVALID, 0,
			"its secret is weak: it has %u bits, and 128 are the least", 8 * out->len);
	return OTP_OK;
}

/* "-": none. "+": whatever else is in the stack checks it. */
static enum otp_err read_pin(const struct word *word, struct takeover *out, struct otp_why *why)
{
	out->pin_is_elsewhere = word_is(word, "+");
	if (word_is(word, "-") || out->pin_is_elsewhere)
		return OTP_OK;
	return why_set(why, OTP_ERR_INVALID, 0,
		"it has a PIN, which would be lost: let pam_unix ask for a password first, and enrol the app "
		"anew");
}

static enum otp_err read_token(const struct word words[WORDS_N], unsigned words_n, struct oath_line *out)
{
	enum otp_err err;

	/* What is no users file at all must not be quoted as names. */
	if (words_n < 2 || !word_begins(&words[0], "HOTP"))
		return why_set(&out->why, OTP_ERR_INVALID, 0, "it is no token");
	if (words[1].len >= sizeof out->user)
		return why_set(&out->why, OTP_ERR_INVALID, 0, "it names no user");
	(void)snprintf(out->user, sizeof out->user, "%.*s", (int)words[1].len, words[1].text);
	if (words_n < WORDS_N)
		return why_set(&out->why, OTP_ERR_INVALID, 0, "it has no secret");
	err = read_type(&words[0], &out->token.form, &out->why);
	if (err == OTP_OK)
		err = read_pin(&words[2], &out->token, &out->why);
	if (err == OTP_OK)
		err = read_secret(&words[3], &out->token.secret, &out->why);
	return err;
}

bool oath_file_next(struct oath_reader *reader, struct oath_line *out)
{
	while (reader->at < reader->end) {
		const char *at = reader->at;
		const char *next = memchr(at, '\n', (size_t)(reader->end - at));
		const char *end = next != NULL ? next : reader->end;
		struct word words[WORDS_N];

		reader->at = next != NULL ? next + 1 : reader->end;
		reader->number++;
		unsigned words_n = split(at, end, words);
		if (words_n == 0 || words[0].text[0] == '#')
			continue;
		*out = (struct oath_line){.number = reader->number};
		out->err = read_token(words, words_n, out);
		if (out->err != OTP_OK)
			takeover_wipe(&out->token);
		return true;
	}
	return false;
}
