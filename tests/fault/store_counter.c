/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record that counts its updates, for tests that kill this program or let its system calls fail.
 *
 *   store_counter DIR make            store_counter DIR add USER      store_counter DIR remove USER
 *   store_counter DIR list            store_counter DIR get USER      store_counter DIR loop USER
 *
 * Says "ok ..." and exits 0, or says "error CODE TEXT" and exits 1. Before what counts begins it says
 * "begin".
 */
#include "store/file.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const unsigned char store_id[KEY_MAC_LEN] = "32 bytes that name a test store";

/* Long and short in turn, so that what was cut or mixed shows. */
static size_t fill_of(long count)
{
	return count % 2 == 0 ? 100 : 7000;
}

static size_t record_print(long count, char *out)
{
	size_t len = (size_t)sprintf(out, "count=%ld ", count);

	memset(out + len, 'a' + (int)(count % 26), fill_of(count));
	return len + fill_of(count);
}

/* -1 for anything that record_print does not print. */
static long record_parse(const char *data, size_t len)
{
	static char again[STORE_RECORD_MAX];
	char text[32] = "";

	memcpy(text, data, len < sizeof text - 1 ? len : sizeof text - 1);
	long count = strncmp(text, "count=", 6) == 0 ? strtol(text + 6, NULL, 10) : -1;
	return count > 0 && record_print(count, again) == len && memcmp(again, data, len) == 0 ? count : -1;
}

struct add {
	long count;
	bool damaged;
};

static enum store_action add_run(void *ctx, const struct store_bytes *old, char *next, size_t *next_len)
{
	struct add *add = ctx;
	long before = old->data == NULL ? 0 : record_parse(old->data, old->len);

	if (before < 0)
		abort();
	add->count = before + 1;
	add->damaged = old->damaged;
	*next_len = record_print(add->count, next);
	return STORE_WRITE;
}

static bool print_user(void *ctx, const char *user)
{
	(void)ctx;
	(void)printf("user %s\n", user);
	return true;
}

static int report(enum otp_err err, const struct otp_why *why)
{
	if (err != OTP_OK)
		(void)printf("error %d %s\n", err, why->text);
	return err == OTP_OK ? 0 : 1;
}

static int run_add(struct store *store, struct store_key key)
{
	struct otp_why why = {0};
	struct add add = {0};
	enum otp_err err = store->update(store->self, key, (struct store_edit){add_run, &add}, &why);

	if (err == OTP_OK)
		(void)printf("ok %ld damaged %d\n", add.count, add.damaged);
	return report(err, &why);
}

static int run_get(struct store *store, struct store_key key)
{
	char buf[STORE_RECORD_MAX];
	struct store_bytes bytes = {0};
	struct otp_why why = {0};
	enum otp_err err = store->read(store->self, key, buf, &bytes, &why);

	if (err == OTP_OK)
		(void)printf("ok %ld damaged %d\n", record_parse(bytes.data, bytes.len), bytes.damaged);
	return report(err, &why);
}

static int run_remove(struct store *store, struct store_key key)
{
	struct otp_why why = {0};
	enum otp_err err = store->remove(store->self, key, &why);

	if (err == OTP_OK)
		(void)puts("ok removed");
	return report(err, &why);
}

static int run_on(struct store *store, const char *what, const char *user)
{
	const struct store_key key = {.user = user};
	struct otp_why why = {0};
	int status = 0;

	if (strcmp(what, "add") == 0)
		return run_add(store, key);
	if (strcmp(what, "get") == 0)
		return run_get(store, key);
	if (strcmp(what, "remove") == 0)
		return run_remove(store, key);
	if (strcmp(what, "list") == 0)
		return report(store->list(store->self, (struct store_visit){print_user, NULL}, &why), &why);
	if (strcmp(what, "loop") != 0)
		return 2;
	while (status == 0)
		status = run_add(store, key);
	return status;
}

int main(int argc, char **argv)
{
	struct store_file file;
	struct otp_why why = {0};
	bool created = false;

	if (argc < 3 || setvbuf(stdout, NULL, _IOLBF, 0) != 0)
		return 2;
	if (strcmp(argv[2], "make") == 0)
		return report(store_file_create(argv[1], geteuid(), store_id, &created, &why), &why);
	/* Opening is part of a login too. */
	(void)puts("begin");
	enum otp_err err = store_file_open(&file, argv[1], geteuid(), store_id, &why);
	if (err != OTP_OK)
		return report(err, &why);
	struct store store = store_file_interface(&file);
	int status = run_on(&store, argv[2], argc > 3 ? argv[3] : "");
	store_file_close(&file);
	return status;
}
