/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_ADMIN_REQUEST_H
#define OTPCODE_CLI_ADMIN_REQUEST_H

#include "config/config.h"
#include "deliver/request.h"

/* Fills in who asks, where and when: all of a request that an admin makes, but its kind and its contact. */
void admin_request_fill(
	const struct config *config, const char *user, const char *provider, struct request *request);

#endif
