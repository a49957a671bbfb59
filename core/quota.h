/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_QUOTA_H
#define OTPCODE_CORE_QUOTA_H

#include "core/contact.h"
#include "core/key.h"
#include "core/origin.h"
#include "core/policy.h"
#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Limits that protect the bill: sends per source, per address over all users, and per host and channel.
 * Counted in rows of one table, where a row is found by a keyed hash, so that who reads the table learns
 * neither addresses nor numbers. Pure: the table's bytes come and go through struct quota_table
 * (docs/state-format.md has the form).
 */

/*
 * A window is counted in twelfths, and the one that is just passing out of it is counted whole: never more
 * than the limit in any window, and a send counts for at most a twelfth longer than the window. Every row
 * counts both windows, so that a limit changed from /h to /d knows of what was sent before.
 */
#define QUOTA_SLICES 13
#define QUOTA_HOUR_S INT64_C(3600)
#define QUOTA_DAY_S INT64_C(86400)

#define QUOTA_NAME_LEN 12
struct quota_row {
	unsigned char name[QUOTA_NAME_LEN];
	int64_t at;                  /* up to when its slices are counted */
	uint32_t hour[QUOTA_SLICES]; /* of 5 min each; the n'th since 1970 at n % QUOTA_SLICES */
	uint32_t day[QUOTA_SLICES];  /* of 2 h each */
};

/* Brings a row up to now. What lies in the future, because the clock was set back, counts as of now. True if
 * it did: that must be kept, or it would start anew at each look. */
bool quota_row_settle(struct quota_row *row, int64_t now);

/* How long until the limit allows another send; 0: now. row is settled. */
int64_t quota_row_wait_s(const struct quota_row *row, struct policy_rate limit, int64_t now);

/* A send at row->at. */
void quota_row_add(struct quota_row *row);

/* Takes back a send of that time. What is not there any more is not taken back from anywhere else. */
void quota_row_return(struct quota_row *row, int64_t sent_at);

bool quota_row_is_empty(const struct quota_row *row);

/* Where a row stands: only in one set of the table. */
struct quota_key {
	unsigned char name[QUOTA_NAME_LEN];
	unsigned set;
};

#define QUOTA_ROW_SIZE ((size_t)128)
#define QUOTA_SET_ROWS 8
#define QUOTA_SET_SIZE (QUOTA_SET_ROWS * QUOTA_ROW_SIZE)
#define QUOTA_SETS 2048
#define QUOTA_ROWS_MAX 6 /* of one change */

/* The bytes of a row. Decoding gives false where its checksum does not hold. */
void quota_row_encode(const struct quota_row *row, unsigned char out[QUOTA_ROW_SIZE]);
bool quota_row_decode(const unsigned char bytes[QUOTA_ROW_SIZE], struct quota_row *out);
bool quota_place_is_free(const unsigned char bytes[QUOTA_ROW_SIZE]);

/* Sees the rows, settled; true: keep them as they are now. Pure, may run more than once. */
struct quota_edit {
	bool (*run)(void *ctx, struct quota_row *rows);
	void *ctx;
	int64_t now;
};

/*
 * Runs edit on the rows that keys name in sets: sets[i] is where keys[i] belongs, equal pointers for equal
 * sets. A row that is not there is seen empty. A new row takes a free place, or that of a row whose windows
 * are empty, else of the one with the fewest sends in a day, of these the one used longest ago. *changed: the
 * sets must be kept. OTP_ERR_CORRUPT: nothing was changed.
 */
__attribute__((warn_unused_result)) enum otp_err quota_apply(unsigned char *const *sets,
	const struct quota_key *keys, unsigned keys_n, struct quota_edit edit, bool *changed,
	struct otp_why *why);

/* Whoever keeps the table. */
struct quota_table {
	void *self;

	/*
	 * quota_apply on at most QUOTA_ROWS_MAX rows, all of them alone with it. After any error nothing may
	 * be sent; rows are then as before or as edit left them.
	 */
	enum otp_err (*update)(void *self, const struct quota_key *keys, unsigned keys_n,
		struct quota_edit edit, struct otp_why *why);
};

/* A send that is about to happen, or that did. */
struct quota_send {
	const struct origin *origin;
	const struct contact *contact;
};

enum quota_limit {
	QUOTA_NONE,
	QUOTA_COOLDOWN, /* not counted here: a limit stopped the last send, and its cooldown runs */
	QUOTA_USER,     /* not counted here: it stands in the user's record */
	QUOTA_ADDRESS,  /* the user's limit, over all users that have this address */
	QUOTA_SOURCE,
	QUOTA_EMAIL,
	QUOTA_SMS,
	QUOTA_SMS_DAILY,
};

const char *quota_limit_name(enum quota_limit limit); /* the key in [limits] */
bool quota_limit_is_of_host(enum quota_limit limit);  /* everybody is stopped, so an admin should know */

/* The limit that stops a send the longest; QUOTA_NONE: none does. */
struct quota_verdict {
	enum quota_limit limit;
	int64_t wait_s;
};

/* Charges a send to all rows that it concerns, or to none of them if any limit stops it. */
__attribute__((warn_unused_result)) enum otp_err quota_take(const struct quota_table *table,
	const struct keys *keys, const struct policy *policy, struct quota_send send, int64_t now,
	struct quota_verdict *out, struct otp_why *why);

/* The same without charging anything. */
__attribute__((warn_unused_result)) enum otp_err quota_look(const struct quota_table *table,
	const struct keys *keys, const struct policy *policy, struct quota_send send, int64_t now,
	struct quota_verdict *out, struct otp_why *why);

/* Sends that are given back: contacts[contact] was sent one then. */
struct quota_returns {
	const struct origin *origin; /* NULL: not to the source */
	const struct contact *contacts;
	unsigned contacts_n; /* at most QUOTA_ROWS_MAX - 1 */
	struct quota_returned {
		int64_t at;
		unsigned contact; /* contacts_n: one that is gone */
	} sends[POLICY_SENDS_MAX];
	unsigned sends_n;
};
__attribute__((warn_unused_result)) enum otp_err quota_return(const struct quota_table *table,
	const struct keys *keys, const struct policy *policy, const struct quota_returns *returns,
	int64_t now, struct otp_why *why);

#endif
