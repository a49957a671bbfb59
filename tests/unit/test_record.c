/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include "core/code.h"
#include "core/record_text.h"
#include "tests/unit/record_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct record record, back;
static char text[RECORD_TEXT_MAX + 1], again[RECORD_TEXT_MAX];
static size_t len, again_len;
static struct otp_why why;

static int full_record(void **state)
{
	(void)state;
	record_sample_full(&record);
	return 0;
}

/* Encodes record; text then is a string. */
static void encode(void)
{
	memset(text, '#', sizeof text);
	if (record_encode(&record, text, &len, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_in_range(len, 1, RECORD_TEXT_MAX);
	text[len] = '\0';
}

static void decode(void)
{
	memset(&back, 0xa5, sizeof back);
	if (record_decode(text, len, &back, &why) != OTP_OK)
		fail_msg("%s", why.text);
}

static void assert_round_trip(void)
{
	encode();
	decode();
	assert_memory_equal(&record, &back, sizeof record);
	assert_int_equal(record_encode(&back, again, &again_len, &why), OTP_OK);
	assert_int_equal(again_len, len);
	assert_memory_equal(text, again, len);
}

static void full_record_comes_back_as_it_was(void **state)
{
	(void)state;

	assert_round_trip();
}

static void record_of_a_user_and_nothing_else_comes_back(void **state)
{
	(void)state;

	memset(&record, 0, sizeof record);
	memcpy(record.user, "bob", 4);
	assert_round_trip();
	assert_string_equal(
		text, "user name=bob uid=0 enrolled=0 locked=no last_success=0 wrong=0 wrong_from=\n");
}

static void each_lane_has_a_line_only_if_it_has_something_to_say(void **state)
{
	(void)state;

	memset(&record.lanes[LANE_KNOWN], 0, sizeof record.lanes[LANE_KNOWN]);
	assert_round_trip();
	assert_null(strstr(text, "known_lane"));
	assert_non_null(strstr(text, "\nstranger_lane failures=4 "));
	record.lanes[LANE_KNOWN].lock_since = 1; /* of a lock that is over */
	assert_round_trip();
	assert_non_null(strstr(text, "\nknown_lane failures=0 lock_since=1 lock_for=0 days=\n"));
	memset(&record.lanes[LANE_KNOWN], 0, sizeof record.lanes[LANE_KNOWN]);
	record.lanes[LANE_KNOWN].days_n = 1;
	record.lanes[LANE_KNOWN].days[0].day = 20454;
	record.lanes[LANE_KNOWN].days[0].wrong = 1;
	assert_round_trip();
}

static void text_holds_printable_bytes_alone(void **state)
{
	(void)state;

	for (unsigned i = 0; i < 254; i++)
		record.user[i % 80] = (char)(i + 1 < 0x21 || i + 1 > 0x7e ? i + 1 : 'x');
	memset(record.user + 80, 0, sizeof record.user - 80);
	assert_round_trip();
	for (size_t i = 0; i < len; i++)
		assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
}

static void C18_user_names_of_any_bytes_come_back(void **state)
{
	(void)state;
	static const char *const names[] = {".", "..", "a/b", "a\nb", "DOM\\user", "%s", "%41",
		"\xc3\xa9t\xc3\xa9", "a b", "=", "user name=x", "\x01\x7f\xff"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		memset(record.user, 0, sizeof record.user);
		memcpy(record.user, names[i], strlen(names[i]));
		assert_round_trip();
	}
	for (unsigned byte = 1; byte < 256; byte++) {
		memset(record.user, 0, sizeof record.user);
		record.user[0] = (char)byte;
		assert_round_trip();
	}
	assert_non_null(strstr(text, "user name=%FF uid"));
}

static void refs_as_they_are_drawn_come_back(void **state)
{
	(void)state;
	struct otp_random random = random_system();

	/* Of two, one might be drawn the other's ref. */
	memset(&record.challenges[1], 0, sizeof record.challenges[1]);
	record.challenges_n = 1;
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(code_draw_ref(&random, record.challenges[0].ref, &why), OTP_OK);
		assert_round_trip();
	}
}

static void masks_and_networks_as_they_are_made_come_back(void **state)
{
	(void)state;
	static const char *const sources[] = {"255.255.255.255", "1111:2222:3333:4444:5555:6666:7777:8888",
		"ffff:0:ffff:0:1::", "::ffff:192.0.2.1"};
	struct record_code *code = &record.challenges[0].codes[0];

	contact_mask(&record.contacts[1], code->to);
	assert_round_trip();
	assert_non_null(strstr(text, "to=the%20phone%20ending%2023\n"));
	memset(code->to, 0, sizeof code->to);
	memcpy(record.contacts[0].address, "%%@dddddddddddddddd.photographyyy", 34);
	contact_mask(&record.contacts[0], code->to);
	assert_in_range(strlen(code->to), 20, RECORD_TO_WRITTEN - 2);
	assert_round_trip();
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		memset(record.networks[0].network, 0, sizeof record.networks[0].network);
		assert_true(origin_network(sources[i], record.networks[0].network));
		assert_round_trip();
	}
}

