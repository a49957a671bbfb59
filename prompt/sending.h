/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_SENDING_H
#define OTPCODE_PROMPT_SENDING_H

#include "prompt/talk.h"

/*
 * Sends the code of an OTP_SEND step; while contacts refuse, or a limit of the host stops their channel, the
 * next one's. Leaves any other step as it is. Leaves the step that the person is then in. An error is not one
 * of the hook's, which is a send that failed, but of the store's.
 */
__attribute__((warn_unused_result)) enum otp_err sending_run(struct talk *talk, struct otp_why *why);

#endif
