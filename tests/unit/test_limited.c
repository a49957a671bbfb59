/* SPDX-License-Identifier: BSD-2-Clause */

/* What the shared limits mean for a login: a code that they stop never was. */

#include "core/account.h"
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOUR 3600
#define KEY "SHA256:0123456789012345678901234567890123456789012"
#define ORG "alice@example.org"

static struct world w;
static struct otp_step step;
static struct otp_login login;
static struct otp_why why;

static int setup(void **state)
{
	(void)state;
	world_make(&w);
	memset(&step, 0, sizeof step);
	login = world_login("192.0.2.7", KEY);
	return 0;
}

/* What others have sent already, from this source or to this address. */
static void charge_source(unsigned times)
{
	char address[64];

	for (unsigned i = 0; i < times; i++) {
		(void)snprintf(address, sizeof address, "other%u@example.org", i);
		mem_limits_charge(&w.limits, &w.core.keys, "192.0.2.7", address, w.now, 1);
	}
}

static void charge_address(const char *address, unsigned times)
{
	mem_limits_charge(&w.limits, &w.core.keys, "198.51.100.1", address, w.now, times);
}

/* How many more sends of that kind the table allows. */
static unsigned room(const char *source, const char *address)
{
	struct origin origin = {.local = false};
	struct contact contact = {.channel = CHANNEL_EMAIL};
	struct quota_verdict verdict = {.limit = QUOTA_NONE};
	static struct mem_limits saved;
	unsigned n = 0;

	saved = w.limits;
	(void)snprintf(origin.source, sizeof origin.source, "%s", source);
	(void)snprintf(contact.address, sizeof contact.address, "%s", address);
	for (; n < 2000; n++) {
		assert_int_equal(quota_take(&w.core.limits, &w.core.keys, &w.core.policy,
					 (struct quota_send){&origin, &contact}, w.now, &verdict, NULL),
			OTP_OK);
		if (verdict.limit != QUOTA_NONE)
			break;
	}
	w.limits = saved;
	return n;
}

static unsigned room_of_source(void)
{
	w.core.policy.sends_per_user.count = 100;
	unsigned n = room("192.0.2.7", "nobody@example.org");
	w.core.policy.sends_per_user.count = 5;
	return n;
}

static unsigned room_of_address(const char *address)
{
	return room("203.0.113.1", address);
}

static void a_code_is_charged_to_source_address_and_host(void **state)
{
	(void)state;
	(void)world_receive(&w, &login, &step);
	assert_int_equal(room_of_source(), 59);
	assert_int_equal(room_of_address(ORG), 4);
	w.core.policy.sends_email.count = 1;
	assert_int_equal(room("203.0.113.1", "nobody@example.org"), 0);
}

static void C41_a_code_that_a_limit_stops_never_was(void **state)
{
	(void)state;
	struct record record;

	charge_source(60);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_int_equal(step.limit, QUOTA_SOURCE);
	assert_in_range(step.wait_s, HOUR, HOUR * 13 / 12);
	assert_false(step.has_live_code);
	assert_string_equal(step.code.text, "");
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 0);
	assert_int_equal(record.challenges_n, 1);
	assert_int_equal(record.challenges[0].codes_n, 0);
	assert_false(record.challenges[0].send_failed);
	assert_string_equal(record.events[record.events_n - 1].detail, "sends_per_source");
	assert_int_equal(room_of_address(ORG), 5);
}

static void a_rerun_after_a_limit_writes_nothing_and_hears_the_same(void **state)
{
	(void)state;
	charge_source(60);
	world_begin(&w, &login, &step);
	int64_t until = w.now + step.wait_s;
	unsigned writes = w.mem.writes;

	w.now += 10;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_int_equal(step.limit, QUOTA_SOURCE);
	assert_int_equal(w.now + step.wait_s, until);
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_int_equal(w.mem.writes, writes);
	assert_int_equal(w.limits.updates, 62 + 1);
	/* After the cooldown it is tried again, and the next one is longer. */
	w.now += 20;
	world_begin(&w, &login, &step);
	assert_int_equal(w.mem.writes, writes + 2);
	w.now += 59;
	world_begin(&w, &login, &step);
	assert_int_equal(w.mem.writes, writes + 2);
}

static void a_cooldown_outlives_a_limit_that_ended(void **state)
{
	(void)state;
	charge_source(60);
	world_begin(&w, &login, &step);
	memset(w.limits.sets, 0, sizeof w.limits.sets);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_int_equal(step.limit, QUOTA_COOLDOWN);
	assert_int_equal(step.wait_s, 30);
	w.now += 30;
	(void)world_receive(&w, &login, &step);
}

