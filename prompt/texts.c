/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/texts.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum text {
	TEXT_NOTHING,
	TEXT_SENT,
	TEXT_SENT_AGAIN,
	TEXT_SENT_AFTER_EXPIRED,
	TEXT_SENT_AFTER_GONE,
	TEXT_SENT_TO_OTHER,
	TEXT_SENT_BY_OTHER,
	TEXT_SLOW,
	TEXT_SLOW_BY_OTHER,
	TEXT_WAITING,
	TEXT_NOT_SENT,
	TEXT_NOT_SENT_AGAIN,
	TEXT_WRONG,
	TEXT_LENGTH,
	TEXT_REF,
	TEXT_FOREIGN,
	TEXT_PASSWORD,
	TEXT_EXPIRED,
	TEXT_ENDED,
	TEXT_NO_SUCH_CONTACT,
	TEXT_NO_SUCH_CONTACT_NO_CODE,
	TEXT_TOO_SOON,
	TEXT_LIMIT,
	TEXT_LIMIT_NO_CODE,
	TEXT_SPENT,
	TEXT_LOCKED,
	TEXT_LOCKED_FOR_GOOD,
	TEXT_NO_CONTACT,
	TEXT_VERIFIED_AFTER_WRONG,
	TEXT_VERIFIED_AFTER_DAMAGE,
	TEXT_OUT_OF_ORDER,
	TEXTS_N,
};

#define VARIANTS 4

#define MINUTE_S INT64_C(60)
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)

/*
 * Everything that is ever said at a prompt. The first variant that fits 78 columns is taken: an address's
 * last label, the support line and a source differ in length. {help} is " Help: SUPPORT", or nothing where no
 * support is configured.
 */
