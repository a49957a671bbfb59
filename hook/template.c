/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/template.h"

#include "hook/gsm7.h"
#include "hook/text.h"
#include "trust/trust.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#define ALL "{code} {ref} {user} {account} {host} {service} {source} {time} {until} {support}"

static void put_code(struct text *out, const struct request *request)
{
	text_add(out, request->code.text);
}

static void put_ref(struct text *out, const struct request *request)
{
	text_add(out, request->ref);
}

static void put_user(struct text *out, const struct request *request)
{
	text_add(out, request->user);
}

static void put_account(struct text *out, const struct request *request)
{
	text_add(out, request->account[0] != '\0' ? request->account : request->user);
}

static void put_host(struct text *out, const struct request *request)
{
	text_add(out, request->host);
}

static void put_service(struct text *out, const struct request *request)
{
	text_add(out, request->service);
}

static void put_source(struct text *out, const struct request *request)
{
	text_add(out, request->source);
}

static void put_time(struct text *out, const struct request *request)
{
	text_add_time(out, request->time, TEXT_TIME_MINUTE);
}

static void put_until(struct text *out, const struct request *request)
{
	text_add_time(out, request->works_until, TEXT_TIME_SHORT);
}

static void put_support(struct text *out, const struct request *request)
{
	text_add(out, request->support);
}

static const struct placeholder {
	const char *name;
	void (*put)(struct text *out, const struct request *request);
} placeholders[] = {
	{"code", put_code},
	{"ref", put_ref},
	{"user", put_user},
	{"account", put_account},
	{"host", put_host},
	{"service", put_service},
	{"source", put_source},
	{"time", put_time},
	{"until", put_until},
	{"support", put_support},
};

#define PLACEHOLDERS_N (sizeof placeholders / sizeof *placeholders)

const char *template_placeholder_at(size_t index)
{
	return index < PLACEHOLDERS_N ? placeholders[index].name : NULL;
}

/* Where a reading stands. */
struct reading {
	const char *name;
	unsigned line;
	const struct request *request;
	bool has_code; /* in the body */
	bool is_sms;
	struct otp_why *why;
};

static enum otp_err fault(const struct reading *reading, const char *words)
{
	return why_set(reading->why, OTP_ERR_CONFIG, 0, "%s:%u: %s", reading->name, reading->line, words);
}

/* Of no line. */
static enum otp_err empty(const struct reading *reading)
{
	return why_set(reading->why, OTP_ERR_CONFIG, 0, "%s: the file is empty: it must hold %s",
		reading->name,
		reading->is_sms ? "the text with {code}"
				: "Subject: and the subject, an empty line, and the text with {code}");
}

/* at stands on a brace; *len is the length of the placeholder with its braces. */
static enum otp_err put_placeholder(
	struct reading *reading, const char *at, size_t left, struct text *out, size_t *len)
{
	const char *end = memchr(at, '}', left);
	if (end == NULL)
		return fault(reading, "a { without its }; a placeholder is one of " ALL);
	*len = (size_t)(end - at) + 1;
	for (size_t i = 0; i < PLACEHOLDERS_N; i++) {
		const char *name = placeholders[i].name;
		if (strlen(name) != *len - 2 || memcmp(name, at + 1, *len - 2) != 0)
			continue;
		placeholders[i].put(out, reading->request);
		reading->has_code = reading->has_code || placeholders[i].put == put_code;
		return OTP_OK;
	}
	return why_set(reading->why, OTP_ERR_CONFIG, 0, "%s:%u: unknown placeholder %.*s; there are " ALL,
		reading->name, reading->line, (int)(*len < 40 ? *len : 40), at);
}

static enum otp_err put_line(struct reading *reading, const char *line, size_t len, struct text *out)
{
	enum otp_err err = OTP_OK;

	for (size_t i = 0, step; i < len && err == OTP_OK; i += step) {
		step = line[i] == '\t' ? 1 : text_utf8_len(line + i, len - i);
		if (step == 0)
			err = fault(reading, "not UTF-8 text, or a control character");
		else if (line[i] == '{')
			err = put_placeholder(reading, line + i, len - i, out, &step);
		else
			text_add_bytes(out, line + i, step);
		if (err != OTP_OK)
			break;
	}
	if (err == OTP_OK && out->full)
		err = fault(reading, "the text is too long");
	return err;
}

