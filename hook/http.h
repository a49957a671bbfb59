/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_HTTP_H
#define OTPCODE_HOOK_HTTP_H

#include "config/config.h"
#include "hook/provider.h"

/* Asks an HTTP gateway once to send the message. Nothing of it leaves before the gateway's certificate and
 * name are verified; no redirect is followed. */
void http_send(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result);

/* Connects, with TLS and all, and asks nothing: VERDICT_READY. Whether the login is right is not seen. */
void http_check(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result);

#endif
