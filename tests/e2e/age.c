/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * age KEY STORE USER SECONDS: makes every time in USER's record that many seconds older, which is what the
 * record would look like if the time had passed. The end-to-end tests wait out lifetimes and locks with it.
 */

#include "core/key.h"
#include "core/record.h"
#include "store/file.h"
#include "store/hostkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct aging {
	int64_t seconds;
	enum otp_err err;
	struct otp_why why;
	struct record record;
};

static void age_time(int64_t *when, int64_t seconds)
{
	if (*when != 0)
		*when -= seconds;
}

static void age_challenge(struct record_challenge *challenge, int64_t seconds)
{
	age_time(&challenge->opened, seconds);
	age_time(&challenge->last_send, seconds);
	for (unsigned i = 0; i < challenge->codes_n; i++) {
		age_time(&challenge->codes[i].issued, seconds);
		age_time(&challenge->codes[i].expires, seconds);
	}
}

static void age_record(struct record *record, int64_t seconds)
{
	age_time(&record->enrolled, seconds);
	age_time(&record->last_success, seconds);
	for (unsigned i = 0; i < LANES_N; i++) {
		struct record_lane *lane = &record->lanes[i];
		age_time(&lane->lock_since, seconds);
		for (unsigned d = 0; d < lane->days_n; d++)
			lane->days[d].day -= seconds / 86400;
	}
	for (unsigned i = 0; i < record->challenges_n; i++)
		age_challenge(&record->challenges[i], seconds);
	for (unsigned i = 0; i < record->sends_n; i++)
		age_time(&record->sends[i].at, seconds);
	for (unsigned i = 0; i < record->networks_n; i++)
		age_time(&record->networks[i].last_success, seconds);
	for (unsigned i = 0; i < record->events_n; i++) {
		age_time(&record->events[i].first, seconds);
		age_time(&record->events[i].last, seconds);
	}
}

static enum store_action age_edit(void *ctx, const struct store_bytes *old, char *next, size_t *next_len)
{
	struct aging *aging = ctx;

	if (old->data == NULL) {
		aging->err = why_set(&aging->why, OTP_ERR_NOT_ENROLLED, 0, "no record");
		return STORE_KEEP;
	}
	aging->err = record_decode(old->data, old->len, &aging->record, &aging->why);
	if (aging->err != OTP_OK)
		return STORE_KEEP;
	age_record(&aging->record, aging->seconds);
	aging->err = record_encode(&aging->record, next, next_len, &aging->why);
	return aging->err == OTP_OK ? STORE_WRITE : STORE_KEEP;
}

static enum otp_err age_user(const char *key_path, const char *dir, const char *user, struct aging *aging)
{
	struct keys keys;
	unsigned char id[KEY_MAC_LEN];
	struct store_file file;
	struct otp_why *why = &aging->why;

	enum otp_err err = hostkey_load(key_path, geteuid(), &keys, why);
	if (err != OTP_OK)
		return err;
	err = key_store_id(&keys, id, why);
	keys_wipe(&keys);
	if (err == OTP_OK)
		err = store_file_open(&file, dir, geteuid(), id, why);
	if (err != OTP_OK)
		return err;
	struct store store = store_file_interface(&file);
	err = store.update(store.self, (struct store_key){user}, (struct store_edit){age_edit, aging}, why);
	store_file_close(&file);
	return err != OTP_OK ? err : aging->err;
}

int main(int argc, char **argv)
{
	static struct aging aging;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: age KEY STORE USER SECONDS\n");
		return 2;
	}
	aging.seconds = strtoll(argv[4], NULL, 10);
	if (age_user(argv[1], argv[2], argv[3], &aging) != OTP_OK) {
		(void)fprintf(stderr, "age: %s\n", aging.why.text);
		return 1;
	}
	return 0;
}
