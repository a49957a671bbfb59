/* SPDX-License-Identifier: BSD-2-Clause */

/* Rows and their windows, and what a send is charged to. */

#include "core/quota.h"
#include "tests/unit/mem_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define START INT64_C(1800000000)
#define SLICE INT64_C(300)
#define ANY "192.0.2.7"

static struct mem_limits mem;
static struct quota_table table;
static struct keys keys;
static struct policy policy;
static struct quota_verdict verdict;

static int setup(void **state)
{
	unsigned char host_key[KEY_HOST_LEN] = {7};

	(void)state;
	memset(&mem, 0, sizeof mem);
	table = mem_limits_interface(&mem);
	policy = policy_default();
	return keys_derive(host_key, &keys, NULL) == OTP_OK ? 0 : -1;
}

static struct contact contact_of(enum channel channel, const char *address)
{
	struct contact contact = {.channel = channel};

	(void)snprintf(contact.address, sizeof contact.address, "%s", address);
	return contact;
}

static struct origin origin_of(const char *source)
{
	struct origin origin = {.local = strcmp(source, "local") == 0};

	(void)snprintf(origin.source, sizeof origin.source, "%s", source);
	return origin;
}

static enum quota_limit take_by(enum channel channel, const char *source, const char *address, int64_t now)
{
	struct origin origin = origin_of(source);
	struct contact contact = contact_of(channel, address);

	assert_int_equal(quota_take(&table, &keys, &policy, (struct quota_send){&origin, &contact}, now,
				 &verdict, NULL),
		OTP_OK);
	return verdict.limit;
}

static enum quota_limit take(const char *source, const char *address, int64_t now)
{
	return take_by(CHANNEL_EMAIL, source, address, now);
}

/* Another address each time, so that only the source and the host are limited. */
static enum quota_limit take_anew(const char *source, int64_t now)
{
	static unsigned n;
	char address[64];

	(void)snprintf(address, sizeof address, "user%u@example.org", n++);
	return take(source, address, now);
}

static void give_back(const char *source, const char *address, int64_t at, int64_t now)
{
	struct origin origin = origin_of(source);
	struct contact contact = contact_of(CHANNEL_EMAIL, address);
	struct quota_returns returns = {.origin = &origin,
		.contacts = &contact,
		.contacts_n = 1,
		.sends = {{.at = at}},
		.sends_n = 1};

	assert_int_equal(quota_return(&table, &keys, &policy, &returns, now, NULL), OTP_OK);
}

/* Windows */

/* Sends whenever it may, for three windows, and looks at every window of time there is. */
static void no_window_of_any_begin_holds_more_than_the_limit(void **state)
{
	(void)state;
	static int64_t sent[4096];
	struct quota_row row = {.at = START};

	for (unsigned limit = 1; limit <= 60; limit = limit * 3 + 1) {
		struct policy_rate rate = {.count = limit, .window_s = QUOTA_HOUR_S};
		unsigned sent_n = 0;
		row = (struct quota_row){.at = START};
		for (int64_t now = START + 17; now < START + 3 * QUOTA_HOUR_S; now += 7 + (now * 31) % 90) {
			(void)quota_row_settle(&row, now);
			if (quota_row_wait_s(&row, rate, now) > 0)
				continue;
			quota_row_add(&row);
			sent[sent_n++] = now;
		}
		for (unsigned i = limit; i < sent_n; i++)
			if (sent[i] - sent[i - limit] < QUOTA_HOUR_S)
				fail_msg("limit %u: send %u only %d s after", limit, i,
					(int)(sent[i] - sent[i - limit]));
		assert_in_range(sent_n, limit * 2, limit * 4);
	}
}

