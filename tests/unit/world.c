/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t world_now(void *self)
{
	struct world *world = self;

	return world->now;
}

/* splitmix64: not secret, but every byte differs from run to run of the same test in the same way. */
static enum otp_err world_fill(void *self, void *out, size_t len, struct otp_why *why)
{
	struct world *world = self;
	unsigned char *bytes = out;

	if (world->random_fails)
		return why_set(why, OTP_ERR_NO_RANDOM, 0, "no randomness");
	for (size_t i = 0; i < len; i++) {
		uint64_t z = (world->drawn += UINT64_C(0x9e3779b97f4a7c15));
		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		bytes[i] = (unsigned char)(z >> 32);
	}
	if (world->random_repeats && len == CODE_CHALLENGE_ID_LEN) {
		bytes[0] = world->ids++;
		world->drawn = 42;
	}
	return OTP_OK;
}

static enum otp_err enroll(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct contact contacts[2];

	(void)ctx;
	assert_int_equal(contact_parse(CHANNEL_EMAIL, "alice@example.org", &contacts[0], why), OTP_OK);
	assert_int_equal(contact_parse(CHANNEL_EMAIL, "alice@example.net", &contacts[1], why), OTP_OK);
	return account_enroll(record, exists, now, contacts, 2, why);
}

void world_make(struct world *world)
{
	unsigned char host_key[KEY_HOST_LEN] = {7};

	memset(world, 0, sizeof *world);
	world->now = WORLD_START;
	world->channels = (struct otp_channels){.list = {CHANNEL_EMAIL}, .n = 1};
	world->core.clock = (struct otp_clock){.now = world_now, .self = world};
	world->core.random = (struct otp_random){.fill = world_fill, .self = world};
	world->core.store = mem_store_interface(&world->mem);
	world->core.limits = mem_limits_interface(&world->limits);
	world->core.policy = policy_default();
	assert_int_equal(keys_derive(host_key, &world->core.keys, NULL), OTP_OK);
	assert_int_equal(
		otp_change(&world->core, "alice", 1000, (struct otp_edit){.run = enroll}, NULL), OTP_OK);
	world->mem.updates = world->mem.writes = world->mem.reads = 0;
}

struct otp_login world_login(const char *source, const char *key)
{
	struct otp_login login = {
		.user = "alice", .uid = 1000, .origin = {.host = "web1", .service = "sshd"}};

	(void)snprintf(login.origin.source, sizeof login.origin.source, "%s", source);
	(void)snprintf(login.origin.key, sizeof login.origin.key, "%s", key != NULL ? key : "-");
	return login;
}

void world_record(const struct world *world, struct record *out)
{
	assert_int_equal(otp_read(&world->core, "alice", out, NULL, NULL), OTP_OK);
}

void world_begin(struct world *world, const struct otp_login *login, struct otp_step *step)
{
	struct otp_why why = {0};

	memset(step, 0, sizeof *step);
	if (otp_begin(&world->core, login, &world->channels, step, &why) != OTP_OK)
		fail_msg("otp_begin: %s", why.text);
}

void world_resend(struct world *world, const struct otp_login *login, struct otp_step *step)
{
	struct otp_resend_request request = {0};

	assert_int_equal(otp_resend(&world->core, login, &world->channels, request, step, NULL), OTP_OK);
}

void world_answer(
	struct world *world, const struct otp_login *login, const char *typed, struct otp_step *step)
{
	struct otp_why why = {0};

	if (otp_answer(&world->core, login, typed, step, &why) != OTP_OK)
		fail_msg("otp_answer: %s", why.text);
}

void world_sent(
	struct world *world, const struct otp_login *login, enum otp_delivery delivery, struct otp_step *step)
{
	struct otp_delivery_facts facts = {.delivery = delivery, .provider = "relay", .reason = "550 no"};

	assert_int_equal(otp_sent(&world->core, login, facts, step, NULL), OTP_OK);
}

struct code world_receive(struct world *world, const struct otp_login *login, struct otp_step *step)
{
	world_begin(world, login, step);
	assert_int_equal(step->situation, OTP_SEND);
	struct code code = step->code;
	world_sent(world, login, OTP_DELIVERY_SENT, step);
	return code;
}

void world_change(struct world *world,
	enum otp_err (*run)(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why),
	void *ctx)
{
	struct otp_why why = {0};

	if (otp_change(&world->core, "alice", 1000, (struct otp_edit){.run = run, .ctx = ctx}, &why) !=
		OTP_OK)
		fail_msg("otp_change: %s", why.text);
}

static enum otp_err set_app(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)why;
	account_set_totp(record, exists, now, ctx);
	return OTP_OK;
}

void world_keep_app(struct world *world, unsigned digits, bool preferred)
{
	static const unsigned char nonce[TOTP_NONCE_LEN] = {1};
	const struct totp_owner owner = {"alice", 1000};
	struct account_totp app = {
		.form = {.algorithm = TOTP_SHA1, .digits = digits, .period_s = 30}, .preferred = preferred};

	world->app_form = app.form;
	world->app = (struct totp_secret){.bytes = "12345678901234567890", .len = 20};
	assert_int_equal(totp_seal(&world->core.keys, &owner, nonce, &world->app, &app.secret, NULL), OTP_OK);
	world_change(world, set_app, &app);
}

struct code world_app_code(const struct world *world, int64_t steps)
{
	struct code code;
	const int64_t step = world->now / 30 + steps;

	assert_int_equal(totp_code(&world->app_form, &world->app, step > 0 ? step : 0, &code, NULL), OTP_OK);
	return code;
}

struct kept {
	struct record_backup list[RECORD_BACKUPS_MAX];
	unsigned n;
};

static enum otp_err set_backups(
	void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	const struct kept *kept = ctx;

	return account_set_backups(record, exists, now, kept->list, kept->n, false, why);
}

void world_keep_backups(struct world *world, unsigned n, int64_t until)
{
	struct kept kept = {.n = n};

	for (unsigned i = 0; i < n; i++) {
		kept.list[i].until = until;
		assert_int_equal(backup_draw(&world->core.random, &world->backups[i], NULL), OTP_OK);
		assert_int_equal(backup_seal(&world->core.keys, "alice", 1000, &world->backups[i],
					 &kept.list[i].seal, NULL),
			OTP_OK);
	}
	world_change(world, set_backups, &kept);
}

struct code world_wrong(const struct code *code)
{
	struct code wrong = *code;

	wrong.text[0] = code->text[0] == '0' ? '1' : '0';
	return wrong;
}
