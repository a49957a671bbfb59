/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/secret.h"

enum otp_err secret_seal(const struct session *session, const struct user *user,
	const struct totp_secret *secret, struct totp_sealed *out, struct otp_why *why)
{
	const struct otp_random *random = &session->core.random;
	struct totp_owner owner = {.user = user->name, .uid = user->uid};
	unsigned char nonce[TOTP_NONCE_LEN];
	enum otp_err err = random->fill(random->self, nonce, sizeof nonce, why);

	return err == OTP_OK ? totp_seal(&session->core.keys, &owner, nonce, secret, out, why) : err;
}
