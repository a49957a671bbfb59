/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_OTP_CORE_H
#define OTPCODE_OTP_CORE_H

/*
 * The decisions of a login. No PAM, no files, no network, no syslog: a record, a clock, a random source and a
 * store go in, a situation comes out. Each call is one store update, durable before it returns; nothing is
 * held in memory between calls, because sshd runs every retry in a new process.
 */

#include "core/code.h"
#include "core/contact.h"
#include "core/key.h"
#include "core/origin.h"
#include "core/policy.h"
#include "core/quota.h"
#include "core/random.h"
#include "core/record.h"
#include "core/step.h"
#include "core/why.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* What a decision depends on, all by value. The seams for tests are these. */
struct otp_core {
	struct otp_clock clock;
	struct otp_random random;
	struct store store;
	struct quota_table limits; /* where it cannot be asked, nothing is sent */
	struct keys keys;          /* secret: keys_wipe when done */
	struct policy policy;
};

/*
 * Begins a login at login's origin, or takes up the challenge that lives there.
 * The shared limits are charged after the code is on disk and before it is given out; where one stops it, it
 * is taken back. login->contacts become the record's, and make one where there is none. Gives OTP_REMEMBERED,
 * OTP_SEND, OTP_WAITING, OTP_ASK, OTP_SEND_FAILED, OTP_SEND_LIMIT, OTP_SPENT, OTP_LOCKED, OTP_NOT_ENROLLED or
 * OTP_NO_CONTACT; where the step says that the app's code or a backup code may be typed, no failed send is
 * the end. step: in, zeroed or the last step of this login; out, the new one, here and in all calls below.
 */
__attribute__((warn_unused_result)) enum otp_err otp_begin(const struct otp_core *core,
	const struct otp_login *login, const struct otp_channels *channels, struct otp_step *step,
	struct otp_why *why);

/*
 * Sends again: a further code in the same challenge, under the same budget; the earlier ones stay good until
 * they expire. Gives what otp_begin gives, or OTP_TOO_SOON. With no challenge left it begins a new one.
 */
__attribute__((warn_unused_result)) enum otp_err otp_resend(const struct otp_core *core,
	const struct otp_login *login, const struct otp_channels *channels, struct otp_resend_request request,
	struct otp_step *step, struct otp_why *why);

/*
 * Records what became of the send of an OTP_SEND step. OTP_DELIVERY_SENT writes nothing (a whole login by a
 * fresh code costs two synchronous writes): it is noted in step and recorded together with whatever is
 * written next.
 */
__attribute__((warn_unused_result)) enum otp_err otp_sent(const struct otp_core *core,
	const struct otp_login *login, struct otp_delivery_facts facts, struct otp_step *step,
	struct otp_why *why);

/*
 * Judges what was typed. Charged and on disk before it returns: OTP_WRONG, OTP_EXPIRED, OTP_SPENT,
 * OTP_LOCKED, OTP_VERIFIED (after which this code is worth nothing any more). It may be a code that was sent,
 * the app's or a backup code, whatever this user has and login->accept takes: all in one try. What could be
 * none of them is OTP_NOT_A_CODE and charges nothing.
 */
__attribute__((warn_unused_result)) enum otp_err otp_answer(const struct otp_core *core,
	const struct otp_login *login, const char *typed, struct otp_step *step, struct otp_why *why);

/* Reads a user's record, as it stands, for showing. *damaged: an older copy of it had to be used; NULL where
 * nobody asks. OTP_ERR_NOT_ENROLLED if there is none. */
__attribute__((warn_unused_result)) enum otp_err otp_read(const struct otp_core *core, const char *user,
	struct record *out, bool *damaged, struct otp_why *why);

/*
 * Changes a record as an admin asks: edit sees the record as it stands, times brought up to now. exists is
 * false and record empty but for user and uid where there is none; leaving it so is then an error of edit's
 * own making. Pure, may run more than once. Anything but OTP_OK leaves the record as it was and is returned
 * with edit's why.
 */
struct otp_edit {
	enum otp_err (*run)(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why);
	void *ctx;
};
__attribute__((warn_unused_result)) enum otp_err otp_change(const struct otp_core *core, const char *user,
	uint32_t uid, struct otp_edit edit, struct otp_why *why);

#endif
