/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_RECORD_JSON_H
#define OTPCODE_CLI_RECORD_JSON_H

#include "cli/report.h"
#include "core/policy.h"
#include "core/record.h"

#include <stdint.h>

/* Parts of a record as JSON; otpcode(8) describes the members. The record is brought up to now. */

/* {"admin": false, "known": {"locked": ..., "until": ...}, "stranger": {...}} */
json_t *record_json_locks(struct report_json *json, const struct record *record, int64_t now);

/* A list of the known devices, each with its number. */
json_t *record_json_devices(struct report_json *json, const struct record *record);

/* Adds everything of a record to object, addresses in full. */
void record_json_put_all(struct report_json *json, json_t *object, const struct record *record,
	const struct policy *policy, int64_t now);

#endif
