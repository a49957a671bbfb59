/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_CONTACTS_H
#define OTPCODE_CLI_CONTACTS_H

#include "cli/arguments.h"
#include "cli/command.h"
#include "config/config.h"
#include "core/contact.h"

struct contacts {
	struct contact list[RECORD_CONTACTS_MAX];
	unsigned n;
};

/* The contacts that a command's options give, in their order: at least one, each valid. Anything but CLI_DONE
 * was reported. */
enum cli_exit contacts_from_options(
	const char *command_name, const struct arguments *arguments, struct contacts *out);

/* Whether the configuration lets messages go to each of them. Anything but CLI_DONE was reported. */
enum cli_exit contacts_are_allowed(const struct config *config, const struct contacts *contacts);

#endif
