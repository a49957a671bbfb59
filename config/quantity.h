/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_QUANTITY_H
#define OTPCODE_CONFIG_QUANTITY_H

#include "config/table.h"
#include "core/why.h"

#include <stddef.h>

/*
 * Numbers, durations ("30s", "15min", "1h", "1d", and "off" where a key takes that) and rates ("5/h",
 * "20/d"). A duration without a unit is a fault, never a guess. Nothing overflows: a number too large for its
 * member is out of range, whatever its length.
 */
__attribute__((warn_unused_result)) enum otp_err quantity_parse_number(
	const struct config_key *key, const char *text, void *field, struct otp_why *why);
__attribute__((warn_unused_result)) enum otp_err quantity_parse_duration(
	const struct config_key *key, const char *text, void *field, struct otp_why *why);
__attribute__((warn_unused_result)) enum otp_err quantity_parse_rate(
	const struct config_key *key, const char *text, void *field, struct otp_why *why);

void quantity_format_number(const struct config_key *key, const void *field, char *out, size_t size);
void quantity_format_duration(const struct config_key *key, const void *field, char *out, size_t size);
void quantity_format_rate(const struct config_key *key, const void *field, char *out, size_t size);

/* "6 to 10", "1min to 10min", "1 to 20, /h or /d". */
void quantity_number_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE]);
void quantity_duration_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE]);
void quantity_rate_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE]);

#endif
