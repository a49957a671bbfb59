/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct reading config_text_reading;
struct otp_why config_text_why;

enum otp_err config_text_read_files(const char *const *texts)
{
	enum otp_err err = OTP_OK;

	config_text_why = (struct otp_why){0};
	reading_begin(&config_text_reading);
	for (unsigned i = 0; err == OTP_OK && texts[i] != NULL; i++) {
		char path[32];
		(void)snprintf(path, sizeof path, "f%u.conf", i + 1);
		char *copy = strdup(texts[i]);
		assert_non_null(copy);
		err = reading_add_file(&config_text_reading, path, copy, strlen(copy), &config_text_why);
		free(copy);
	}
	return err;
}

static enum otp_err finish(enum otp_err err)
{
	return err != OTP_OK ? err : reading_finish(&config_text_reading, &config_text_why);
}

enum otp_err config_text_read(const char *text)
{
	return finish(config_text_read_files((const char *[]){text, NULL}));
}

enum otp_err config_text_read_argument(const char *argument)
{
	enum otp_err err = config_text_read_files((const char *[]){CONFIG_TEXT_WORKS, NULL});
	if (err == OTP_OK)
		err = reading_add_argument(&config_text_reading, argument, &config_text_why);
	return finish(err);
}

enum otp_err config_text_read_line(const char *section, const char *key, const char *value)
{
	char text[2048];
	bool of_provider = strcmp(section, TABLE_PROVIDER) == 0;

	(void)snprintf(text, sizeof text, "[%s%s]\n%s=%s\n", section, of_provider ? " x" : "", key, value);
	return config_text_read_files((const char *[]){text, NULL});
}

void config_text_reads(const char *text)
{
	if (config_text_read(text) != OTP_OK)
		fail_msg("%s", config_text_why.text);
}

void config_text_fault(const char *text, const char *expected)
{
	assert_int_equal(config_text_read(text), OTP_ERR_CONFIG);
	assert_string_equal(config_text_why.text, expected);
}

void config_text_argument_fault(const char *argument, const char *expected)
{
	assert_int_equal(config_text_read_argument(argument), OTP_ERR_CONFIG);
	assert_string_equal(config_text_why.text, expected);
}
