/* SPDX-License-Identifier: BSD-2-Clause */

/* What an attacker could gain from sends and challenges: what is given back, what makes room, what is left
 * behind. */

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

static struct world w;
static struct otp_step step;

static int setup(void **state)
{
	(void)state;
	world_make(&w);
	memset(&step, 0, sizeof step);
	return 0;
}

/* Strangers ask for codes from so many places, one after another. */
static void ask_as_strangers(unsigned places, enum otp_delivery delivery)
{
	char source[32];

	for (unsigned i = 1; i <= places; i++) {
		(void)snprintf(source, sizeof source, "198.51.100.%u", i);
		struct otp_login login = world_login(source, NULL);
		world_begin(&w, &login, &step);
		if (step.situation == OTP_SEND)
			world_sent(&w, &login, delivery, &step);
	}
}

static void C58_strangers_do_not_end_the_codes_of_who_is_known(void **state)
{
	(void)state;
	struct otp_login one = world_login("192.0.2.1", KEY), two = world_login("192.0.2.2", KEY);
	struct code first = world_receive(&w, &one, &step);
	struct code second = world_receive(&w, &two, &step);

	ask_as_strangers(3, OTP_DELIVERY_SENT);
	world_answer(&w, &one, first.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
	world_answer(&w, &two, second.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void C58_strangers_whose_mails_are_refused_end_nobodys_codes(void **state)
{
	(void)state;
	const char *keys[] = {KEY, NULL};

	for (unsigned i = 0; i < 2; i++) {
		struct otp_login login = world_login("192.0.2.1", keys[i]);
		struct code code = world_receive(&w, &login, &step);
		ask_as_strangers(50, OTP_DELIVERY_REFUSED);
		world_answer(&w, &login, code.text, &step);
		assert_int_equal(step.situation, OTP_VERIFIED);
		world_make(&w);
	}
}

static void C41_a_success_gives_back_the_sends_of_its_own_challenge_only(void **state)
{
	(void)state;
	struct otp_login one = world_login("192.0.2.1", KEY), two = world_login("192.0.2.2", KEY);
	struct code code = world_receive(&w, &one, &step);
	struct record record;

	(void)world_receive(&w, &two, &step);
	w.now += 30;
	world_resend(&w, &one, &step);
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 3);
	world_answer(&w, &one, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 1);
	assert_int_equal(record.sends[0].at, WORLD_START);
	assert_memory_equal(
		record.sends[0].challenge, record.challenges[0].id, sizeof record.sends[0].challenge);
	assert_int_equal(record.last_success, w.now);
}

static void C41_a_send_counts_for_the_whole_window_whatever_is_written_meanwhile(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	for (unsigned i = 0; i < 5; i++, w.now += 600)
		(void)world_receive(&w, &login, &step);
	memset(&w.limits, 0,
		sizeof w.limits); /* the address is counted more coarsely; here it is the record */
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	assert_int_equal(step.wait_s, 600);
	w.now = WORLD_START + HOUR - 1;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND_LIMIT);
	w.now++;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
}

static void C41_a_refusal_gives_back_one_send_and_starts_the_cooldown_anew(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct record record;

	(void)world_receive(&w, &login, &step);
	w.now += 30;
	world_resend(&w, &login, &step);
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	world_record(&w, &record);
	assert_int_equal(record.sends_n, 1);
	assert_int_equal(record.sends[0].at, WORLD_START);
	assert_true(record.challenges[0].send_failed);
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_TOO_SOON);
	assert_int_equal(step.wait_s, 60);
	w.now += 60;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_SEND);
	world_record(&w, &record);
	assert_false(record.challenges[0].send_failed);
}

static void a_refusal_of_a_challenge_that_is_gone_leaves_nothing_to_type(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	world_begin(&w, &login, &step);
	w.now += 300;
	world_sent(&w, &login, OTP_DELIVERY_REFUSED, &step);
	assert_int_equal(step.situation, OTP_SEND_FAILED);
	assert_false(step.has_live_code);
}

static void after_a_resend_the_waiting_code_is_the_newest(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	(void)world_receive(&w, &login, &step);
	w.now += 30;
	world_resend(&w, &login, &step);
	w.now += 30;
	world_begin(&w, &login, &step);
	assert_int_equal(step.situation, OTP_WAITING);
	assert_int_equal(step.sent_at, WORLD_START + 30);
	assert_int_equal(step.works_until, WORLD_START + 330);
}

static bool is_all_zero(const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((const char *)bytes)[i] != 0)
			return false;
	return true;
}

static void C38_no_step_keeps_a_code_that_was_handed_over_or_not_written(void **state)
{
	(void)state;
	const enum otp_delivery deliveries[] = {OTP_DELIVERY_SENT, OTP_DELIVERY_SLOW, OTP_DELIVERY_REFUSED};
	struct otp_login login = world_login("192.0.2.7", KEY);

	for (unsigned i = 0; i < 3; i++, w.now += 600) {
		world_begin(&w, &login, &step);
		assert_int_equal(step.situation, OTP_SEND);
		world_sent(&w, &login, deliveries[i], &step);
		assert_true(is_all_zero(&step.code, sizeof step.code));
	}
	w.mem.fail_write = OTP_ERR_IO;
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_ERR_IO);
	assert_true(is_all_zero(&step, sizeof step));
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(C58_strangers_do_not_end_the_codes_of_who_is_known),
		T(C58_strangers_whose_mails_are_refused_end_nobodys_codes),
		T(C41_a_success_gives_back_the_sends_of_its_own_challenge_only),
		T(C41_a_send_counts_for_the_whole_window_whatever_is_written_meanwhile),
		T(C41_a_refusal_gives_back_one_send_and_starts_the_cooldown_anew),
		T(a_refusal_of_a_challenge_that_is_gone_leaves_nothing_to_type),
		T(after_a_resend_the_waiting_code_is_the_newest),
		T(C38_no_step_keeps_a_code_that_was_handed_over_or_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
