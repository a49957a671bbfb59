/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_LIMITS_H
#define OTPCODE_STORE_LIMITS_H

#include "core/quota.h"
#include "core/why.h"
#include "store/file.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * The table of limits: DIR/shared/limits in the folder of a store (docs/state-format.md). Preallocated,
 * written in place, one byte-range lock a set of rows, never synced: after a loss of power, counts may be a
 * few seconds old.
 */
#define LIMITS_NAME "shared/limits"
#define LIMITS_HEADER_LEN 4096
#define LIMITS_HEADER "otpcode-limits 1\n" /* and zeros */
#define LIMITS_SIZE (LIMITS_HEADER_LEN + QUOTA_SETS * QUOTA_SET_SIZE)
#define LIMITS_LOCK_MS 200

struct limits_file {
	char folder[STORE_FILE_DIR_SIZE + sizeof "/shared"];
	uid_t owner;
};

/* The table in the store's folder, which need not be there: each update opens it, and fails where it cannot.
 */
void limits_set(struct limits_file *file, const char *store_dir, uid_t owner);
struct quota_table limits_interface(struct limits_file *file);

/*
 * Makes the table, and its folder, where it is missing, and anew where it is damaged: *created. The store's
 * folder must be there.
 */
__attribute__((warn_unused_result)) enum otp_err limits_create(
	const char *store_dir, uid_t owner, bool *created, struct otp_why *why);

#endif
