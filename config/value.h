/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_VALUE_H
#define OTPCODE_CONFIG_VALUE_H

#include "config/table.h"
#include "core/why.h"

/*
 * Reads text, which may come from anywhere, into the member that field points to. OTP_ERR_CONFIG says
 * "KEY=VALUE ..." and what would be right, or "KEY ..." where the value might hold more than its reader
 * should see; field may then hold anything.
 */
__attribute__((warn_unused_result)) enum otp_err value_parse(
	const struct config_key *key, const char *text, void *field, struct otp_why *why);

#define VALUE_SHOWN_MAX 40
/* "KEY=VALUE FAULT RANGE", for values that hold no more than a number or a word; cut where they hold more. */
enum otp_err value_refuse(
	const struct config_key *key, const char *text, const char *fault, struct otp_why *why);

/* The text that value_parse reads as this. */
void value_format(const struct config_key *key, const void *field, char out[CONFIG_VALUE_SIZE]);

/* What values the key takes: "1min to 10min". */
void value_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE]);

/* Absolute, and the one way to write it: what a log shows is what is opened. */
bool value_is_path(const char *text);

/* Letters, digits, '-' and '_', the first a letter or digit, shorter than CONFIG_NAME_SIZE. */
bool value_is_provider_name(const char *name);

#endif
