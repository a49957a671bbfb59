/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/challenge.h"
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Sent codes, the app's and backup codes at one prompt. */

#define KEY "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct world w;
static struct otp_login login;
static struct otp_step step;
static struct record record;

static int setup(void **state)
{
	(void)state;
	world_make(&w);
	login = world_login("192.0.2.7", KEY);
	memset(&step, 0, sizeof step);
	return 0;
}

static enum otp_situation answer(const char *typed)
{
	world_answer(&w, &login, typed, &step);
	return step.situation;
}

static enum otp_situation begin(void)
{
	world_begin(&w, &login, &step);
	return step.situation;
}

static const struct record_event *latest_event(void)
{
	world_record(&w, &record);
	assert_true(record.events_n > 0);
	return &record.events[record.events_n - 1];
}

static unsigned failures(void)
{
	world_record(&w, &record);
	return record.lanes[LANE_KNOWN].consecutive;
}

static void the_apps_code_opens_the_login_and_gives_the_send_back(void **state)
{
	(void)state;
	world_keep_app(&w, 6, false);

	(void)world_receive(&w, &login, &step);
	assert_true(step.has_live_code && step.has_totp);
	assert_int_equal(step.totp_digits, 6);
	assert_int_equal(step.backups_left, 0);
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_VERIFIED);
	assert_int_equal(step.means, OTP_MEANS_TOTP);
	assert_string_equal(latest_event()->detail, "app");
	assert_int_equal(latest_event()->kind, EVENT_VERIFIED);
	assert_int_equal(record.totp[0].last_step, w.now / 30);
	assert_int_equal(record.challenges_n, 0);
	assert_int_equal(record.sends_n, 0);
	assert_int_equal(record.last_success, w.now);
}

static void C08_no_code_of_the_app_opens_two_logins(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	const struct code before = world_app_code(&w, -1), present = world_app_code(&w, 0),
			  next = world_app_code(&w, 1);

	assert_int_equal(begin(), OTP_ASK);
	assert_int_equal(answer(present.text), OTP_VERIFIED);
	assert_int_equal(begin(), OTP_ASK);
	assert_int_equal(answer(present.text), OTP_WRONG);
	assert_int_equal(answer(before.text), OTP_WRONG);
	assert_int_equal(failures(), 2);
	assert_int_equal(answer(next.text), OTP_VERIFIED);
	assert_int_equal(begin(), OTP_ASK);
	w.now += 30;
	assert_int_equal(answer(next.text), OTP_WRONG);
}

static void the_apps_codes_count_one_step_early_or_late_and_no_more(void **state)
{
	(void)state;

	for (int64_t steps = -3; steps <= 3; steps++) {
		world_make(&w);
		world_keep_app(&w, 8, true);
		assert_int_equal(begin(), OTP_ASK);
		enum otp_situation expected = steps >= -1 && steps <= 1 ? OTP_VERIFIED : OTP_WRONG;
		assert_int_equal(answer(world_app_code(&w, steps).text), expected);
	}
}

static void C43_a_clock_set_back_makes_no_used_step_good(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	const struct code used = world_app_code(&w, 0);

	assert_int_equal(begin(), OTP_ASK);
	assert_int_equal(answer(used.text), OTP_VERIFIED);
	const int64_t step_used = w.now / 30;
	w.now -= 3600;
	assert_int_equal(begin(), OTP_ASK);
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_WRONG);
	world_record(&w, &record);
	assert_int_equal(record.totp[0].last_step, step_used);
	w.now += 3600;
	assert_int_equal(begin(), OTP_ASK);
	assert_int_equal(answer(used.text), OTP_WRONG);
	w.now += 30;
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_VERIFIED);
}

static void who_prefers_the_app_is_sent_nothing_until_asking_for_it(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);

	assert_int_equal(begin(), OTP_ASK);
	assert_true(step.has_totp && !step.has_live_code);
	assert_int_equal(strlen(step.ref), CODE_REF_LEN);
	assert_int_equal(step.tries_left, 5);
	assert_int_equal(w.limits.updates, 0);
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 0);
	assert_int_equal(begin(), OTP_ASK); /* a reconnect */
	world_record(&w, &record);
	assert_int_equal(record.challenges_n, 1);
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
	const struct code code = step.code;
	world_sent(&w, &login, OTP_DELIVERY_SENT, &step);
	assert_true(step.has_live_code && step.has_totp);
	assert_int_equal(begin(), OTP_WAITING);
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_TOO_SOON);
	assert_int_equal(answer(code.text), OTP_VERIFIED);
	assert_int_equal(step.means, OTP_MEANS_SENT);
}