static void a_resend_that_a_limit_stops_leaves_the_first_code(void **state)
{
	(void)state;
	struct code code = world_receive(&w, &login, &step);

	charge_address(ORG, 4);
	w.now += 30;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_int_equal(step.limit, QUOTA_ADDRESS);
	assert_true(step.has_live_code);
	assert_int_equal(step.tries_left, 5);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void C41_one_address_of_several_users_counts_together(void **state)
{
	(void)state;
	charge_address(ORG, 5);
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_int_equal(step.limit, QUOTA_ADDRESS);
}

static void without_the_table_nothing_is_sent_and_codes_are_still_checked(void **state)
{
	(void)state;
	struct otp_login other = world_login("192.0.2.9", KEY);
	struct code code = world_receive(&w, &login, &step);
	struct otp_step failed = {0};
	struct record record;

	w.limits.fail = OTP_ERR_IO;
	assert_int_equal(otp_begin(&w.core, &other, &w.channels, &failed, &why), OTP_OK);
	assert_int_equal(failed.situation, OTP_SEND_FAILED);
	assert_true(failed.limits_failed);
	assert_string_equal(failed.code.text, "");
	assert_string_equal(why.text, "the table was told to fail");
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 1);
	assert_true(record.challenges[1].send_failed);
	w.now += 30;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_FAILED);
	assert_true(step.has_live_code);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void a_code_that_cannot_be_taken_back_is_not_given_out_either(void **state)
{
	(void)state;
	charge_source(60);
	w.mem.fail_update = OTP_ERR_BUSY;
	w.mem.spared = 1;
	memset(&step, 0, sizeof step);
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, &why), OTP_ERR_BUSY);
	assert_string_equal(step.code.text, "");
}

static void a_success_gives_its_sends_back_to_source_and_address(void **state)
{
	(void)state;
	(void)world_receive(&w, &login, &step);
	w.now += 30;
	world_resend(&w, &login, &step);
	struct code code = step.code;
	world_sent(&w, &login, OTP_DELIVERY_SENT, &step);
	assert_int_equal(room_of_source(), 58);
	assert_int_equal(room_of_address(ORG), 3);
	w.now += 200;
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
	assert_int_equal(room_of_source(), 60);
	assert_int_equal(room_of_address(ORG), 5);
	w.core.policy.sends_email.count = 3;
	assert_int_equal(room("203.0.113.1", "nobody@example.org"), 1);
}

static void a_wrong_answer_gives_nothing_back(void **state)
{
	(void)state;
	struct code code = world_receive(&w, &login, &step);
	struct code wrong = world_wrong(&code);

	world_answer(&w, &login, wrong.text, &step);
	assert_int_equal(room_of_source(), 59);
	assert_int_equal(room_of_address(ORG), 4);
}

static void a_refused_send_counts_for_the_source_and_not_for_the_address(void **state)
{
	(void)state;
	struct otp_resend_request next = {.from_contact = 1, .after_refusal = true};

	world_begin(&w, &login, &step);
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	assert_int_equal(room_of_source(), 59);
	assert_int_equal(room_of_address(ORG), 5);
	assert_int_equal(otp_resend(&w.core, &login, &w.channels, next, &step, NULL), OTP_OK);
	assert_int_equal(step.situation, OTP_SEND);
	assert_string_equal(step.contact.address, "alice@example.net");
	struct code code = step.code;
	world_sent(&w, &login, OTP_DELIVERY_SENT, &step);
	assert_int_equal(room_of_address("alice@example.net"), 4);
	world_answer(&w, &login, code.text, &step);
	/* The refused one stays charged to the source. */
	assert_int_equal(room_of_source(), 59);
	assert_int_equal(room_of_address("alice@example.net"), 5);
	assert_int_equal(room_of_address(ORG), 5);
}

static void a_slow_send_counts_everywhere(void **state)
{
	(void)state;
	world_begin(&w, &login, &step);
	world_sent(&w, &login, OTP_DELIVERY_SLOW, &step);
	assert_int_equal(room_of_source(), 59);
	assert_int_equal(room_of_address(ORG), 4);
}

static void what_a_fresh_code_costs_is_two_writes_and_two_changes_of_the_table(void **state)
{
	(void)state;
	struct code code = world_receive(&w, &login, &step);

	world_answer(&w, &login, code.text, &step);
	assert_int_equal(w.mem.writes, 2);
	assert_int_equal(w.limits.updates, 2);
}

static void the_user_s_own_limit_says_the_longer_wait_of_the_address(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		char source[32];
		(void)snprintf(source, sizeof source, "192.0.2.%u", i + 20);
		struct otp_login from = world_login(source, KEY);
		(void)world_receive(&w, &from, &step);
	}
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	int64_t wait_s = step.wait_s;
	w.now += wait_s - 1;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	w.now += 30;
	(void)world_receive(&w, &login, &step);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_code_is_charged_to_source_address_and_host),
		T(C41_a_code_that_a_limit_stops_never_was),
		T(a_rerun_after_a_limit_writes_nothing_and_hears_the_same),
		T(a_cooldown_outlives_a_limit_that_ended),
		T(a_resend_that_a_limit_stops_leaves_the_first_code),
		T(C41_one_address_of_several_users_counts_together),
		T(without_the_table_nothing_is_sent_and_codes_are_still_checked),
		T(a_code_that_cannot_be_taken_back_is_not_given_out_either),
		T(a_success_gives_its_sends_back_to_source_and_address),
		T(a_wrong_answer_gives_nothing_back),
		T(a_refused_send_counts_for_the_source_and_not_for_the_address),
		T(a_slow_send_counts_everywhere),
		T(what_a_fresh_code_costs_is_two_writes_and_two_changes_of_the_table),
		T(the_user_s_own_limit_says_the_longer_wait_of_the_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
