/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include "core/record_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1767238065)

static struct record record;

static int new_user(void **state)
{
	(void)state;
	memset(&record, 0, sizeof record);
	memcpy(record.user, "alice", 6);
	return 0;
}

static void add(
	int64_t now, enum record_event_kind kind, const char *source, const char *ref, const char *detail)
{
	struct record_event_facts facts = {
		.kind = kind, .service = "sshd", .source = source, .ref = ref, .detail = detail};

	record_add_event(&record, now, &facts);
}

static void event_says_what_happened(void **state)
{
	(void)state;

	add(NOW, EVENT_REFUSED, "203.0.113.9", "QFX", "550 sender refused");
	record_add_event(&record, NOW + 1, &(struct record_event_facts){.kind = EVENT_DAMAGED});
	assert_int_equal(record.events_n, 2);
	const struct record_event *event = &record.events[0];
	assert_int_equal(event->kind, EVENT_REFUSED);
	assert_int_equal(event->first, NOW);
	assert_int_equal(event->last, NOW);
	assert_int_equal(event->count, 1);
	assert_string_equal(event->service, "sshd");
	assert_string_equal(event->source, "203.0.113.9");
	assert_string_equal(event->ref, "QFX");
	assert_string_equal(event->detail, "550 sender refused");
	assert_string_equal(record.events[1].service, "");
	assert_string_equal(record.events[1].ref, "");
}

static void repeat_is_counted_and_moves_to_the_end(void **state)
{
	(void)state;

	add(NOW, EVENT_WRONG, "203.0.113.9", "QFX", NULL);
	add(NOW + 1, EVENT_SENT, "203.0.113.9", "QFX", "relay");
	add(NOW + 2, EVENT_VERIFIED, "192.0.2.7", "KTM", NULL);
	add(NOW + 3, EVENT_WRONG, "203.0.113.9", "QFX", NULL);
	assert_int_equal(record.events_n, 3);
	assert_int_equal(record.events[0].kind, EVENT_SENT);
	assert_int_equal(record.events[1].kind, EVENT_VERIFIED);
	assert_int_equal(record.events[2].kind, EVENT_WRONG);
	assert_int_equal(record.events[2].first, NOW);
	assert_int_equal(record.events[2].last, NOW + 3);
	assert_int_equal(record.events[2].count, 2);
}

static void events_that_differ_in_anything_are_two(void **state)
{
	(void)state;

	add(NOW, EVENT_WRONG, "203.0.113.9", "QFX", "a");
	add(NOW, EVENT_EXPIRED, "203.0.113.9", "QFX", "a");
	add(NOW, EVENT_WRONG, "203.0.113.8", "QFX", "a");
	add(NOW, EVENT_WRONG, "203.0.113.9", "KTM", "a");
	add(NOW, EVENT_WRONG, "203.0.113.9", "QFX", "b");
	record_add_event(&record, NOW,
		&(struct record_event_facts){.kind = EVENT_WRONG,
			.service = "sudo",
			.source = "203.0.113.9",
			.ref = "QFX",
			.detail = "a"});
	assert_int_equal(record.events_n, 6);
}

static void repeating_oneself_pushes_nobody_out(void **state)
{
	(void)state;
	char ref[CODE_REF_SIZE] = "BBB";

	add(NOW, EVENT_VERIFIED, "192.0.2.7", "KTM", NULL);
	for (unsigned i = 0; i < 1000; i++) {
		ref[2] = "BCDFGHJKLM"[i % 10];
		add(NOW + 1 + i, EVENT_WRONG, "203.0.113.9", ref, NULL);
		add(NOW + 1 + i, EVENT_REFUSED, "203.0.113.9", ref, "550 sender refused");
	}
	assert_int_equal(record.events_n, 21);
	assert_int_equal(record.events[0].kind, EVENT_VERIFIED);
	assert_int_equal(record.events[20].count, 100);
}

static void oldest_goes_when_there_are_too_many(void **state)
{
	(void)state;
	char detail[16];

	for (unsigned i = 0; i < RECORD_EVENTS_MAX + 5; i++) {
		(void)snprintf(detail, sizeof detail, "relay%u", i);
		add(NOW + i, EVENT_SENT, "203.0.113.9", "QFX", detail);
	}
	assert_int_equal(record.events_n, RECORD_EVENTS_MAX);
	assert_string_equal(record.events[0].detail, "relay5");
	assert_string_equal(record.events[RECORD_EVENTS_MAX - 1].detail, "relay28");
	add(NOW + 100, EVENT_SENT, "203.0.113.9", "QFX", "relay7");
	assert_int_equal(record.events_n, RECORD_EVENTS_MAX);
	assert_string_equal(record.events[0].detail, "relay5");
	assert_string_equal(record.events[RECORD_EVENTS_MAX - 1].detail, "relay7");
}

static void count_stops_where_it_can_be_written(void **state)
{
	(void)state;

	add(NOW, EVENT_WRONG, NULL, NULL, NULL);
	record.events[0].count = RECORD_COUNT_MAX - 1;
	add(NOW + 1, EVENT_WRONG, NULL, NULL, NULL);
	add(NOW + 2, EVENT_WRONG, NULL, NULL, NULL);
	assert_int_equal(record.events[0].count, RECORD_COUNT_MAX);
	assert_int_equal(record.events[0].last, NOW + 2);
}

/* Whatever a provider, a host program or a clock says, the record can be written and the event found again.
 */
static void odd_facts_are_cleaned_so_that_the_record_can_be_written(void **state)
{
	(void)state;
	static const char *const odd[] = {"550 no\r\nevent kind=verified", "\xc3\xa9t\xc3\xa9 \x1b[31m",
		"%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	static const char *const refs[] = {"", "abc", "QAX", "Q"};
	static const int64_t clocks[] = {-1, INT64_MAX, INT64_MIN, RECORD_TIME_MAX + 1};
	static struct record back;
	static char text[RECORD_TEXT_MAX];
	struct otp_why why;
	size_t len;

	for (size_t i = 0; i < 4; i++) {
		struct record_event_facts facts = {.kind = EVENT_REFUSED,
			.service = odd[i],
			.source = odd[i],
			.ref = refs[i],
			.detail = odd[i]};
		record_add_event(&record, clocks[i], &facts);
		assert_int_equal(record.events_n, i + 1);
		assert_string_equal(record.events[i].ref, "");
		if (record_encode(&record, text, &len, &why) != OTP_OK ||
			record_decode(text, len, &back, &why) != OTP_OK)
			fail_msg("%s", why.text);
		record = back;
		record_add_event(&record, clocks[i], &facts);
		assert_int_equal(record.events_n, i + 1);
		assert_int_equal(record.events[i].count, 2);
	}
	assert_string_equal(record.events[0].detail, "550 no??event kind=verified");
	assert_string_equal(record.events[1].detail, "??t?? ?[31m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(event_says_what_happened, new_user),
		cmocka_unit_test_setup(repeat_is_counted_and_moves_to_the_end, new_user),
		cmocka_unit_test_setup(events_that_differ_in_anything_are_two, new_user),
		cmocka_unit_test_setup(repeating_oneself_pushes_nobody_out, new_user),
		cmocka_unit_test_setup(oldest_goes_when_there_are_too_many, new_user),
		cmocka_unit_test_setup(count_stops_where_it_can_be_written, new_user),
		cmocka_unit_test_setup(odd_facts_are_cleaned_so_that_the_record_can_be_written, new_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
