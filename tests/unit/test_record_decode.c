/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record.h"

#include "tests/unit/record_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct record record, nothing;
static char base[RECORD_TEXT_MAX + 1], changed[2 * RECORD_TEXT_MAX];
static size_t base_len;
static struct otp_why why;

static int full_text(void **state)
{
	(void)state;
	record_sample_full(&record);
	if (record_encode(&record, base, &base_len, &why) != OTP_OK)
		return -1;
	base[base_len] = '\0';
	return 0;
}

/* Decodes a copy that ends where its array ends, so that a sanitizer sees a byte read too much. */
static enum otp_err decode(const char *text, size_t len)
{
	static char box[2 * RECORD_TEXT_MAX];
	char *at = box + sizeof box - len;

	memcpy(at, text, len);
	memset(&record, 0xa5, sizeof record);
	memset(&why, 0, sizeof why);
	return record_decode(at, len, &record, &why);
}

/* base with the first from replaced by to. */
static size_t replace(const char *from, const char *to)
{
	const char *at = strstr(base, from);

	if (at == NULL)
		fail_msg("not in the text: %s", from);
	int len =
		snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - base), base, to, at + strlen(from));
	assert_in_range(len, 1, sizeof changed - 1);
	return (size_t)len;
}

static void assert_refused(const char *text, size_t len, const char *said)
{
	if (decode(text, len) != OTP_ERR_CORRUPT)
		fail_msg("read, though %s", said);
	if (strcmp(why.text, said) != 0)
		fail_msg("%s, but said: %s", said, why.text);
	assert_memory_equal(&record, &nothing, sizeof record);
}

/* What is replaced in the text, and what is said of it then. */
struct fault {
	const char *from, *to, *said;
};

