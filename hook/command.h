/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_COMMAND_H
#define OTPCODE_HOOK_COMMAND_H

#include "config/config.h"
#include "hook/provider.h"

/*
 * Runs the provider's command with the message on its standard input: an email whole, lines ended by a
 * newline, an SMS as its text. What it gets is said in otpcode-deliver(8), COMMANDS.
 */
void command_send(const struct config_provider *provider, const struct provider_message *message,
	struct provider_limits limits, struct provider_result *result);

/* Whether the command could be run; it is not. */
void command_probe(const struct config_provider *provider, struct provider_result *result);

#endif
