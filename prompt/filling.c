/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/filling.h"

#include "core/backup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_S INT64_C(60)
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)

#define PIECE_SIZE 128

/* What a placeholder is made of, and where it goes. */
struct piece {
	const struct otp_step *step;
	const struct texts_facts *facts;
	char *out; /* PIECE_SIZE, empty */
};

__attribute__((format(printf, 2, 3))) static void put(struct piece *piece, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(piece->out, PIECE_SIZE, format, args);
	va_end(args);
}

static void put_count(struct piece *piece, unsigned n, const char *one, const char *many)
{
	put(piece, "%u %s", n, n == 1 ? one : many);
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

static void put_earlier(struct piece *piece)
{
	put(piece,
		piece->step->none_known_sent ? "The code (ref %s) works when it comes"
					     : "The code already sent (ref %s) still works",
		piece->step->ref);
}

static bool is_email(const struct piece *piece)
{
	return piece->step->channel == CHANNEL_EMAIL;
}

static const char *unit_of(const struct code_form *form)
{
	return form->alphabet == CODE_DIGITS ? "digit" : "letter";
}

static void put_a_code(struct piece *piece)
{
	const struct code_form *form = &piece->facts->form;

	put(piece, "%s %u-%s code", form->length == 8 ? "An" : "A", form->length, unit_of(form));
}

/* Of what the codes consist that this user has: "6 digits", "6 letters or 8 digits". */
static void put_chars(struct piece *piece)
{
	const struct otp_step *step = piece->step;
	const struct code_form *form = &piece->facts->form;
	bool digits = form->alphabet == CODE_DIGITS;

	if (!step->has_live_code && step->has_totp)
		put(piece, "%u digits", step->totp_digits);
	else if (!step->has_live_code && step->backups_left > 0)
		put(piece, "%d characters", BACKUP_LEN);
	else if (!step->has_totp || (digits && form->length == step->totp_digits))
		put(piece, "%u %ss", form->length, unit_of(form));
	else
		put(piece, "%u%s or %u digits", form->length, digits ? "" : " letters", step->totp_digits);
}

/* Where the codes are to be read. */
static void put_where(struct piece *piece)
{
	const struct otp_step *step = piece->step;

	if (!step->has_live_code && step->has_totp)
		put(piece, "your app");
	else if (!step->has_live_code && step->backups_left > 0)
		put(piece, "your list of backup codes");
	else
		put(piece, "message %s%s", step->ref, step->has_totp ? " or your app" : "");
}

/* What is to be typed in place of what was wrong. An app's code works once: who typed it right before waits
 * for the next. */
static void put_use(struct piece *piece)
{
	const struct otp_step *step = piece->step;

	if (!step->has_live_code && step->has_totp)
		put(piece, "your app's next one%s", step->backups_left > 0 ? " or a backup code" : "");
	else if (!step->has_live_code && step->backups_left > 0)
		put(piece, "a backup code");
	else
		put(piece, "the one in message %s%s", step->ref, step->has_totp ? " or your app's" : "");
}

/* What needs no message. */
static void put_kept(struct piece *piece)
{
	const struct otp_step *step = piece->step;

	put(piece, "%s",
		!step->has_totp           ? "a backup code"
		: step->backups_left == 0 ? "your authenticator app's code"
					  : "your app's code or a backup code");
}

static void put_sent(struct piece *piece)
{
	put(piece, "%s", is_email(piece) ? "emailed" : "texted");
}

static void put_other(struct piece *piece)
{
	put(piece, "%s", is_email(piece) ? "Texting" : "Email");
}

static void put_message(struct piece *piece)
{
	put(piece, "%s", is_email(piece) ? "mail" : "the text");
}

static void put_message_first(struct piece *piece)
{
	put(piece, "%s", is_email(piece) ? "Mail" : "The text");
}

static void put_to(struct piece *piece)
{
	put(piece, "%s", piece->step->to);
}

static void put_ref(struct piece *piece)
{
	put(piece, "%s", piece->step->ref);
}

/* Rounded down: "5 min ago" of a code that works 5 min would read as if it had expired. */
static void put_ago(struct piece *piece)
{
	int64_t seconds = piece->facts->now - piece->step->sent_at;

	texts_span(seconds < 2 * MINUTE_S ? seconds : seconds - seconds % MINUTE_S, piece->out);
}

static void put_wait(struct piece *piece)
{
	texts_span(piece->step->wait_s, piece->out);
}

static void put_tries(struct piece *piece)
{
	put_count(piece, piece->step->tries_left, "try", "tries");
}

static void put_typed(struct piece *piece)
{
	put(piece, "%u", piece->step->typed_len);
}

static void put_wrong(struct piece *piece)
{
	put_count(piece, piece->step->wrong_since_success, "wrong code", "wrong codes");
}

/* The failure that is counted for a damaged slot came from nowhere. */
static void put_latest(struct piece *piece)
{
	if (piece->step->wrong_latest_source[0] != '\0')
		put(piece, ", latest from %s", piece->step->wrong_latest_source);
}

static void put_left(struct piece *piece)
{
	const struct otp_step *step = piece->step;

	if (step->means == OTP_MEANS_BACKUP && step->backups_left == 0)
		put(piece, " No backup codes left.");
	else if (step->means == OTP_MEANS_BACKUP)
		put(piece, " %u backup code%s left.", step->backups_left, step->backups_left == 1 ? "" : "s");
}

static void put_help(struct piece *piece)
{
	if (piece->facts->support[0] != '\0')
		put(piece, " Help: %s", piece->facts->support);
}

static const struct placeholder {
	const char *name;
	void (*write)(struct piece *piece);
} placeholders[] = {
	{"A-code", put_a_code}, {"chars", put_chars}, {"where", put_where}, {"use", put_use},
	{"kept", put_kept}, {"sent", put_sent}, {"Other", put_other}, {"message", put_message},
	{"Message", put_message_first}, {"to", put_to}, {"ref", put_ref}, {"Earlier", put_earlier},
	{"ago", put_ago}, {"wait", put_wait}, {"tries", put_tries}, {"typed", put_typed},
	{"wrong", put_wrong}, {"latest", put_latest}, /* or nothing */
	{"left", put_left},                           /* or nothing */
	{"help", put_help},                           /* or nothing */
};

static void write_placeholder(struct piece *piece, const char *name, size_t name_len)
{
	for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
		if (strlen(placeholders[i].name) == name_len &&
			memcmp(placeholders[i].name, name, name_len) == 0)
			placeholders[i].write(piece);
}

bool filling_expand(const char *variant, const struct otp_step *step, const struct texts_facts *facts,
	char out[TEXTS_LINE_SIZE])
{
	size_t len = 0;

	for (; *variant != '\0'; variant++) {
		char text[PIECE_SIZE] = {*variant};
		const char *end = *variant == '{' ? strchr(variant, '}') : NULL;
		if (end != NULL) {
			struct piece piece = {.step = step, .facts = facts, .out = text};
			text[0] = '\0';
			write_placeholder(&piece, variant + 1, (size_t)(end - variant - 1));
			variant = end;
		}
		size_t text_len = strlen(text);
		if (len + text_len >= TEXTS_LINE_SIZE)
			return false;
		memcpy(out + len, text, text_len + 1);
		len += text_len;
	}
	out[len] = '\0';
	return true;
}
