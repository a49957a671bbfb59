/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include "core/record_text.h"

#include <string.h>

/* Where reading stands. Whatever a line is refused for, its content is never said. */
struct decoder {
	struct record *record;
	const char *at, *end;          /* of the present line, without its newline */
	unsigned line;                 /* from 1 */
	enum record_word_id word;      /* of the present line, then of the one before */
	unsigned ones[RECORD_WORDS_N]; /* how many lines there were of words that stand once */
	const char *key;               /* that the fault is in, or NULL */
};

/* Reads " KEY=VALUE" into element. NULL, or why it is refused. */
static const char *take_field(struct decoder *decoder, const struct record_field *field, void *element)
{
	size_t key_len = strlen(field->key);

	decoder->key = field->key;
	if ((size_t)(decoder->end - decoder->at) < key_len + 2 || decoder->at[0] != ' ' ||
		memcmp(decoder->at + 1, field->key, key_len) != 0 || decoder->at[key_len + 1] != '=')
		return "is missing or out of place";
	const char *value = decoder->at + key_len + 2;
	const char *space = memchr(value, ' ', (size_t)(decoder->end - value));
	decoder->at = space != NULL ? space : decoder->end;
	return record_value_take(field, element, value, (size_t)(decoder->at - value));
}

static bool take_word(struct decoder *decoder, enum record_word_id *out)
{
	const char *space = memchr(decoder->at, ' ', (size_t)(decoder->end - decoder->at));

	if (space == NULL)
		return false;
	size_t len = (size_t)(space - decoder->at);
	for (enum record_word_id id = RECORD_WORD_USER; id < RECORD_WORDS_N; id++) {
		if (strlen(record_words[id].name) == len &&
			memcmp(record_words[id].name, decoder->at, len) == 0) {
			decoder->at = space;
			*out = id;
			return true;
		}
	}
	return false;
}

/* The words' order is that of the table, but that a challenge may follow the codes of the one before. */
static bool may_follow(enum record_word_id before, enum record_word_id word)
{
	if (word == RECORD_WORD_CODE)
		return before == RECORD_WORD_CHALLENGE || before == RECORD_WORD_CODE;
	return word >= before || (word == RECORD_WORD_CHALLENGE && before == RECORD_WORD_CODE);
}

/* Reads a line into the next element of its word. NULL, or why it is refused. */
static const char *take_element(struct decoder *decoder, enum record_word_id id)
{
	const struct record_word *word = &record_words[id];
	struct record *record = decoder->record;
	char *parent = (char *)record;
	unsigned count;

	if (id == RECORD_WORD_CODE)
		parent = (char *)&record->challenges[record->challenges_n - 1];
	void *counter = word->count_offset != RECORD_COUNT_NONE ? parent + word->count_offset
								: (char *)&decoder->ones[id];
	memcpy(&count, counter, sizeof count);
	if (count == word->max)
		return "one line too many";
	memcpy(counter, &(unsigned){count + 1}, sizeof count);

	for (unsigned i = 0; i < word->fields_n; i++) {
		const char *fault =
			take_field(decoder, &word->fields[i], parent + word->offset + count * word->stride);
		if (fault != NULL)
			return fault;
	}
	decoder->key = NULL;
	if (decoder->at != decoder->end)
		return "more than its keys";
	return record_line_fault(record, id, count);
}

static enum otp_err take_line(struct decoder *decoder, struct otp_why *why)
{
	enum record_word_id id;

	decoder->key = NULL;
	if (!take_word(decoder, &id))
		return why_set(why, OTP_ERR_CORRUPT, 0, "record, line %u: unknown word", decoder->line);
	const char *fault = may_follow(decoder->word, id) ? take_element(decoder, id) : "out of order";
	decoder->word = id;
	if (fault == NULL)
		return OTP_OK;
	return why_set(why, OTP_ERR_CORRUPT, 0, "record, line %u, %s: %s%s%s", decoder->line,
		record_words[id].name, decoder->key != NULL ? decoder->key : "",
		decoder->key != NULL ? " " : "", fault);
}

static enum otp_err take_lines(struct decoder *decoder, const char *text, size_t len, struct otp_why *why)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		decoder->line++;
		if (newline == NULL)
			return why_set(why, OTP_ERR_CORRUPT, 0, "record, line %u: ends without a newline",
				decoder->line);
		decoder->at = text;
		decoder->end = newline;
		enum otp_err err = take_line(decoder, why);
		if (err != OTP_OK)
			return err;
		text = newline + 1;
	}
	if (decoder->ones[RECORD_WORD_USER] == 0)
		return why_set(why, OTP_ERR_CORRUPT, 0, "record: no line says whose it is");
	return OTP_OK;
}

enum otp_err record_decode(const char *text, size_t len, struct record *out, struct otp_why *why)
{
	struct decoder decoder = {.record = out, .word = RECORD_WORD_USER};

	memset(out, 0, sizeof *out);
	if (len > RECORD_TEXT_MAX)
		return why_set(why, OTP_ERR_CORRUPT, 0, "record: longer than %d bytes", RECORD_TEXT_MAX);
	enum otp_err err = take_lines(&decoder, text, len, why);
	if (err != OTP_OK)
		memset(out, 0, sizeof *out);
	return err;
}