static void a_challenge_without_codes_has_its_budget_and_its_end(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	const struct code wrong = world_wrong(&(struct code){"111111"});

	assert_int_equal(begin(), OTP_ASK);
	for (unsigned left = 4; left > 0; left--) {
		assert_int_equal(answer(wrong.text), OTP_WRONG);
		assert_int_equal(step.tries_left, left);
	}
	assert_int_equal(answer(wrong.text), OTP_SPENT);
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_SPENT);
	assert_int_equal(begin(), OTP_SPENT);
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SPENT);
	assert_int_equal(failures(), 5);
	w.now += w.core.policy.lifetime_s - 1;
	assert_int_equal(begin(), OTP_SPENT);
	w.now++;
	assert_int_equal(begin(), OTP_ASK);
	assert_int_equal(step.tries_left, 5);
	w.now += w.core.policy.lifetime_s - 1;
	assert_int_equal(answer(wrong.text), OTP_WRONG);
	w.now++;
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_EXPIRED);
	assert_false(step.has_totp);
	assert_int_equal(failures(), 6);
}

static void a_backup_code_opens_one_login_and_the_rest_are_counted(void **state)
{
	(void)state;
	char printed[BACKUP_PRINTED_SIZE];
	world_keep_backups(&w, 10, 0);

	backup_print(&w.backups[3], printed);
	(void)world_receive(&w, &login, &step);
	assert_int_equal(step.backups_left, 10);
	assert_int_equal(answer(printed), OTP_VERIFIED);
	assert_int_equal(step.means, OTP_MEANS_BACKUP);
	assert_int_equal(step.backups_left, 9);
	assert_string_equal(latest_event()->detail, "backup code");
	assert_int_equal(record.backups_n, 9);
	(void)world_receive(&w, &login, &step);
	assert_int_equal(answer(printed), OTP_WRONG);
	assert_int_equal(answer(w.backups[4].text), OTP_VERIFIED);
	assert_int_equal(step.backups_left, 8);
}

static void a_backup_code_works_until_its_time(void **state)
{
	(void)state;

	for (int late = 0; late <= 1; late++) {
		world_make(&w);
		world_keep_backups(&w, 1, w.now + 60);
		(void)world_receive(&w, &login, &step);
		w.now += 59 + late;
		assert_int_equal(answer(w.backups[0].text), late ? OTP_NOT_A_CODE : OTP_VERIFIED);
	}
	assert_int_equal(begin(), OTP_WAITING);
	assert_int_equal(step.backups_left, 0);
}

static void C10_all_that_can_be_typed_shares_one_budget(void **state)
{
	(void)state;
	world_keep_app(&w, 8, false);
	world_keep_backups(&w, 2, 0);
	struct code code = world_receive(&w, &login, &step);
	struct backup_code guess = w.backups[0];
	guess.text[5] = guess.text[5] == 'A' ? 'B' : 'A';

	assert_int_equal(answer(world_wrong(&code).text), OTP_WRONG);
	assert_int_equal(answer("00000000"), OTP_WRONG);
	w.now += 30;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
	code = step.code;
	world_sent(&w, &login, OTP_DELIVERY_SENT, &step);
	assert_int_equal(answer(guess.text), OTP_WRONG);
	assert_int_equal(answer(world_wrong(&code).text), OTP_WRONG);
	assert_int_equal(step.tries_left, 1);
	assert_int_equal(answer(guess.text), OTP_SPENT);
	assert_int_equal(answer(code.text), OTP_SPENT);
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_SPENT);
	assert_int_equal(answer(w.backups[1].text), OTP_SPENT);
	assert_int_equal(failures(), 5);
}