static const struct fault values[] = {
	{"name=alice", "name=", "record, line 1, user: name is no user's name"},
	{"name=alice", "name=al%69ce", "record, line 1, user: name is no user's name"},
	{"name=alice", "name=al%c3ce", "record, line 1, user: name is no user's name"},
	{"name=alice", "name=al%00ce", "record, line 1, user: name is no user's name"},
	{"name=alice", "name=al%2", "record, line 1, user: name is no user's name"},
	{"name=alice", "name=al\xc3\xa9", "record, line 1, user: name is no user's name"},
	{"uid=1000", "uid=4294967295", "record, line 1, user: uid is out of range"},
	{"uid=1000", "uid=18446744073709551616", "record, line 1, user: uid is out of range"},
	{"uid=1000", "uid=-1", "record, line 1, user: uid is out of range"},
	{"uid=1000", "uid=+1", "record, line 1, user: uid is out of range"},
	{"uid=1000", "uid=01", "record, line 1, user: uid is out of range"},
	{"uid=1000", "uid=", "record, line 1, user: uid is out of range"},
	{"uid=1000", "uid=0x1", "record, line 1, user: uid is out of range"},
	{"last_success=1", "last_success=-1", "record, line 1, user: last_success is no time"},
	{"last_success=1", "last_success=91", "record, line 1, user: last_success is no time"},
	{"locked=yes", "locked=Yes", "record, line 1, user: locked is neither yes nor no"},
	{"locked=yes", "locked=1", "record, line 1, user: locked is neither yes nor no"},
	{"wrong=7", "wrong=10000", "record, line 1, user: wrong is out of range"},
	{"wrong_from=203", "wrong_from=%0A", "record, line 1, user: wrong_from is no text of its length"},
	{"wrong_from=203", "wrong_from=%E9", "record, line 1, user: wrong_from is no text of its length"},
	{"wrong_from=203.0.113.9",
		"wrong_from=%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20",
		"record, line 1, user: wrong_from is no text of its length"},
	{"channel=email", "channel=fax", "record, line 2, contact: channel is none of its words"},
	{"channel=email", "channel=", "record, line 2, contact: channel is none of its words"},
	{"channel=sms", "channel=email", "record, line 3, contact: address is no address of its channel"},
	{"address=+1", "address=%2B1", "record, line 3, contact: address is no address of its channel"},
	{"address=+12025", "address=+12-025",
		"record, line 3, contact: address is no address of its channel"},
	{"address=al", "address=al%20", "record, line 2, contact: address is no address of its channel"},
	{"lock_for=900", "lock_for=86401", "record, line 4, known_lane: lock_for is out of range"},
	{"lock_for=forever", "lock_for=9223372036854775807",
		"record, line 5, stranger_lane: lock_for is out of range"},
	{"lock_for=forever", "lock_for=ever", "record, line 5, stranger_lane: lock_for is out of range"},
	{"days=20436:2", "days=20454:2", "record, line 4, known_lane: days are not days in ascending order"},
	{"days=20436:2", "days=20455:2", "record, line 4, known_lane: days are not days in ascending order"},
	{"days=20436:2", "days=20436:0", "record, line 4, known_lane: days are not days in ascending order"},
	{"days=20436:2", "days=20436:1000",
		"record, line 4, known_lane: days are not days in ascending order"},
	{"days=20436:2", "days=20436", "record, line 4, known_lane: days are not days in ascending order"},
	{"days=20436:2,", "days=,", "record, line 4, known_lane: days are not days in ascending order"},
	{"20454:3\n", "100000:3\n", "record, line 4, known_lane: days are not days in ascending order"},
	{"20454:3\n", "20454:3,\n", "record, line 4, known_lane: days are not days in ascending order"},
	{"ref=QFX", "ref=QAX", "record, line 6, challenge: ref is no ref"},
	{"ref=QFX", "ref=qfx", "record, line 6, challenge: ref is no ref"},
	{"ref=QFX", "ref=QF", "record, line 6, challenge: ref is no ref"},
	{"ref=QFX", "ref=", "record, line 6, challenge: ref is no ref"},
	{"ref=QFX", "ref=QFXX", "record, line 6, challenge: ref is no ref"},
	{"ref=QFX", "ref=KTM", "record, line 9, challenge: repeats a ref"},
	{"id=01", "id=0", "record, line 6, challenge: id is not hex of its length"},
	{"id=01", "id=0g", "record, line 6, challenge: id is not hex of its length"},
	{"id=01", "id=0A", "record, line 6, challenge: id is not hex of its length"},
	{"tries=1 ", "tries=11 ", "record, line 6, challenge: tries is out of range"},
	{"seal=01", "seal=0101", "record, line 7, code: seal is not hex of its length"},
	{"delivery=sent", "delivery=lost", "record, line 7, code: delivery is none of its words"},
	{"to=a***@e***.org", "to=a***@e***.orgorgorgorgorgorgor",
		"record, line 7, code: to is no text of its length"},
	{"lane=known", "lane=lanes", "record, line 12, send: lane is none of its words"},
	{"192.0.2.0/24", "192.0.2.0/x", "record, line 14, network: name is no network"},
	{"192.0.2.0/24", "2001:DB8::/64", "record, line 14, network: name is no network"},
	{"192.0.2.0/24", "", "record, line 14, network: name is no network"},
	{"192.0.2.0/24", "1111:2222:3333:4444::/64/", "record, line 14, network: name is no network"},
	{"algorithm=sha256", "algorithm=md5", "record, line 16, totp: algorithm is none of its words"},
	{"digits=8", "digits=7", "record, line 16, totp: digits is neither 6 nor 8"},
	{"digits=8", "digits=08", "record, line 16, totp: digits is neither 6 nor 8"},
	{"period=60", "period=0", "record, line 16, totp: period is neither 30 nor 60"},
	{"period=60", "period=4294967356", "record, line 16, totp: period is neither 30 nor 60"},
	{"secret=03", "secret=0", "record, line 16, totp: secret is not hex of its length"},
	{"preferred=yes", "preferred=maybe", "record, line 16, totp: preferred is neither yes nor no"},
	{"backup seal=05", "backup seal=0505", "record, line 17, backup: seal is not hex of its length"},
	{"device id=07", "device id=7", "record, line 19, device: id is not hex of its length"},
	{"service=sshd network=192", "service=sixteen-and-one-x network=192",
		"record, line 19, device: service is no text of its length"},
	{"network=192.0.2.0/24", "network=", "record, line 19, device: network is no network"},
	{"kind=refused", "kind=accepted", "record, line 21, event: kind is none of its words"},
	{"count=2", "count=0", "record, line 21, event: count is out of range"},
	{"ref= detail=", "ref=QF detail=", "record, line 22, event: ref is no ref"},
};

