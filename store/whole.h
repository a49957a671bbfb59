/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_WHOLE_H
#define OTPCODE_STORE_WHOLE_H

#include "core/why.h"

#include <stddef.h>
#include <sys/types.h>

/* All of it, or an error: what the system did in part is carried on, and never taken for done. */
__attribute__((warn_unused_result)) enum otp_err whole_write_at(int fd, const void *data, size_t len,
	off_t offset, const char *path_for_messages, struct otp_why *why);
__attribute__((warn_unused_result)) enum otp_err whole_read_at(
	int fd, void *data, size_t len, off_t offset, const char *path_for_messages, struct otp_why *why);

#endif