static void who_waits_as_long_as_told_may_send_and_not_a_second_before(void **state)
{
	(void)state;
	for (int64_t start = START; start < START + 2 * SLICE; start += 37) {
		setup(NULL);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(take(ANY, "a@example.org", start + (int64_t)i * 400), QUOTA_NONE);
		assert_int_equal(take(ANY, "a@example.org", start + 2000), QUOTA_ADDRESS);
		int64_t free_at = start + 2000 + verdict.wait_s;
		assert_in_range(free_at - start, QUOTA_HOUR_S + 1, QUOTA_HOUR_S + SLICE);
		assert_int_equal(take(ANY, "a@example.org", free_at - 1), QUOTA_ADDRESS);
		assert_int_equal(verdict.wait_s, 1);
		assert_int_equal(take(ANY, "a@example.org", free_at), QUOTA_NONE);
	}
}

static void a_day_is_counted_beside_the_hour(void **state)
{
	(void)state;
	policy.sends_sms.count = 3;
	policy.sends_sms_daily.count = 5;
	policy.sends_per_user.count = 20;
	int64_t now = START;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(take_by(CHANNEL_SMS, ANY, "+12025550100", now), QUOTA_NONE);
	assert_int_equal(take_by(CHANNEL_SMS, ANY, "+12025550100", now), QUOTA_SMS);
	now += 2 * QUOTA_HOUR_S;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(take_by(CHANNEL_SMS, ANY, "+12025550100", now), QUOTA_NONE);
	assert_int_equal(take_by(CHANNEL_SMS, ANY, "+12025550100", now), QUOTA_SMS_DAILY);
	assert_int_equal(take(ANY, "a@example.org", now), QUOTA_NONE);
	assert_int_equal(take_by(CHANNEL_SMS, ANY, "+12025550100", START + QUOTA_DAY_S - 1), QUOTA_SMS_DAILY);
	assert_int_equal(
		take_by(CHANNEL_SMS, ANY, "+12025550100", START + QUOTA_DAY_S * 13 / 12), QUOTA_NONE);
}

static void a_limit_changed_from_hour_to_day_knows_what_was_sent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	policy.sends_per_user.window_s = QUOTA_DAY_S;
	assert_int_equal(take(ANY, "a@example.org", START + 3 * QUOTA_HOUR_S), QUOTA_ADDRESS);
}

/* The clock */

static void C43_a_clock_set_back_frees_nothing_and_never_waits_longer_than_a_window(void **state)
{
	(void)state;
	static const int64_t back[] = {1, 60, SLICE, 3600, 4000, 86400, 10L * 365 * 86400};

	for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
		setup(NULL);
		int64_t now = START - back[i];
		for (unsigned n = 0; n < 5; n++)
			assert_int_equal(
				take(ANY, "a@example.org", START - 800 + (int64_t)n * 200), QUOTA_NONE);
		assert_int_equal(take(ANY, "a@example.org", now), QUOTA_ADDRESS);
		assert_in_range(verdict.wait_s, 1, QUOTA_HOUR_S + SLICE);
		int64_t free_at = now + verdict.wait_s;
		/* Looking does not begin the wait anew. */
		assert_int_equal(take(ANY, "a@example.org", now + 100), QUOTA_ADDRESS);
		assert_true(now + 100 + verdict.wait_s <= free_at);
		assert_int_equal(take(ANY, "a@example.org", free_at), QUOTA_NONE);
	}
}

static void C43_a_clock_set_forward_forgets_only_what_is_past(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 5; n++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	assert_int_equal(take(ANY, "a@example.org", START + QUOTA_HOUR_S - 1), QUOTA_ADDRESS);
	assert_int_equal(take(ANY, "a@example.org", INT64_C(4102444800)), QUOTA_NONE);
	assert_int_equal(take(ANY, "a@example.org", 0), QUOTA_NONE);
}

static void C43_the_first_seconds_of_1970_are_a_time_like_any_other(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 5; n++)
		assert_int_equal(take(ANY, "a@example.org", n), QUOTA_NONE);
	assert_int_equal(take(ANY, "a@example.org", 5), QUOTA_ADDRESS);
	assert_int_equal(take(ANY, "a@example.org", 5 + verdict.wait_s), QUOTA_NONE);
}