static const char *const variants[TEXTS_N][VARIANTS] = {
	[TEXT_SENT] = {"{A-code} was {sent} to {to} (ref {ref}). Nothing? Press Enter.",
		"{A-code} was {sent} to {to} (ref {ref}). None? Press Enter.",
		"{A-code} was {sent} to {to} (ref {ref}). None? Enter."},
	[TEXT_SENT_AGAIN] = {"A new code was {sent} to {to} (ref {ref}). Nothing? Press Enter.",
		"A new code was {sent} to {to} (ref {ref}). None? Press Enter.",
		"A new code was {sent} to {to} (ref {ref}). None? Enter."},
	[TEXT_SENT_AFTER_EXPIRED] = {"The code expired. A new one was {sent} to {to} (ref {ref})."},
	[TEXT_SENT_AFTER_GONE] = {"That code is void by now. A new one was {sent} to {to} (ref {ref}).",
		"That code is void. A new one was {sent} to {to} (ref {ref})."},
	[TEXT_SENT_TO_OTHER] = {"The first address failed, so the code was {sent} to {to} (ref {ref}).",
		"That address failed; the code was {sent} to {to} (ref {ref}).",
		"The code was {sent} to {to} (ref {ref})."},
	[TEXT_SENT_BY_OTHER] = {"{Other} failed, so the code was {sent} to {to} (ref {ref})."},
	[TEXT_SLOW] = {"{Message} to {to} is slow (ref {ref}). Wait for the code, then type it here.",
		"{Message} to {to} is slow (ref {ref}). Wait for it, then type the code.",
		"{Message} to {to} is slow (ref {ref}). Wait, then type the code.",
		"{Message} to {to} is slow (ref {ref})."},
	[TEXT_SLOW_BY_OTHER] = {"{Other} failed; {message} to {to} is slow (ref {ref}). Wait for it.",
		"{Other} failed; {message} to {to} is slow (ref {ref})."},
	[TEXT_WAITING] = {"Use the code {sent} to {to} {ago} ago (ref {ref}). None? Press Enter.",
		"Use the code {sent} to {to} {ago} ago (ref {ref}). None? Enter.",
		"Use the code {sent} to {to} {ago} ago (ref {ref})."},
	[TEXT_NOT_SENT] = {"Your code could not be sent. Try later.{help}",
		"Your code could not be sent.{help}"},
	[TEXT_NOT_SENT_AGAIN] = {"No new code could be sent. {Earlier}."},
	[TEXT_WRONG] = {"Wrong code. Use the one in message {ref}. {tries} left."},
	[TEXT_LENGTH] = {"The code has {chars}; you typed {typed}. Not counted."},
	[TEXT_REF] = {"{ref} is the message's ref. Type the {chars}. Not counted."},
	[TEXT_FOREIGN] = {"The code is {chars} and nothing else: see message {ref}. Not counted."},
	[TEXT_PASSWORD] = {"That is your password. Type the {chars} in message {ref}. Not counted."},
	[TEXT_EXPIRED] = {"That code expired. Use the newest one in message {ref}. {tries} left."},
	[TEXT_ENDED] = {"The code expired."},
	[TEXT_NO_SUCH_CONTACT] = {"No code can be {sent} to you. {Earlier}."},
	[TEXT_NO_SUCH_CONTACT_NO_CODE] = {"No code can be {sent} to you. Press Enter for a new one."},
	[TEXT_TOO_SOON] = {"You can ask again in {wait}. {Earlier}."},
	[TEXT_LIMIT] = {"No more codes for {wait}. {Earlier}."},
	[TEXT_LIMIT_NO_CODE] = {"No more codes for {wait}. Log in again after that.{help}",
		"No more codes for {wait}.{help}"},
	[TEXT_SPENT] = {"Too many wrong codes. Log in again later for a new code."},
	[TEXT_LOCKED] = {"Locked after too many wrong codes. Try again in {wait}.{help}",
		"Locked: too many wrong codes. Again in {wait}.{help}", "Locked for {wait}.{help}"},
	[TEXT_LOCKED_FOR_GOOD] = {"Locked until an administrator unlocks you.{help}",
		"An administrator must unlock you.{help}", "Locked.{help}"},
	[TEXT_NO_CONTACT] = {"No address is registered for you.{help}", "You have no address.{help}"},
	[TEXT_VERIFIED_AFTER_WRONG] = {"{wrong} since your last login, latest from {source}.",
		"{wrong} since your last login."},
	[TEXT_VERIFIED_AFTER_DAMAGE] = {"{wrong} since your last login."},
	[TEXT_OUT_OF_ORDER] = {"Codes cannot be checked on this machine now. Try later.{help}",
		"Codes cannot be checked now.{help}"},
};

static void count_of(unsigned n, const char *one, const char *many, char *out, size_t size)
{
	(void)snprintf(out, size, "%u %s", n, n == 1 ? one : many);
}

void texts_span(int64_t seconds, char out[TEXTS_SPAN_SIZE])
{
	if (seconds < 1)
		seconds = 1;
	if (seconds < 2 * MINUTE_S)
		(void)snprintf(out, TEXTS_SPAN_SIZE, "%" PRId64 " s", seconds);
	else if (seconds <= 119 * MINUTE_S)
		(void)snprintf(out, TEXTS_SPAN_SIZE, "%" PRId64 " min", (seconds + MINUTE_S - 1) / MINUTE_S);
	else if (seconds <= 47 * HOUR_S)
		(void)snprintf(out, TEXTS_SPAN_SIZE, "%" PRId64 " h", (seconds + HOUR_S - 1) / HOUR_S);
	else
		(void)snprintf(out, TEXTS_SPAN_SIZE, "%" PRId64 " days", (seconds + DAY_S - 1) / DAY_S);
}

/* Rounded down: "5 min ago" of a code that works 5 min would read as if it had expired. */
static void write_ago(int64_t seconds, char out[TEXTS_SPAN_SIZE])
{
	texts_span(seconds < 2 * MINUTE_S ? seconds : seconds - seconds % MINUTE_S, out);
}

