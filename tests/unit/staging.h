/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_UNIT_STAGING_H
#define OTPCODE_TESTS_UNIT_STAGING_H

#include <stddef.h>

/*
 * A new, empty folder whose parents nobody else may write to (a clone may lie anywhere, and /tmp is
 * everybody's), so that it can hold what must be trusted. NULL where this user has no such place: then the
 * caller skips. The path is good until the next call; staging_remove takes the folder away with all that is
 * in it.
 */
const char *staging_make(void);
void staging_remove(void);

/* PATH of the staged folder, "/" and name; good until the fourth next call. */
const char *staging_path(const char *name);

/* Writes a file of mode 0600 there. */
void staging_write(const char *name, const void *data, size_t len);
size_t staging_read(const char *name, void *data, size_t size);

#endif
