/* SPDX-License-Identifier: BSD-2-Clause */

/* Known devices: which places are remembered, what they are worth, and what makes them be forgotten. */

#include "core/account.h"
#include "core/device.h"
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY INT64_C(86400)
#define KEY "SHA256:0123456789012345678901234567890123456789012"
#define OTHER_KEY "SHA256:1123456789012345678901234567890123456789012"

static struct world w;
static struct otp_step step;
static struct record record;

static int setup(void **state)
{
	(void)state;
	world_make(&w);
	w.core.policy.remember_for_s = 7 * 86400;
	memset(&step, 0, sizeof step);
	return 0;
}

/* A login by a sent code. */
static void log_in(const struct otp_login *login)
{
	struct code code = world_receive(&w, login, &step);

	world_answer(&w, login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static enum otp_situation begin(const struct otp_login *login)
{
	world_begin(&w, login, &step);
	return step.situation;
}

static unsigned devices(void)
{
	world_record(&w, &record);
	return record.devices_n;
}

static void the_place_of_a_success_is_not_asked_again(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	assert_int_equal(begin(&login), OTP_REMEMBERED);
	assert_int_equal(step.works_until, WORLD_START + 7 * DAY);
	assert_int_equal(devices(), 1);
	assert_string_equal(record.devices[0].network, "192.0.2.0/24");
	assert_string_equal(record.devices[0].service, "sshd");
	/* Another address of the same network is the same place. */
	login = world_login("192.0.2.200", KEY);
	assert_int_equal(begin(&login), OTP_REMEMBERED);
}

static void nothing_is_remembered_unless_it_is_configured(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	w.core.policy.remember_for_s = 0;
	log_in(&login);
	assert_int_equal(devices(), 0);
	assert_int_equal(begin(&login), OTP_SEND);
}

static void nothing_is_known_once_it_is_configured_no_more(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	w.core.policy.remember_for_s = 0;
	assert_int_equal(begin(&login), OTP_SEND);
}

static void another_key_network_service_host_user_or_account_is_asked(void **state)
{
	(void)state;
	struct otp_login known = world_login("192.0.2.7", KEY), login;

	log_in(&known);
	login = world_login("192.0.2.7", OTHER_KEY);
	assert_int_equal(begin(&login), OTP_SEND);
	login = world_login("192.0.3.7", KEY);
	assert_int_equal(begin(&login), OTP_SEND);
	login = known;
	(void)snprintf(login.origin.service, sizeof login.origin.service, "cockpit");
	assert_int_equal(begin(&login), OTP_SEND);
	login = known;
	(void)snprintf(login.origin.host, sizeof login.origin.host, "web2");
	assert_int_equal(begin(&login), OTP_SEND);
	w.now += 3600;
	login = known;
	origin_set_account(&login.origin, "deploy");
	assert_int_equal(begin(&login), OTP_SEND);
}

/* Two records may hold the same bytes; the name of the place says whose it is. */
static void a_place_is_one_users_and_of_one_uid(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct device_place a, b;

	assert_int_equal(device_place(&w.core.keys, &w.core.policy, &login, &a, NULL), OTP_OK);
	login.user = "bob";
	assert_int_equal(device_place(&w.core.keys, &w.core.policy, &login, &b, NULL), OTP_OK);
	assert_memory_not_equal(a.id, b.id, sizeof a.id);
	login.user = "alice";
	login.uid++;
	assert_int_equal(device_place(&w.core.keys, &w.core.policy, &login, &b, NULL), OTP_OK);
	assert_memory_not_equal(a.id, b.id, sizeof a.id);
}

static void a_login_without_a_proved_key_is_never_remembered(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	login.password_checked = true;
	log_in(&login);
	assert_int_equal(devices(), 0);
	assert_int_equal(begin(&login), OTP_SEND);
}

static void a_source_without_a_network_is_never_remembered(void **state)
{
	(void)state;
	static const char *const sources[] = {"tty:pts/3", "local", "host.example.org", "fe80::1%eth0"};

	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		struct otp_login login = world_login(sources[i], KEY);
		login.origin.local = i < 2;
		log_in(&login);
		assert_int_equal(devices(), 0);
	}
	/* What calls itself local has no network, whatever its source looks like. */
	struct otp_login login = world_login("192.0.2.7", KEY);
	login.origin.local = true;
	log_in(&login);
	assert_int_equal(devices(), 0);
}

static void by_network_only_a_checked_password_is_remembered_and_let_in(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	w.core.policy.remember_by = POLICY_REMEMBER_NETWORK;
	log_in(&login);
	assert_int_equal(devices(), 0);
	login.password_checked = true;
	log_in(&login);
	assert_int_equal(devices(), 1);
	assert_int_equal(begin(&login), OTP_REMEMBERED);
	/* Without the password, or with a key in its place, it is asked. */
	login.password_checked = false;
	assert_int_equal(begin(&login), OTP_SEND);
	login = world_login("192.0.2.7", KEY);
	assert_int_equal(begin(&login), OTP_SEND);
	/* Who proves a key besides is at the same place. */
	login.password_checked = true;
	assert_int_equal(begin(&login), OTP_REMEMBERED);
}

static void what_was_remembered_by_one_rule_is_not_known_by_the_other(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	login.password_checked = true;
	log_in(&login);
	w.core.policy.remember_by = POLICY_REMEMBER_NETWORK;
	assert_int_equal(begin(&login), OTP_SEND);
}

static void use_does_not_lengthen_the_time(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	for (int day = 1; day < 7; day++) {
		w.now = WORLD_START + day * DAY;
		assert_int_equal(begin(&login), OTP_REMEMBERED);
	}
	w.now = WORLD_START + 7 * DAY - 1;
	assert_int_equal(begin(&login), OTP_REMEMBERED);
	w.now++;
	assert_int_equal(begin(&login), OTP_SEND);
}

static void a_shorter_time_also_holds_for_what_was_remembered_before(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	w.core.policy.remember_for_s = 3600;
	w.now += 3599;
	assert_int_equal(begin(&login), OTP_REMEMBERED);
	w.now++;
	assert_int_equal(begin(&login), OTP_SEND);
}

static void a_longer_time_does_not_revive_or_lengthen(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	w.core.policy.remember_for_s = POLICY_REMEMBER_MAX_S;
	w.now += 7 * DAY;
	assert_int_equal(begin(&login), OTP_SEND);
}

static void a_clock_set_back_forgets_what_it_has_not_seen_yet(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	w.now -= 3600;
	assert_int_equal(begin(&login), OTP_SEND);
	assert_int_equal(devices(), 0);
	w.now += 3600;
	assert_int_not_equal(begin(&login), OTP_REMEMBERED);
}

static void locked_for_a_time(struct record *locked)
{
	locked->lanes[LANE_KNOWN].consecutive = 10;
	locked->lanes[LANE_KNOWN].lock_since = w.now;
	locked->lanes[LANE_KNOWN].lock_for_s = 900;
}

static void locked_until_an_admin(struct record *locked)
{
	locked->lanes[LANE_KNOWN].consecutive = 10;
	locked->lanes[LANE_KNOWN].lock_since = w.now;
	locked->lanes[LANE_KNOWN].lock_for_s = RECORD_LOCK_FOREVER;
}

static void locked_by_an_admin(struct record *locked)
{
	account_lock(locked, w.now);
}

static enum otp_err change(void *ctx, struct record *to_change, bool exists, int64_t now, struct otp_why *why)
{
	void (*const *how)(struct record *) = ctx;

	(void)exists;
	(void)now;
	(void)why;
	(*how)(to_change);
	return OTP_OK;
}

static void change_record(void (*how)(struct record *))
{
	assert_int_equal(otp_change(&w.core, "alice", 1000, (struct otp_edit){change, &how}, NULL), OTP_OK);
}

static void a_known_device_passes_a_lock_that_ends_by_itself_and_clears_no_counter(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	change_record(locked_for_a_time);
	assert_int_equal(begin(&login), OTP_REMEMBERED);
	world_record(&w, &record);
	assert_int_equal(record.lanes[LANE_KNOWN].consecutive, 10);
	assert_int_equal(record.lanes[LANE_KNOWN].lock_for_s, 900);
}

static void a_known_device_does_not_pass_a_lock_that_only_an_admin_ends(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	change_record(locked_until_an_admin);
	assert_int_equal(begin(&login), OTP_LOCKED);
	assert_int_equal(step.wait_s, RECORD_LOCK_FOREVER);
}

static void a_known_device_does_not_pass_an_admins_lock(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	change_record(locked_by_an_admin);
	assert_int_equal(begin(&login), OTP_LOCKED);
}

static void a_remembered_login_keeps_count_of_wrong_codes_and_of_the_last_success(void **state)
{
	(void)state;
	struct otp_login known = world_login("192.0.2.7", KEY), other = world_login("198.51.100.9", NULL);

	log_in(&known);
	struct code code = world_receive(&w, &other, &step), wrong = world_wrong(&code);
	world_answer(&w, &other, wrong.text, &step);
	w.now += 60;
	assert_int_equal(begin(&known), OTP_REMEMBERED);
	world_record(&w, &record);
	assert_int_equal(record.wrong_since_success, 1);
	assert_int_equal(record.last_success, WORLD_START);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 1);
	assert_int_equal(record.challenges_n, 1);
}