static void write_form(const struct code_form *form, bool counted, char *out, size_t size)
{
	const char *unit = form->alphabet == CODE_DIGITS ? "digit" : "letter";

	if (counted)
		(void)snprintf(out, size, "%u %ss", form->length, unit);
	else
		(void)snprintf(
			out, size, "%s %u-%s code", form->length == 8 ? "An" : "A", form->length, unit);
}

/* What stands for the placeholder called name. */
static void write_placeholder(const char *name, const struct otp_step *step, const struct texts_facts *facts,
	char *out, size_t size)
{
	bool email = step->channel == CHANNEL_EMAIL;

	out[0] = '\0';
	if (strcmp(name, "A-code") == 0 || strcmp(name, "chars") == 0)
		write_form(&facts->form, name[0] == 'c', out, size);
	else if (strcmp(name, "sent") == 0)
		(void)snprintf(out, size, "%s", email ? "emailed" : "texted");
	else if (strcmp(name, "Other") == 0)
		(void)snprintf(out, size, "%s", email ? "Texting" : "Email");
	else if (strcmp(name, "Message") == 0)
		(void)snprintf(out, size, "%s", email ? "Mail" : "The text");
	else if (strcmp(name, "message") == 0)
		(void)snprintf(out, size, "%s", email ? "mail" : "the text");
	else if (strcmp(name, "to") == 0)
		(void)snprintf(out, size, "%s", step->to);
	else if (strcmp(name, "Earlier") == 0)
		(void)snprintf(out, size,
			step->none_known_sent ? "The code (ref %s) works when it comes"
					      : "The code already sent (ref %s) still works",
			step->ref);
	else if (strcmp(name, "ref") == 0)
		(void)snprintf(out, size, "%s", step->ref);
	else if (strcmp(name, "ago") == 0)
		write_ago(facts->now - step->sent_at, out);
	else if (strcmp(name, "wait") == 0)
		texts_span(step->wait_s, out);
	else if (strcmp(name, "tries") == 0)
		count_of(step->tries_left, "try", "tries", out, size);
	else if (strcmp(name, "typed") == 0)
		(void)snprintf(out, size, "%u", step->typed_len);
	else if (strcmp(name, "wrong") == 0)
		count_of(step->wrong_since_success, "wrong code", "wrong codes", out, size);
	else if (strcmp(name, "source") == 0)
		(void)snprintf(out, size, "%s", step->wrong_latest_source);
	else if (strcmp(name, "help") == 0 && facts->support[0] != '\0')
		(void)snprintf(out, size, " Help: %s", facts->support);
}

/* Fills in one variant. False if it does not fit. */
static bool expand(const char *variant, const struct otp_step *step, const struct texts_facts *facts,
	char out[TEXTS_LINE_SIZE])
{
	size_t len = 0;

	while (*variant != '\0') {
		char piece[128] = {*variant};
		const char *end = *variant == '{' ? strchr(variant, '}') : NULL;
		if (end != NULL) {
			char name[16];
			(void)snprintf(name, sizeof name, "%.*s", (int)(end - variant - 1), variant + 1);
			write_placeholder(name, step, facts, piece, sizeof piece);
			variant = end;
		}
		variant++;
		size_t piece_len = strlen(piece);
		if (len + piece_len >= TEXTS_LINE_SIZE)
			return false;
		memcpy(out + len, piece, piece_len + 1);
		len += piece_len;
	}
	out[len] = '\0';
	return true;
}

static void write_text(enum text text, const struct otp_step *step, const struct texts_facts *facts,
	char out[TEXTS_LINE_SIZE])
{
	struct texts_facts without_help = *facts;

	out[0] = '\0';
	for (unsigned i = 0; i < VARIANTS && variants[text][i] != NULL; i++)
		if (expand(variants[text][i], step, facts, out))
			return;
	/* Nothing fits with this support line: what happened matters more than whom to ask. */
	without_help.support = "";
	if (variants[text][0] != NULL && !expand(variants[text][0], step, &without_help, out))
		out[0] = '\0';
}

