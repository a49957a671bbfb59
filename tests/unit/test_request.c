/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char whole[] = "otpcode-request 1\n"
			    "kind code\n"
			    "channel email\n"
			    "address jane@example.org\n"
			    "code 123456\n"
			    "ref QFX\n"
			    "user jane\n"
			    "host web1\n"
			    "service sshd\n"
			    "source 192.0.2.7\n"
			    "key-proved yes\n"
			    "time 1767225600\n"
			    "works-until 1767225900\n"
			    "wait-ms 10000\n"
			    "account deploy\n"
			    "support helpdesk@example.org\n"
			    "provider relay\n"
			    "\n";

static const char barest[] = "otpcode-request 1\n"
			     "kind test\n"
			     "channel sms\n"
			     "address +4915112345678\n"
			     "user DOM\\jane doe\n"
			     "host web1\n"
			     "service otpcode\n"
			     "source tty:pts/3\n"
			     "key-proved no\n"
			     "time 1\n"
			     "wait-ms 1\n"
			     "\n";

static struct request sample(void)
{
	struct request request = {
		.kind = REQUEST_CODE,
		.contact = {.channel = CHANNEL_EMAIL, .address = "jane@example.org"},
		.code = {"123456"},
		.ref = "QFX",
		.user = "jane",
		.account = "deploy",
		.host = "web1",
		.service = "sshd",
		.source = "192.0.2.7",
		.key_proved = true,
		.time = 1767225600,
		.works_until = 1767225900,
		.wait_ms = 10000,
		.support = "helpdesk@example.org",
		.provider = "relay",
	};
	return request;
}

static bool all_zero(const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static void assert_refused(const char *text, size_t len, const char *because)
{
	struct request request;
	struct otp_why why = {0};

	memset(&request, 'x', sizeof request);
	if (request_decode(text, len, &request, &why) != OTP_ERR_INVALID)
		fail_msg("taken: %s", text);
	assert_true(all_zero(&request, sizeof request));
	if (strstr(why.text, because) == NULL)
		fail_msg("'%s' does not say '%s'", why.text, because);
	assert_null(strstr(why.text, "123456"));
	assert_null(strstr(why.text, "jane@"));
}

/* whole with its first OLD replaced. */
static void assert_change_refused(const char *old, const char *new, const char *because)
{
	char text[sizeof whole + 600];
	const char *at = strstr(whole, old);

	assert_non_null(at);
	int len = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, new, at + strlen(old));
	assert_refused(text, (size_t)len, because);
}

static void assert_same_request(const struct request *a, const struct request *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->contact.channel, b->contact.channel);
	assert_string_equal(a->contact.address, b->contact.address);
	assert_string_equal(a->code.text, b->code.text);
	assert_string_equal(a->ref, b->ref);
	assert_string_equal(a->user, b->user);
	assert_string_equal(a->host, b->host);
	assert_string_equal(a->service, b->service);
	assert_string_equal(a->source, b->source);
	assert_int_equal(a->key_proved, b->key_proved);
	assert_int_equal(a->time, b->time);
	assert_int_equal(a->works_until, b->works_until);
	assert_int_equal(a->wait_ms, b->wait_ms);
	assert_string_equal(a->support, b->support);
	assert_string_equal(a->provider, b->provider);
}

static void request_is_written_line_by_line_in_fixed_order(void **state)
{
	(void)state;
	struct request request = sample();
	char text[REQUEST_MAX];
	size_t len = 0;

	assert_int_equal(request_encode(&request, text, &len, NULL), OTP_OK);
	assert_int_equal(len, strlen(whole));
	assert_memory_equal(text, whole, len);
}

static void what_was_written_is_read_back(void **state)
{
	(void)state;
	struct request request = sample(), back;

	assert_int_equal(request_decode(whole, strlen(whole), &back, NULL), OTP_OK);
	assert_same_request(&back, &request);
}

