/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_SOCKET_H
#define OTPCODE_DELIVER_SOCKET_H

/* Reaching a hook behind a unix socket. Inner part of deliver.c. */

#include "core/why.h"

#include <stddef.h>
#include <stdint.h>

#define SOCKET_UNIT "otpcode-deliver.socket" /* packaging/systemd: who listens there, usually */

/*
 * Connects to the socket at path, by deadline_ms of reply_clock_ms. It and every folder above it must be
 * root's and not writable by others, and root must listen. *fd is above 2 and close-on-exec.
 * OTP_ERR_UNTRUSTED, else OTP_ERR_DELIVERY; neither names the socket.
 */
__attribute__((warn_unused_result)) enum otp_err socket_open(
	const char *path, int64_t deadline_ms, int *fd, struct otp_why *why);

/*
 * Hands over a whole request, and that nothing follows. No SIGPIPE. A hook that reads no request is no error
 * here: it may have said why.
 */
__attribute__((warn_unused_result)) enum otp_err socket_put(
	int fd, const char *text, size_t len, int64_t deadline_ms, struct otp_why *why);

#endif
