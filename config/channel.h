/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_CHANNEL_H
#define OTPCODE_CONFIG_CHANNEL_H

/* The values of [delivery] channels (struct otp_channels) and [sms] allow_prefixes (struct config_prefixes).
 */

#include "config/table.h"
#include "core/why.h"

#include <stddef.h>

__attribute__((warn_unused_result)) enum otp_err channel_list_parse(
	const struct config_key *key, const char *text, void *field, struct otp_why *why);
void channel_list_format(const struct config_key *key, const void *field, char *out, size_t size);
void channel_list_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE]);

__attribute__((warn_unused_result)) enum otp_err channel_prefixes_parse(
	const struct config_key *key, const char *text, void *field, struct otp_why *why);
void channel_prefixes_format(const struct config_key *key, const void *field, char *out, size_t size);
void channel_prefixes_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE]);

#endif
