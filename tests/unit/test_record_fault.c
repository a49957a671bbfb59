/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include "core/record_text.h"
#include "tests/unit/record_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct record record;

/* What encode must refuse, because decode would: each spoils one value of the full record. */
static void spoil_user_empty(void)
{
	memset(record.user, 0, sizeof record.user);
}

static void spoil_user_endless(void)
{
	memset(record.user, 'x', sizeof record.user);
}

static void spoil_user_long_as_written(void)
{
	memset(record.user, '%', 86);
}

static void spoil_uid(void)
{
	record.uid = UINT32_MAX;
}

static void spoil_time_negative(void)
{
	record.enrolled = -1;
}

static void spoil_time_absurd(void)
{
	record.challenges[1].codes[1].expires = RECORD_TIME_MAX + 1;
}

static void spoil_lock_negative(void)
{
	record.lanes[LANE_STRANGER].lock_for_s = -1;
}

static void spoil_lock_over_the_cap(void)
{
	record.lanes[LANE_STRANGER].lock_for_s = POLICY_LOCK_MAX_S + 1;
}

static void spoil_days_order(void)
{
	record.lanes[LANE_KNOWN].days[1].day = record.lanes[LANE_KNOWN].days[0].day;
}

static void spoil_days_zero(void)
{
	record.lanes[LANE_KNOWN].days[1].wrong = 0;
}

static void spoil_days_negative(void)
{
	record.lanes[LANE_KNOWN].days[0].day = -1;
}

static void spoil_days_n(void)
{
	record.lanes[LANE_KNOWN].days_n = RECORD_DAYS_MAX + 1;
}

static void spoil_tries(void)
{
	record.challenges[0].tries_used = POLICY_TRIES_MAX + 1;
}

static void spoil_ref_vowel(void)
{
	record.challenges[0].ref[1] = 'A';
}

static void spoil_ref_missing(void)
{
	record.challenges[0].ref[0] = '\0';
}

static void spoil_ref_endless(void)
{
	memset(record.challenges[0].ref, 'B', sizeof record.challenges[0].ref);
}

static void spoil_ref_repeated(void)
{
	memcpy(record.challenges[1].ref, record.challenges[0].ref, sizeof record.challenges[0].ref);
}

static void spoil_id_repeated(void)
{
	memcpy(record.challenges[1].id, record.challenges[0].id, sizeof record.challenges[0].id);
}

static void spoil_channel(void)
{
	record.challenges[1].codes[0].channel = (enum channel)2;
}

static void spoil_kind(void)
{
	record.events[1].kind = EVENT_KINDS_N;
}

static void spoil_event_count(void)
{
	record.events[1].count = 0;
}

static void spoil_address(void)
{
	record.contacts[0].address[0] = ' ';
}

static void spoil_address_of_other_channel(void)
{
	record.contacts[0].channel = CHANNEL_SMS;
}

static void spoil_address_spelling(void)
{
	memcpy(record.contacts[1].address, "+1 2025550123", 14);
}

static void spoil_addresses_together(void)
{
	record_sample_longest(&record);
	record.contacts[3].address[strlen(record.contacts[3].address)] = 'd';
}

static void spoil_network(void)
{
	record.networks[0].network[2] = 'x';
}

static void spoil_network_empty(void)
{
	record.networks[0].network[0] = '\0';
}

static void spoil_contacts_n(void)
{
	record.contacts_n = RECORD_CONTACTS_MAX + 1;
}

static void spoil_codes_n(void)
{
	record.challenges[0].codes_n = POLICY_LIVE_CODES + 1;
}

static void spoil_events_n(void)
{
	record.events_n = RECORD_EVENTS_MAX + 1;
}

static void values_that_decode_would_refuse_are_not_written(void **state)
{
	(void)state;
	static const struct {
		void (*spoil)(void);
		const char *named;
	} cases[] = {
		{spoil_user_empty, "user: name"},
		{spoil_user_endless, "user: name"},
		{spoil_user_long_as_written, "user: name"},
		{spoil_uid, "user: uid"},
		{spoil_time_negative, "user: enrolled"},
		{spoil_time_absurd, "code: expires"},
		{spoil_lock_negative, "stranger_lane: lock_for"},
		{spoil_lock_over_the_cap, "stranger_lane: lock_for"},
		{spoil_days_order, "known_lane: days"},
		{spoil_days_zero, "known_lane: days"},
		{spoil_days_negative, "known_lane: days"},
		{spoil_days_n, "known_lane: days"},
		{spoil_tries, "challenge: tries"},
		{spoil_ref_vowel, "challenge: ref"},
		{spoil_ref_missing, "challenge: ref"},
		{spoil_ref_endless, "challenge: ref"},
		{spoil_ref_repeated, "challenge: repeats a ref"},
		{spoil_id_repeated, "challenge: repeats an id"},
		{spoil_channel, "code: channel"},
		{spoil_kind, "event: kind"},
		{spoil_event_count, "event: count"},
		{spoil_address, "contact: address"},
		{spoil_address_of_other_channel, "contact: address"},
		{spoil_address_spelling, "contact: address"},
		{spoil_addresses_together, "contact: makes the addresses too long"},
		{spoil_network, "network: name"},
		{spoil_network_empty, "network: name"},
		{spoil_contacts_n, "contact: too many"},
		{spoil_codes_n, "code: too many"},
		{spoil_events_n, "event: too many"},
	};

	static char text[RECORD_TEXT_MAX];
	struct otp_why why;
	size_t len;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		record_sample_full(&record);
		cases[i].spoil();
		why.text[0] = '\0';
		len = 1;
		if (record_encode(&record, text, &len, &why) != OTP_ERR_INVALID)
			fail_msg("taken: %s", cases[i].named);
		assert_int_equal(len, 0);
		if (strstr(why.text, cases[i].named) == NULL)
			fail_msg("%s, but said: %s", cases[i].named, why.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_that_decode_would_refuse_are_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