static void C11_a_locked_lane_takes_neither_app_nor_backup_codes(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	world_keep_backups(&w, 1, 0);

	for (int challenge = 0; challenge < 2; challenge++) {
		assert_int_equal(begin(), OTP_ASK);
		for (int i = 0; i < 5; i++)
			(void)answer("000000");
		w.now += challenge == 0 ? w.core.policy.lifetime_s : 0;
	}
	assert_int_equal(step.situation, OTP_LOCKED);
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_LOCKED);
	assert_int_equal(answer(w.backups[0].text), OTP_LOCKED);
	assert_int_equal(begin(), OTP_LOCKED);
	w.now += w.core.policy.lock_for_s;
	assert_int_equal(begin(), OTP_ASK);
	assert_int_equal(answer(w.backups[0].text), OTP_VERIFIED);
}

/* The owner's successes give a guesser nothing back, whatever they are by. */
static void C56_slow_guessing_between_successes_by_the_app_ends_at_fifty(void **state)
{
	(void)state;
	unsigned wrong = 0;
	world_keep_app(&w, 6, true);
	world_keep_backups(&w, RECORD_BACKUPS_MAX, 0);

	for (unsigned round = 0; round < 100 && begin() == OTP_ASK; round++) {
		for (unsigned i = 0; i < 4 && answer("000000") != OTP_LOCKED; i++)
			wrong++;
		if (step.situation == OTP_LOCKED)
			break;
		const struct code code = world_app_code(&w, 0);
		assert_int_equal(
			answer(round < RECORD_BACKUPS_MAX ? w.backups[round].text : code.text), OTP_VERIFIED);
		w.now += 7200;
	}
	assert_int_equal(step.situation, OTP_LOCKED);
	assert_int_equal(step.wait_s, RECORD_LOCK_FOREVER);
	assert_int_equal(wrong, 49); /* and the one that locked */
}

struct shape {
	const char *typed;
	enum otp_situation situation;
	enum code_shape shape;
};

static void assert_shapes(const struct shape *shapes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned before = failures();
		if (answer(shapes[i].typed) != shapes[i].situation)
			fail_msg("\"%s\": %d, not %d", shapes[i].typed, (int)step.situation,
				(int)shapes[i].situation);
		if (step.situation == OTP_NOT_A_CODE)
			assert_int_equal(step.shape, shapes[i].shape);
		assert_int_equal(failures() - before, step.situation == OTP_NOT_A_CODE ? 0 : 1);
	}
}
#define ASSERT_SHAPES(...)                                                                                   \
	do {                                                                                                 \
		const struct shape shapes[] = {__VA_ARGS__};                                                 \
		assert_shapes(shapes, sizeof shapes / sizeof shapes[0]);                                     \
	} while (0)

/* 8 digits may be a backup code that was taken over from elsewhere. */
static void only_what_none_of_the_users_codes_could_be_is_free(void **state)
{
	(void)state;
	w.core.policy.tries = 10;
	w.core.policy.lock_after = 100;

	world_keep_app(&w, 8, false); /* codes that are sent have 6 digits */
	(void)world_receive(&w, &login, &step);
	char ref[CODE_REF_SIZE];
	memcpy(ref, step.ref, sizeof ref);
	ASSERT_SHAPES({"000000", OTP_WRONG, 0}, {"0000 0000", OTP_WRONG, 0},
		{"0000000", OTP_NOT_A_CODE, CODE_SHAPE_LENGTH},
		{"AAAABBBBCCCCDDDD", OTP_NOT_A_CODE, CODE_SHAPE_FOREIGN},
		{ref, OTP_NOT_A_CODE, CODE_SHAPE_REF});
	world_keep_backups(&w, 1, 0);
	ASSERT_SHAPES({"AAAA-BBBB-CCCC-DDDD", OTP_WRONG, 0},
		{"AAAA-BBBB-CCCC-DDD", OTP_NOT_A_CODE, CODE_SHAPE_FOREIGN},
		{"AAAA-BBBB-CCCC-DDD1", OTP_NOT_A_CODE, CODE_SHAPE_FOREIGN}, {"000000", OTP_WRONG, 0});

	world_make(&w);
	world_keep_app(&w, 8, true); /* nothing is sent: six digits are nothing that could be right */
	assert_int_equal(begin(), OTP_ASK);
	ASSERT_SHAPES({"000000", OTP_NOT_A_CODE, CODE_SHAPE_LENGTH}, {"00000000", OTP_WRONG, 0},
		{"x", OTP_NOT_A_CODE, CODE_SHAPE_FOREIGN});

	world_make(&w);
	w.core.policy.form = (struct code_form){CODE_LETTERS, 8};
	world_keep_app(&w, 6, false);
	(void)world_receive(&w, &login, &step);
	ASSERT_SHAPES({"000000", OTP_WRONG, 0}, {"BCDFGHJK", OTP_WRONG, 0},
		{"00000", OTP_NOT_A_CODE, CODE_SHAPE_LENGTH}, {"BCDFGHJ", OTP_NOT_A_CODE, CODE_SHAPE_LENGTH},
		{"BCDFGHJ1", OTP_NOT_A_CODE, CODE_SHAPE_FOREIGN});

	world_make(&w);
	w.core.policy.form = (struct code_form){CODE_LETTERS, 8};
	world_keep_app(&w, 6, true); /* nothing is sent: letters are nothing that could be right */
	assert_int_equal(begin(), OTP_ASK);
	ASSERT_SHAPES({"BCDFGHJK", OTP_NOT_A_CODE, CODE_SHAPE_FOREIGN},
		{"BCDFGH", OTP_NOT_A_CODE, CODE_SHAPE_FOREIGN}, {"000000", OTP_WRONG, 0});
}

