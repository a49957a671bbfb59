/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_NETWORKS_H
#define OTPCODE_CONFIG_NETWORKS_H

/* The value of [limits] trusted_sources: struct policy_networks. */

#include "config/table.h"
#include "core/why.h"

#include <stddef.h>

__attribute__((warn_unused_result)) enum otp_err networks_parse(
	const struct config_key *key, const char *text, void *field, struct otp_why *why);
void networks_format(const struct config_key *key, const void *field, char *out, size_t size);
void networks_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE]);

#endif