static void test_request_has_no_code_ref_or_end(void **state)
{
	(void)state;
	struct request request;
	char text[REQUEST_MAX];
	size_t len = 0;

	assert_int_equal(request_decode(barest, strlen(barest), &request, NULL), OTP_OK);
	assert_int_equal(request.kind, REQUEST_TEST);
	assert_string_equal(request.contact.address, "+4915112345678");
	assert_string_equal(request.code.text, "");
	assert_string_equal(request.support, "");
	assert_int_equal(request.works_until, 0);
	assert_int_equal(request_encode(&request, text, &len, NULL), OTP_OK);
	assert_int_equal(len, strlen(barest));
	assert_memory_equal(text, barest, len);
	assert_change_refused("kind code", "kind test", "code must be left out with any kind but code");
}

static void largest_request_fits(void **state)
{
	(void)state;
	struct request request = sample(), back;
	char text[REQUEST_MAX];
	size_t len = 0;

	memset(request.user, 'u', sizeof request.user - 1);
	memset(request.host, 'h', sizeof request.host - 1);
	memset(request.service, 's', sizeof request.service - 1);
	memset(request.source, 'o', sizeof request.source - 1);
	memset(request.support, 'p', sizeof request.support - 1);
	memset(request.provider, 'r', sizeof request.provider - 1);
	memcpy(request.code.text, "BCDFGHJKLM", sizeof request.code.text);
	memset(request.contact.address, 'a', 64);
	request.contact.address[64] = '@';
	for (size_t i = 65; i < 252; i++)
		request.contact.address[i] = i % 64 == 0 ? '.' : 'd';
	memcpy(request.contact.address + 252, "de", sizeof "de");
	request.time = request.works_until = 253402300799;
	request.wait_ms = 60000;
	struct otp_why why = {0};
	if (request_encode(&request, text, &len, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(request_decode(text, len, &back, NULL), OTP_OK);
	assert_same_request(&back, &request);
}

static void one_byte_too_many_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *old, *key;
		unsigned max;
	} texts[] = {
		{"user jane\n", "user", 255},
		{"account deploy\n", "account", 64},
		{"host web1\n", "host", 64},
		{"service sshd\n", "service", 32},
		{"source 192.0.2.7\n", "source", 63},
		{"support helpdesk@example.org\n", "support", 64},
		{"provider relay\n", "provider", 32},
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char line[600], filler[512];
		memset(filler, 'x', sizeof filler);
		(void)snprintf(line, sizeof line, "%s %.*s\n", texts[i].key, (int)texts[i].max + 1, filler);
		assert_change_refused(texts[i].old, line, texts[i].key);
		(void)snprintf(line, sizeof line, "%s %.*s\n", texts[i].key, (int)texts[i].max + 250, filler);
		assert_change_refused(texts[i].old, line, texts[i].key);
	}
}

/* The value that a member of text has in turn, each refused when it is written. */
static void assert_value_refused_on_writing(size_t offset, const char *value, const char *key)
{
	struct request request = sample();
	struct otp_why why = {0};
	char text[REQUEST_MAX], said[64];
	size_t len = 77;

	memcpy((char *)&request + offset, value, strlen(value) + 1);
	memset(text, 'x', sizeof text);
	if (request_encode(&request, text, &len, &why) != OTP_ERR_INVALID)
		fail_msg("%s took '%s'", key, value);
	assert_int_equal(len, 0);
	assert_true(all_zero(text, sizeof text));
	(void)snprintf(said, sizeof said, "request: %s must be ", key);
	if (strncmp(why.text, said, strlen(said)) != 0)
		fail_msg("'%s' does not begin '%s'", why.text, said);
}

#define AT(member) offsetof(struct request, member), #member