static void values_out_of_their_range_are_refused(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_refused(changed, replace(values[i].from, values[i].to), values[i].said);
}

static const struct fault lines[] = {
	{"user name", "person name", "record, line 1: unknown word"},
	{"user name", "User name", "record, line 1: unknown word"},
	{"user name", " user name", "record, line 1: unknown word"},
	{"user name", "\nuser name", "record, line 1: unknown word"},
	{"user name", "user\tname", "record, line 1: unknown word"},
	{"contact channel=email", "contact\ncontact channel=email", "record, line 2: unknown word"},
	{"contact ", "contact  ", "record, line 2, contact: channel is missing or out of place"},
	{" uid=1000", "", "record, line 1, user: uid is missing or out of place"},
	{" uid=1000", " uid=1000 uid=1000", "record, line 1, user: enrolled is missing or out of place"},
	{" uid=1000", " Uid=1000", "record, line 1, user: uid is missing or out of place"},
	{" uid=1000", " uid 1000", "record, line 1, user: uid is missing or out of place"},
	{" uid=1000", " uid", "record, line 1, user: uid is missing or out of place"},
	{" uid=1000", "\tuid=1000", "record, line 1, user: name is no user's name"},
	{"channel=email address=al", "address=al channel=email",
		"record, line 2, contact: channel is missing or out of place"},
	{"203.0.113.9\n", "203.0.113.9 \n", "record, line 1, user: more than its keys"},
	{"203.0.113.9\n", "203.0.113.9 more=1\n", "record, line 1, user: more than its keys"},
	{"203.0.113.9\n", "203.0.113.9\r\n", "record, line 1, user: wrong_from is no text of its length"},
	{"contact channel", "user channel", "record, line 2, user: one line too many"},
	{"known_lane", "stranger_lane", "record, line 5, stranger_lane: one line too many"},
	{"stranger_lane", "known_lane", "record, line 5, known_lane: one line too many"},
	{"challenge ref=QFX", "send at=1 lane=known id=01020304\nchallenge ref=QFX",
		"record, line 7, challenge: out of order"},
	{"send at", "code seal", "record, line 12, code: seal is not hex of its length"},
	{"network name", "code seal", "record, line 14, code: out of order"},
	{"challenge ref=QFX", "code seal=QFX", "record, line 6, code: out of order"},
	{"totp secret", "device secret", "record, line 16, device: id is missing or out of place"},
	{"backup seal", "totp seal", "record, line 17, totp: one line too many"},
	{"device id", "backup id", "record, line 19, backup: seal is missing or out of place"},
	{"event kind", "contact channel=sms address=+12025550124\nevent kind",
		"record, line 21, contact: out of order"},
	{"challenge ref=QFX",
		"event kind=wrong first=1 last=1 count=1 service= source= ref= detail=\nchallenge "
		"ref=QFX",
		"record, line 7, challenge: out of order"},
};

static void lines_and_keys_out_of_place_are_refused(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_refused(changed, replace(lines[i].from, lines[i].to), lines[i].said);
}

static void lane_that_says_nothing_is_refused(void **state)
{
	(void)state;
	const char *stranger = strstr(base, "stranger_lane");
	const char *challenge = strstr(base, "challenge");
	int len = snprintf(changed, sizeof changed,
		"%.*sstranger_lane failures=0 lock_since=0 lock_for=0 days=\n%s", (int)(stranger - base),
		base, challenge);

	assert_refused(changed, (size_t)len, "record, line 5, stranger_lane: says nothing");
}

