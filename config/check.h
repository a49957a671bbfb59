/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_CHECK_H
#define OTPCODE_CONFIG_CHECK_H

/* What depends on more than one key, in several files. Inner part of reading_finish. */

#include "config/reading.h"

#include <stdbool.h>

/* OTP_ERR_CONFIG with "FILE:LINE: ..." */
enum otp_err check_fault(const struct reading *reading, struct reading_place place, struct otp_why *why,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Where a key was given; nowhere if it was not. */
struct reading_place check_place(const struct reading *reading, const char *section, const char *key);

/* Where the key of the i'th provider was given, else where its section begins. */
struct reading_place check_provider_place(const struct reading *reading, unsigned i, const char *key);
bool check_is_given(const struct reading *reading, unsigned i, const char *key);

/* The settings of an HTTP provider; settles how it signs in. */
__attribute__((warn_unused_result)) enum otp_err check_gateway(
	struct reading *reading, unsigned i, struct otp_why *why);

/* What each channel needs, and which ones are used where nothing says so. */
__attribute__((warn_unused_result)) enum otp_err check_channels(struct reading *reading, struct otp_why *why);

#endif
