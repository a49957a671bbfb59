/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/request.h"
#include "deliver/wording.h"

#include <stdio.h>
#include <string.h>

#define MS_MAX 999999999
#define NO_REASON "no reason given"

/* What follows the word of an outcome. */
struct form {
	const char *word;
	enum request_outcome outcome;
	bool has_provider;
	bool has_reason; /* else the milliseconds */
};

static const struct form forms[] = {
	{"sent", VERDICT_SENT, true, false},
	{"refused", VERDICT_REFUSED, true, true},
	{"later", VERDICT_LATER, true, true},
	{"unknown", VERDICT_UNKNOWN, true, true},
	{"config", VERDICT_CONFIG, false, true},
	{"ready", VERDICT_READY, true, false},
};

#define FORMS_N (sizeof forms / sizeof *forms)

static const struct form *form_of(enum request_outcome outcome)
{
	for (size_t i = 0; i < FORMS_N; i++)
		if (forms[i].outcome == outcome)
			return &forms[i];
	return NULL;
}

/* A server's words in a form that is safe for one line of a log. */
static void put_reason(const char *reason, char out[REQUEST_REASON_SIZE])
{
	(void)snprintf(out, REQUEST_REASON_SIZE, "%s", reason[0] != '\0' ? reason : NO_REASON);
	for (char *p = out; *p != '\0'; p++)
		if (!wording_is_printable(p, 1))
			*p = '?';
}

size_t request_verdict_encode(const struct request_verdict *verdict, char out[REQUEST_VERDICT_MAX])
{
	const struct form *form = form_of(verdict->outcome);
	const char *provider = verdict->provider;
	char provider_part[REQUEST_PROVIDER_SIZE + 1] = "";
	char rest[REQUEST_REASON_SIZE];

	if (form == NULL)
		return 0;
	if (!wording_is_provider(provider, strlen(provider)))
		provider = "-";
	if (form->has_provider)
		(void)snprintf(provider_part, sizeof provider_part, "%s ", provider);
	if (form->has_reason)
		put_reason(verdict->reason, rest);
	else
		(void)snprintf(rest, sizeof rest, "%ld",
			verdict->ms < 0        ? 0
			: verdict->ms > MS_MAX ? MS_MAX
					       : verdict->ms);
	return (size_t)snprintf(out, REQUEST_VERDICT_MAX, "%s %s%s\n", form->word, provider_part, rest);
}

/* Takes the word up to the next space off the front. */
static bool take_word(const char **text, size_t *len, const char **word, size_t *word_len)
{
	const char *space = memchr(*text, ' ', *len);

	if (space == NULL)
		return false;
	*word = *text;
	*word_len = (size_t)(space - *text);
	*text = space + 1;
	*len -= *word_len + 1;
	return true;
}

static const struct form *take_form(const char **text, size_t *len)
{
	const char *word;
	size_t word_len;

	if (!take_word(text, len, &word, &word_len))
		return NULL;
	for (size_t i = 0; i < FORMS_N; i++)
		if (strlen(forms[i].word) == word_len && memcmp(forms[i].word, word, word_len) == 0)
			return &forms[i];
	return NULL;
}

static bool take_provider(const char **text, size_t *len, char out[REQUEST_PROVIDER_SIZE])
{
	const char *word;
	size_t word_len;

	if (!take_word(text, len, &word, &word_len) || !wording_is_provider(word, word_len))
		return false;
	memcpy(out, word, word_len);
	out[word_len] = '\0';
	return true;
}

static bool take_reason(const char *text, size_t len, char out[REQUEST_REASON_SIZE])
{
	if (len == 0 || len >= REQUEST_REASON_SIZE || !wording_is_printable(text, len))
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

static const char *decode(const char *text, size_t len, struct request_verdict *out)
{
	const struct form *form = take_form(&text, &len);
	int64_t ms = 0;

	if (form == NULL)
		return "its first word is none of sent, refused, later, unknown, config, ready, or nothing "
		       "follows "
		       "it";
	out->outcome = form->outcome;
	memcpy(out->provider, "-", sizeof "-");
	if (form->has_provider && !take_provider(&text, &len, out->provider))
		return "its second word is no provider's name, or nothing follows it";
	if (form->has_reason)
		return take_reason(text, len, out->reason) ? NULL
							   : "its reason is empty, too long or not printable";
	if (!wording_take_number(text, len, MS_MAX, &ms))
		return "its third word is no number of milliseconds";
	out->ms = (long)ms;
	return NULL;
}

enum otp_err request_verdict_decode(
	const char *line, size_t len, struct request_verdict *out, struct otp_why *why)
{
	memset(out, 0, sizeof *out);
	const char *fault = decode(line, len, out);
	if (fault == NULL)
		return OTP_OK;
	memset(out, 0, sizeof *out);
	out->outcome = VERDICT_CONFIG; /* whoever forgets to look at the error has no "sent" in hand */
	return why_set(why, OTP_ERR_INVALID, 0, "not a verdict: %s", fault);
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/*
 * How far secret reaches at the start of text: 0 if it does not stand there. A code may have been spaced out
 * for reading, and of what was cut the end may be missing.
 */
static size_t match(const char *text, bool cut, const char *secret)
{
	size_t at = 0;

	for (const char *want = secret; *want != '\0'; want++) {
		while (want != secret && (text[at] == ' ' || text[at] == '-') && text[at] != *want)
			at++;
		if (cut && want != secret && text[at] == '\0')
			return at;
		if (lower(text[at]) != lower(*want))
			return 0;
		at++;
	}
	return at;
}

/*
 * Occurrences may overlap ("1111111" holds 111111 twice): a byte is overwritten only once no match can begin
 * before it.
 */
static void blank(char *text, bool cut, const char *secret)
{
	size_t until = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		size_t len = match(text + i, cut, secret);
		if (i + len > until)
			until = i + len;
		if (i < until)
			text[i] = '*';
	}
}

void request_blank_word(char *text, const char *secret)
{
	blank(text, false, secret);
}

void request_blank(const struct request *request, char *text)
{
	/* As long as a reason may be, less a blank between two lines that were joined. */
	bool cut = strlen(text) >= REQUEST_REASON_SIZE - 2;

	for (char *p = text; *p != '\0'; p++)
		if ((*p > 0 && *p < 0x20) || *p == 0x7f)
			*p = ' ';
	blank(text, cut, request->contact.address);
	if (request->contact.address[0] == '+')
		blank(text, cut, request->contact.address + 1);
	blank(text, cut, request->code.text);
}
