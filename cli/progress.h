/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_PROGRESS_H
#define OTPCODE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* A bar on standard error, where that is a terminal; elsewhere nothing. */
struct progress {
	bool shown; /* there is a terminal */
	int64_t whole;
	int percent; /* last drawn; -1: none stands there */
};

struct progress progress_new(int64_t whole); /* 0: how much there is to do is not known */

/* done of whole. */
void progress_show(struct progress *progress, int64_t done);

/* Takes the bar away: something else is to be said, or all is done. */
void progress_clear(struct progress *progress);

#endif
