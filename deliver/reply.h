/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_REPLY_H
#define OTPCODE_DELIVER_REPLY_H

/* What a hook says, whichever way it was reached. Inner part of deliver.c. */

#include "deliver/deliver.h"

#include <stdint.h>

struct reply_source {
	int fd;
	int64_t deadline_ms;                   /* of reply_clock_ms */
	const char *name;                      /* of the hook, for messages */
	const struct deliver_options *options; /* whom it tells of the conversation */
	const char *user; /* whom child_start was to run it as; NULL: nobody was, so there is no report */
};

/*
 * Reads one line, and nothing beyond it; before it those that tell of the conversation. OTP_OK with *end
 * DELIVER_SLOW if the deadline comes first. OTP_ERR_DELIVERY: a report of child_start's, the end, or no
 * verdict. Handlers of the host's may run meanwhile.
 */
__attribute__((warn_unused_result)) enum otp_err reply_await(const struct reply_source *source,
	enum deliver_end *end, struct request_verdict *verdict, struct otp_why *why);

/* *ready is true if there is something to read, or the end; false once deadline_ms has come.
 * OTP_ERR_DELIVERY. */
__attribute__((warn_unused_result)) enum otp_err reply_wait(
	int fd, int64_t deadline_ms, bool *ready, struct otp_why *why);

/* A clock that never falls. */
int64_t reply_clock_ms(void);

#endif