static void not_a_code_leaves_the_step_as_it_was(void **state)
{
	(void)state;
	world_keep_app(&w, 6, false);
	(void)world_receive(&w, &login, &step);
	struct otp_step before = step;

	assert_int_equal(answer("12345"), OTP_NOT_A_CODE);
	before.situation = OTP_NOT_A_CODE;
	before.shape = CODE_SHAPE_LENGTH;
	before.typed_len = 5;
	assert_memory_equal(&step, &before, sizeof step);
}

static enum otp_err add_backup(
	void *ctx, struct record *changed, bool exists, int64_t now, struct otp_why *why)
{
	const struct record_backup *backup = ctx;

	(void)exists, (void)now, (void)why;
	changed->backups[changed->backups_n++] = *backup;
	return OTP_OK;
}

static void a_text_that_is_two_things_is_used_up_as_both(void **state)
{
	(void)state;
	struct record_backup kept = {.until = 0};
	struct backup_code same = {{0}};

	w.core.policy.form.length = 8;
	world_keep_backups(&w, 1, 0);
	const struct code code = world_receive(&w, &login, &step);
	memcpy(same.text, code.text, 8);
	assert_int_equal(backup_seal(&w.core.keys, "alice", 1000, &same, &kept.seal, NULL), OTP_OK);
	world_change(&w, add_backup, &kept);
	assert_int_equal(answer(code.text), OTP_VERIFIED);
	assert_int_equal(step.means, OTP_MEANS_SENT);
	world_record(&w, &record);
	assert_int_equal(record.backups_n, 1);
}

static void an_apps_code_that_is_a_backup_code_is_used_up_as_both(void **state)
{
	(void)state;
	struct record_backup kept = {.until = 0};
	struct backup_code same = {{0}};

	world_keep_app(&w, 8, true);
	const struct code code = world_app_code(&w, 0);
	memcpy(same.text, code.text, 8);
	assert_int_equal(backup_seal(&w.core.keys, "alice", 1000, &same, &kept.seal, NULL), OTP_OK);
	world_change(&w, add_backup, &kept);
	world_begin(&w, &login, &step);
	assert_int_equal(answer(code.text), OTP_VERIFIED);
	assert_int_equal(step.means, OTP_MEANS_TOTP);
	world_record(&w, &record);
	assert_int_equal(record.backups_n, 0);
	assert_int_not_equal(record.totp[0].last_step, 0);
}

