/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_STORE_H
#define OTPCODE_STORE_STORE_H

#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>

#define STORE_RECORD_MAX 8064 /* bytes of one record; a slot of 8192 less its header */

/* Names a record: the canonical user name. */
struct store_key {
	const char *user;
};

/* What stands under a key. data is NULL where there is no record. */
struct store_bytes {
	const char *data; /* not NUL-ended */
	size_t len;
	bool damaged; /* an older copy had to be used: the newest change may be lost */
};

enum store_action {
	STORE_KEEP,  /* leave what is there */
	STORE_WRITE, /* put what edit left in next */
};

/*
 * Looks at old and may leave something new in next (STORE_RECORD_MAX bytes, *next_len of them meant).
 * Pure: may run more than once for one update, and whatever is random was drawn before. Must not block.
 */
struct store_edit {
	enum store_action (*run)(void *ctx, const struct store_bytes *old, char *next, size_t *next_len);
	void *ctx;
};

/* Called once a record, in no order. False stops the listing. */
struct store_visit {
	bool (*user)(void *ctx, const char *user);
	void *ctx;
};

/* The one interface between the core and whatever keeps its records. Stores know bytes, never what they mean.
 */
struct store {
	void *self;

	/*
	 * Runs edit on the bytes stored under key, atomically: what edit leaves in next is durable before
	 * update returns OTP_OK. Creates the record where there was none. OTP_ERR_BUSY after 2 s of waiting
	 * for other updates. After an error the record is as it was, or (where only making it durable failed)
	 * as edit left it; never anything else.
	 */
	enum otp_err (*update)(void *self, struct store_key key, struct store_edit edit, struct otp_why *why);

	/* Copies the record into buf[STORE_RECORD_MAX]; *bytes points into it. OTP_ERR_NOT_ENROLLED if there
	 * is none. */
	enum otp_err (*read)(
		void *self, struct store_key key, char *buf, struct store_bytes *bytes, struct otp_why *why);

	enum otp_err (*list)(void *self, struct store_visit visit, struct otp_why *why);

	/* Takes the record away, durably. OTP_ERR_NOT_ENROLLED if there is none. */
	enum otp_err (*remove)(void *self, struct store_key key, struct otp_why *why);
};

#endif
