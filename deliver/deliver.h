/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_DELIVER_H
#define OTPCODE_DELIVER_DELIVER_H

#include "core/why.h"
#include "deliver/request.h"

#include <stdbool.h>

#define DELIVER_UNIX "unix:" /* before the path of a socket */

/* How the hook is reached. */
struct deliver_options {
	/* An absolute path, after DELIVER_UNIX that of a socket on which root listens; it and every folder
	 * above it root's, not writable by others. */
	const char *hook;
	/* The rest is for a hook that is run from here, not for one behind a socket. */
	const char *config;    /* its one argument: --config PATH */
	const char *hook_user; /* whom it runs as; neither root nor in root's group */
	/* Where it is not 0: how long to listen for the verdict, in place of request->wait_ms, for which the
	 * hook takes care that somebody listens. What it then says to nobody it logs. */
	int patience_ms;
	/* With request->trace: called for each line that is told before the verdict, "> MAIL FROM:<...>". It
	 * may hold any printable ASCII, and the address but for request_blank. */
	void (*trace)(void *self, const char *line);
	void *trace_self;
	/* With REQUEST_CHECK: called for each fact that is told before the verdict, "sms-parts 2", which may
	 * be anything printable. */
	void (*fact)(void *self, const char *line);
	void *fact_self;
};

enum deliver_end {
	DELIVER_VERDICT, /* the hook said what became of the message */
	DELIVER_SLOW,    /* no verdict within the wait, or the patience; the hook goes on in the background */
};

/*
 * Gives the hook the request and waits at most request->wait_ms for its verdict, out of which the code and
 * the address are blanked. Errors: those of request_encode; OTP_ERR_UNTRUSTED; OTP_ERR_CONFIG (no such
 * hook_user, or root); OTP_ERR_NSS; OTP_ERR_DELIVERY (not run, not reached, ended without a verdict, spoke
 * nonsense, or answered another kind of request). With any of them verdict says nothing. The host process
 * afterwards is exactly as before: signal dispositions and mask, timers, descriptors, umask, folder,
 * environment, children, ids, limits. Its SIGCHLD handler does not run and its waitpid(-1) sees no child of
 * ours; only a host that made itself a subreaper (PR_SET_CHILD_SUBREAPER) inherits the hook, as it does any
 * orphan.
 */
__attribute__((warn_unused_result)) enum otp_err deliver_send(const struct deliver_options *options,
	const struct request *request, enum deliver_end *end, struct request_verdict *verdict,
	struct otp_why *why);

#endif
