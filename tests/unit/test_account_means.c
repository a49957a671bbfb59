/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/account.h"

#include "tests/unit/record_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1767240000)

static struct record record;
static struct otp_why why;

static int new_user(void **state)
{
	(void)state;
	memset(&record, 0, sizeof record);
	memcpy(record.user, "alice", 6);
	record.uid = 1000;
	return 0;
}

/* Two contacts, an app, two backup codes, two devices. */
static int full_record(void **state)
{
	(void)state;
	record_sample_full(&record);
	return 0;
}

static void assert_sound(void)
{
	static struct record back;
	static char text[RECORD_TEXT_MAX];
	size_t len;

	if (record_encode(&record, text, &len, &why) != OTP_OK ||
		record_decode(text, len, &back, &why) != OTP_OK)
		fail_msg("%s", why.text);
}

static const struct record_event *latest(void)
{
	assert_true(record.events_n > 0);
	return &record.events[record.events_n - 1];
}

static struct account_totp some_app(void)
{
	struct account_totp app = {.form = {TOTP_SHA512, 8, 60},
		.secret = {.len = TOTP_SEALED_MAX},
		.last_step = 42,
		.preferred = true};

	memset(app.secret.bytes, 0x5a, sizeof app.secret.bytes);
	return app;
}

static void C07_an_app_set_again_takes_no_step_twice(void **state)
{
	(void)state;
	const int64_t latest = totp_latest_step(&(struct totp_form){TOTP_SHA512, 8, 60}, NOW);
	const struct {
		int period_s;
		int64_t before, brought, after;
	} cases[] = {{60, latest - 1, 42, latest - 1}, {60, latest - 2, latest - 1, latest - 1},
		{60, latest + 1000, 42, latest}, {30, 2 * latest, 42, 42}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct account_totp app = some_app();
		record.totp_n = 1;
		record.totp[0].form.period_s = cases[i].period_s;
		record.totp[0].last_step = cases[i].before;
		app.last_step = cases[i].brought;
		account_set_totp(&record, true, NOW, &app);
		assert_int_equal(record.totp[0].last_step, cases[i].after);
	}
}

static void an_app_takes_the_place_of_the_one_before(void **state)
{
	(void)state;
	const struct account_totp app = some_app();

	record.totp[0].last_step = 0;
	account_set_totp(&record, true, NOW, &app);
	assert_int_equal(record.totp_n, 1);
	assert_int_equal(record.totp[0].form.algorithm, TOTP_SHA512);
	assert_int_equal(record.totp[0].since, NOW);
	assert_int_equal(record.totp[0].last_step, 42);
	assert_true(record.totp[0].preferred);
	assert_memory_equal(&record.totp[0].secret, &app.secret, sizeof app.secret);
	assert_int_equal(latest()->kind, EVENT_TOTP_ADDED);
	assert_int_equal(record.contacts_n, 2);
	assert_sound();
}

static void an_app_or_backup_codes_make_a_record_without_contacts(void **state)
{
	const struct account_totp app = some_app();
	const struct record_backup backup = {.until = 0};

	account_set_totp(&record, false, NOW, &app);
	assert_int_equal(record.enrolled, NOW);
	assert_int_equal(record.contacts_n, 0);
	assert_int_equal(record.events[0].kind, EVENT_ENROLLED);
	assert_sound();
	(void)new_user(state);
	assert_int_equal(account_set_backups(&record, false, NOW, &backup, 1, false, &why), OTP_OK);
	assert_int_equal(record.enrolled, NOW);
	assert_int_equal(record.events[0].kind, EVENT_ENROLLED);
	assert_sound();
}

static void an_app_is_removed_only_where_something_is_left_to_log_in_by(void **state)
{
	(void)state;

	assert_int_equal(account_remove_totp(&record, NOW, &why), OTP_OK);
	assert_int_equal(record.totp_n, 0);
	assert_int_equal(record.totp[0].secret.len, 0);
	assert_int_equal(latest()->kind, EVENT_TOTP_REMOVED);
	assert_sound();
	assert_int_equal(account_remove_totp(&record, NOW, &why), OTP_ERR_INVALID);

	const struct account_totp app = some_app();
	account_set_totp(&record, true, NOW, &app);
	record.contacts_n = 0;
	assert_int_equal(account_remove_totp(&record, NOW, &why), OTP_OK); /* by backup codes */
	account_set_totp(&record, true, NOW, &app);
	record.backups_n = 0;
	assert_int_equal(account_remove_totp(&record, NOW, &why), OTP_ERR_INVALID);
	assert_int_equal(record.totp_n, 1);
}

