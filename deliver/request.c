/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/request.h"

#include "deliver/field.h"
#include "deliver/wording.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define FIRST_LINE "otpcode-request 1"

static enum otp_err encode_field(const struct field *field, const struct request *request,
	struct request *scratch, char *out, size_t *len, struct otp_why *why)
{
	char value[FIELD_VALUE_SIZE];
	enum otp_err err = OTP_OK;

	field_put(field, request, value);
	size_t value_len = strlen(value);
	const char *fault = NULL;
	if (value_len > 0 || field_is_required(field, scratch->kind))
		fault = field_take(field, scratch, value, value_len);
	if (fault != NULL) {
		err = why_set(why, OTP_ERR_INVALID, 0, "request: %s must be %s", field->key, fault);
	} else if (value_len > 0) {
		int put = snprintf(out + *len, REQUEST_MAX - *len, "%s %s\n", field->key, value);
		if (put < 0 || (size_t)put >= REQUEST_MAX - *len)
			err = why_set(why, OTP_ERR_TOO_LARGE, 0, "request: over %d bytes", REQUEST_MAX);
		else
			*len += (size_t)put;
	}
	OPENSSL_cleanse(value, sizeof value);
	return err;
}

enum otp_err request_encode(
	const struct request *request, char out[REQUEST_MAX], size_t *len, struct otp_why *why)
{
	struct request scratch = {0};
	enum otp_err err = OTP_OK;

	*len = (size_t)snprintf(out, REQUEST_MAX, "%s\n", FIRST_LINE);
	for (size_t i = 0; field_at(i) != NULL && err == OTP_OK; i++)
		err = encode_field(field_at(i), request, &scratch, out, len, why);
	if (err == OTP_OK) {
		out[(*len)++] = '\n'; /* in the place of the NUL that snprintf had to fit in */
	} else {
		OPENSSL_cleanse(out, REQUEST_MAX);
		*len = 0;
	}
	request_wipe(&scratch);
	return err;
}

/* Where a reading stands. */
struct reading {
	const char *text;
	size_t len, at;
	unsigned line;
	size_t next; /* index of the first field that may still come */
	struct otp_why *why;
};

static enum otp_err wrong(const struct reading *reading, const char *what, const char *key)
{
	return why_set(reading->why, OTP_ERR_INVALID, 0, "request line %u: %s%s", reading->line, what, key);
}

/* The next line without its newline; false where the text ends before one. */
static bool next_line(struct reading *reading, const char **line, size_t *len)
{
	reading->line++;
	if (reading->at == reading->len)
		return false;
	const char *start = reading->text + reading->at;
	const char *end = memchr(start, '\n', reading->len - reading->at);
	if (end == NULL)
		return false;
	*line = start;
	*len = (size_t)(end - start);
	reading->at += *len + 1;
	return true;
}

/* Of the fields between the last one and this one, or the end (NULL), none may be missing. */
static enum otp_err skip_to(struct reading *reading, const struct field *field, enum request_kind kind)
{
	for (; field_at(reading->next) != field; reading->next++)
		if (field_is_required(field_at(reading->next), kind))
			return wrong(reading, "missing before it: ", field_at(reading->next)->key);
	return OTP_OK;
}

static const struct field *find_field(const char *key, size_t key_len, size_t *index)
{
	const struct field *field = NULL;

	for (*index = 0; (field = field_at(*index)) != NULL; (*index)++)
		if (strlen(field->key) == key_len && memcmp(field->key, key, key_len) == 0)
			break;
	return field;
}

static enum otp_err decode_value(const struct reading *reading, const struct field *field, const char *text,
	size_t len, struct request *out)
{
	char value[FIELD_VALUE_SIZE];
	const char *fault = field->rule;

	if (len < sizeof value) {
		memcpy(value, text, len);
		value[len] = '\0';
		fault = field_take(field, out, value, len);
		OPENSSL_cleanse(value, sizeof value);
	}
	if (fault == NULL)
		return OTP_OK;
	return why_set(reading->why, OTP_ERR_INVALID, 0, "request line %u: %s must be %s", reading->line,
		field->key, fault);
}

static enum otp_err decode_line(struct reading *reading, const char *line, size_t len, struct request *out)
{
	const char *space = memchr(line, ' ', len);
	size_t index;

	if (space == NULL)
		return wrong(reading, "not a key, a space and a value", "");
	const struct field *field = find_field(line, (size_t)(space - line), &index);
	if (field == NULL)
		return wrong(reading, "unknown key", "");
	if (index < reading->next)
		return wrong(reading, "repeated, or out of its place: ", field->key);
	enum otp_err err = skip_to(reading, field, out->kind);
	if (err != OTP_OK)
		return err;
	reading->next = index + 1;
	return decode_value(reading, field, space + 1, len - (size_t)(space + 1 - line), out);
}

static enum otp_err decode_all(struct reading *reading, struct request *out)
{
	const char *line;
	size_t len;
	enum otp_err err = OTP_OK;

	if (!next_line(reading, &line, &len) || len != strlen(FIRST_LINE) ||
		memcmp(line, FIRST_LINE, len) != 0)
		return wrong(reading, "must be " FIRST_LINE, "");
	while (err == OTP_OK) {
		if (!next_line(reading, &line, &len))
			return wrong(reading, "ends without an empty line", "");
		if (len == 0)
			break;
		err = decode_line(reading, line, len, out);
	}
	if (err == OTP_OK)
		err = skip_to(reading, NULL, out->kind);
	if (err == OTP_OK && reading->at != reading->len)
		err = wrong(reading, "something follows the empty line", "");
	return err;
}

enum otp_err request_decode(const char *text, size_t len, struct request *out, struct otp_why *why)
{
	struct reading reading = {.text = text, .len = len, .why = why};

	memset(out, 0, sizeof *out);
	if (len > REQUEST_MAX)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "request: over %d bytes", REQUEST_MAX);
	enum otp_err err = decode_all(&reading, out);
	if (err != OTP_OK)
		request_wipe(out);
	return err;
}

void request_set_user(struct request *request, const char *name)
{
	(void)snprintf(request->user, sizeof request->user, "%s", name);
	for (char *p = request->user; *p != '\0'; p++)
		if (!wording_is_printable(p, 1))
			*p = '?';
}

void request_wipe(struct request *request)
{
	OPENSSL_cleanse(request, sizeof *request);
}