static void C18_a_name_of_any_bytes_can_be_written(void **state)
{
	(void)state;
	struct request request = {0};
	char long_name[400];

	request_set_user(&request, "m\xc3\xbcller\nuser root");
	assert_string_equal(request.user, "m??ller?user root");
	request_set_user(&request, "EXAMPLE\\alice");
	assert_string_equal(request.user, "EXAMPLE\\alice");
	memset(long_name, 'x', sizeof long_name);
	long_name[sizeof long_name - 1] = '\0';
	request_set_user(&request, long_name);
	assert_int_equal(strlen(request.user), sizeof request.user - 1);
}

static void C39_line_breaks_controls_and_8_bit_are_refused_on_writing(void **state)
{
	(void)state;
	static const struct {
		size_t offset;
		const char *key;
	} texts[] = {{AT(user)}, {AT(host)}, {AT(service)}, {AT(source)}, {AT(support)}, {AT(provider)},
		{AT(ref)}, {offsetof(struct request, code.text), "code"},
		{offsetof(struct request, contact.address), "address"}};
	static const char *const bad[] = {"a\nb", "\n", "a\r", "a\r\nuser root", "a\tb", "\x1b[31m", "\x7f",
		"\x01", "m\xc3\xbcller", "a\x85"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t j = 0; j < sizeof bad / sizeof *bad; j++) {
			if (strcmp(texts[i].key, "ref") == 0 && strlen(bad[j]) > 3)
				continue;
			if (strcmp(texts[i].key, "code") == 0 && strlen(bad[j]) > 10)
				continue;
			assert_value_refused_on_writing(texts[i].offset, bad[j], texts[i].key);
		}
	assert_value_refused_on_writing(
		offsetof(struct request, contact.address), "a@example.org>", "address");
}

static void missing_values_are_refused_on_writing(void **state)
{
	(void)state;
	assert_value_refused_on_writing(offsetof(struct request, user), "", "user");
	assert_value_refused_on_writing(offsetof(struct request, host), "", "host");
	assert_value_refused_on_writing(offsetof(struct request, code.text), "", "code");
	assert_value_refused_on_writing(offsetof(struct request, code.text), "12345", "code");
	assert_value_refused_on_writing(offsetof(struct request, code.text), "12345a", "code");
	assert_value_refused_on_writing(offsetof(struct request, ref), "", "ref");
	assert_value_refused_on_writing(offsetof(struct request, ref), "QF", "ref");
	assert_value_refused_on_writing(offsetof(struct request, contact.address), "", "address");
	assert_value_refused_on_writing(
		offsetof(struct request, contact.address), "+4915112345678", "address");

	struct request request = sample();
	struct otp_why why = {0};
	char text[REQUEST_MAX];
	size_t len;
	request.works_until = 0;
	assert_int_equal(request_encode(&request, text, &len, &why), OTP_ERR_INVALID);
	assert_non_null(strstr(why.text, "works-until"));
	request = sample();
	request.time = -1;
	assert_int_equal(request_encode(&request, text, &len, &why), OTP_ERR_INVALID);
	assert_non_null(strstr(why.text, "time"));
	request = sample();
	request.wait_ms = 60001;
	assert_int_equal(request_encode(&request, text, &len, &why), OTP_ERR_INVALID);
	assert_non_null(strstr(why.text, "wait-ms must be 1 to 60000"));
}

static void other_first_line_is_refused(void **state)
{
	(void)state;
	assert_change_refused("otpcode-request 1", "otpcode-request 2", "line 1: must be otpcode-request 1");
	assert_change_refused("otpcode-request 1", "otpcode-request 1 ", "line 1");
	assert_change_refused("otpcode-request 1\n", "", "line 1");
	assert_change_refused("otpcode-request 1\n", "\n", "line 1");
}

