/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_CONFIG_TEXT_H
#define OTPCODE_TESTS_CONFIG_TEXT_H

/* Reads configurations from texts: as files f1.conf, f2.conf, ..., without a file system. */

#include "config/reading.h"

#define CONFIG_TEXT_RELAY                                                                                    \
	"[email]\nproviders=relay\nfrom=a@b.org\n[provider relay]\n" /* 4 lines; url is to follow */
#define CONFIG_TEXT_WORKS CONFIG_TEXT_RELAY "url=smtp://localhost\n" /* 5 lines */

/* What came of the last one. */
extern struct reading config_text_reading;
extern struct otp_why config_text_why;

/* texts: NULL-ended. read and read_argument finish the reading, the other two do not. */
enum otp_err config_text_read(const char *text);
enum otp_err config_text_read_argument(const char *argument);
enum otp_err config_text_read_files(const char *const *texts);
/* One key, in line 2 of its file. */
enum otp_err config_text_read_line(const char *section, const char *key, const char *value);

void config_text_reads(const char *text);
void config_text_fault(const char *text, const char *expected);
void config_text_argument_fault(const char *argument, const char *expected);

#endif
