/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_COURSE_H
#define OTPCODE_PROMPT_COURSE_H

#include "prompt/talk.h"

/*
 * What a login does at each turn, and what that means for it; whoever asks the person decides what of it is
 * told. Everything is logged here, but for a denial.
 */

struct course {
	bool over;
	enum prompt_result result; /* where it is over */
	const char *denied;        /* why, for the log; NULL: it was not */
};

struct course course_begin(struct talk *talk);

/* Takes one answer to its consequence. */
struct course course_answer(struct talk *talk, const char *typed);

#endif