static void who_must_type_a_code_of_a_kind_is_asked_and_not_remembered(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY), sent_only = login;

	sent_only.accept = OTP_ACCEPT_SENT;
	log_in(&sent_only);
	assert_int_equal(devices(), 0);
	log_in(&login);
	assert_int_equal(begin(&login), OTP_REMEMBERED);
	assert_int_equal(begin(&sent_only), OTP_SEND);
}

static struct contact contact_of(const char *text)
{
	struct contact contact;

	assert_int_equal(contact_parse(CHANNEL_EMAIL, text, &contact, NULL), OTP_OK);
	return contact;
}

static void add_contact(struct record *changed)
{
	struct contact contact = contact_of("alice@example.com");

	assert_int_equal(account_add_contact(changed, w.now, &contact, NULL), OTP_OK);
}

static void remove_contact(struct record *changed)
{
	assert_int_equal(account_remove_contact(changed, w.now, 2, NULL), OTP_OK);
}

static void order_contacts(struct record *changed)
{
	assert_int_equal(account_order_contacts(changed, w.now, (unsigned[]){2, 1}, 2, NULL), OTP_OK);
}

static void a_change_of_contacts_forgets_all_devices(void **state)
{
	(void)state;
	void (*const changes[])(struct record *) = {add_contact, remove_contact, order_contacts};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		world_make(&w);
		w.core.policy.remember_for_s = 86400;
		struct otp_login login = world_login("192.0.2.7", KEY);
		log_in(&login);
		assert_int_equal(devices(), 1);
		change_record(changes[i]);
		assert_int_equal(devices(), 0);
		assert_int_equal(begin(&login), OTP_SEND);
	}
}

