/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_OTP_CORE_H
#define OTPCODE_OTP_CORE_H

/*
 * The decisions of a login. No PAM, no files, no network, no syslog: a record, a clock, a random source and a store go in,
 * a situation comes out. Each call is one store update, durable before it returns; nothing is held in memory between calls,
 * because sshd runs every retry in a new process.
 */

#include "core/code.h"
#include "core/contact.h"
#include "core/key.h"
#include "core/origin.h"
#include "core/policy.h"
#include "core/random.h"
#include "core/record.h"
#include "core/why.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* What a decision depends on, all by value. The seams for tests are these. */
struct otp_core {
	struct otp_clock clock;
	struct otp_random random;
	struct store store;
	struct keys keys; /* secret: keys_wipe when done */
	struct policy policy;
};

/* Who logs in, and from where; fixed once, at the beginning (CVE class of C17: PAM_USER may change later). */
struct otp_login {
	const char *user; /* canonical pw_name, as NSS returned it */
	uint32_t uid;
	struct origin origin;
};

/* What the person at the prompt is in. Every answer of the core is one of these, or an enum otp_err. */
enum otp_situation {
	OTP_SEND,         /* a code was drawn and charged: deliver step.code to step.contact, then say otp_sent */
	OTP_WAITING,      /* a code from before is live: nothing is to be sent */
	OTP_SEND_FAILED,  /* the last send was refused and its cooldown runs: nothing is to be sent, no code is live */
	OTP_TOO_SOON,     /* resend: wait_s until one may be asked for */
	OTP_SEND_LIMIT,   /* wait_s until the user's sends allow another one */
	OTP_SPENT,        /* this challenge's tries are used up */
	OTP_LOCKED,       /* the lane is locked: wait_s, or until an admin */
	OTP_NOT_ENROLLED, /* exactly that: this host's store has no record of the user */
	OTP_NO_CONTACT,   /* enrolled, but no contact is on a channel that can deliver */
	OTP_VERIFIED,
	OTP_WRONG,
	OTP_EXPIRED,      /* a right code, too late; or no code is live any more */
	OTP_NOT_A_CODE,   /* could not be one: nothing was compared or charged; see shape */
};

/* One step of a login. code is secret: otp_step_wipe on every way out. */
struct otp_step {
	enum otp_situation situation;
	enum lane lane;

	/* The challenge, where there is one; ref is empty where there is none. */
	char ref[CODE_REF_SIZE];
	unsigned char challenge_id[CODE_CHALLENGE_ID_LEN];
	bool has_live_code;              /* something may still be typed */
	enum record_delivery delivery;   /* of the newest live code */
	enum channel channel;            /* of the newest live code, or of the send that failed */
	char to[CONTACT_MASK_SIZE];      /* mask of the contact that it went to */
	int64_t sent_at;                 /* of the newest live code */
	int64_t works_until;             /* the newest live code's expiry */
	unsigned tries_left;
	unsigned failures;               /* consecutive, of this lane */

	/* OTP_SEND */
	struct code code;
	struct contact contact;
	unsigned contact_index;          /* which of the user's contacts */
	char sent_by[RECORD_DETAIL_SIZE]; /* the provider, once otp_sent noted it; recorded together with the answer */

	/* OTP_TOO_SOON, OTP_SEND_LIMIT, OTP_LOCKED; OTP_SEND_FAILED: until a new send */
	int64_t wait_s;                  /* RECORD_LOCK_FOREVER: until an admin unlocks */
	bool locked_now;                 /* OTP_LOCKED or OTP_SPENT: by this very answer */

	/* OTP_NOT_A_CODE */
	enum code_shape shape;
	unsigned typed_len;

	/* OTP_VERIFIED: what happened since the last success */
	unsigned wrong_since_success;
	char wrong_latest_source[ORIGIN_SOURCE_SIZE];

	bool damaged;                    /* one slot was bad: challenges were dropped and a failure counted; to be logged */
};

/* What became of a send. */
enum otp_delivery {
	OTP_DELIVERY_SENT,
	OTP_DELIVERY_SLOW,    /* no verdict yet, or lost after the message was handed over: the code stays */
	OTP_DELIVERY_REFUSED, /* no provider took it: the code is taken back, the user's send given back */
};

struct otp_delivery_facts {
	enum otp_delivery delivery;
	const char *provider; /* may be NULL */
	const char *reason;   /* may be NULL; no code, no address */
};

/*
 * Begins a login at login's origin, or takes up the challenge that lives there.
 * Gives OTP_SEND, OTP_WAITING, OTP_SEND_FAILED, OTP_SEND_LIMIT, OTP_SPENT, OTP_LOCKED, OTP_NOT_ENROLLED or OTP_NO_CONTACT.
 * channels: which channels can deliver, in order; contacts on others are passed over.
 */
struct otp_channels {
	enum channel list[2];
	unsigned n;
};
__attribute__((warn_unused_result)) enum otp_err otp_begin(const struct otp_core *core, const struct otp_login *login,
	const struct otp_channels *channels, struct otp_step *step, struct otp_why *why);

/*
 * Sends again: a further code in the same challenge, under the same budget; the earlier ones stay good until they expire.
 * from_contact: the first contact (in the user's order) that may be used; 0 to start over. after_refusal: the last send was
 * refused a moment ago and this is the next contact's turn, so the cooldown is not waited for.
 * Gives what otp_begin gives, or OTP_TOO_SOON. With no challenge left it begins a new one.
 */
struct otp_resend_request {
	unsigned from_contact;
	bool after_refusal;
};
__attribute__((warn_unused_result)) enum otp_err otp_resend(const struct otp_core *core, const struct otp_login *login,
	const struct otp_channels *channels, struct otp_resend_request request, struct otp_step *step,
	struct otp_why *why);

/*
 * Records what became of the send of an OTP_SEND step. OTP_DELIVERY_SENT writes nothing (a whole login by a fresh code costs
 * two synchronous writes): it is noted in step, and otp_answer records it together with the answer.
 */
__attribute__((warn_unused_result)) enum otp_err otp_sent(const struct otp_core *core, const struct otp_login *login,
	struct otp_delivery_facts facts, struct otp_step *step, struct otp_why *why);

/*
 * Judges what was typed. Charged and on disk before it returns: OTP_WRONG, OTP_EXPIRED, OTP_SPENT, OTP_LOCKED, OTP_VERIFIED
 * (after which this code is worth nothing any more). OTP_NOT_A_CODE touches nothing.
 * step: in, the last step of this login (its ref, and a delivery noted by otp_sent); out, the new one.
 */
__attribute__((warn_unused_result)) enum otp_err otp_answer(const struct otp_core *core, const struct otp_login *login,
	const char *typed, struct otp_step *step, struct otp_why *why);

void otp_step_wipe(struct otp_step *step);

/* Reads a user's record, as it stands, for showing. OTP_ERR_NOT_ENROLLED if there is none. */
__attribute__((warn_unused_result)) enum otp_err otp_read(
	const struct otp_core *core, const char *user, struct record *out, struct otp_why *why);

/*
 * Changes a record as an admin asks: edit sees the record as it stands, times brought up to now. exists is false and
 * record empty but for user and uid where there is none; leaving it so is then an error of edit's own making.
 * Pure, may run more than once. Anything but OTP_OK leaves the record as it was and is returned with edit's why.
 */
struct otp_edit {
	enum otp_err (*run)(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why);
	void *ctx;
};
__attribute__((warn_unused_result)) enum otp_err otp_change(const struct otp_core *core, const char *user, uint32_t uid,
	struct otp_edit edit, struct otp_why *why);

#endif
