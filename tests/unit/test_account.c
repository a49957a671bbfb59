/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/account.h"

#include "tests/unit/record_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1767240000)

static struct record record, before;
static struct otp_why why;

static struct contact parsed(enum channel channel, const char *text)
{
	struct contact contact;

	if (contact_parse(channel, text, &contact, &why) != OTP_OK)
		fail_msg("%s", why.text);
	return contact;
}

static struct contact email(const char *text)
{
	return parsed(CHANNEL_EMAIL, text);
}

static int new_user(void **state)
{
	(void)state;
	memset(&record, 0, sizeof record);
	memcpy(record.user, "alice", 6);
	record.uid = 1000;
	return 0;
}

/* Two contacts, two challenges, locks in both lanes and an admin's. */
static int full_record(void **state)
{
	(void)state;
	record_sample_full(&record);
	return 0;
}

/* The record can be written and comes back: whatever account does must leave it sound. */
static void assert_sound(void)
{
	static struct record back;
	static char text[RECORD_TEXT_MAX];
	size_t len;

	if (record_encode(&record, text, &len, &why) != OTP_OK ||
		record_decode(text, len, &back, &why) != OTP_OK)
		fail_msg("%s", why.text);
}

static void assert_latest_event(enum record_event_kind kind, const char *detail)
{
	assert_true(record.events_n > 0);
	const struct record_event *event = &record.events[record.events_n - 1];
	assert_int_equal(event->kind, kind);
	assert_int_equal(event->last, NOW);
	assert_string_equal(event->detail, detail);
	assert_sound();
}

static void assert_unchanged(void)
{
	assert_memory_equal(&record, &before, sizeof record);
}

static void enrolling_makes_a_record_with_contacts_in_their_order(void **state)
{
	(void)state;
	struct contact contacts[] = {email("alice@example.org"), parsed(CHANNEL_SMS, "+1 202-555-0123")};

	assert_int_equal(account_enroll(&record, false, NOW, contacts, 2, &why), OTP_OK);
	assert_string_equal(record.user, "alice");
	assert_int_equal(record.uid, 1000);
	assert_int_equal(record.enrolled, NOW);
	assert_int_equal(record.contacts_n, 2);
	assert_string_equal(record.contacts[0].address, "alice@example.org");
	assert_string_equal(record.contacts[1].address, "+12025550123");
	assert_latest_event(EVENT_ENROLLED, "a***@e***.org, the phone ending 23");
}

static void enrolled_user_is_not_enrolled_again(void **state)
{
	(void)state;
	struct contact contact = email("mallory@example.net");

	memcpy(&before, &record, sizeof before);
	assert_int_equal(account_enroll(&record, true, NOW, &contact, 1, &why), OTP_ERR_EXISTS);
	assert_unchanged();
}

static void enrolling_takes_one_to_four_contacts(void **state)
{
	(void)state;
	struct contact contacts[RECORD_CONTACTS_MAX + 1];
	char text[64];

	for (unsigned i = 0; i <= RECORD_CONTACTS_MAX; i++) {
		(void)snprintf(text, sizeof text, "alice%u@example.org", i);
		contacts[i] = email(text);
	}
	memcpy(&before, &record, sizeof before);
	assert_int_equal(account_enroll(&record, false, NOW, contacts, 0, &why), OTP_ERR_INVALID);
	assert_unchanged();
	assert_int_equal(account_enroll(&record, false, NOW, contacts, RECORD_CONTACTS_MAX + 1, &why),
		OTP_ERR_TOO_LARGE);
	assert_unchanged();
	assert_int_equal(account_enroll(&record, false, NOW, contacts, RECORD_CONTACTS_MAX, &why), OTP_OK);
	assert_latest_event(EVENT_ENROLLED, "a***@e***.org, a***@e***.org, a***@e***.org, a***@e***.org");
}

static void enrolling_takes_no_contact_twice(void **state)
{
	(void)state;
	struct contact contacts[] = {email("alice@example.org"), email("alice@EXAMPLE.org")};

	memcpy(&before, &record, sizeof before);
	assert_int_equal(account_enroll(&record, false, NOW, contacts, 2, &why), OTP_ERR_INVALID);
	assert_unchanged();
}

static void added_contact_comes_last_and_live_challenges_stay(void **state)
{
	(void)state;
	struct contact contact = email("alice@example.net");

	assert_int_equal(account_add_contact(&record, NOW, &contact, &why), OTP_OK);
	assert_int_equal(record.contacts_n, 3);
	assert_string_equal(record.contacts[2].address, "alice@example.net");
	assert_int_equal(record.challenges_n, 2);
	assert_latest_event(EVENT_CONTACT_ADDED, "a***@e***.net");
}

