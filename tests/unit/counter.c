/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/counter.h"

#include "tests/unit/staging.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const unsigned char counter_store_id[KEY_MAC_LEN] = "32 bytes that name a test store";

struct store_file counter_file = {.users_fd = -1};

static long count_parse(const char *data, size_t len)
{
	char text[32] = "";
	char *end;

	memcpy(text, data, len < sizeof text - 1 ? len : sizeof text - 1);
	if (strncmp(text, "count=", 6) != 0)
		return -1;
	long count = strtol(text + 6, &end, 10);
	return end > text + 6 && *end == ' ' ? count : -1;
}

static enum store_action counter_run(void *ctx, const struct store_bytes *old, char *next, size_t *next_len)
{
	struct counter *counter = ctx;
	long before = old->data == NULL ? 0 : count_parse(old->data, old->len);

	counter->runs++;
	counter->existed = old->data != NULL;
	counter->damaged = old->damaged;
	counter->seen = (unsigned long)before;
	if (counter->action == STORE_KEEP)
		return STORE_KEEP;
	size_t len = (size_t)sprintf(next, "count=%ld ", before + 1);
	memset(next + len, 'x', counter->fill);
	*next_len = len + counter->fill + counter->extra;
	return STORE_WRITE;
}

struct store_edit counter_edit(struct counter *counter)
{
	return (struct store_edit){.run = counter_run, .ctx = counter};
}

static struct store_key key_of(const char *user)
{
	return (struct store_key){.user = user};
}

enum otp_err counter_add(struct store_file *file, const char *user, size_t fill, struct counter *seen)
{
	struct counter counter = {.fill = fill, .action = STORE_WRITE};
	struct store store = store_file_interface(file);
	enum otp_err err = store.update(store.self, key_of(user), counter_edit(&counter), NULL);

	if (seen != NULL)
		*seen = counter;
	return err;
}

enum otp_err counter_get(struct store_file *file, const char *user, long *count, bool *damaged)
{
	char buf[STORE_RECORD_MAX];
	struct store_bytes bytes = {0};
	struct store store = store_file_interface(file);
	enum otp_err err = store.read(store.self, key_of(user), buf, &bytes, NULL);

	*count = err == OTP_OK ? count_parse(bytes.data, bytes.len) : -1;
	*damaged = bytes.damaged;
	return err;
}

int counter_stage(void **state)
{
	bool created = false;
	(void)state;

	counter_file.users_fd = -1;
	if (staging_make() == NULL)
		return 0;
	if (store_file_create(staging_path("store"), geteuid(), counter_store_id, &created, NULL) != OTP_OK)
		return -1;
	return store_file_open(&counter_file, staging_path("store"), geteuid(), counter_store_id, NULL) ==
			       OTP_OK
		       ? 0
		       : -1;
}

int counter_unstage(void **state)
{
	(void)state;
	store_file_close(&counter_file);
	staging_remove();
	return 0;
}

void counter_need_stage(void)
{
	if (counter_file.users_fd >= 0)
		return;
	print_message("no folder here whose parents nobody else may write to\n");
	skip();
}