static void key_that_is_unknown_repeated_misplaced_or_missing_is_refused(void **state)
{
	(void)state;
	assert_change_refused("host web1\n", "host web1\ncolour red\n", "line 9: unknown key");
	assert_change_refused("host web1\n", "Host web1\n", "line 8: unknown key");
	assert_change_refused("host web1\n", " host web1\n", "line 8: unknown key");
	assert_change_refused("host web1\n", "host\n", "line 8: not a key");
	assert_change_refused("host web1\n", "host\tweb1\n", "line 8: not a key");
	assert_change_refused(
		"host web1\n", "host web1\nhost web2\n", "line 9: repeated, or out of its place: host");
	assert_change_refused(
		"user jane\nhost web1\n", "host web1\nuser jane\n", "line 7: missing before it: user");
	assert_change_refused("host web1\n", "", "line 8: missing before it: host");
	assert_change_refused("kind code\n", "", "line 2: missing before it: kind");
	assert_change_refused("code 123456\n", "", "line 5: missing before it: code");
	assert_change_refused("wait-ms 10000\n", "", "line 14: missing before it: wait-ms");
	assert_change_refused("wait-ms 10000\naccount deploy\nsupport helpdesk@example.org\nprovider relay\n",
		"", "line 14: missing before it: wait-ms");
}

static void check_has_neither_address_nor_code(void **state)
{
	(void)state;
	struct request request = sample(), again;
	char text[REQUEST_MAX];
	size_t len;

	request.kind = REQUEST_CHECK;
	assert_int_equal(request_encode(&request, text, &len, NULL), OTP_ERR_INVALID);
	request.contact.address[0] = '\0';
	request.code.text[0] = '\0';
	request.ref[0] = '\0';
	request.works_until = 0;
	assert_int_equal(request_encode(&request, text, &len, NULL), OTP_OK);
	assert_null(memmem(text, len, "\naddress ", 9));
	assert_int_equal(request_decode(text, len, &again, NULL), OTP_OK);
	assert_same_request(&again, &request);
	assert_change_refused("kind code", "kind check", "address must be left out with kind check");
}

static void conversation_is_asked_for_with_a_test_message_alone(void **state)
{
	(void)state;
	struct request request = {.kind = REQUEST_TEST}, again;
	char text[REQUEST_MAX];
	size_t len;

	assert_int_equal(request_decode(barest, strlen(barest), &request, NULL), OTP_OK);
	assert_false(request.trace);
	request.trace = true;
	assert_int_equal(request_encode(&request, text, &len, NULL), OTP_OK);
	assert_non_null(memmem(text, len, "\ntrace yes\n\n", 12));
	assert_int_equal(request_decode(text, len, &again, NULL), OTP_OK);
	assert_true(again.trace);
	request = sample();
	request.trace = true;
	assert_int_equal(request_encode(&request, text, &len, NULL), OTP_ERR_INVALID);
}

static void bad_values_are_refused(void **state)
{
	(void)state;
	static const char *const changes[][3] = {
		{"kind code", "kind codes", "kind must be code, test, password or check"},
		{"channel email", "channel pigeon", "channel must be email or sms"},
		{"channel email", "channel sms", "address must be an address of the channel"},
		{"jane@example.org\ncode", "jane\ncode", "address must be"},
		{"jane@example.org\ncode", "jane@example.org>\ncode", "address must be"},
		{"code 123456", "code 12345", "code must be"},
		{"code 123456", "code 12345678901", "code must be"},
		{"code 123456", "code 123 456", "code must be"},
		{"code 123456", "code abcdef", "code must be"},
		{"ref QFX", "ref QF", "ref must be"},
		{"ref QFX", "ref QFXX", "ref must be"},
		{"ref QFX", "ref qfx", "ref must be"},
		{"key-proved yes", "key-proved maybe", "key-proved must be yes or no"},
		{"time 1767225600", "time 0", "time must be"},
		{"time 1767225600", "time -5", "time must be"},
		{"time 1767225600", "time 01767225600", "time must be"},
		{"time 1767225600", "time 253402300800", "time must be"},
		{"time 1767225600", "time 99999999999999999999999", "time must be"},
		{"time 1767225600", "time 1767225600.5", "time must be"},
		{"works-until 1767225900", "works-until soon", "works-until must be"},
		{"wait-ms 10000", "wait-ms 0", "wait-ms must be 1 to 60000"},
		{"wait-ms 10000", "wait-ms 60001", "wait-ms must be 1 to 60000"},
		{"wait-ms 10000", "wait-ms +1", "wait-ms must be 1 to 60000"},
		{"support helpdesk@example.org", "support ", "support must be"},
		{"provider relay", "provider ", "provider must be"},
		{"provider relay", "provider re lay", "provider must be"},
		{"provider relay", "provider relay/x", "provider must be"},
		{"provider relay", "provider relay\ntrace yes", "trace must be yes, with kind test alone"},
		{"user jane", "user j\tane", "user must be printable ASCII"},
		{"user jane", "user jane\r", "user must be printable ASCII"},
		{"user jane", "user j\xc3\xa4ne", "user must be printable ASCII"},
		{"user jane", "user ", "user must be"},
	};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		assert_change_refused(changes[i][0], changes[i][1], changes[i][2]);
}