/* What is charged */

static void a_source_is_limited_over_all_addresses(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(take_anew(ANY, START), QUOTA_NONE);
	assert_int_equal(take_anew(ANY, START), QUOTA_SOURCE);
	assert_int_equal(take_anew("192.0.2.8", START), QUOTA_NONE);
}

static void C41_an_address_is_limited_over_all_users_and_sources(void **state)
{
	(void)state;
	static const char *const spelled[] = {
		"a@example.org", "A@example.org", "a@EXAMPLE.org", "a@example.org", "a@example.ORG"};
	char source[32];

	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(source, sizeof source, "192.0.2.%u", i);
		assert_int_equal(take(source, spelled[i], START), QUOTA_NONE);
	}
	assert_int_equal(take(ANY, "a@example.org", START), QUOTA_ADDRESS);
	assert_int_equal(take(ANY, "b@example.org", START), QUOTA_NONE);
}

static void an_ipv6_source_counts_as_its_64(void **state)
{
	(void)state;
	char source[64];

	for (unsigned i = 0; i < 60; i++) {
		(void)snprintf(source, sizeof source, "2001:db8:1:2:%x::%x", i * 7, i);
		assert_int_equal(take_anew(source, START), QUOTA_NONE);
	}
	assert_int_equal(take_anew("2001:db8:1:2:ffff::1", START), QUOTA_SOURCE);
	assert_int_equal(take_anew("2001:db8:1:3::1", START), QUOTA_NONE);
}

static void link_local_sources_count_together_whatever_their_zone(void **state)
{
	(void)state;
	char source[64];

	for (unsigned i = 0; i < 60; i++) {
		(void)snprintf(source, sizeof source, "fe80::%x%%eth%u", i + 1, i % 2);
		assert_int_equal(take_anew(source, START), QUOTA_NONE);
	}
	assert_int_equal(take_anew("fe80::ffff%eth2", START), QUOTA_SOURCE);
}

static void a_name_is_a_source_like_any_other(void **state)
{
	(void)state;
	policy.sends_per_source.count = 1;
	assert_int_equal(take_anew("client.example.org", START), QUOTA_NONE);
	assert_int_equal(take_anew("client.example.org", START), QUOTA_SOURCE);
}

static void local_logins_have_no_limit_per_source(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(take_anew("local", START), QUOTA_NONE);
}

static void a_trusted_source_has_no_limit_and_its_neighbour_has(void **state)
{
	(void)state;
	static const char *const trusted[] = {"10.0.0.0/9", "2001:db8::/33"};

	for (unsigned i = 0; i < 2; i++)
		assert_true(
			address_range_parse(trusted[i], strlen(trusted[i]), &policy.trusted_sources.list[i]));
	policy.trusted_sources.n = 2;
	policy.sends_per_source.count = 1;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(take_anew("10.127.255.255", START), QUOTA_NONE);
		assert_int_equal(take_anew("2001:db8:7fff::1", START), QUOTA_NONE);
	}
	assert_int_equal(take_anew("10.128.0.0", START), QUOTA_NONE);
	assert_int_equal(take_anew("10.128.0.0", START), QUOTA_SOURCE);
	assert_int_equal(take_anew("2001:db8:8000::1", START), QUOTA_NONE);
	assert_int_equal(take_anew("2001:db8:8000::1", START), QUOTA_SOURCE);
	assert_int_equal(take_anew("::a00:1", START), QUOTA_NONE);
	assert_int_equal(take_anew("::a00:1", START), QUOTA_SOURCE);
}

