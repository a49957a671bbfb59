/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_READING_H
#define OTPCODE_CONFIG_READING_H

/* A configuration while it is being put together: the values so far, and where each was given. */

#include "config/config.h"
#include "config/table.h"
#include "core/why.h"

#include <stddef.h>

#define READING_FILES_MAX (CONFIG_DROPINS_MAX + 1)
#define READING_PLACE_SIZE (CONFIG_PATH_SIZE + 16)

/* file 0: nowhere, the default stands; READING_ARGUMENT: a module argument; else files[file - 1]. */
#define READING_ARGUMENT 255
struct reading_place {
	unsigned file, line;
};

struct reading_provider {
	struct reading_place section; /* its first [provider NAME] line */
	struct reading_place keys[TABLE_MAX];
};

struct reading {
	struct config config;
	struct reading_place keys[TABLE_MAX];
	struct reading_provider providers[CONFIG_PROVIDERS_MAX];
	char files[READING_FILES_MAX][CONFIG_PATH_SIZE];
	unsigned files_n;
};

/* Sets the defaults. */
void reading_begin(struct reading *reading);

/*
 * Takes in one file; text is taken apart in place and text[len] must be writable. The first one is the main
 * file.
 */
__attribute__((warn_unused_result)) enum otp_err reading_add_file(
	struct reading *reading, const char *path, char *text, size_t len, struct otp_why *why);

/* Takes in "section.key=value". */
__attribute__((warn_unused_result)) enum otp_err reading_add_argument(
	struct reading *reading, const char *argument, struct otp_why *why);

/* Settles what depends on other keys and finds contradictions between keys. Comes last. */
__attribute__((warn_unused_result)) enum otp_err reading_finish(struct reading *reading, struct otp_why *why);

/* "FILE:LINE", "argument" or "default". */
void reading_place_name(
	const struct reading *reading, struct reading_place place, char out[READING_PLACE_SIZE]);

#endif
