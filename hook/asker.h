/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_ASKER_H
#define OTPCODE_HOOK_ASKER_H

#include "core/why.h"

/*
 * Whether who asks may: where the request comes by a socket (a socket unit of systemd), that must be a unix
 * stream socket, root must be at its other end, and the verdict must go back by it. Whoever starts the hook
 * with a pipe has given the request themselves. OTP_ERR_UNTRUSTED; OTP_ERR_CONFIG where the unit is at fault.
 */
__attribute__((warn_unused_result)) enum otp_err asker_check(struct otp_why *why);

#endif
