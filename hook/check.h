/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_CHECK_H
#define OTPCODE_HOOK_CHECK_H

#include "config/config.h"
#include "deliver/request.h"

/*
 * Answers a request of REQUEST_CHECK: whether a message with a code could be written, and how far the
 * provider would let it come. Nothing is handed over and no command is run. Tells facts on standard output,
 * before the verdict: docs/deliver-protocol.md.
 */
void check_request(
	const struct config *config, const struct request *request, struct request_verdict *verdict);

#endif
