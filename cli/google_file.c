/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/base32.h"
#include "cli/takeover.h"

#include <openssl/crypto.h>
#include <string.h>

#define WINDOW_MAX 100
#define NUMBER_MAX INT32_MAX

/* A line of the file, and where the words of an option that were not read yet begin. */
struct line {
	const char *at, *end;
	unsigned number;
	struct otp_why *why;
};

static enum otp_err refuse_line(const struct line *line, const char *what)
{
	return why_set(line->why, OTP_ERR_INVALID, 0, "line %u: %s", line->number, what);
}

static bool next_word(struct line *line, const char **word, size_t *len)
{
	while (line->at < line->end && *line->at == ' ')
		line->at++;
	*word = line->at;
	while (line->at < line->end && *line->at != ' ')
		line->at++;
	*len = (size_t)(line->at - *word);
	return *len > 0;
}

/* A whole number; false where there is none, or one too large. */
static bool next_number(struct line *line, int64_t *out)
{
	const char *word;
	size_t len;

	*out = 0;
	if (!next_word(line, &word, &len))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9')
			return false;
		*out = *out * 10 + (word[i] - '0');
		if (*out > NUMBER_MAX)
			return false;
	}
	return true;
}

static enum otp_err read_counter(struct line *line, struct takeover *out)
{
	(void)out;
	return refuse_line(line, "it counts its codes (HOTP); only codes by the clock (TOTP) are taken over");
}

static enum otp_err read_step(struct line *line, struct takeover *out)
{
	int64_t step;

	if (!next_number(line, &step) || (step != 30 && step != 60))
		return refuse_line(line, "its time step is neither 30 nor 60 seconds");
	out->form.period_s = (int)step;
	return OTP_OK;
}

static enum otp_err read_window(struct line *line, struct takeover *out)
{
	int64_t window;

	if (!next_number(line, &window) || window < 1 || window > WINDOW_MAX)
		return refuse_line(line, "its window is no number from 1 to 100");
	out->window = (unsigned)window;
	return OTP_OK;
}

static enum otp_err read_used(struct line *line, struct takeover *out)
{
	int64_t step;

	out->knows_used = true;
	while (next_number(line, &step))
		if (step > out->last_step)
			out->last_step = step;
	return line->at == line->end ? OTP_OK : refuse_line(line, "what was used is no list of numbers");
}

static enum otp_err read_rate_limit(struct line *line, struct takeover *out)
{
	(void)line;
	out->has_rate_limit = true;
	return OTP_OK;
}

static enum otp_err read_skew(struct line *line, struct takeover *out)
{
	const char *word;
	size_t len;

	if (next_word(line, &word, &len) && !(len == 1 && *word == '0'))
		out->has_skew = true;
	return OTP_OK;
}

static enum otp_err pass_over(struct line *line, struct takeover *out)
{
	(void)line;
	(void)out;
	return OTP_OK;
}

struct option {
	const char *name;
	enum otp_err (*read)(struct line *line, struct takeover *out);
};

/* LAST0 to LAST9 hold who logged in when; RESETTING_TIME_SKEW what a skew was being computed from. */
static const struct option options[] = {{"TOTP_AUTH", pass_over}, {"HOTP_COUNTER", read_counter},
	{"STEP_SIZE", read_step}, {"WINDOW_SIZE", read_window}, {"DISALLOW_REUSE", read_used},
	{"RATE_LIMIT", read_rate_limit}, {"TIME_SKEW", read_skew}, {"RESETTING_TIME_SKEW", pass_over},
	{"LAST", pass_over}};

static enum otp_err read_option(struct line *line, bool *is_totp, struct takeover *out)
{
	const char *word;
	size_t len;

	line->at++; /* the quotation mark */
	(void)next_word(line, &word, &len);
	if (len == sizeof "LAST0" - 1 && memcmp(word, "LAST", 4) == 0)
		len = 4;
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		if (strlen(options[i].name) != len || memcmp(options[i].name, word, len) != 0)
			continue;
		*is_totp = *is_totp || strcmp(options[i].name, "TOTP_AUTH") == 0;
		return options[i].read(line, out);
	}
	return refuse_line(line, "an option that is not known");
}

static enum otp_err read_secret_line(const struct line *line, struct takeover *out)
{
	unsigned char bytes[TOTP_SECRET_MAX];
	size_t len;
	enum otp_err err = OTP_OK;

	if (!base32_decode(line->at, (size_t)(line->end - line->at), bytes, sizeof bytes, &len))
		return refuse_line(line, "it is no secret of at most 64 bytes in base32");
	if (len < TOTP_SECRET_MIN)
		err = why_set(line->why, OTP_ERR_INVALID, 0,
			"line %u: the secret is weak: it has %zu bits, and 128 are the least", line->number,
			8 * len);
	if (err == OTP_OK) {
		memcpy(out->secret.bytes, bytes, len);
		out->secret.len = (unsigned)len;
	}
	OPENSSL_cleanse(bytes, sizeof bytes);
	return err;
}

static enum otp_err read_scratch_code(const struct line *line, struct takeover *out)
{
	char text[BACKUP_SHORT_LEN + 1];
	size_t len = (size_t)(line->end - line->at);
	bool fine = len == BACKUP_SHORT_LEN;

	if (!fine)
		return refuse_line(line, "it is neither an option nor a scratch code");
	if (out->backups_n == RECORD_BACKUPS_MAX)
		return refuse_line(line, "there are more scratch codes than a user can have");
	memcpy(text, line->at, len);
	text[len] = '\0';
	fine = strspn(text, "0123456789") == len && backup_clean(text, &out->backups[out->backups_n]);
	OPENSSL_cleanse(text, sizeof text);
	if (!fine)
		return refuse_line(line, "it is neither an option nor a scratch code");
	out->backups_n++;
	return OTP_OK;
}

static enum otp_err read_line(struct line *line, bool *is_totp, struct takeover *out)
{
	if (line->number == 1)
		return read_secret_line(line, out);
	if (line->at == line->end)
		return OTP_OK;
	return *line->at == '"' ? read_option(line, is_totp, out) : read_scratch_code(line, out);
}

enum otp_err google_file_parse(const char *text, size_t len, struct takeover *out, struct otp_why *why)
{
	const char *at = text, *end = text + len;
	struct line line = {.why = why};
	enum otp_err err = OTP_OK;
	bool is_totp = false;

	*out = (struct takeover){.form = {.algorithm = TOTP_SHA1, .digits = 6, .period_s = 30}};
	do {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		line.number++;
		line.at = at;
		line.end = next != NULL ? next : end;
		if (line.end > line.at && line.end[-1] == '\r')
			line.end--;
		err = read_line(&line, &is_totp, out);
		at = next != NULL ? next + 1 : end;
	} while (err == OTP_OK && at < end);
	if (err == OTP_OK && !is_totp)
		err = why_set(why, OTP_ERR_INVALID, 0, "it does not say TOTP_AUTH: its codes go by no clock");
	if (err != OTP_OK)
		takeover_wipe(out);
	return err;
}