static void address_that_is_right_but_written_otherwise_is_refused(void **state)
{
	(void)state;
	char text[sizeof barest];
	const char *number = strstr(barest, "4915112345678");
	int len = snprintf(
		text, sizeof text, "%.*s491-511234567%s", (int)(number - barest), barest, number + 13);

	assert_refused(text, (size_t)len, "line 4: address must be");
}

static void NUL_in_a_value_is_refused(void **state)
{
	(void)state;
	char text[sizeof whole];

	memcpy(text, whole, sizeof whole);
	*strstr(text, "ane\nhost") = '\0';
	assert_refused(text, sizeof whole - 1, "user must be printable ASCII");
}

static void every_cut_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(whole); len++)
		assert_refused(whole, len, "request line");
	assert_refused(NULL, 0, "request line 1");
}

static void anything_after_the_empty_line_is_refused(void **state)
{
	(void)state;
	char text[sizeof whole + 8];

	for (const char *const *tail = (const char *const[]){"\n", "x", "user root\n\n", NULL}; *tail != NULL;
		tail++) {
		int len = snprintf(text, sizeof text, "%s%.7s", whole, *tail);
		assert_refused(text, (size_t)len, "something follows the empty line");
	}
	assert_refused(whole, sizeof whole, "something follows the empty line");
}

static void over_4096_bytes_is_too_large(void **state)
{
	(void)state;
	char text[REQUEST_MAX + 1];
	struct request request;

	memset(text, 'x', sizeof text);
	assert_int_equal(request_decode(text, REQUEST_MAX + 1, &request, NULL), OTP_ERR_TOO_LARGE);
	assert_int_equal(request_decode(text, REQUEST_MAX, &request, NULL), OTP_ERR_INVALID);
}

static void wiped_request_holds_nothing(void **state)
{
	(void)state;
	struct request request = sample();

	request_wipe(&request);
	assert_true(all_zero(&request, sizeof request));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_written_line_by_line_in_fixed_order),
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(test_request_has_no_code_ref_or_end),
		cmocka_unit_test(largest_request_fits),
		cmocka_unit_test(one_byte_too_many_is_refused),
		cmocka_unit_test(C18_a_name_of_any_bytes_can_be_written),
		cmocka_unit_test(C39_line_breaks_controls_and_8_bit_are_refused_on_writing),
		cmocka_unit_test(missing_values_are_refused_on_writing),
		cmocka_unit_test(other_first_line_is_refused),
		cmocka_unit_test(key_that_is_unknown_repeated_misplaced_or_missing_is_refused),
		cmocka_unit_test(check_has_neither_address_nor_code),
		cmocka_unit_test(conversation_is_asked_for_with_a_test_message_alone),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(address_that_is_right_but_written_otherwise_is_refused),
		cmocka_unit_test(NUL_in_a_value_is_refused),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(anything_after_the_empty_line_is_refused),
		cmocka_unit_test(over_4096_bytes_is_too_large),
		cmocka_unit_test(wiped_request_holds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
