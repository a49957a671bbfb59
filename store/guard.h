/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_GUARD_H
#define OTPCODE_STORE_GUARD_H

#include "core/why.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * Keeps a hostile caller of a setuid host (su, sudo) away from a transaction: blockable signals are blocked, the thread's
 * real uid is 0 so that the caller may not stop or kill it while it holds the lock, FSIZE and CPU limits are raised.
 */
struct guard {
	sigset_t mask;
	uid_t real_uid;
	bool real_uid_changed;
	struct rlimit file_size, cpu;
	bool file_size_changed, cpu_changed;
};

/* OTP_ERR_IO if the host cannot be guarded though it runs as root; nothing is left changed then. */
__attribute__((warn_unused_result)) enum otp_err guard_enter(struct guard *guard, struct otp_why *why);

/* Puts everything back. False if something could not be put back: the login must then be denied. */
__attribute__((warn_unused_result)) bool guard_leave(const struct guard *guard, struct otp_why *why);

#endif