static void contact_is_the_same_in_any_case_of_its_domain_alone(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum channel channel;
		enum otp_err err;
	} cases[] = {
		{"al%ice+x=y@example.org", CHANNEL_EMAIL, OTP_ERR_EXISTS},
		{"al%ice+x=y@EXAMPLE.ORG", CHANNEL_EMAIL, OTP_ERR_EXISTS},
		{"al%ice+x=y@eXample.orG", CHANNEL_EMAIL, OTP_ERR_EXISTS},
		{"+1 202 555 0123", CHANNEL_SMS, OTP_ERR_EXISTS},
		{"AL%ice+x=y@example.org", CHANNEL_EMAIL, OTP_OK},
		{"al%ice+x=y@example.orgg", CHANNEL_EMAIL, OTP_OK},
		{"al%ice+x=y@example.or", CHANNEL_EMAIL, OTP_OK},
		{"al%ice+x=yy@example.org", CHANNEL_EMAIL, OTP_OK},
		{"al%ice+x@example.org", CHANNEL_EMAIL, OTP_OK},
		{"+12025550124", CHANNEL_SMS, OTP_OK},
		{"+120255501231", CHANNEL_SMS, OTP_OK},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct contact contact = parsed(cases[i].channel, cases[i].text);
		record_sample_full(&record);
		memcpy(&before, &record, sizeof before);
		if (account_add_contact(&record, NOW, &contact, &why) != cases[i].err)
			fail_msg("%s", cases[i].text);
		if (cases[i].err != OTP_OK)
			assert_unchanged();
	}
}

static void refusal_of_a_known_contact_does_not_tell_its_address(void **state)
{
	(void)state;
	struct contact contact = email("al%ice+x=y@example.org");

	assert_int_equal(account_add_contact(&record, NOW, &contact, &why), OTP_ERR_EXISTS);
	assert_string_equal(why.text, "a***@e***.org is contact 1 already");
}

static void fifth_contact_is_refused(void **state)
{
	(void)state;
	struct contact contacts[] = {email("b@example.org"), email("c@example.org"), email("d@example.org")};

	assert_int_equal(account_add_contact(&record, NOW, &contacts[0], &why), OTP_OK);
	assert_int_equal(account_add_contact(&record, NOW, &contacts[1], &why), OTP_OK);
	memcpy(&before, &record, sizeof before);
	assert_int_equal(account_add_contact(&record, NOW, &contacts[2], &why), OTP_ERR_TOO_LARGE);
	assert_unchanged();
}

/* An address of 254 bytes, the first different from the others'. */
static struct contact long_email(char first)
{
	char text[CONTACT_ADDRESS_SIZE];

	memset(text, 'x', sizeof text);
	text[0] = first;
	text[1] = '@';
	for (size_t i = 40; i < sizeof text - 4; i += 40)
		text[i] = '.';
	text[sizeof text - 1] = '\0';
	return email(text);
}

static void addresses_that_are_too_long_together_are_refused(void **state)
{
	(void)state;
	struct contact contacts[] = {long_email('a'), long_email('b')};

	memcpy(&before, &record, sizeof before);
	assert_int_equal(account_enroll(&record, false, NOW, contacts, 2, &why), OTP_ERR_TOO_LARGE);
	assert_unchanged();
	assert_int_equal(account_enroll(&record, false, NOW, contacts, 1, &why), OTP_OK);
	assert_sound();
	memcpy(&before, &record, sizeof before);
	assert_int_equal(account_add_contact(&record, NOW, &contacts[1], &why), OTP_ERR_TOO_LARGE);
	assert_unchanged();
	assert_non_null(strstr(why.text, "480 bytes"));
}

static void removed_contact_ends_the_challenges(void **state)
{
	(void)state;

	assert_int_equal(account_remove_contact(&record, NOW, 1, &why), OTP_OK);
	assert_int_equal(record.contacts_n, 1);
	assert_string_equal(record.contacts[0].address, "+12025550123");
	assert_int_equal(record.challenges_n, 0);
	assert_int_equal(record.sends_n, 2); /* they were sent */
	assert_latest_event(EVENT_CONTACT_REMOVED, "a***@e***.org");
}

static void no_such_contact_and_the_only_one_are_not_removed(void **state)
{
	(void)state;

	memcpy(&before, &record, sizeof before);
	assert_int_equal(account_remove_contact(&record, NOW, 0, &why), OTP_ERR_INVALID);
	assert_int_equal(account_remove_contact(&record, NOW, 3, &why), OTP_ERR_INVALID);
	assert_int_equal(account_remove_contact(&record, NOW, UINT32_MAX, &why), OTP_ERR_INVALID);
	assert_unchanged();
	assert_int_equal(account_remove_contact(&record, NOW, 2, &why), OTP_OK);
	memcpy(&before, &record, sizeof before);
	assert_int_equal(account_remove_contact(&record, NOW, 1, &why), OTP_ERR_INVALID);
	assert_unchanged();
}