static void where_only_sent_codes_count_no_other_does(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	world_keep_backups(&w, 1, 0);
	login.accept = OTP_ACCEPT_SENT;

	const struct code code = world_receive(&w, &login, &step); /* whatever is preferred */
	assert_false(step.has_totp);
	assert_int_equal(step.backups_left, 0);
	assert_int_equal(answer(w.backups[0].text), OTP_NOT_A_CODE);
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_WRONG);
	assert_int_equal(answer(code.text), OTP_VERIFIED);
	world_record(&w, &record);
	assert_int_equal(record.backups_n, 1);
	assert_int_equal(record.totp[0].last_step, 0);
}

static void where_only_kept_codes_count_nothing_is_sent_and_no_sent_one_does(void **state)
{
	(void)state;
	login.accept = OTP_ACCEPT_KEPT;
	assert_int_equal(begin(), OTP_NO_CONTACT); /* nothing is kept */
	world_keep_app(&w, 6, false);
	world_keep_backups(&w, 1, 0);
	login.accept = OTP_ACCEPT_ANY;
	const struct code code = world_receive(&w, &login, &step);
	login.accept = OTP_ACCEPT_KEPT;

	assert_int_equal(begin(), OTP_ASK);
	assert_true(step.has_totp && !step.has_live_code);
	assert_int_equal(step.backups_left, 1);
	w.now += 60;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_ASK);
	assert_int_equal(answer(code.text), OTP_WRONG);
	assert_int_equal(answer(w.backups[0].text), OTP_VERIFIED);
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 0);
}

/* Whatever stops a send, who keeps something is asked for it, and tries are counted. */
static void assert_the_app_still_opens(enum otp_situation situation)
{
	assert_int_equal(step.situation, situation);
	assert_true(step.has_totp && !step.has_live_code);
	assert_int_equal(step.tries_left, 5);
	assert_int_equal(answer("000000"), OTP_WRONG);
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_VERIFIED);
}

static void who_keeps_an_app_logs_in_where_nothing_can_be_sent(void **state)
{
	(void)state;
	world_keep_app(&w, 6, false);

	(void)begin();
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	assert_the_app_still_opens(OTP_SEND_FAILED);

	w.now += 30;
	w.channels.list[0] = CHANNEL_SMS;
	(void)begin();
	assert_the_app_still_opens(OTP_NO_CONTACT);
	w.channels.list[0] = CHANNEL_EMAIL;

	w.now += 30;
	w.limits.fail = OTP_ERR_BUSY;
	(void)begin();
	assert_true(step.limits_failed);
	assert_the_app_still_opens(OTP_SEND_FAILED);
	w.limits.fail = OTP_OK;

	w.now += 30;
	w.core.policy.sends_per_user.count = 0;
	w.core.policy.sends_per_user.window_s = 3600;
	w.core.policy.sends_email.count = 0;
	(void)begin();
	assert_the_app_still_opens(OTP_SEND_LIMIT);
}

static void the_users_limit_of_sends_leaves_the_app(void **state)
{
	(void)state;
	world_keep_app(&w, 6, false);

	for (unsigned i = 0; i < w.core.policy.sends_per_user.count; i++) {
		(void)snprintf(login.origin.service, sizeof login.origin.service, "s%u", i);
		(void)world_receive(&w, &login, &step);
	}
	(void)snprintf(login.origin.service, sizeof login.origin.service, "another");
	(void)begin();
	assert_the_app_still_opens(OTP_SEND_LIMIT);
}

static void a_user_without_contacts_or_anything_kept_has_nothing_to_type(void **state)
{
	(void)state;
	w.channels.list[0] = CHANNEL_SMS;

	assert_int_equal(begin(), OTP_NO_CONTACT);
	assert_false(step.has_totp || step.has_live_code || step.backups_left > 0);
	world_record(&w, &record);
	assert_int_equal(record.challenges_n, 0);
}

static enum otp_err give_bobs_secret(
	void *ctx, struct record *out, bool exists, int64_t now, struct otp_why *why)
{
	static const unsigned char nonce[TOTP_NONCE_LEN] = {1};
	const struct totp_owner bob = {"bob", 1000};

	(void)ctx;
	(void)exists;
	(void)now;
	return totp_seal(&w.core.keys, &bob, nonce, &w.app, &out->totp[0].secret, why);
}