static void the_host_is_limited_over_everybody_and_each_channel_for_itself(void **state)
{
	(void)state;
	char source[32];

	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(source, sizeof source, "10.0.%u.%u", i / 50, i % 50);
		assert_int_equal(take_anew(source, START + i), QUOTA_NONE);
	}
	assert_int_equal(take_anew(ANY, START + 1000), QUOTA_EMAIL);
	assert_true(quota_limit_is_of_host(verdict.limit));
	assert_int_equal(take_by(CHANNEL_SMS, ANY, "+12025550100", START + 1000), QUOTA_NONE);
}

static void a_send_that_one_limit_stops_is_charged_nowhere(void **state)
{
	(void)state;
	static struct mem_limits before;

	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	before = mem;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_ADDRESS);
	assert_memory_equal(mem.sets, before.sets, sizeof mem.sets);
}

static void the_limit_with_the_longest_wait_is_named(void **state)
{
	(void)state;
	policy.sends_per_source = (struct policy_rate){.count = 5, .window_s = QUOTA_DAY_S};
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	assert_int_equal(take(ANY, "a@example.org", START), QUOTA_SOURCE);
	assert_in_range(verdict.wait_s, QUOTA_DAY_S, QUOTA_DAY_S * 13 / 12);
}

static void looking_charges_nothing_and_tells_the_same(void **state)
{
	(void)state;
	struct origin origin = origin_of(ANY);
	struct contact contact = contact_of(CHANNEL_EMAIL, "a@example.org");
	struct quota_send send = {&origin, &contact};

	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(quota_look(&table, &keys, &policy, send, START, &verdict, NULL), OTP_OK);
	assert_int_equal(verdict.limit, QUOTA_NONE);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	assert_int_equal(quota_look(&table, &keys, &policy, send, START, &verdict, NULL), OTP_OK);
	assert_int_equal(verdict.limit, QUOTA_ADDRESS);
}

/* Giving back */

static void a_success_gives_back_to_source_and_address_but_not_to_the_host(void **state)
{
	(void)state;
	policy.sends_email.count = 80;
	for (unsigned i = 0; i < 80; i++) {
		assert_int_equal(take(ANY, "a@example.org", START + i), QUOTA_NONE);
		give_back(ANY, "a@example.org", START + i, START + i + 20);
	}
	assert_int_equal(take(ANY, "a@example.org", START + 100), QUOTA_EMAIL);
}

static void what_is_not_there_is_not_given_back_from_elsewhere(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	give_back(ANY, "a@example.org", START - QUOTA_HOUR_S, START);
	give_back(ANY, "a@example.org", START + QUOTA_HOUR_S, START);
	give_back(ANY, "b@example.org", START, START);
	assert_int_equal(take(ANY, "a@example.org", START), QUOTA_ADDRESS);
	for (unsigned i = 0; i < 10; i++)
		give_back(ANY, "a@example.org", START, START);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	assert_int_equal(take(ANY, "a@example.org", START), QUOTA_ADDRESS);
}

static void a_row_given_back_whole_is_a_free_place(void **state)
{
	(void)state;
	static const struct mem_limits empty;

	assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	give_back(ANY, "a@example.org", START, START + 10);
	assert_memory_not_equal(mem.sets[0], empty.sets[0], sizeof mem.sets[0]);
	assert_memory_equal(mem.sets[1], empty.sets[1], sizeof mem.sets - sizeof mem.sets[0]);
}

/* The table */

static void C41_100000_sources_do_not_push_out_a_busy_one(void **state)
{
	(void)state;
	char source[32], address[64];

	policy.sends_email.count = UINT32_MAX / 2;
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(take_anew(ANY, START), QUOTA_NONE);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take("local", "victim@example.org", START), QUOTA_NONE);
	for (unsigned i = 0; i < 100000; i++) {
		(void)snprintf(source, sizeof source, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		(void)snprintf(address, sizeof address, "u%u@example.org", i);
		assert_int_equal(take(source, address, START + i / 100), QUOTA_NONE);
	}
	assert_int_equal(take_anew(ANY, START + 1000), QUOTA_SOURCE);
	assert_int_equal(take("local", "victim@example.org", START + 1000), QUOTA_ADDRESS);
	policy.sends_email.count = 100000;
	assert_int_equal(take_anew("local", START + 1000), QUOTA_EMAIL);
}

