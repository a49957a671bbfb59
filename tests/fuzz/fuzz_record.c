/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is a record's text, then, after a byte that no text holds, changes to the struct: offset, value.
 */
#define SEPARATOR 0x1e
#define CHANGE_LEN 3

static void must(int holds)
{
	if (!holds)
		abort();
}

/* Decodes a copy of its own length, so that a sanitizer sees a byte read too much. */
static enum otp_err decode(const char *text, size_t len, struct record *out)
{
	char *copy = malloc(len > 0 ? len : 1);

	must(copy != NULL);
	if (len > 0)
		memcpy(copy, text, len);
	struct otp_why why = {0};
	enum otp_err err = record_decode(copy, len, out, &why);
	free(copy);
	must(err == OTP_OK || (err == OTP_ERR_CORRUPT && why.text[0] != '\0'));
	return err;
}

/* Whatever is written is read again, and then written just so. */
static void check_written(const char *text, size_t len)
{
	static struct record back;
	char *again = malloc(RECORD_TEXT_MAX);
	size_t again_len = 0;

	must(again != NULL);
	must(decode(text, len, &back) == OTP_OK);
	must(record_encode(&back, again, &again_len, NULL) == OTP_OK);
	must(again_len == len && memcmp(again, text, len) == 0);
	free(again);
}

/* Any value may be found in memory, but of a bool only 0 and 1. */
static void mend_flag(bool *flag)
{
	unsigned char byte;

	memcpy(&byte, flag, 1);
	byte &= 1;
	memcpy(flag, &byte, 1);
}

static void change(struct record *record, const uint8_t *changes, size_t size)
{
	for (; size >= CHANGE_LEN; changes += CHANGE_LEN, size -= CHANGE_LEN) {
		size_t offset = (size_t)changes[0] << 8 | changes[1];
		((unsigned char *)record)[offset % sizeof *record] = changes[2];
	}
	mend_flag(&record->admin_locked);
	mend_flag(&record->totp[0].preferred);
	for (unsigned i = 0; i < POLICY_LIVE_CHALLENGES; i++) {
		mend_flag(&record->challenges[i].send_failed);
		mend_flag(&record->challenges[i].known);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct record record;
	static const uint8_t none[1];
	const uint8_t *separator = size > 0 ? memchr(data, SEPARATOR, size) : NULL;
	size_t text_len = separator != NULL ? (size_t)(separator - data) : size;
	const char *text = (const char *)(size > 0 ? data : none);

	if (decode(text, text_len, &record) != OTP_OK)
		return 0;
	check_written(text, text_len);
	if (separator == NULL)
		return 0;

	change(&record, separator + 1, size - text_len - 1);
	char *written = malloc(RECORD_TEXT_MAX);
	size_t len = 0;
	must(written != NULL);
	enum otp_err err = record_encode(&record, written, &len, NULL);
	must(err == OTP_OK || err == OTP_ERR_INVALID);
	if (err == OTP_OK)
		check_written(written, len);
	free(written);
	return 0;
}