/* The write that was lost may have revoked one. */
static void a_damaged_slot_forgets_all_devices(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	w.mem.damaged = true;
	assert_int_equal(begin(&login), OTP_SEND);
	assert_int_equal(devices(), 0);
}

static void the_oldest_of_eight_goes_for_a_ninth_and_the_same_place_takes_no_second_one(void **state)
{
	(void)state;
	char source[32];
	struct otp_login login;

	for (unsigned i = 0; i <= POLICY_DEVICES_MAX; i++) {
		(void)snprintf(source, sizeof source, "198.51.%u.9", i);
		login = world_login(source, KEY);
		log_in(&login);
		w.now += 7200;
	}
	assert_int_equal(devices(), POLICY_DEVICES_MAX);
	login = world_login("198.51.0.9", KEY);
	assert_int_equal(begin(&login), OTP_SEND);
	login = world_login("198.51.1.9", KEY);
	assert_int_equal(begin(&login), OTP_REMEMBERED);
	struct device_place place;
	assert_int_equal(device_place(&w.core.keys, &w.core.policy, &login, &place, NULL), OTP_OK);
	world_record(&w, &record);
	device_remember(&record, &w.core.policy, &login, &place, w.now);
	assert_int_equal(record.devices_n, POLICY_DEVICES_MAX);
	assert_int_equal(record.devices[POLICY_DEVICES_MAX - 1].since, w.now);
}

static void the_same_place_takes_no_second_one(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct device_place place;

	log_in(&login);
	assert_int_equal(device_place(&w.core.keys, &w.core.policy, &login, &place, NULL), OTP_OK);
	world_record(&w, &record);
	device_remember(&record, &w.core.policy, &login, &place, w.now + 60);
	assert_int_equal(record.devices_n, 1);
	assert_int_equal(record.devices[0].since, w.now + 60);
}