static void a_secret_that_does_not_open_denies_and_charges_nothing(void **state)
{
	(void)state;
	struct otp_why why = {0};
	world_keep_app(&w, 6, true);
	assert_int_equal(begin(), OTP_ASK);
	world_change(&w, give_bobs_secret, NULL);
	unsigned writes = w.mem.writes;

	assert_int_equal(
		otp_answer(&w.core, &login, world_app_code(&w, 0).text, &step, &why), OTP_ERR_CORRUPT);
	assert_int_equal(w.mem.writes, writes);
	assert_non_null(strstr(why.text, "secret"));
}

static void C07_a_success_that_is_not_on_disk_is_none(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	world_keep_backups(&w, 1, 0);
	assert_int_equal(begin(), OTP_ASK);
	struct otp_step asked = step;
	const struct code code = world_app_code(&w, 0);

	w.mem.fail_write = OTP_ERR_IO;
	assert_int_equal(otp_answer(&w.core, &login, code.text, &step, NULL), OTP_ERR_IO);
	step = asked;
	assert_int_equal(otp_answer(&w.core, &login, w.backups[0].text, &step, NULL), OTP_ERR_IO);
	w.mem.fail_write = OTP_OK;
	step = asked;
	assert_int_equal(answer(code.text), OTP_VERIFIED);
}

/* The edit of one answer is run, and before it is kept, another login uses the same code. */
struct rival {
	struct otp_step step;
	const char *typed;
};

static void answer_first(void *ctx)
{
	struct rival *rival = ctx;

	world_answer(&w, &login, rival->typed, &rival->step);
	assert_int_equal(rival->step.situation, OTP_VERIFIED);
	w.mem.between = NULL;
}

static void C08_of_two_answers_at_once_one_uses_the_code(void **state)
{
	(void)state;

	for (int by_app = 0; by_app <= 1; by_app++) {
		world_make(&w);
		world_keep_app(&w, 6, true);
		world_keep_backups(&w, 3, 0);
		assert_int_equal(begin(), OTP_ASK);
		const struct code code = world_app_code(&w, 0);
		struct rival rival = {.step = step, .typed = by_app ? code.text : w.backups[1].text};
		w.mem.run_twice = true;
		w.mem.between = answer_first;
		w.mem.between_ctx = &rival;
		assert_int_equal(answer(rival.typed), OTP_EXPIRED); /* the challenge is gone */
		w.mem.run_twice = false;
		assert_int_equal(begin(), OTP_ASK);
		assert_int_equal(answer(rival.typed), OTP_WRONG);
	}
}

/* Puts the record as it was back, as the older slot of a file whose newer one was damaged. */
static void C59_the_older_slot_revives_nothing_that_was_used(void **state)
{
	(void)state;
	struct mem_store_row older;
	world_keep_app(&w, 6, true);
	world_keep_backups(&w, 2, 0);
	const struct code present = world_app_code(&w, 0), next = world_app_code(&w, 1);

	assert_int_equal(begin(), OTP_ASK);
	older = *mem_store_find(&w.mem, "alice");
	for (int by_app = 0; by_app <= 1; by_app++) {
		assert_true(mem_store_put(&w.mem, "alice", older.data, older.len));
		assert_int_equal(begin(), OTP_ASK);
		assert_int_equal(answer(by_app ? present.text : w.backups[0].text), OTP_VERIFIED);
		assert_true(mem_store_put(&w.mem, "alice", older.data, older.len));
		w.mem.damaged = true;
		assert_int_equal(begin(), OTP_ASK);
		assert_true(step.damaged);
		assert_int_equal(step.backups_left, 0);
		assert_int_equal(answer(present.text), OTP_WRONG);
		assert_int_equal(answer(next.text), OTP_WRONG);
		assert_int_equal(answer(w.backups[0].text), OTP_NOT_A_CODE);
		assert_int_equal(answer(w.backups[1].text), OTP_NOT_A_CODE);
		assert_int_equal(failures(), 3);
		bool said = false;
		for (unsigned i = 0; i < record.events_n; i++)
			said |= record.events[i].kind == EVENT_DAMAGED &&
				strcmp(record.events[i].detail, "backup codes are gone") == 0;
		assert_true(said);
	}
	w.now += 60;
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_VERIFIED);
}

