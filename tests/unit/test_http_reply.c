/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/http_reply.h"
#include "hook/http_words.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct config_provider provider;
static struct provider_result result;

static struct http_end an_end(long status, const char *body)
{
	provider = config_provider_default();
	return (struct http_end){.provider = &provider,
		.status = status,
		.body = body,
		.shown = body,
		.body_len = strlen(body),
		.given = true,
		.server = "gw:443",
		.curl_words = ""};
}

static void assert_judged(const struct http_end *end, enum request_outcome outcome, const char *reason)
{
	memset(&result, 0xaa, sizeof result);
	http_judge(end, &result);
	assert_string_equal(result.reason, reason);
	assert_int_equal(result.outcome, outcome);
}

static void statuses_are_taken_refused_or_for_now(void **state)
{
	(void)state;
	for (long status = 200; status < 600; status++) {
		struct http_end end = an_end(status, "");
		enum request_outcome want = status < 300 ? VERDICT_SENT
					    : status >= 500 || status == 429 || status == 408
						    ? VERDICT_LATER
						    : VERDICT_REFUSED;
		http_judge(&end, &result);
		assert_int_equal(result.outcome, want);
		assert_false(result.may_arrive);
	}
}

static void no_status_is_unknown_once_the_request_was_given(void **state)
{
	(void)state;
	static const CURLcode codes[] = {CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_OPERATION_TIMEDOUT,
		CURLE_WEIRD_SERVER_REPLY, CURLE_OK};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		for (long status = 0; status < 200; status += 100) {
			struct http_end end = an_end(status, "");
			end.code = codes[i];
			assert_judged(&end, VERDICT_UNKNOWN, "no answer to the message from gw:443");
			assert_false(result.may_arrive);
			end.knows_repeats = true;
			assert_judged(&end, VERDICT_LATER, "no answer to the message from gw:443");
			assert_true(result.may_arrive);
		}
}

static void refused_client_certificate_is_a_refusal_though_the_request_was_given(void **state)
{
	(void)state;
	static const char *const words[] = {
		"OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
		"error:0A000418:SSL routines::tlsv1 alert unknown ca",
		"error:0A000412:SSL routines::sslv3 alert bad certificate"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct http_end end = an_end(0, "");
		end.code = CURLE_RECV_ERROR;
		end.curl_words = words[i];
		http_judge(&end, &result);
		assert_int_equal(result.outcome, VERDICT_REFUSED);
		assert_non_null(strstr(result.reason, "asks for one: "));
	}
}

