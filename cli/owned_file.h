/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_OWNED_FILE_H
#define OTPCODE_CLI_OWNED_FILE_H

#include "core/why.h"

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads a file of secrets that belongs to uid or, else, to root: with its owner's rights and no others, under
 * the rules of trust (no symbolic link in its path, nobody else can write to it or read it, a regular file
 * with one name), whole or not at all. A relative path is one below the present folder. buf, as secret as the
 * file, is ended with a NUL. This process dumps no core from
 * then on.
 */
__attribute__((warn_unused_result)) enum otp_err owned_file_read(
	const char *path, uid_t uid, char *buf, size_t size, size_t *len, struct otp_why *why);

#endif
