/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_DELIVER_H
#define OTPCODE_DELIVER_DELIVER_H

#include "core/why.h"
#include "deliver/request.h"

#include <stdbool.h>

/* How the hook is run. */
struct deliver_options {
	const char *hook;   /* absolute path of the program; it and every folder above it root's, not writable
			       by others */
	const char *config; /* its one argument: --config PATH */
	const char *hook_user; /* whom it runs as, never root */
};

enum deliver_end {
	DELIVER_VERDICT, /* the hook said what became of the message */
	DELIVER_SLOW,    /* no verdict within the wait; the hook goes on in the background */
};

/*
 * Runs the hook on request and waits at most request->wait_ms for its verdict. Errors: OTP_ERR_UNTRUSTED,
 * OTP_ERR_NSS, OTP_ERR_DELIVERY (could not be run, ended without a verdict, spoke nonsense), OTP_ERR_CONFIG.
 * The host process afterwards is exactly as before: signal dispositions and mask, timers, descriptors, umask,
 * folder, environment, children, ids, limits. Its SIGCHLD handler does not run and its waitpid(-1) sees no
 * child of ours.
 */
__attribute__((warn_unused_result)) enum otp_err deliver_send(const struct deliver_options *options,
	const struct request *request, enum deliver_end *end, struct request_verdict *verdict,
	struct otp_why *why);

#endif
