/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_PROOF_H
#define OTPCODE_CLI_PROOF_H

#include "cli/session.h"
#include "core/step.h"
#include "deliver/deliver.h"
#include "prompt/prompt.h"
#include "store/limits.h"

#include <stdbool.h>

/* Somebody at the command's terminal who is to prove to be a user, as at a login. */
struct proof {
	struct session *session;
	struct limits_file limits;
	struct deliver_options deliver;
	struct prompt_hidden hidden; /* its clock began before anything was looked up */
	struct otp_contacts contacts;
	struct otp_login login;
};

/* service: what messages and the log call it. */
void proof_begin(struct proof *proof, struct session *session, const char *service);

/* Whose codes are asked for; user stays the caller's. Asks where contacts live elsewhere than in records. */
__attribute__((warn_unused_result)) enum otp_err proof_set_user(
	struct proof *proof, const struct user *user, struct otp_why *why);

/* [prompt] reveal=none: nothing is told before a code was right. */
bool proof_hides(const struct proof *proof);

/* Asks for a code; hides: as reveal=none has it. True: it was right. All else was said and logged. */
__attribute__((warn_unused_result)) bool proof_ask(struct proof *proof, enum otp_accept accept, bool hides);

/* Somebody whom no code could let in is told so, or, as reveal=none has it, asked for nothing. */
void proof_refuse(struct proof *proof);

#endif
