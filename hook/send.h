/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_SEND_H
#define OTPCODE_HOOK_SEND_H

#include "config/config.h"
#include "deliver/request.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a provider of this request is a command, which may be a mailer that is setuid or setgid. For all
 * others the process can give up ever getting privileges by execve.
 */
bool send_needs_new_privileges(const struct config *config, const struct request *request);

/*
 * Carries out a request that has a message: finds its providers, writes its message, sends it. begun is now
 * on the clock that never falls (CLOCK_MONOTONIC), in milliseconds. True if the asker no longer waits for the
 * verdict.
 */
bool send_request(const struct config *config, const struct request *request, int64_t begun,
	struct request_verdict *verdict);

#endif