static void id_of_two_challenges_is_refused(void **state)
{
	(void)state;
	const char *first = strstr(base, " id="), *ref = strstr(base, "ref=KTM");
	char other[64], id[64];

	(void)snprintf(other, sizeof other, "%.44s", ref);
	(void)snprintf(id, sizeof id, "ref=KTM%.37s", first);
	assert_refused(changed, replace(other, id), "record, line 9, challenge: repeats an id");
}

static void secret_of_another_length_than_a_sealed_one_is_refused(void **state)
{
	(void)state;
	static const char digits[] = "0123456789abcdef";
	const char *at = strstr(base, "totp secret=") + strlen("totp secret=");
	const char *after = strchr(at, ' ');

	for (int n = 0; n <= 2 * TOTP_SEALED_MAX + 4; n++) {
		size_t len = (size_t)snprintf(changed, sizeof changed, "%.*s", (int)(at - base), base);
		for (int i = 0; i < n; i++)
			changed[len++] = digits[i % 16];
		len += (size_t)snprintf(changed + len, sizeof changed - len, "%s", after);
		if (n % 2 == 0 && n >= 2 * TOTP_SEALED_MIN && n <= 2 * TOTP_SEALED_MAX)
			assert_int_equal(decode(changed, len), OTP_OK);
		else
			assert_refused(
				changed, len, "record, line 16, totp: secret is not hex of its length");
	}
}

static void text_must_be_whole(void **state)
{
	(void)state;

	assert_refused("", 0, "record: no line says whose it is");
	assert_refused("network name=10.0.0.0/24 last_success=1\n", 40, "record: no line says whose it is");
	assert_refused(base, base_len - 1, "record, line 22: ends without a newline");
	memset(changed, 'x', sizeof changed);
	assert_refused(changed, RECORD_TEXT_MAX + 1, "record: longer than 8064 bytes");
	assert_refused(changed, RECORD_TEXT_MAX, "record, line 1: ends without a newline");
	memset(changed, '\n', RECORD_TEXT_MAX);
	assert_refused(changed, RECORD_TEXT_MAX, "record, line 1: unknown word");
	memset(changed, 0, RECORD_TEXT_MAX);
	assert_refused(changed, RECORD_TEXT_MAX, "record, line 1: ends without a newline");
}

/* base with line put in, so many times, before the first one of that word; '#' in it counts up from 10. */
static size_t repeat(const char *word, const char *line, unsigned times)
{
	char start[32];

	(void)snprintf(start, sizeof start, "\n%s ", word);
	const char *at = strstr(base, start) + 1;
	size_t len = (size_t)(at - base);

	memcpy(changed, base, len);
	for (unsigned i = 0; i < times; i++) {
		const char *number = strchr(line, '#');
		int before = number != NULL ? (int)(number - line) : (int)strlen(line);
		len += (size_t)snprintf(changed + len, sizeof changed - len, "%.*s", before, line);
		if (number != NULL)
			len += (size_t)snprintf(
				changed + len, sizeof changed - len, "%u%s", 10 + i, number + 1);
	}
	return len + (size_t)snprintf(changed + len, sizeof changed - len, "%s", at);
}

