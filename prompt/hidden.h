/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_HIDDEN_H
#define OTPCODE_PROMPT_HIDDEN_H

#include "prompt/talk.h"

/*
 * A login that tells nothing before a code was right: the same text, the same number of questions and the
 * same times, whether the user is known, unknown, unenrolled or locked, and whatever is wrong with the record
 * or with this machine. Needs options->hidden; talk->core may be NULL. Gives PROMPT_VERIFIED or PROMPT_WRONG.
 */
__attribute__((warn_unused_result)) enum prompt_result hidden_converse(struct talk *talk);

#endif
