/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_POLICY_H
#define OTPCODE_CORE_POLICY_H

#include "core/address.h"
#include "core/code.h"

#include <stdint.h>

/* Hard caps and fixed numbers: no configuration passes them. */
#define POLICY_LIFETIME_MIN_S 60
#define POLICY_LIFETIME_MAX_S 600
#define POLICY_TRIES_MAX 10
#define POLICY_LOCK_MAX_S 86400
#define POLICY_LOCK_STEP 5 /* a lock doubles with every further 5 consecutive failures */
#define POLICY_WRONG_30D_MAX 100
#define POLICY_SENDS_MAX 12            /* sends of one user in their window that a record can hold */
#define POLICY_LIVE_CHALLENGES 4       /* of one user */
#define POLICY_LIVE_CODES 3            /* of one challenge */
#define POLICY_KNOWN_NETWORK_S 2592000 /* 30 days */
#define POLICY_FUTURE_S 5              /* a code issued further in the future than this counts as expired */
#define POLICY_RESEND_MAX_S 3600
#define POLICY_SHARED_SENDS_MAX 100000 /* of a source or a host in its window */
#define POLICY_TRUSTED_MAX 16
#define POLICY_DEVICES_MAX 8          /* of one user */
#define POLICY_REMEMBER_MAX_S 7776000 /* 90 days */

struct policy_rate {
	unsigned count;
	int window_s;
};

struct policy_networks {
	struct address_range list[POLICY_TRUSTED_MAX];
	unsigned n;
};

/* What a place is remembered by. */
enum policy_remember_by {
	POLICY_REMEMBER_KEY_AND_NETWORK, /* the SSH key proved in this login, and the network */
	POLICY_REMEMBER_NETWORK,         /* the network alone, where an earlier module checked a password */
};

/* The numbers of a login. Every value within the caps above: config_load refuses any other. */
struct policy {
	struct code_form form;
	int lifetime_s;
	unsigned tries;                    /* of one challenge, over all its codes */
	int resend_after_s;                /* first cooldown; doubles with each send of the challenge */
	struct policy_rate sends_per_user; /* also of one address, over all users that have it */
	struct policy_rate sends_per_source;
	struct policy_rate sends_email, sends_sms, sends_sms_daily; /* of this host */
	struct policy_networks trusted_sources;                     /* bastions: no limit per source */
	unsigned lock_after;                                        /* consecutive failures of a lane */
	int lock_for_s;                                             /* the first lock */
	unsigned wrong_per_30d; /* failures of a lane in 30 days, then locked until an admin unlocks */
	int remember_for_s;     /* how long a place is remembered after a success; 0: not at all */
	enum policy_remember_by remember_by;
};

struct policy policy_default(void);

/*
 * How long a lane is locked by its consecutive'th failure: 0 between the steps, at a step lock_for_s doubled,
 * at most POLICY_LOCK_MAX_S.
 */
int policy_lock_s(const struct policy *policy, unsigned consecutive);

/*
 * How long after the sends'th send of a challenge (1, 2, ...) the next may follow: at most
 * POLICY_RESEND_MAX_S; 0 where there was none.
 */
int policy_cooldown_s(const struct policy *policy, unsigned sends);

/*
 * How many of a user's sends strangers may cause: three of five, rounded up, but one less than all, so that
 * the owner always keeps some (a limit of 1 is everybody's).
 */
unsigned policy_stranger_sends(const struct policy *policy);

#endif
