/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_READABLE_H
#define OTPCODE_CLI_READABLE_H

#include "cli/command.h"
#include "config/config.h"

/*
 * Whether delivery.hook_user can read what the hook reads: the configuration with its drop-ins, and the files
 * that the channels and their providers name. Tries it as that user, in a process of its own, so only root
 * can ask. Reports each that cannot be read, with the mend: CLI_CONFIG, or a warning where the hook is behind
 * a socket, since then its unit says whom it runs as.
 */
enum cli_exit readable_check(const struct config *config);

#endif
