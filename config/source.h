/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_SOURCE_H
#define OTPCODE_CONFIG_SOURCE_H

#include "config/table.h"
#include "core/why.h"

#include <stddef.h>

/* Where contacts live: "record", "file:/PATH", "command:/PATH ARGUMENT..." with {user} in an argument. */
__attribute__((warn_unused_result)) enum otp_err source_parse(
	const struct config_key *key, const char *text, void *field, struct otp_why *why);
void source_format(const struct config_key *key, const void *field, char *out, size_t size);
void source_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE]);

#endif