static void names_are_those_of_the_rest_of_the_program(void **state)
{
	(void)state;
	char line[64];

	assert_string_equal(lane_name(LANE_KNOWN), "known");
	assert_string_equal(lane_name(LANE_STRANGER), "stranger");
	assert_string_equal(record_event_name(EVENT_ENROLLED), "enrolled");
	assert_string_equal(record_event_name(EVENT_DAMAGED), "damaged");
	encode();
	for (unsigned i = 0; i < record.contacts_n; i++) {
		(void)snprintf(
			line, sizeof line, "\ncontact channel=%s ", channel_name(record.contacts[i].channel));
		assert_non_null(strstr(text, line));
	}
}

static void longest_record_leaves_room_for_its_latest_event(void **state)
{
	(void)state;

	record_sample_longest(&record);
	record.events_n = 0;
	memset(record.events, 0, sizeof record.events);
	assert_round_trip();
	assert_true(len <= RECORD_TEXT_MAX - RECORD_EVENT_LEN);
	/* The arithmetic of the static assertion is that of the encoder: off by "stranger" against "known"
	 * and two commas. */
	assert_int_equal(len, RECORD_FACTS_LEN - 5);
}

/* The events of the longest record differ in first alone: the lower the later. */
static void only_the_oldest_events_give_way(void **state)
{
	(void)state;

	record_sample_longest(&record);
	encode();
	decode();
	assert_in_range(back.events_n, 1, RECORD_EVENTS_MAX - 1);
	unsigned dropped = record.events_n - back.events_n;
	assert_memory_equal(back.events, record.events + dropped, back.events_n * sizeof back.events[0]);
	assert_true(len + RECORD_EVENT_LEN > RECORD_TEXT_MAX); /* no more than had to go */
	memset(back.events, 0, sizeof back.events);
	memset(record.events, 0, sizeof record.events);
	back.events_n = record.events_n = 0;
	assert_memory_equal(&record, &back, sizeof record);
}

/* History without holes: a short old event is not kept where a longer, later one had to go. */
static void events_fit_to_the_last_byte_and_never_beyond(void **state)
{
	(void)state;
	bool filled = false;

	/* The facts grow byte by byte, so that what is left for the events takes every size. */
	for (size_t name_len = 1; name_len < sizeof record.user; name_len++) {
		record_sample_longest(&record);
		memset(&record.devices[--record.devices_n], 0, sizeof record.devices[0]);
		memset(record.user, 'x', name_len);
		record.user[name_len] = '\0';
		encode();
		decode();
		assert_string_equal(back.user, record.user);
		assert_memory_equal(&back.events[back.events_n - 1], &record.events[record.events_n - 1],
			sizeof back.events[0]);
		filled = filled || len == RECORD_TEXT_MAX;
	}
	assert_true(filled);
}

static void event_older_than_one_that_gave_way_goes_too(void **state)
{
	(void)state;

	record_sample_longest(&record);
	memset(&record.devices[--record.devices_n], 0, sizeof record.devices[0]);
	memset(&record.devices[--record.devices_n], 0, sizeof record.devices[0]);
	memset(record.events[0].detail, 0, sizeof record.events[0].detail);
	memset(record.events[0].source, 0, sizeof record.events[0].source);
	encode();
	decode();
	assert_in_range(back.events_n, 1, RECORD_EVENTS_MAX - 2);
	assert_int_equal(back.events[0].first, record.events[RECORD_EVENTS_MAX - back.events_n].first);
	assert_true(RECORD_TEXT_MAX - len >
		    RECORD_LEN("event kind=contacts-followed first=8639999999 "
			       "last=8639999999 count=9999 service= source= ref=QFX detail=\n") +
			    RECORD_SERVICE_WRITTEN);
}

