/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_DOCTOR_SURVEY_H
#define OTPCODE_CLI_DOCTOR_SURVEY_H

#include "config/config.h"
#include "core/origin.h"
#include "core/record.h"
#include "otp_core.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all records together tell; the same memory however many there are. */

#define DOCTOR_SURVEY_NAMES 3
#define DOCTOR_SURVEY_SOURCES 512 /* of which the users are counted */

/* Users of whom something holds: how many, and the first few. */
struct doctor_some {
	unsigned long n;
	char names[DOCTOR_SURVEY_NAMES][RECORD_USER_SIZE];
};
void doctor_some_add(struct doctor_some *some, const char *user);
#define DOCTOR_SOME_SIZE (DOCTOR_SURVEY_NAMES * (RECORD_USER_SIZE + 2) + 32)
/* "alice, bob and 7 more" */
void doctor_some_name(const struct doctor_some *some, char out[DOCTOR_SOME_SIZE]);

struct doctor_survey {
	struct doctor_some unreadable, locked, out_of_sends, unreachable;
	char unreadable_why[WHY_TEXT_SIZE]; /* of the first */
	struct {
		char source[ORIGIN_SOURCE_SIZE];
		unsigned users;
	} sources[DOCTOR_SURVEY_SOURCES];
	unsigned sources_n;
};

/* Reads every record. OTP_ERR_IO: the folder could not be listed. */
__attribute__((warn_unused_result)) enum otp_err doctor_survey_make(const struct otp_core *core,
	const struct config *config, struct doctor_survey *out, struct otp_why *why);

#endif
