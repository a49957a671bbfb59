/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_MACHINE_H
#define OTPCODE_STORE_MACHINE_H

#include "core/key.h"
#include "core/why.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * DIR/machine.id: an HMAC, under the host key, of the machine-id(5) under which the store was made. Two
 * machines of which one was cloned from the other have the same host key: each would take the other's codes.
 * No login looks at it: who moves a machine must not be locked out.
 */
#define MACHINE_NAME "machine.id"

enum machine {
	MACHINE_SAME,
	MACHINE_OTHER,   /* made under another machine-id: a clone, or a machine that was moved */
	MACHINE_UNNOTED, /* there is no machine.id */
};

/* Notes this machine where none is noted: *made. The store's folder must be there. */
__attribute__((warn_unused_result)) enum otp_err machine_note(
	const char *store_dir, uid_t owner, const struct keys *keys, bool *made, struct otp_why *why);

__attribute__((warn_unused_result)) enum otp_err machine_compare(
	const char *store_dir, uid_t owner, const struct keys *keys, enum machine *out, struct otp_why *why);

#endif
