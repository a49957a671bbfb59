/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_RANDOM_H
#define OTPCODE_CORE_RANDOM_H

#include "core/why.h"

#include <stddef.h>
#include <stdint.h>

/* A source of secret random bytes. A value, so that a test can give another one. */
struct otp_random {
	enum otp_err (*fill)(void *self, void *out, size_t len, struct otp_why *why);
	void *self;
};

/* RAND_priv_bytes of the process's default library context. */
struct otp_random random_system(void);

/*
 * A number in 0..bound-1, bound 1..256, every value equally likely: bytes past the last whole multiple are
 * drawn again. OTP_ERR_NO_RANDOM where the source fails, or gives only such bytes.
 */
__attribute__((warn_unused_result)) enum otp_err random_below(
	const struct otp_random *random, unsigned bound, unsigned *out, struct otp_why *why);

/* A clock in wall-clock seconds since 1970. A value, so that a test can give another one. */
struct otp_clock {
	int64_t (*now)(void *self);
	void *self;
};

struct otp_clock clock_system(void);

#endif
