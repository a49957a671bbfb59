/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/random.h"

#include <limits.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

/* An honest source passes over a byte with a chance of under 1/2: so many in a row mean that it is broken. */
#define DRAWS_MAX 128

static enum otp_err system_fill(void *self, void *out, size_t len, struct otp_why *why)
{
	(void)self;
	/* The host may look at this thread's error queue and must find what it left there. */
	(void)ERR_set_mark();
	int ok = len <= INT_MAX ? RAND_priv_bytes(out, (int)len) : 0;
	(void)ERR_pop_to_mark();
	if (ok == 1)
		return OTP_OK;
	OPENSSL_cleanse(out, len);
	return why_set(why, OTP_ERR_NO_RANDOM, 0, "libcrypto gave no random bytes (RAND_priv_bytes)");
}

struct otp_random random_system(void)
{
	return (struct otp_random){.fill = system_fill, .self = NULL};
}

enum otp_err random_below(const struct otp_random *random, unsigned bound, unsigned *out, struct otp_why *why)
{
	*out = 0;
	if (bound < 1 || bound > 256)
		return why_set(
			why, OTP_ERR_INVALID, 0, "a random number is drawn below 1 to 256, not %u", bound);

	const unsigned whole = 256 - 256 % bound;
	unsigned char byte = 0;
	enum otp_err err = OTP_OK;
	for (int draws = 0; draws < DRAWS_MAX; draws++) {
		err = random->fill(random->self, &byte, 1, why);
		if (err != OTP_OK || byte < whole)
			break;
	}
	if (err == OTP_OK && byte >= whole)
		err = why_set(why, OTP_ERR_NO_RANDOM, 0, "the random source repeats itself");
	if (err == OTP_OK)
		*out = byte % bound;
	OPENSSL_cleanse(&byte, sizeof byte);
	return err;
}

static int64_t system_now(void *self)
{
	(void)self;
	return (int64_t)time(NULL);
}

struct otp_clock clock_system(void)
{
	return (struct otp_clock){.now = system_now, .self = NULL};
}