/* Over a record that nobody brought up to now. */
static void a_device_is_known_between_its_two_ends_alone(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);
	struct device_place place;

	log_in(&login);
	assert_int_equal(device_place(&w.core.keys, &w.core.policy, &login, &place, NULL), OTP_OK);
	world_record(&w, &record);
	w.core.policy.remember_for_s = POLICY_REMEMBER_MAX_S;
	assert_null(device_find(&record, &w.core.policy, &place, w.now - 1));
	assert_non_null(device_find(&record, &w.core.policy, &place, w.now));
	assert_non_null(device_find(&record, &w.core.policy, &place, w.now + 7 * DAY - 1));
	assert_null(device_find(&record, &w.core.policy, &place, w.now + 7 * DAY));
	/* What merely ended need not be written; what a clock set back took away must be. */
	struct record later = record;
	assert_false(device_settle(&later, w.now + 7 * DAY));
	assert_int_equal(later.devices_n, 0);
	assert_true(device_settle(&record, w.now - 1));
	assert_int_equal(record.devices_n, 0);
}

static void the_history_says_that_nobody_was_asked(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY);

	log_in(&login);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(begin(&login), OTP_REMEMBERED);
	world_record(&w, &record);
	const struct record_event *event = &record.events[record.events_n - 1];
	assert_int_equal(event->kind, EVENT_REMEMBERED);
	assert_int_equal(event->count, 3);
	assert_string_equal(event->source, "192.0.2.7");
}

static void a_service_with_a_long_name_is_remembered_under_its_whole_name(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", KEY), other;

	(void)snprintf(login.origin.service, sizeof login.origin.service, "a-service-with-a-long-name-1");
	other = login;
	(void)snprintf(other.origin.service, sizeof other.origin.service, "a-service-with-a-long-name-2");
	log_in(&login);
	assert_int_equal(begin(&login), OTP_REMEMBERED);
	assert_int_equal(begin(&other), OTP_SEND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_place_of_a_success_is_not_asked_again, setup),
		cmocka_unit_test_setup(nothing_is_remembered_unless_it_is_configured, setup),
		cmocka_unit_test_setup(nothing_is_known_once_it_is_configured_no_more, setup),
		cmocka_unit_test_setup(another_key_network_service_host_user_or_account_is_asked, setup),
		cmocka_unit_test_setup(a_place_is_one_users_and_of_one_uid, setup),
		cmocka_unit_test_setup(a_login_without_a_proved_key_is_never_remembered, setup),
		cmocka_unit_test_setup(a_source_without_a_network_is_never_remembered, setup),
		cmocka_unit_test_setup(by_network_only_a_checked_password_is_remembered_and_let_in, setup),
		cmocka_unit_test_setup(what_was_remembered_by_one_rule_is_not_known_by_the_other, setup),
		cmocka_unit_test_setup(use_does_not_lengthen_the_time, setup),
		cmocka_unit_test_setup(a_shorter_time_also_holds_for_what_was_remembered_before, setup),
		cmocka_unit_test_setup(a_longer_time_does_not_revive_or_lengthen, setup),
		cmocka_unit_test_setup(a_clock_set_back_forgets_what_it_has_not_seen_yet, setup),
		cmocka_unit_test_setup(
			a_known_device_passes_a_lock_that_ends_by_itself_and_clears_no_counter, setup),
		cmocka_unit_test_setup(a_known_device_does_not_pass_a_lock_that_only_an_admin_ends, setup),
		cmocka_unit_test_setup(a_known_device_does_not_pass_an_admins_lock, setup),
		cmocka_unit_test_setup(
			a_remembered_login_keeps_count_of_wrong_codes_and_of_the_last_success, setup),
		cmocka_unit_test_setup(who_must_type_a_code_of_a_kind_is_asked_and_not_remembered, setup),
		cmocka_unit_test_setup(a_change_of_contacts_forgets_all_devices, setup),
		cmocka_unit_test_setup(a_damaged_slot_forgets_all_devices, setup),
		cmocka_unit_test_setup(
			the_oldest_of_eight_goes_for_a_ninth_and_the_same_place_takes_no_second_one, setup),
		cmocka_unit_test_setup(the_same_place_takes_no_second_one, setup),
		cmocka_unit_test_setup(a_device_is_known_between_its_two_ends_alone, setup),
		cmocka_unit_test_setup(the_history_says_that_nobody_was_asked, setup),
		cmocka_unit_test_setup(a_service_with_a_long_name_is_remembered_under_its_whole_name, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
