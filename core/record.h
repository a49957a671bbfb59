/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_RECORD_H
#define OTPCODE_CORE_RECORD_H

#include "core/code.h"
#include "core/contact.h"
#include "core/origin.h"
#include "core/policy.h"
#include "core/totp.h"
#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text form of a record: what a slot holds after its header (docs/state-format.md). */
#define RECORD_TEXT_MAX 8064
#define RECORD_USER_SIZE 256
#define RECORD_CONTACTS_MAX 4
#define RECORD_ADDRESSES_MAX 480 /* bytes of all addresses together, as written: '%' takes three */
#define RECORD_NETWORKS_MAX 8
#define RECORD_DAYS_MAX 31
#define RECORD_EVENTS_MAX 24
#define RECORD_ORIGIN_LEN CODE_ORIGIN_LEN /* of origin_mac (RFC 2104 section 5) */
#define RECORD_BACKUPS_MAX 11             /* ten, and one from the help desk */
#define RECORD_DEVICE_LEN 16
#define RECORD_DEVICE_SERVICE_SIZE 17
#define RECORD_DETAIL_SIZE 65
#define RECORD_LOCK_FOREVER INT64_MAX /* lock_for_s: until an admin unlocks */

enum lane {
	LANE_KNOWN,
	LANE_STRANGER,
	LANES_N,
};

/* Failures of one day (days since 1970, UTC). */
struct record_day {
	int64_t day;
	unsigned wrong;
};

struct record_lane {
	unsigned consecutive; /* failures since the last success of this lane */
	int64_t lock_since;
	int64_t lock_for_s; /* 0: none */
	struct record_day days[RECORD_DAYS_MAX];
	unsigned days_n;
};

enum record_delivery {
	RECORD_PENDING, /* handed to the hook, no verdict recorded */
	RECORD_SENT,
	RECORD_SLOW, /* no verdict within the wait: it may still come */
};

/* One code of a challenge: never the code, only its seal. */
struct record_code {
	struct code_seal seal;
	int64_t issued;
	int64_t expires;
	enum record_delivery delivery;
	enum channel channel;
	char to[CONTACT_MASK_SIZE]; /* the mask of the contact that it went to */
};

struct record_challenge {
	unsigned char id[CODE_CHALLENGE_ID_LEN];
	char ref[CODE_REF_SIZE];
	unsigned char origin[RECORD_ORIGIN_LEN];
	char service[ORIGIN_SERVICE_SIZE];
	char source[ORIGIN_SOURCE_SIZE];
	int64_t opened;
	int64_t last_send;   /* when a send last began here, delivered or not: the cooldown counts from it */
	unsigned sends;      /* sends begun in this challenge, failed ones too: the cooldown grows with it */
	unsigned tries_used; /* over all its codes */
	bool send_failed;    /* the last send was refused by every provider */
	bool known;          /* a login in the known lane opened it or asked for a code here */
	struct record_code codes[POLICY_LIVE_CODES];
	unsigned codes_n;
};

struct record_send {
	int64_t at;
	enum lane lane;
	unsigned char challenge[4]; /* first bytes of its id: a success gives its sends back */
};

/* A network from which a login succeeded: for 30 days its logins are in the known lane. */
struct record_network {
	char network[ORIGIN_NETWORK_SIZE];
	int64_t last_success;
};

/* The authenticator app of the user. Its secret rests encrypted: core/totp.h. */
struct record_totp {
	struct totp_form form;
	struct totp_sealed secret;
	int64_t since;     /* when it was enrolled */
	int64_t last_step; /* the latest time step of which a code was accepted: no code of it or before it is
			    */
	bool preferred;    /* nothing is sent until the person asks for it */
};

/* A backup code that was not used yet. */
struct record_backup {
	struct code_seal seal; /* core/backup.h */
	int64_t until;         /* 0: for ever */
};

/* A place remembered after a success. */
struct record_device {
	unsigned char id[RECORD_DEVICE_LEN];      /* core/device.h */
	char service[RECORD_DEVICE_SERVICE_SIZE]; /* to be read by people; id holds all of it */
	char network[ORIGIN_NETWORK_SIZE];
	int64_t since;
	int64_t until; /* fixed: use does not lengthen it */
};

