/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_LOCK_H
#define OTPCODE_STORE_LOCK_H

#include "core/why.h"

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* The moment, on the monotonic clock, at which waiting for others ends. */
struct timespec lock_deadline(int wait_ms);
bool lock_deadline_passed(const struct timespec *deadline);

/* A short pause between two looks at a lock: longer ones starve. */
void lock_pause(void);

/* A record's file, by name. */
struct lock_file {
	int folder_fd;
	const char *name;
	uid_t owner;
	const char *path_for_messages;
};

/*
 * Opens the file and locks it against every other update. The file locked is the one that bears the name:
 * where it was unenrolled or replaced while we waited, this starts over. Ends with lock_close. OTP_ERR_BUSY
 * at the deadline; else as trust_open_at.
 */
__attribute__((warn_unused_result)) enum otp_err lock_open(const struct lock_file *file, int flags,
	const struct timespec *deadline, int *fd, struct otp_why *why);

void lock_close(int fd);

#endif
