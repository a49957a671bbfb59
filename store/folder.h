/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_FOLDER_H
#define OTPCODE_STORE_FOLDER_H

#include "core/why.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Opens the folder name under dir_fd, and makes it first (0700) where it is missing: *created. Files that are
 * made in it later can be written in place on a full disk.
 */
__attribute__((warn_unused_result)) enum otp_err folder_make_below(int dir_fd, const char *name, uid_t owner,
	const char *path_for_messages, int *fd, bool *created, struct otp_why *why);

#endif