enum record_event_kind {
	EVENT_ENROLLED,
	EVENT_CONTACT_ADDED,
	EVENT_CONTACT_REMOVED,
	EVENT_CONTACT_ORDER,
	EVENT_ADMIN_LOCK,
	EVENT_ADMIN_UNLOCK,
	EVENT_ISSUED, /* a code was drawn and handed to the hook */
	EVENT_SENT,
	EVENT_SLOW,
	EVENT_REFUSED,
	EVENT_WRONG,
	EVENT_EXPIRED, /* a right code, too late */
	EVENT_LOCKED,
	EVENT_VERIFIED,
	EVENT_DAMAGED,           /* one slot of the state file was bad */
	EVENT_CONTACTS_FOLLOWED, /* where contacts come from has others now */
	EVENT_TOTP_ADDED,
	EVENT_TOTP_REMOVED,
	EVENT_BACKUP_CODES, /* made; detail says how many */
	EVENT_REMEMBERED,   /* nobody was asked: the device is known */
	EVENT_DEVICES_REVOKED,
	EVENT_PASSWORD,  /* a forgotten password was replaced */
	EVENT_REF_TYPED, /* in place of the code; once a challenge, and no try */
	EVENT_RESTORED,  /* the record came back from a backup: what may have been used since is gone */
	EVENT_KINDS_N,
};

/* A line of recent history. A repeat (same kind, service, source, ref, detail) raises count and last. */
struct record_event {
	enum record_event_kind kind;
	int64_t first;
	int64_t last;
	unsigned count;
	char service[ORIGIN_SERVICE_SIZE]; /* empty: none */
	char source[ORIGIN_SOURCE_SIZE];
	char ref[CODE_REF_SIZE];
	char detail[RECORD_DETAIL_SIZE]; /* a provider's name, a refusal's reason, a masked contact; of a
					    wrong try the ref of the login whose code it was */
};

/* Everything that is kept about one user. Holds no secret but seals, and one that is encrypted. */
struct record {
	char user[RECORD_USER_SIZE];
	uint32_t uid;
	int64_t enrolled;
	struct contact contacts[RECORD_CONTACTS_MAX]; /* in the order in which they are tried */
	unsigned contacts_n;
	bool admin_locked; /* both lanes, until an admin unlocks */
	struct record_lane lanes[LANES_N];
	struct record_challenge challenges[POLICY_LIVE_CHALLENGES]; /* oldest first */
	unsigned challenges_n;
	struct record_send sends[POLICY_SENDS_MAX]; /* oldest first */
	unsigned sends_n;
	struct record_network networks[RECORD_NETWORKS_MAX]; /* oldest success first */
	unsigned networks_n;
	struct record_totp totp[1];
	unsigned totp_n; /* 0 or 1 */
	struct record_backup backups[RECORD_BACKUPS_MAX];
	unsigned backups_n;
	struct record_device devices[POLICY_DEVICES_MAX]; /* oldest first */
	unsigned devices_n;
	unsigned wrong_since_success; /* of both lanes, for the line after a success */
	char wrong_latest_source[ORIGIN_SOURCE_SIZE];
	int64_t last_success;                          /* 0: never */
	struct record_event events[RECORD_EVENTS_MAX]; /* oldest first */
	unsigned events_n;
};

/*
 * Reads the text form. Every line must be known, whole and within the limits of struct record, and written in
 * the one way in which record_encode writes it: anything else is OTP_ERR_CORRUPT, naming line and word, and
 * out is then empty. len at most RECORD_TEXT_MAX.
 */
__attribute__((warn_unused_result)) enum otp_err record_decode(
	const char *text, size_t len, struct record *out, struct otp_why *why);

/*
 * Writes the text form into text[RECORD_TEXT_MAX]; where it would not fit, the oldest events are left out,
 * nothing else. Counters stop at the most that the form holds, texts that only inform are cut and cleaned to
 * what it holds; any other value that record_decode would refuse is OTP_ERR_INVALID, naming word and key.
 */
__attribute__((warn_unused_result)) enum otp_err record_encode(
	const struct record *record, char text[RECORD_TEXT_MAX], size_t *len, struct otp_why *why);

/* Whether the contacts' addresses fit a record together. */
bool record_contacts_fit(const struct contact *contacts, unsigned contacts_n);

/*
 * Adds an event at the end. An equal one among the kept ones moves there instead, so that who repeats himself
 * cannot push the others out; the oldest goes when there are too many. NULL stands for empty; what does not
 * fit is cut, cleaned or left out.
 */
struct record_event_facts {
	enum record_event_kind kind;
	const char *service;
	const char *source;
	const char *ref;
	const char *detail;
};
void record_add_event(struct record *record, int64_t now, const struct record_event_facts *facts);

const char *record_event_name(enum record_event_kind kind); /* "sent", "wrong", ... as in the text form */
const char *lane_name(enum lane lane);                      /* "known", "stranger" */

#endif