static bool charge(void *ctx, struct quota_row *rows)
{
	(void)ctx;
	quota_row_add(&rows[0]);
	return true;
}

static void a_row_whose_windows_are_empty_goes_before_any_other(void **state)
{
	(void)state;
	unsigned char set[QUOTA_SET_SIZE] = {0};
	struct quota_row row = {.at = START}, old = {.at = START - 2 * QUOTA_DAY_S, .name = "old"};

	for (unsigned i = 0; i < 50; i++)
		quota_row_add(&old);
	for (unsigned i = 0; i < QUOTA_SET_ROWS; i++) {
		row = (struct quota_row){.at = START, .name = {(unsigned char)(i + 1)}};
		quota_row_add(&row);
		quota_row_encode(i == 5 ? &old : &row, set + i * QUOTA_ROW_SIZE);
	}
	assert_true(quota_row_decode(set + 5 * QUOTA_ROW_SIZE, &row));
	memcpy(mem.sets[9], set, sizeof set);

	struct quota_key key = {.name = "new", .set = 9};
	assert_int_equal(
		table.update(table.self, &key, 1, (struct quota_edit){charge, NULL, START}, NULL), OTP_OK);
	assert_true(quota_row_decode(mem.sets[9] + 5 * QUOTA_ROW_SIZE, &row));
	assert_memory_equal(row.name, "new", 4);
	assert_memory_equal(mem.sets[9], set, 5 * QUOTA_ROW_SIZE);
}

static void else_the_least_used_row_goes_and_of_these_the_oldest(void **state)
{
	(void)state;
	struct quota_key key = {.set = 9};
	struct quota_row row;

	for (unsigned i = 0; i < QUOTA_SET_ROWS; i++) {
		key.name[0] = (unsigned char)('a' + i);
		for (unsigned n = 0; n < (i == 2 || i == 6 ? 2 : 3); n++)
			assert_int_equal(
				table.update(table.self, &key, 1,
					(struct quota_edit){charge, NULL, START - (i == 6 ? 100 : 50)}, NULL),
				OTP_OK);
	}
	key.name[0] = 'z';
	assert_int_equal(
		table.update(table.self, &key, 1, (struct quota_edit){charge, NULL, START}, NULL), OTP_OK);
	assert_true(quota_row_decode(mem.sets[9] + 6 * QUOTA_ROW_SIZE, &row));
	assert_int_equal(row.name[0], 'z');
	assert_true(quota_row_decode(mem.sets[9] + 2 * QUOTA_ROW_SIZE, &row));
	assert_int_equal(row.name[0], 'c');
}

static void the_table_shows_neither_addresses_nor_sources(void **state)
{
	(void)state;
	assert_int_equal(take("192.0.2.7", "alice@example.org", START), QUOTA_NONE);
	assert_null(memmem(mem.sets, sizeof mem.sets, "alice", 5));
	assert_null(memmem(mem.sets, sizeof mem.sets, "192.0", 5));
	assert_null(memmem(mem.sets, sizeof mem.sets, "\xc0\x00\x02\x07", 4));
}

static void another_host_key_finds_no_row_of_this_one(void **state)
{
	(void)state;
	unsigned char host_key[KEY_HOST_LEN] = {8};

	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	assert_int_equal(keys_derive(host_key, &keys, NULL), OTP_OK);
	assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
}

