/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_WORLD_H
#define OTPCODE_TESTS_WORLD_H

#include "core/account.h"
#include "core/backup.h"
#include "otp_core.h"
#include "tests/unit/mem_limits.h"
#include "tests/unit/mem_store.h"

#include <stdbool.h>
#include <stdint.h>

#define WORLD_START INT64_C(1800000000)

/* A core over a store in memory, a clock that stands still unless moved, and bytes that never repeat. */
struct world {
	struct mem_store mem;
	struct mem_limits limits;
	struct otp_core core;
	struct otp_channels channels;
	int64_t now;
	uint64_t drawn; /* the state of the random source */
	bool random_fails;
	bool random_repeats; /* codes and refs are drawn as ever before; only challenge ids differ */
	unsigned char ids;
	struct totp_secret app; /* world_keep_app */
	struct totp_form app_form;
	struct backup_code backups[RECORD_BACKUPS_MAX]; /* world_keep_backups */
};

/* With alice (uid 1000) enrolled, her contacts alice@example.org and alice@example.net. */
void world_make(struct world *world);

/* alice logs in to sshd on web1 from source; key: a fingerprint, or NULL for none. */
struct otp_login world_login(const char *source, const char *key);

/* Her record as it stands. Fails the test if it cannot be read. */
void world_record(const struct world *world, struct record *out);

/* Begin, resend and answer; each fails the test on anything but OTP_OK. */
void world_begin(struct world *world, const struct otp_login *login, struct otp_step *step);
void world_resend(struct world *world, const struct otp_login *login, struct otp_step *step);
void world_answer(
	struct world *world, const struct otp_login *login, const char *typed, struct otp_step *step);
void world_sent(struct world *world, const struct otp_login *login, enum otp_delivery delivery,
	struct otp_step *step);

/* Begins, takes the code and says that it was sent. Fails the test if the step is not OTP_SEND. */
struct code world_receive(struct world *world, const struct otp_login *login, struct otp_step *step);

/* Changes alice's record as an admin does; fails the test on anything but OTP_OK. */
void world_change(struct world *world,
	enum otp_err (*run)(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why),
	void *ctx);

/* alice gets an app: 6 or 8 digits, 30 seconds. */
void world_keep_app(struct world *world, unsigned digits, bool preferred);

/* What it shows so many steps after the present one. */
struct code world_app_code(const struct world *world, int64_t steps);

/* alice gets so many backup codes in place of all she had: world->backups. until 0: for ever. */
void world_keep_backups(struct world *world, unsigned n, int64_t until);

/* A code of the right shape that is not this one. */
struct code world_wrong(const struct code *code);

#endif