static void events_go_one_by_one(void **state)
{
	(void)state;
	unsigned kept = 0;

	record_sample_longest(&record);
	record.challenges_n = 0;
	memset(record.challenges, 0, sizeof record.challenges);
	record.events_n = 1;
	encode();
	size_t one = len;
	for (unsigned n = 2; n <= RECORD_EVENTS_MAX; n++) {
		record.events_n = n;
		encode();
		assert_int_equal((len - one) % RECORD_EVENT_LEN, 0);
		unsigned now_kept = 1 + (unsigned)((len - one) / RECORD_EVENT_LEN);
		assert_in_range(now_kept, kept, n);
		kept = now_kept;
		decode();
		assert_int_equal(back.events_n, kept);
		assert_int_equal(back.events[kept - 1].first, record.events[n - 1].first);
	}
	assert_in_range(kept, 2, RECORD_EVENTS_MAX - 1);
}

static void counters_stop_where_they_can_be_written(void **state)
{
	(void)state;

	record.wrong_since_success = UINT32_MAX;
	record.lanes[LANE_KNOWN].consecutive = 10000;
	record.lanes[LANE_KNOWN].days[0].wrong = 1000;
	record.challenges[0].sends = 123456;
	record.events[0].count = 10000;
	encode();
	decode();
	assert_int_equal(back.wrong_since_success, 9999);
	assert_int_equal(back.lanes[LANE_KNOWN].consecutive, 9999);
	assert_int_equal(back.lanes[LANE_KNOWN].days[0].wrong, 999);
	assert_int_equal(back.challenges[0].sends, 9999);
	assert_int_equal(back.events[0].count, 9999);
}

static void texts_that_only_inform_are_cut_and_cleaned_but_never_stop_a_login(void **state)
{
	(void)state;
	struct record_challenge *challenge = &record.challenges[0];

	memset(challenge->source, '%', sizeof challenge->source - 1);
	memset(challenge->service, '\n', sizeof challenge->service); /* not even ended */
	memset(challenge->codes[0].to, '\xe9', sizeof challenge->codes[0].to - 1);
	memset(record.wrong_latest_source, ' ', sizeof record.wrong_latest_source - 1);
	memset(record.events[0].detail, '\t', sizeof record.events[0].detail - 1);
	encode();
	decode();
	assert_string_equal(back.challenges[0].source, "%%%%%%%%%%%%%%%%%%%%%%");
	assert_string_equal(back.challenges[0].service, "????????????????????????????????");
	assert_string_equal(back.challenges[0].codes[0].to, "????????????????????????????");
	assert_string_equal(back.wrong_latest_source, "                      ");
	assert_int_equal(strlen(back.events[0].detail), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(full_record_comes_back_as_it_was, full_record),
		cmocka_unit_test_setup(record_of_a_user_and_nothing_else_comes_back, full_record),
		cmocka_unit_test_setup(each_lane_has_a_line_only_if_it_has_something_to_say, full_record),
		cmocka_unit_test_setup(text_holds_printable_bytes_alone, full_record),
		cmocka_unit_test_setup(C18_user_names_of_any_bytes_come_back, full_record),
		cmocka_unit_test_setup(refs_as_they_are_drawn_come_back, full_record),
		cmocka_unit_test_setup(masks_and_networks_as_they_are_made_come_back, full_record),
		cmocka_unit_test_setup(names_are_those_of_the_rest_of_the_program, full_record),
		cmocka_unit_test_setup(longest_record_leaves_room_for_its_latest_event, full_record),
		cmocka_unit_test_setup(only_the_oldest_events_give_way, full_record),
		cmocka_unit_test_setup(events_fit_to_the_last_byte_and_never_beyond, full_record),
		cmocka_unit_test_setup(event_older_than_one_that_gave_way_goes_too, full_record),
		cmocka_unit_test_setup(events_go_one_by_one, full_record),
		cmocka_unit_test_setup(counters_stop_where_they_can_be_written, full_record),
		cmocka_unit_test_setup(
			texts_that_only_inform_are_cut_and_cleaned_but_never_stop_a_login, full_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