/* The first line, less its name. */
static enum otp_err put_subject(struct reading *reading, const char *line, size_t len, struct text *subject)
{
	static const char name[] = "Subject: ";

	if (len < sizeof name || memcmp(line, name, sizeof name - 1) != 0 || memchr(line, '\t', len) != NULL)
		return fault(reading, "the first line must be Subject: and the subject");
	return put_line(reading, line + sizeof name - 1, len - (sizeof name - 1), subject);
}

static enum otp_err put_sms_line(struct reading *reading, const char *line, size_t len, struct text *body)
{
	static const char name[] = "Subject:";
	size_t before = body->len;

	if (reading->line == 1 && len >= sizeof name - 1 && strncasecmp(line, name, sizeof name - 1) == 0)
		return fault(reading, "a text message has no subject: leave out the line Subject:");
	enum otp_err err = put_line(reading, line, len, body);
	if (err != OTP_OK)
		return err;
	if (!gsm7_fold(body->out + before))
		return fault(reading, "a character that an SMS does not have (GSM 7-bit alphabet)");
	body->len = before + strlen(body->out + before);
	text_add(body, "\n");
	return OTP_OK;
}

static enum otp_err end_sms(struct reading *reading, struct text *body)
{
	while (body->len > 0 && body->out[body->len - 1] == '\n')
		body->out[--body->len] = '\0';
	if (!reading->has_code)
		return fault(reading, "the text must hold {code}");
	size_t septets = gsm7_septets(body->out);
	if (septets > GSM7_PART && septets > TEMPLATE_SMS_PARTS * (size_t)GSM7_PART_OF_MANY)
		return fault(reading, "the text is too long for an SMS of 3 parts, 459 characters");
	return OTP_OK;
}

static enum otp_err end_email(struct reading *reading)
{
	return reading->line < 3 || !reading->has_code
		       ? fault(reading, "the text below the subject must hold {code}")
		       : OTP_OK;
}

static enum otp_err take_line(
	struct reading *reading, const char *line, size_t len, struct text *subject, struct text *body)
{
	reading->line++;
	if (reading->is_sms)
		return put_sms_line(reading, line, len, body);
	if (reading->line == 1)
		return put_subject(reading, line, len, subject);
	if (reading->line == 2) {
		reading->has_code = false; /* the subject's does not count */
		return len == 0 ? OTP_OK : fault(reading, "there must be an empty line after the subject");
	}
	enum otp_err err = put_line(reading, line, len, body);
	text_add(body, "\n");
	return err;
}

enum otp_err template_fill(const char *text, size_t len, const char *name, const struct request *request,
	struct words *out, struct otp_why *why)
{
	struct reading reading = {.name = name,
		.request = request,
		.why = why,
		.is_sms = request->contact.channel == CHANNEL_SMS};
	struct text subject = text_begin(out->subject, sizeof out->subject);
	struct text body = text_begin(out->body, sizeof out->body);
	enum otp_err err = OTP_OK;

	if (len == 0)
		err = empty(&reading);
	for (size_t i = 0; i < len && err == OTP_OK;) {
		const char *end = memchr(text + i, '\n', len - i);
		size_t line_len = end != NULL ? (size_t)(end - text) - i : len - i;
		size_t next = i + line_len + 1;
		if (line_len > 0 && text[i + line_len - 1] == '\r')
			line_len--;
		err = take_line(&reading, text + i, line_len, &subject, &body);
		i = next;
	}
	if (err == OTP_OK)
		err = reading.is_sms ? end_sms(&reading, &body) : end_email(&reading);
	if (err == OTP_OK && body.full)
		err = fault(&reading, "the text is too long");
	if (err != OTP_OK)
		words_wipe(out);
	return err;
}

enum otp_err template_fill_file(
	const char *path, uid_t owner, const struct request *request, struct words *out, struct otp_why *why)
{
	char text[TEMPLATE_MAX];
	size_t len = 0;
	int fd = -1;
	enum otp_err err = trust_open_file(
		path, O_RDONLY, (struct trust_rule){.mode = TRUST_READABLE, .owner = owner}, &fd, why);

	if (err != OTP_OK)
		return err;
	err = trust_read(fd, path, text, sizeof text, &len, why);
	(void)close(fd);
	if (err == OTP_OK)
		err = template_fill(text, len, path, request, out, why);
	return err;
}
