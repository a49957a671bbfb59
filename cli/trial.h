/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_TRIAL_H
#define OTPCODE_CLI_TRIAL_H

#include "cli/command.h"
#include "config/config.h"
#include "deliver/deliver.h"

#include <stdbool.h>

/* One test message, and what became of it. */
struct trial {
	struct config config;
	struct request request;
	char mask[CONTACT_MASK_SIZE];
	unsigned lines_n; /* of the conversation that were told */
	/* Of deliver_send. */
	enum otp_err err;
	struct otp_why why;
	enum deliver_end end;
	struct request_verdict verdict;
};

/* Sends the request; prints, and tells syslog, how that ended, whatever the end is. */
enum cli_exit trial_send(struct trial *trial, bool as_json);

#endif