static void reordered_contacts_end_the_challenges(void **state)
{
	(void)state;
	struct contact third = email("b@example.org");
	const unsigned order[] = {3, 1, 2};

	assert_int_equal(account_add_contact(&record, NOW - 1, &third, &why), OTP_OK);
	assert_int_equal(account_order_contacts(&record, NOW, order, 3, &why), OTP_OK);
	assert_string_equal(record.contacts[0].address, "b@example.org");
	assert_string_equal(record.contacts[1].address, "al%ice+x=y@example.org");
	assert_string_equal(record.contacts[2].address, "+12025550123");
	assert_int_equal(record.challenges_n, 0);
	assert_latest_event(EVENT_CONTACT_ORDER, "b***@e***.org, a***@e***.org, the phone ending 23");
}

static void order_must_hold_every_number_once(void **state)
{
	(void)state;
	static const unsigned orders[][3] = {{1, 1}, {2, 2}, {0, 1}, {1, 3}, {2, UINT32_MAX}, {33, 34}};
	static const unsigned good[] = {2, 1, 1};

	memcpy(&before, &record, sizeof before);
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		assert_int_equal(account_order_contacts(&record, NOW, orders[i], 2, &why), OTP_ERR_INVALID);
	assert_int_equal(account_order_contacts(&record, NOW, good, 0, &why), OTP_ERR_INVALID);
	assert_int_equal(account_order_contacts(&record, NOW, good, 1, &why), OTP_ERR_INVALID);
	assert_int_equal(account_order_contacts(&record, NOW, good, 3, &why), OTP_ERR_INVALID);
	assert_unchanged();
	assert_int_equal(account_order_contacts(&record, NOW, good, 2, &why), OTP_OK);
}

static void admins_lock_closes_and_ends_the_challenges(void **state)
{
	(void)state;

	record.admin_locked = false;
	account_lock(&record, NOW);
	assert_true(record.admin_locked);
	assert_int_equal(record.challenges_n, 0);
	assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 4); /* nothing charged, nothing cleared */
	assert_latest_event(EVENT_ADMIN_LOCK, "");
}

static void admins_unlock_clears_locks_failures_and_counts(void **state)
{
	(void)state;

	account_unlock(&record, NOW);
	assert_false(record.admin_locked);
	for (unsigned i = 0; i < LANES_N; i++) {
		assert_int_equal(record.lanes[i].consecutive, 0);
		assert_int_equal(record.lanes[i].lock_since, 0);
		assert_int_equal(record.lanes[i].lock_for_s, 0);
		assert_int_equal(record.lanes[i].days_n, 0);
	}
	assert_int_equal(record.wrong_since_success, 7); /* the user is still to hear of them */
	assert_int_equal(record.networks_n, 2);
	assert_latest_event(EVENT_ADMIN_UNLOCK, "");
}

/* Cleared failures and a live code that was guessed at would be a fresh budget for the guesser. */
static void C10_unlock_ends_the_challenges_that_were_guessed_at(void **state)
{
	(void)state;

	record.challenges[1].tries_used = 0;
	account_unlock(&record, NOW);
	assert_int_equal(record.challenges_n, 1);
	assert_string_equal(record.challenges[0].ref, "KTM");
	assert_sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(enrolling_makes_a_record_with_contacts_in_their_order, new_user),
		cmocka_unit_test_setup(enrolled_user_is_not_enrolled_again, full_record),
		cmocka_unit_test_setup(enrolling_takes_one_to_four_contacts, new_user),
		cmocka_unit_test_setup(enrolling_takes_no_contact_twice, new_user),
		cmocka_unit_test_setup(added_contact_comes_last_and_live_challenges_stay, full_record),
		cmocka_unit_test_setup(contact_is_the_same_in_any_case_of_its_domain_alone, full_record),
		cmocka_unit_test_setup(refusal_of_a_known_contact_does_not_tell_its_address, full_record),
		cmocka_unit_test_setup(fifth_contact_is_refused, full_record),
		cmocka_unit_test_setup(addresses_that_are_too_long_together_are_refused, new_user),
		cmocka_unit_test_setup(removed_contact_ends_the_challenges, full_record),
		cmocka_unit_test_setup(no_such_contact_and_the_only_one_are_not_removed, full_record),
		cmocka_unit_test_setup(reordered_contacts_end_the_challenges, full_record),
		cmocka_unit_test_setup(order_must_hold_every_number_once, full_record),
		cmocka_unit_test_setup(admins_lock_closes_and_ends_the_challenges, full_record),
		cmocka_unit_test_setup(admins_unlock_clears_locks_failures_and_counts, full_record),
		cmocka_unit_test_setup(C10_unlock_ends_the_challenges_that_were_guessed_at, full_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
