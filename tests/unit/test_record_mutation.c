/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include "tests/unit/record_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct record record;
static char base[RECORD_TEXT_MAX + 1], changed[2 * RECORD_TEXT_MAX];
static size_t base_len;
static struct otp_why why;

static int full_text(void **state)
{
	(void)state;
	record_sample_full(&record);
	if (record_encode(&record, base, &base_len, &why) != OTP_OK)
		return -1;
	base[base_len] = '\0';
	return 0;
}

/* Decodes a copy that ends where its array ends, so that a sanitizer sees a byte read too much. */
static enum otp_err decode(const char *text, size_t len)
{
	static char box[2 * RECORD_TEXT_MAX];
	char *at = box + sizeof box - len;

	memcpy(at, text, len);
	memset(&record, 0xa5, sizeof record);
	memset(&why, 0, sizeof why);
	return record_decode(at, len, &record, &why);
}

static bool is_empty(void)
{
	const unsigned char *bytes = (const unsigned char *)&record;

	for (size_t i = 0; i < sizeof record; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Refused, or read so exactly that it would be written byte for byte as it was. */
static bool is_refused_or_exact(const char *text, size_t len)
{
	char again[RECORD_TEXT_MAX];
	size_t again_len;

	enum otp_err err = decode(text, len);
	if (err == OTP_ERR_CORRUPT)
		return is_empty();
	return err == OTP_OK && record_encode(&record, again, &again_len, &why) == OTP_OK &&
	       again_len == len && memcmp(again, text, len) == 0;
}

static const char odd_bytes[] = " \n\r\t\0=,:%+-./0159AFafgzZ~\x7f\x80\xff";

static void C07_C44_C59_each_changed_byte_is_refused_or_read_exactly(void **state)
{
	(void)state;

	for (size_t at = 0; at < base_len; at++) {
		memcpy(changed, base, base_len);
		for (unsigned bit = 0; bit < 8; bit++) {
			changed[at] = (char)(base[at] ^ 1 << bit);
			if (!is_refused_or_exact(changed, base_len))
				fail_msg("byte %zu, bit %u: %s", at, bit, why.text);
		}
		for (size_t i = 0; i < sizeof odd_bytes - 1; i++) {
			changed[at] = odd_bytes[i];
			if (!is_refused_or_exact(changed, base_len))
				fail_msg("byte %zu, made %d: %s", at, odd_bytes[i], why.text);
		}
	}
}

static void C44_each_inserted_or_missing_byte_is_refused_or_read_exactly(void **state)
{
	(void)state;

	for (size_t at = 0; at <= base_len; at++) {
		memcpy(changed, base, at);
		memcpy(changed + at + 1, base + at, base_len - at);
		for (size_t i = 0; i < sizeof odd_bytes - 1; i++) {
			changed[at] = odd_bytes[i];
			assert_true(is_refused_or_exact(changed, base_len + 1));
		}
		if (at == base_len)
			break;
		memcpy(changed + at, base + at + 1, base_len - at - 1);
		assert_true(is_refused_or_exact(changed, base_len - 1));
	}
	for (size_t len = 0; len <= base_len; len++)
		assert_true(is_refused_or_exact(base, len));
}

static void C44_each_moved_line_is_refused_or_read_exactly(void **state)
{
	(void)state;
	const char *lines[64];
	unsigned n = 0;

	for (const char *at = base; *at != '\0'; at = strchr(at, '\n') + 1)
		lines[n++] = at;
	lines[n] = base + base_len;
	for (unsigned from = 0; from < n; from++) {
		size_t line_len = (size_t)(lines[from + 1] - lines[from]);
		for (unsigned to = 0; to <= n; to++) {
			size_t before = (size_t)(lines[to] - base);
			memcpy(changed, base, before);
			memcpy(changed + before, lines[from], line_len);
			memcpy(changed + before + line_len, lines[to], base_len - before);
			assert_true(is_refused_or_exact(changed, base_len + line_len));
		}
		size_t before = (size_t)(lines[from] - base);
		memcpy(changed, base, before);
		memcpy(changed + before, lines[from + 1], base_len - before - line_len);
		assert_true(is_refused_or_exact(changed, base_len - line_len));
	}
}

static void refusal_never_says_what_the_line_held(void **state)
{
	(void)state;
	static const char mark[] = "ZEBRA\x1b";

	for (size_t at = 0; at <= base_len; at++) {
		memcpy(changed, base, at);
		memcpy(changed + at, mark, sizeof mark - 1);
		memcpy(changed + at + sizeof mark - 1, base + at, base_len - at);
		assert_int_equal(decode(changed, base_len + sizeof mark - 1), OTP_ERR_CORRUPT);
		assert_null(strstr(why.text, "ZEBRA"));
		assert_null(strstr(why.text, "alice"));
		assert_null(strstr(why.text, "example"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(C07_C44_C59_each_changed_byte_is_refused_or_read_exactly, full_text),
		cmocka_unit_test_setup(
			C44_each_inserted_or_missing_byte_is_refused_or_read_exactly, full_text),
		cmocka_unit_test_setup(C44_each_moved_line_is_refused_or_read_exactly, full_text),
		cmocka_unit_test_setup(refusal_never_says_what_the_line_held, full_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
