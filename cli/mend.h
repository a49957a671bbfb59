/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_MEND_H
#define OTPCODE_CLI_MEND_H

#include <stdbool.h>
#include <stddef.h>

/* What kept a test message, and what to do about it. */
struct mend {
	const char *cause;  /* one word, for programs: "dns" */
	const char *advice; /* one sentence */
};

/* By the reason of a verdict, which are the words of otpcode-deliver or of a server. NULL: nothing is known
 * that would help beyond them. */
const struct mend *mend_find(const char *reason);

/* All of them, for the man page's check; NULL past the last. A cause may have several. */
const struct mend *mend_at(size_t index);

#endif