static void backup_codes_come_in_place_of_others_or_beside_them(void **state)
{
	(void)state;
	struct record_backup ten[RECORD_BACKUPS_MAX] = {{.until = 0}};

	for (unsigned i = 0; i < RECORD_BACKUPS_MAX; i++)
		ten[i].seal.mac[0] = (unsigned char)(i + 1);
	assert_int_equal(account_set_backups(&record, true, NOW, ten, 10, false, &why), OTP_OK);
	assert_int_equal(record.backups_n, 10);
	assert_string_equal(latest()->detail, "10");
	assert_int_equal(account_set_backups(&record, true, NOW, ten + 10, 1, true, &why), OTP_OK);
	assert_int_equal(record.backups_n, 11);
	assert_int_equal(latest()->kind, EVENT_BACKUP_CODES);
	assert_string_equal(latest()->detail, "1");
	assert_memory_equal(record.backups, ten, sizeof ten);
	assert_sound();
	assert_int_equal(account_set_backups(&record, true, NOW, ten, 1, true, &why), OTP_ERR_TOO_LARGE);
	assert_int_equal(account_set_backups(&record, true, NOW, ten, 12, false, &why), OTP_ERR_TOO_LARGE);
	assert_int_equal(
		account_set_backups(&record, true, NOW, ten, UINT32_MAX, true, &why), OTP_ERR_TOO_LARGE);
	assert_int_equal(record.backups_n, 11);
	assert_int_equal(account_set_backups(&record, true, NOW, ten, 1, false, &why), OTP_OK);
	assert_int_equal(record.backups_n, 1);
}

static void the_last_means_is_not_taken_away(void **state)
{
	(void)state;

	record.totp_n = 0;
	assert_int_equal(account_set_backups(&record, true, NOW, NULL, 0, false, &why), OTP_OK);
	assert_int_equal(record.backups_n, 0);
	record.contacts_n = 0;
	assert_int_equal(account_set_backups(&record, true, NOW, NULL, 0, false, &why), OTP_ERR_INVALID);
}

static void a_device_is_revoked_by_its_number_or_all_are(void **state)
{
	(void)state;
	const struct record_device second = record.devices[1];

	assert_int_equal(account_revoke_device(&record, NOW, 3, &why), OTP_ERR_INVALID);
	assert_int_equal(record.devices_n, 2);
	assert_int_equal(account_revoke_device(&record, NOW, 1, &why), OTP_OK);
	assert_int_equal(record.devices_n, 1);
	assert_memory_equal(&record.devices[0], &second, sizeof second);
	assert_int_equal(latest()->kind, EVENT_DEVICES_REVOKED);
	assert_string_equal(latest()->detail, "1");
	(void)full_record(state);
	assert_int_equal(account_revoke_device(&record, NOW, 0, &why), OTP_OK);
	assert_int_equal(record.devices_n, 0);
	assert_string_equal(latest()->detail, "2");
	assert_sound();
	const unsigned events = record.events_n;
	assert_int_equal(account_revoke_device(&record, NOW, 0, &why), OTP_OK);
	assert_int_equal(account_revoke_device(&record, NOW, 1, &why), OTP_ERR_INVALID);
	assert_int_equal(record.events_n, events);
}

static void each_change_of_contacts_forgets_all_devices(void **state)
{
	struct contact contact;

	assert_int_equal(contact_parse(CHANNEL_EMAIL, "new@example.org", &contact, NULL), OTP_OK);
	assert_int_equal(account_add_contact(&record, NOW, &contact, &why), OTP_OK);
	assert_int_equal(record.devices_n, 0);
	(void)full_record(state);
	assert_int_equal(account_remove_contact(&record, NOW, 1, &why), OTP_OK);
	assert_int_equal(record.devices_n, 0);
	(void)full_record(state);
	assert_int_equal(account_order_contacts(&record, NOW, (unsigned[]){2, 1}, 2, &why), OTP_OK);
	assert_int_equal(record.devices_n, 0);
}

static void contacts_are_followed_in_their_order(void **state)
{
	struct otp_contacts contacts = {.n = 2};

	memcpy(contacts.list, record.contacts, sizeof contacts.list);
	assert_false(account_follow_contacts(&record, NOW, &contacts));
	assert_int_equal(record.devices_n, 2);
	assert_int_equal(record.challenges_n, 2);
	const struct contact first = contacts.list[0];
	contacts.list[0] = contacts.list[1];
	contacts.list[1] = first;
	assert_true(account_follow_contacts(&record, NOW, &contacts));
	assert_memory_equal(record.contacts, contacts.list, 2 * sizeof record.contacts[0]);
	assert_int_equal(record.devices_n, 0);
	assert_int_equal(record.challenges_n, 0);
	assert_int_equal(latest()->kind, EVENT_CONTACTS_FOLLOWED);
	assert_sound();
	assert_false(account_follow_contacts(&record, NOW, &contacts));
	(void)full_record(state);
	contacts.n = 1;
	assert_true(account_follow_contacts(&record, NOW, &contacts));
	assert_int_equal(record.contacts_n, 1);
	contacts.n = 0;
	assert_true(account_follow_contacts(&record, NOW, &contacts));
	assert_int_equal(record.contacts_n, 0);
	assert_sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(C07_an_app_set_again_takes_no_step_twice, full_record),
		cmocka_unit_test_setup(an_app_takes_the_place_of_the_one_before, full_record),
		cmocka_unit_test_setup(an_app_or_backup_codes_make_a_record_without_contacts, new_user),
		cmocka_unit_test_setup(
			an_app_is_removed_only_where_something_is_left_to_log_in_by, full_record),
		cmocka_unit_test_setup(backup_codes_come_in_place_of_others_or_beside_them, full_record),
		cmocka_unit_test_setup(the_last_means_is_not_taken_away, full_record),
		cmocka_unit_test_setup(a_device_is_revoked_by_its_number_or_all_are, full_record),
		cmocka_unit_test_setup(each_change_of_contacts_forgets_all_devices, full_record),
		cmocka_unit_test_setup(contacts_are_followed_in_their_order, full_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