static void rows_are_read_as_they_were_written_and_no_bit_changes_unseen(void **state)
{
	(void)state;
	unsigned char bytes[QUOTA_ROW_SIZE];
	struct quota_row row = {.at = START, .name = "0123456789a"}, again;

	for (unsigned i = 0; i < QUOTA_SLICES; i++) {
		row.hour[i] = i * 1000003;
		row.day[i] = UINT32_MAX - i;
	}
	quota_row_encode(&row, bytes);
	assert_true(quota_row_decode(bytes, &again));
	assert_memory_equal(&row, &again, sizeof row);
	for (unsigned bit = 0; bit < 8 * QUOTA_ROW_SIZE; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		assert_false(quota_row_decode(bytes, &again));
		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
}

static void a_damaged_row_stops_what_is_in_its_set_and_changes_nothing(void **state)
{
	(void)state;
	static struct mem_limits before;
	struct origin origin = origin_of(ANY);
	struct contact contact = contact_of(CHANNEL_EMAIL, "a@example.org");

	assert_int_equal(take(ANY, "a@example.org", START), QUOTA_NONE);
	mem.sets[0][QUOTA_NAME_LEN + 20] ^= 1;
	before = mem;
	assert_int_equal(quota_take(&table, &keys, &policy, (struct quota_send){&origin, &contact}, START,
				 &verdict, NULL),
		OTP_ERR_CORRUPT);
	assert_memory_equal(mem.sets, before.sets, sizeof mem.sets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_window_of_any_begin_holds_more_than_the_limit, setup),
		cmocka_unit_test_setup(who_waits_as_long_as_told_may_send_and_not_a_second_before, setup),
		cmocka_unit_test_setup(a_day_is_counted_beside_the_hour, setup),
		cmocka_unit_test_setup(a_limit_changed_from_hour_to_day_knows_what_was_sent, setup),
		cmocka_unit_test_setup(
			C43_a_clock_set_back_frees_nothing_and_never_waits_longer_than_a_window, setup),
		cmocka_unit_test_setup(C43_a_clock_set_forward_forgets_only_what_is_past, setup),
		cmocka_unit_test_setup(C43_the_first_seconds_of_1970_are_a_time_like_any_other, setup),
		cmocka_unit_test_setup(a_source_is_limited_over_all_addresses, setup),
		cmocka_unit_test_setup(C41_an_address_is_limited_over_all_users_and_sources, setup),
		cmocka_unit_test_setup(an_ipv6_source_counts_as_its_64, setup),
		cmocka_unit_test_setup(link_local_sources_count_together_whatever_their_zone, setup),
		cmocka_unit_test_setup(a_name_is_a_source_like_any_other, setup),
		cmocka_unit_test_setup(local_logins_have_no_limit_per_source, setup),
		cmocka_unit_test_setup(a_trusted_source_has_no_limit_and_its_neighbour_has, setup),
		cmocka_unit_test_setup(the_host_is_limited_over_everybody_and_each_channel_for_itself, setup),
		cmocka_unit_test_setup(a_send_that_one_limit_stops_is_charged_nowhere, setup),
		cmocka_unit_test_setup(the_limit_with_the_longest_wait_is_named, setup),
		cmocka_unit_test_setup(looking_charges_nothing_and_tells_the_same, setup),
		cmocka_unit_test_setup(a_success_gives_back_to_source_and_address_but_not_to_the_host, setup),
		cmocka_unit_test_setup(what_is_not_there_is_not_given_back_from_elsewhere, setup),
		cmocka_unit_test_setup(a_row_given_back_whole_is_a_free_place, setup),
		cmocka_unit_test_setup(C41_100000_sources_do_not_push_out_a_busy_one, setup),
		cmocka_unit_test_setup(a_row_whose_windows_are_empty_goes_before_any_other, setup),
		cmocka_unit_test_setup(else_the_least_used_row_goes_and_of_these_the_oldest, setup),
		cmocka_unit_test_setup(the_table_shows_neither_addresses_nor_sources, setup),
		cmocka_unit_test_setup(another_host_key_finds_no_row_of_this_one, setup),
		cmocka_unit_test_setup(rows_are_read_as_they_were_written_and_no_bit_changes_unseen, setup),
		cmocka_unit_test_setup(a_damaged_row_stops_what_is_in_its_set_and_changes_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
