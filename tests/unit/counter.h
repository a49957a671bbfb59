/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_UNIT_COUNTER_H
#define OTPCODE_TESTS_UNIT_COUNTER_H

#include "store/file.h"

#include <stdbool.h>
#include <stddef.h>

/* A record that counts its updates: "count=N " and fill bytes. What the last run of the edit saw stands here
 * too. */
struct counter {
	size_t fill;
	enum store_action action;
	size_t extra; /* pretends that next is so much longer */
	unsigned runs;
	bool existed;
	bool damaged;
	unsigned long seen;
};

extern const unsigned char counter_store_id[KEY_MAC_LEN]; /* of the staged store */

struct store_edit counter_edit(struct counter *counter);

/* Adds one to user's record, which is written with fill bytes. */
enum otp_err counter_add(struct store_file *file, const char *user, size_t fill, struct counter *seen);

/* Reads user's record. The count is -1 where it is not one. */
enum otp_err counter_get(struct store_file *file, const char *user, long *count, bool *damaged);

/*
 * Setup and teardown for cmocka: a store in the staged folder, open in counter_file. counter_need_stage skips
 * the test of a user who has no place for one.
 */
extern struct store_file counter_file;
int counter_stage(void **state);
int counter_unstage(void **state);
void counter_need_stage(void);

#endif