static enum text choose_sent(const struct otp_step *step, enum texts_context context)
{
	if (step->delivery == RECORD_SLOW)
		return context == TEXTS_OTHER_CHANNEL ? TEXT_SLOW_BY_OTHER : TEXT_SLOW;
	if (context == TEXTS_OTHER_CHANNEL)
		return TEXT_SENT_BY_OTHER;
	if (context == TEXTS_AGAIN)
		return TEXT_SENT_AGAIN;
	if (context == TEXTS_EXPIRED)
		return TEXT_SENT_AFTER_EXPIRED;
	if (context == TEXTS_GONE)
		return TEXT_SENT_AFTER_GONE;
	return context == TEXTS_OTHER_CONTACT ? TEXT_SENT_TO_OTHER : TEXT_SENT;
}

static enum text choose_shape(enum code_shape shape)
{
	switch (shape) {
	case CODE_SHAPE_CODE:
		return TEXT_NOTHING;
	case CODE_SHAPE_LENGTH:
		return TEXT_LENGTH;
	case CODE_SHAPE_REF:
		return TEXT_REF;
	case CODE_SHAPE_FOREIGN:
		return TEXT_FOREIGN;
	}
	return TEXT_NOTHING;
}

static enum text choose(const struct otp_step *step, enum texts_context context)
{
	bool live = step->has_live_code;

	switch (step->situation) {
	case OTP_SEND:
		return choose_sent(step, context);
	case OTP_WAITING:
		return step->delivery == RECORD_SLOW ? TEXT_SLOW : TEXT_WAITING;
	case OTP_SEND_FAILED:
		return live ? TEXT_NOT_SENT_AGAIN : TEXT_NOT_SENT;
	case OTP_NO_SUCH_CONTACT:
		return live ? TEXT_NO_SUCH_CONTACT : TEXT_NO_SUCH_CONTACT_NO_CODE;
	case OTP_TOO_SOON:
		return TEXT_TOO_SOON;
	case OTP_SEND_LIMIT:
		return live ? TEXT_LIMIT : TEXT_LIMIT_NO_CODE;
	case OTP_SPENT:
		return TEXT_SPENT;
	case OTP_LOCKED:
		return step->wait_s == RECORD_LOCK_FOREVER ? TEXT_LOCKED_FOR_GOOD : TEXT_LOCKED;
	case OTP_NOT_ENROLLED:
	case OTP_NO_CONTACT:
		return TEXT_NO_CONTACT;
	case OTP_VERIFIED:
		if (step->wrong_since_success == 0)
			return TEXT_NOTHING;
		/* The failure that is counted for a damaged slot came from nowhere. */
		return step->wrong_latest_source[0] != '\0' ? TEXT_VERIFIED_AFTER_WRONG
							    : TEXT_VERIFIED_AFTER_DAMAGE;
	case OTP_WRONG:
		return TEXT_WRONG;
	case OTP_EXPIRED:
		return live ? TEXT_EXPIRED : TEXT_ENDED;
	case OTP_NOT_A_CODE:
		return choose_shape(step->shape);
	}
	return TEXT_NOTHING;
}

void texts_line(const struct otp_step *step, enum texts_context context, const struct texts_facts *facts,
	char out[TEXTS_LINE_SIZE])
{
	enum text text = TEXT_NOTHING;

	if (context == TEXTS_PASSWORD)
		text = TEXT_PASSWORD;
	else if (context != TEXTS_SILENT)
		text = choose(step, context);
	write_text(text, step, facts, out);
}

void texts_out_of_order(const char *support, char out[TEXTS_LINE_SIZE])
{
	struct otp_step nothing = {0};
	struct texts_facts facts = {.support = support};

	write_text(TEXT_OUT_OF_ORDER, &nothing, &facts, out);
}
