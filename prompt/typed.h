/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_TYPED_H
#define OTPCODE_PROMPT_TYPED_H

#include "core/step.h"

#include <stdbool.h>

/* What an answer at the prompt is, before anybody looks whether it could be a code. */
enum typed {
	TYPED_CODE,     /* anything else: otp_answer judges it */
	TYPED_AGAIN,    /* Enter alone, or the letter of a channel: a code is asked for */
	TYPED_JUNK,     /* typed by the host, for a user whom it has already denied */
	TYPED_PASSWORD, /* the password once more */
};

/* password: what an earlier module put into PAM_AUTHTOK, or NULL. *request is set with TYPED_AGAIN. */
enum typed typed_read(const char *answer, const char *password, struct otp_resend_request *request);

/*
 * sshd sends this for a user whom it has already denied, cut or repeated to the length of what was typed
 * (auth-pam.c, fake password): "\b\n\r\177INCORRECT". True for a non-empty cyclic prefix of it.
 */
bool typed_is_junk(const char *answer);

#endif
