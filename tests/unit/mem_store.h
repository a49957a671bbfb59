/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_MEM_STORE_H
#define OTPCODE_TESTS_MEM_STORE_H

#include "core/why.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

#define MEM_STORE_ROWS 16
#define MEM_STORE_USER_SIZE 256

/* A store in memory for tests of what stands above one. All zero is an empty one that works. Not for threads.
 */
struct mem_store {
	struct mem_store_row {
		char user[MEM_STORE_USER_SIZE]; /* empty: a free row */
		char data[STORE_RECORD_MAX];
		size_t len;
	} rows[MEM_STORE_ROWS];

	/* What a call meets, for a test to set. With an error told, a call changes nothing. */
	enum otp_err fail_update; /* OTP_OK: none; update gives this without running the edit */
	enum otp_err fail_write;  /* update gives this after the edit ran and wanted to write */
	enum otp_err fail_read, fail_list, fail_remove;
	unsigned spared;         /* so many calls of any kind go well before the errors above hold */
	bool damaged;            /* update and read say so of what they find, until the next write */
	bool run_twice;          /* update runs each edit, forgets what came of it, and runs it again */
	void (*between)(void *); /* called between the two runs: it may use the store itself; NULL: none */
	void *between_ctx;

	/* What was asked, for a test to look at. */
	unsigned updates, writes, reads;
};

struct store mem_store_interface(struct mem_store *mem);

/* Puts a record there, or takes it away with data NULL, past the hooks and counts above. False if it is full.
 */
bool mem_store_put(struct mem_store *mem, const char *user, const char *data, size_t len);

/* The row of user, or NULL. */
const struct mem_store_row *mem_store_find(const struct mem_store *mem, const char *user);

#endif
