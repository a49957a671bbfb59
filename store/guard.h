/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_GUARD_H
#define OTPCODE_STORE_GUARD_H

#include "core/why.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * Keeps a hostile caller of a setuid host (su, sudo) away from a transaction: blockable signals are blocked,
 * the thread's real and saved uid are 0 so that the caller may not stop or kill it while it holds the lock,
 * FSIZE and CPU limits are raised. What cannot be kept away (a kill by the kernel, the freezer or a low
 * priority of the caller's own cgroup) makes others wait for the lock, up to OTP_ERR_BUSY; nothing is trusted
 * that was not written whole.
 */
struct guard {
	sigset_t mask;
	uid_t real_uid, saved_uid;
	bool uids_changed;
	struct rlimit file_size, cpu;
	bool file_size_changed, cpu_changed;
	bool limits_held;         /* this process's other threads wait until they are put back */
	bool file_signal_is_ours; /* a write would raise SIGXFSZ, and none was pending before */
};

/*
 * As root: OTP_ERR_IO if the host cannot be guarded. As another user, who can neither change uids nor pass
 * hard limits: what is possible is done, but OTP_ERR_IO where real and effective uid differ. With any error
 * nothing is left changed.
 */
__attribute__((warn_unused_result)) enum otp_err guard_enter(struct guard *guard, struct otp_why *why);

/* Puts everything back. False if something could not be put back: the login must then be denied. */
__attribute__((warn_unused_result)) bool guard_leave(const struct guard *guard, struct otp_why *why);

#endif