/* Beginning a login costs who prefers the app nothing: strangers may begin any number. */
static void C58_logins_that_strangers_begin_do_not_push_the_owners_out(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	assert_int_equal(begin(), OTP_ASK);

	for (unsigned i = 0; i < 20; i++) {
		char source[32];
		struct otp_step theirs;
		(void)snprintf(source, sizeof source, "203.0.%u.9", i);
		struct otp_login stranger = world_login(source, NULL);
		world_begin(&w, &stranger, &theirs);
		assert_int_equal(theirs.situation, OTP_ASK);
	}
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_VERIFIED);
}

/* Begun as a stranger, in the known lane since a success from the same network: the owner's from then on. */
static void C58_a_challenge_in_which_the_owner_asked_for_a_code_is_the_owners(void **state)
{
	(void)state;
	struct otp_login here = world_login("192.0.2.7", NULL), beside = world_login("192.0.2.8", NULL);
	struct otp_step asked, other;
	world_keep_app(&w, 6, true);

	world_begin(&w, &here, &asked);
	assert_int_equal(asked.lane, LANE_STRANGER);
	world_begin(&w, &beside, &other);
	world_answer(&w, &beside, world_app_code(&w, 0).text, &other);
	assert_int_equal(other.situation, OTP_VERIFIED);
	world_resend(&w, &here, &asked);
	assert_int_equal(asked.lane, LANE_KNOWN);
	const struct code code = asked.code;
	world_sent(&w, &here, OTP_DELIVERY_SENT, &asked);
	for (unsigned i = 0; i < 6; i++) {
		char source[32];
		(void)snprintf(source, sizeof source, "203.0.%u.9", i);
		struct otp_login stranger = world_login(source, NULL);
		world_begin(&w, &stranger, &other);
		world_resend(&w, &stranger, &other); /* as many with a code as strangers may have */
	}
	world_answer(&w, &here, code.text, &asked);
	assert_int_equal(asked.situation, OTP_VERIFIED);
}

static void nothing_is_drawn_or_sent_for_an_answer(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	assert_int_equal(begin(), OTP_ASK);

	w.random_fails = true;
	assert_int_equal(answer("000000"), OTP_WRONG);
	assert_int_equal(answer(world_app_code(&w, 0).text), OTP_VERIFIED);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_apps_code_opens_the_login_and_gives_the_send_back),
		T(C08_no_code_of_the_app_opens_two_logins),
		T(the_apps_codes_count_one_step_early_or_late_and_no_more),
		T(C43_a_clock_set_back_makes_no_used_step_good),
		T(who_prefers_the_app_is_sent_nothing_until_asking_for_it),
		T(a_challenge_without_codes_has_its_budget_and_its_end),
		T(a_backup_code_opens_one_login_and_the_rest_are_counted),
		T(a_backup_code_works_until_its_time),
		T(C10_all_that_can_be_typed_shares_one_budget),
		T(C11_a_locked_lane_takes_neither_app_nor_backup_codes),
		T(C56_slow_guessing_between_successes_by_the_app_ends_at_fifty),
		T(only_what_none_of_the_users_codes_could_be_is_free),
		T(not_a_code_leaves_the_step_as_it_was),
		T(a_text_that_is_two_things_is_used_up_as_both),
		T(an_apps_code_that_is_a_backup_code_is_used_up_as_both),
		T(where_only_sent_codes_count_no_other_does),
		T(where_only_kept_codes_count_nothing_is_sent_and_no_sent_one_does),
		T(who_keeps_an_app_logs_in_where_nothing_can_be_sent),
		T(the_users_limit_of_sends_leaves_the_app),
		T(a_user_without_contacts_or_anything_kept_has_nothing_to_type),
		T(a_secret_that_does_not_open_denies_and_charges_nothing),
		T(C07_a_success_that_is_not_on_disk_is_none),
		T(C08_of_two_answers_at_once_one_uses_the_code),
		T(C59_the_older_slot_revives_nothing_that_was_used),
		T(C58_logins_that_strangers_begin_do_not_push_the_owners_out),
		T(C58_a_challenge_in_which_the_owner_asked_for_a_code_is_the_owners),
		T(nothing_is_drawn_or_sent_for_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
