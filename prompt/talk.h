/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_TALK_H
#define OTPCODE_PROMPT_TALK_H

/* One login at the prompt, as its parts see it. Inner part of prompt.h. */

#include "otp_core.h"
#include "prompt/prompt.h"
#include "prompt/texts.h"

#include <stdbool.h>
#include <stdint.h>

/* Secret while a code is on its way: whoever makes one wipes it. */
struct talk {
	const struct otp_core *core;
	const struct otp_login *login;
	const struct prompt_options *options;
	const struct prompt_host *host;
	struct otp_step step;
	enum texts_context context;
	unsigned prompts;
	bool enrolled;         /* the record was there once in this login: it is no longer "not enrolled" */
	unsigned next_contact; /* whom Enter sends to, where nobody waits for what becomes of a send */
	const char *denied;    /* why, as it was logged; NULL: it was not */
};

int64_t talk_now(const struct talk *talk); /* the core's clock */

/* Whether there is anything left that may be typed. */
bool talk_can_type(const struct talk *talk);

/* The information line for where the login stands; empty where nothing is to be said. */
void talk_line(const struct talk *talk, char out[TEXTS_LINE_SIZE]);

/* Says it, without asking. */
void talk_tell(const struct talk *talk);

/* Shows line and asks; uses up a prompt. False, and logged, where nobody answers. */
bool talk_ask(struct talk *talk, const char *line, char answer[PROMPT_ANSWER_SIZE]);

#endif
