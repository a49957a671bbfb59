/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_SMTP_H
#define OTPCODE_HOOK_SMTP_H

#include "config/config.h"
#include "hook/provider.h"

/* Hands the message to an SMTP server once. Nothing of the message leaves before the server's certificate and
 * name are verified. */
void smtp_send(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result);

/* Goes as far as MAIL FROM and no further: nothing is handed over. VERDICT_READY where the server took that.
 */
void smtp_check(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result);

#endif
