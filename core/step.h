/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_STEP_H
#define OTPCODE_CORE_STEP_H

#include "core/code.h"
#include "core/contact.h"
#include "core/origin.h"
#include "core/quota.h"
#include "core/record.h"

#include <stdbool.h>
#include <stdint.h>

/* What may be typed. */
enum otp_accept {
	OTP_ACCEPT_ANY,
	OTP_ACCEPT_SENT, /* only a code that was sent */
	OTP_ACCEPT_KEPT, /* only what the person keeps: the app's codes and backup codes; nothing is sent */
};

/* What opened the login. */
enum otp_means {
	OTP_MEANS_SENT,
	OTP_MEANS_TOTP,
	OTP_MEANS_BACKUP,
};

/* The contacts of a user from outside the record; n may be 0. */
struct otp_contacts {
	struct contact list[RECORD_CONTACTS_MAX];
	unsigned n;
};

/* Who logs in, and from where; fixed once, at the beginning (PAM_USER may change later: openssh 140bae1df).
 */
struct otp_login {
	const char *user; /* canonical pw_name, as NSS returned it; on a shared account the person's */
	uint32_t uid;
	struct origin origin;
	const struct otp_contacts
		*contacts;     /* what the place where contacts come from has; NULL: the record's own */
	bool password_checked; /* an earlier module set PAM_AUTHTOK */
	enum otp_accept accept;
};

/* What the person at the prompt is in. Every answer of the core is one of these, or an enum otp_err. */
enum otp_situation {
	OTP_SEND,    /* a code was drawn and charged: deliver step.code to step.contact, then say otp_sent */
	OTP_WAITING, /* a code from before is live: nothing is to be sent */
	OTP_ASK, /* nothing was sent, and nothing is to be sent unless the person asks: the app's code or a
		    backup code is waited for */
	OTP_REMEMBERED,  /* the device is known and nobody need be asked */
	OTP_SEND_FAILED, /* the last send was refused and its cooldown runs: nothing is to be sent, no code is
			    live */
	OTP_NO_SUCH_CONTACT, /* resend: no contact on the channel asked for, which stands in step.channel;
				nothing is counted */
	OTP_TOO_SOON,        /* resend: wait_s until one may be asked for */
	OTP_SEND_LIMIT,      /* a limit stopped the send: wait_s until it allows another one; see limit */
	OTP_SPENT,           /* this challenge's tries are used up */
	OTP_LOCKED,          /* the lane is locked: wait_s, or until an admin */
	OTP_NOT_ENROLLED,    /* exactly that: this host's store has no record of the user */
	OTP_NO_CONTACT, /* enrolled, but no contact is on a channel that can deliver; with OTP_ACCEPT_KEPT:
			   there is neither app nor backup code */
	OTP_VERIFIED,
	OTP_WRONG,
	OTP_EXPIRED,    /* a right code, too late; or no code is live any more */
	OTP_NOT_A_CODE, /* could not be one: nothing was compared or charged; see shape */
};

/* One step of a login. code is secret: otp_step_wipe on every way out. */
struct otp_step {
	enum otp_situation situation;
	enum lane lane;

	/* The challenge, where there is one; ref is empty where there is none. */
	char ref[CODE_REF_SIZE];
	unsigned char challenge_id[CODE_CHALLENGE_ID_LEN];
	bool has_live_code; /* a code that was sent may still be typed */
	bool has_totp;      /* the app's code may be typed, where a challenge lives */
	unsigned totp_digits;
	unsigned backups_left;         /* backup codes that may be typed, where a challenge lives */
	enum record_delivery delivery; /* of the newest live code */
	bool none_known_sent;          /* no provider is known to have taken any of the live codes */
	enum channel channel;          /* of the newest live code, or of the send that failed */
	char to[CONTACT_MASK_SIZE];    /* mask of the contact that it went to */
	int64_t sent_at;               /* of the newest live code */
	int64_t works_until; /* the newest live code's expiry; OTP_REMEMBERED: until when the device is known
			      */
	unsigned tries_left;
	unsigned failures; /* consecutive, of this lane */

	/* OTP_SEND */
	struct code code;
	struct contact contact;
	unsigned contact_index; /* which of the user's contacts */
	bool more_contacts;     /* further ones could be tried after it; OTP_ASK: there is one to send to */
	char sent_by[RECORD_DETAIL_SIZE]; /* the provider, once otp_sent noted it; recorded with the next
					     change */

	/* OTP_TOO_SOON, OTP_SEND_LIMIT, OTP_LOCKED; OTP_SEND_FAILED: until a new send */
	int64_t wait_s;         /* RECORD_LOCK_FOREVER: until an admin unlocks */
	enum quota_limit limit; /* OTP_SEND_LIMIT: which; the longest to wait for */
	bool limits_failed;     /* OTP_SEND_FAILED: the table of limits could not be asked; why says why */
	bool admin_locked;      /* OTP_LOCKED: by an admin, not by wrong answers */
	bool locked_now;        /* OTP_LOCKED or OTP_SPENT: by this very answer */

	/* OTP_NOT_A_CODE */
	enum code_shape shape;
	unsigned typed_len;

	/* OTP_VERIFIED: by what, and what happened since the last success */
	enum otp_means means;
	unsigned wrong_since_success;
	char wrong_latest_source[ORIGIN_SOURCE_SIZE];

	bool begun;   /* login->contacts were followed: no later step of this login does so again */
	bool damaged; /* one slot was bad: challenges were dropped and a failure counted; to be logged */
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

struct otp_resend_request {
	unsigned from_contact; /* the first contact, in the user's order from 0, that may be used */
	bool after_refusal;    /* the last send was refused a moment ago and it is the next contact's turn: no
				  cooldown */
	bool only_channel;     /* the person asked for this channel: a contact on another one will not do */
	enum channel channel;
};

void otp_step_wipe(struct otp_step *step);

#endif