static void failed_connection_is_told_like_that_of_a_relay(void **state)
{
	(void)state;
	static const struct {
		long os_error;
		CURLcode code;
		enum request_outcome outcome;
		const char *reason;
	} cases[] = {
		{ECONNREFUSED, CURLE_COULDNT_CONNECT, VERDICT_LATER, "connection refused at gw:443"},
		{0, CURLE_COULDNT_RESOLVE_HOST, VERDICT_LATER, "host name not found: gw:443"},
		{0, CURLE_OPERATION_TIMEDOUT, VERDICT_LATER, "no answer in time from gw:443"},
		{0, CURLE_PEER_FAILED_VERIFICATION, VERDICT_REFUSED,
			"certificate not trusted: gw:443: words"},
		{0, CURLE_SSL_CERTPROBLEM, VERDICT_CONFIG, "client certificate for gw:443 not usable: words"},
		{0, CURLE_COULDNT_RESOLVE_PROXY, VERDICT_LATER, "name of the proxy not found, for gw:443"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_end end = an_end(0, "");
		end.given = false;
		end.knows_repeats = true;
		end.code = cases[i].code;
		end.os_error = cases[i].os_error;
		end.curl_words = "words";
		assert_judged(&end, cases[i].outcome, cases[i].reason);
		assert_false(result.may_arrive);
	}
}

static void answer_cut_short_may_still_hold_what_counts(void **state)
{
	(void)state;
	struct http_end end = an_end(200, "id: 1 OK aaaa");

	end.code = CURLE_WRITE_ERROR;
	assert_judged(&end, VERDICT_SENT, "");
	strcpy(provider.success_text, "OK");
	assert_judged(&end, VERDICT_SENT, "");
	strcpy(provider.success_text, "NO");
	assert_judged(&end, VERDICT_UNKNOWN, "no answer to the message from gw:443");
	end.code = CURLE_OK;
	assert_judged(
		&end, VERDICT_REFUSED, "HTTP 200, but success_text is not in its answer: id: 1 OK aaaa");
}

static void retry_after_is_kept_within_a_day(void **state)
{
	(void)state;
	struct http_end end = an_end(429, "slow");

	end.retry_after_s = 7;
	assert_judged(&end, VERDICT_LATER, "HTTP 429: slow");
	assert_int_equal(result.retry_after_ms, 7000);
	end.retry_after_s = 1L << 40;
	http_judge(&end, &result);
	assert_int_equal(result.retry_after_ms, 86400000);
	end.retry_after_s = -5;
	http_judge(&end, &result);
	assert_int_equal(result.retry_after_ms, 0);
}

static void a_member_is_found_by_its_path(void **state)
{
	(void)state;
	static const struct {
		const char *body, *path, *value;
	} cases[] = {
		{"{\"a\":{\"b\":[{},{\"c\":\"x  y\\n\"}]}}", "a.b.1.c", "x y"},
		{"[7]", "0", "7"},
		{"{\"a\":true,\"b\":null,\"c\":1.5,\"d\":false,\"e\":-3}", "a", "true"},
		{"{\"b\":null}", "b", "null"},
		{"{\"c\":1.5}", "c", "1.5"},
		{"{\"d\":false}", "d", "false"},
		{"{\"e\":-3}", "e", "-3"},
		{"{\"0\":\"zero\"}", "0", "zero"},
		{"{\"a\":\"\\u0000x\"}", "a", "x"},
		{"{\"a\":{}}", "a", NULL},
		{"{\"a\":[]}", "a", NULL},
		{"{\"a\":1}", "a.b", NULL},
		{"{\"a\":\"x\"}", "a.0", NULL},
		{"[1]", "1", NULL},
		{"[1]", "18446744073709551616", NULL},
		{"[1]", "x", NULL},
		{"{\"a\":1", "a", NULL},
		{"", "a", NULL},
		{"{\"a\":1} x", "a", NULL},
	};
	char out[HTTP_WORDS_SIZE];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool found = http_words_member(cases[i].body, strlen(cases[i].body), cases[i].path, out);
		if (found != (cases[i].value != NULL))
			fail_msg("%s in %s", cases[i].path, cases[i].body);
		if (found)
			assert_string_equal(out, cases[i].value);
	}
}

static void words_are_one_clean_line(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"", ""}, {" \r\n\t", ""}, {"a\nb", "a"},
		{"\n\n a  b \n", "a b"}, {"{\n  \"a\": 1\n}\n", "{ \"a\": 1 }"},
		{"<a x='>'>b</a>\n<c>d</c>", "' b d"}, {"a<b>c", "a<b>c"},
		{"x%40y %2B4 %2b5 %4", "x@y +4 +5 %4"}, {"\x1b[1mred\xff", "[1mred"}, {"<", ""}, {"%", "%"}};
	char out[HTTP_WORDS_SIZE], longest[8192];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		http_words_clean(cases[i][0], strlen(cases[i][0]), out);
		assert_string_equal(out, cases[i][1]);
	}
	memset(longest, 'x', sizeof longest);
	http_words_clean(longest, sizeof longest, out);
	assert_true(strlen(out) > 100 && strlen(out) < HTTP_WORDS_SIZE);
	memset(longest, ' ', sizeof longest);
	http_words_clean(longest, sizeof longest, out);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_are_taken_refused_or_for_now),
		cmocka_unit_test(no_status_is_unknown_once_the_request_was_given),
		cmocka_unit_test(refused_client_certificate_is_a_refusal_though_the_request_was_given),
		cmocka_unit_test(failed_connection_is_told_like_that_of_a_relay),
		cmocka_unit_test(answer_cut_short_may_still_hold_what_counts),
		cmocka_unit_test(retry_after_is_kept_within_a_day),
		cmocka_unit_test(a_member_is_found_by_its_path),
		cmocka_unit_test(words_are_one_clean_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
