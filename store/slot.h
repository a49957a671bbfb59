/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_SLOT_H
#define OTPCODE_STORE_SLOT_H

#include "core/why.h"
#include "store/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_PAIR_LEN ((size_t)2 * STORE_FILE_SLOT) /* the whole file of a record */
#define SLOT_REV_MAX INT64_MAX

/*
 * A slot: "otpcode 1 rev=N len=N sha256=HEX\n", len bytes, zeros to STORE_FILE_SLOT. rev from 1, numbers in
 * decimal without leading zeros; sha256 is that of the header without " sha256=HEX" and the len bytes, so no
 * bit of either can change unseen.
 */

/* What the two slots of a file say together. */
struct slot_choice {
	unsigned index; /* which one is valid and newest: 0 or 1; the other is where the next goes */
	uint64_t rev;
	const char *data; /* within the pair */
	size_t len;
	bool damaged; /* the other one does not hold: it may have been the newer */
};

/*
 * Chooses between the slots of pair[SLOT_PAIR_LEN]. OTP_ERR_CORRUPT if neither holds or both have the same
 * rev; any other error says that the slots could not be judged, which is not the same as damage.
 */
__attribute__((warn_unused_result)) enum otp_err slot_choose(
	const char *pair, const char *path_for_messages, struct slot_choice *out, struct otp_why *why);

/* Writes data into slot[STORE_FILE_SLOT], with its header and zeros. OTP_ERR_TOO_LARGE beyond
 * STORE_RECORD_MAX. */
__attribute__((warn_unused_result)) enum otp_err slot_fill(
	uint64_t rev, const char *data, size_t len, char *slot, struct otp_why *why);

#endif
