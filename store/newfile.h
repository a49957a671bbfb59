/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_NEWFILE_H
#define OTPCODE_STORE_NEWFILE_H

#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Puts a new file with these bytes under name in the folder, mode 0600, whole and durable, or not at all:
 * written under a temporary name, fsync, renamed without replacing, folder fsync. OTP_ERR_EXISTS if name is
 * there already. An error after the rename leaves the file where it is: it is whole, only not known to
 * survive a loss of power.
 */
__attribute__((warn_unused_result)) enum otp_err newfile_create(int folder_fd, const char *name,
	const void *data, size_t len, const char *path_for_messages, struct otp_why *why);

/* True for the temporary names: one may be left over when a creation is killed. It is nobody's, and never in
 * the way. */
bool newfile_name_is_temporary(const char *name);

#endif
