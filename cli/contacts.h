/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_CONTACTS_H
#define OTPCODE_CLI_CONTACTS_H

#include "cli/arguments.h"
#include "cli/command.h"
#include "core/contact.h"

struct contacts {
	struct contact list[RECORD_CONTACTS_MAX];
	unsigned n;
};

/* The contacts that a command's options give: at least one, each valid. Anything but CLI_DONE
 * was reported. */
enum cli_exit contacts_from_options(
	const char *command_name, const struct arguments *arguments, struct contacts *out);

#endif