static void one_line_more_than_the_arrays_hold_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *word, *line;
		unsigned room; /* lines that still fit the full record */
		const char *said;
	} cases[] = {
		{"contact", "contact channel=sms address=+120255501#\n", RECORD_CONTACTS_MAX - 2,
			"record, line 6, contact: one line too many"},
		{"code",
			"code seal=000000000000000000000000000000# issued=1 "
			"expires=1 delivery=sent channel=sms to=\n",
			POLICY_LIVE_CODES - 2, "record, line 10, code: one line too many"},
		{"send", "send at=1 lane=known id=000000#\n", POLICY_SENDS_MAX - 2,
			"record, line 24, send: one line too many"},
		{"network", "network name=10.0.#.0/24 last_success=1\n", RECORD_NETWORKS_MAX - 2,
			"record, line 22, network: one line too many"},
		{"totp",
			"totp "
			"secret="
			"00000000000000000000000000000000000000000000000000000000000000000000000000000000"
			"00000000 algorithm=sha1 digits=6 period=30 since=0 last_step=0 preferred=no\n",
			0, "record, line 17, totp: one line too many"},
		{"backup", "backup seal=000000000000000000000000000000# until=0\n", RECORD_BACKUPS_MAX - 2,
			"record, line 28, backup: one line too many"},
		{"device",
			"device id=000000000000000000000000000000# service= network=10.0.0.0/24 since=0 "
			"until=1\n",
			POLICY_DEVICES_MAX - 2, "record, line 27, device: one line too many"},
		{"event", "event kind=sent first=1 last=1 count=1 service= source= ref= detail=\n",
			RECORD_EVENTS_MAX - 2, "record, line 45, event: one line too many"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t len = repeat(cases[i].word, cases[i].line, cases[i].room);
		if (decode(changed, len) != OTP_OK)
			fail_msg("%s", why.text);
		len = repeat(cases[i].word, cases[i].line, cases[i].room + 1);
		assert_refused(changed, len, cases[i].said);
	}
}

static void fifth_challenge_is_refused(void **state)
{
	(void)state;
	static const char refs[][4] = {"BBB", "CCC", "DDD"};
	static const char line[] =
		"challenge ref=BBB id=000000000000000000000000000000# "
		"origin=00000000000000000000000000000000 "
		"service= source= opened=0 last_send=0 sends=0 tries=0 failed=no known=no\n";

	for (unsigned more = 2; more <= 3; more++) {
		size_t len = repeat("send", line, more);
		char *at = changed;
		for (unsigned i = 0; i < more; i++, at++) {
			at = strstr(at, "ref=BBB");
			assert_non_null(at);
			memcpy(at + 4, refs[i], 3);
		}
		if (more == 3)
			assert_refused(changed, len, "record, line 14, challenge: one line too many");
		else
			assert_int_equal(decode(changed, len), OTP_OK);
	}
}

static void day_that_the_array_does_not_hold_is_refused(void **state)
{
	(void)state;

	for (unsigned more = RECORD_DAYS_MAX - 1; more <= RECORD_DAYS_MAX; more++) {
		char days[RECORD_DAYS_MAX * 12] = "days=";
		for (unsigned i = 0, len = 5; i < more; i++)
			len += (unsigned)snprintf(
				days + len, sizeof days - len, "%s%u:1", i > 0 ? "," : "", 10000 + i);
		size_t len = replace("days=20436:2", days);
		if (more == RECORD_DAYS_MAX)
			assert_refused(changed, len,
				"record, line 4, known_lane: days are not days in ascending order");
		else
			assert_int_equal(decode(changed, len), OTP_OK);
	}
}

static void addresses_that_are_too_long_together_are_refused(void **state)
{
	(void)state;
	static struct record longest;

	record_sample_longest(&longest);
	longest.events_n = 0;
	longest.challenges_n = 0;
	assert_int_equal(record_encode(&longest, base, &base_len, &why), OTP_OK);
	base[base_len] = '\0';
	size_t len = replace("\nknown_lane", "d\nknown_lane");
	assert_refused(changed, len, "record, line 5, contact: makes the addresses too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values_out_of_their_range_are_refused, full_text),
		cmocka_unit_test_setup(lines_and_keys_out_of_place_are_refused, full_text),
		cmocka_unit_test_setup(lane_that_says_nothing_is_refused, full_text),
		cmocka_unit_test_setup(id_of_two_challenges_is_refused, full_text),
		cmocka_unit_test_setup(secret_of_another_length_than_a_sealed_one_is_refused, full_text),
		cmocka_unit_test_setup(text_must_be_whole, full_text),
		cmocka_unit_test_setup(one_line_more_than_the_arrays_hold_is_refused, full_text),
		cmocka_unit_test_setup(fifth_challenge_is_refused, full_text),
		cmocka_unit_test_setup(day_that_the_array_does_not_hold_is_refused, full_text),
		cmocka_unit_test_setup(addresses_that_are_too_long_together_are_refused, full_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
