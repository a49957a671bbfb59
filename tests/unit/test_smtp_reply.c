/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/smtp_reply.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct smtp_reply reply;

static void take(const char *line)
{
	smtp_reply_take(&reply, line, strlen(line));
}

static void assert_reply(int code, const char *text)
{
	assert_int_equal(reply.code, code);
	assert_string_equal(reply.text, text);
}

static void lines_of_one_reply_are_joined(void **state)
{
	(void)state;
	reply = (struct smtp_reply){0};
	take("550-5.1.1  no\tsuch \r\n");
	assert_false(reply.whole);
	take("550-5.1.1 user\r\n");
	take("550\r\n");
	assert_true(reply.whole);
	assert_reply(550, "550 5.1.1 no such 5.1.1 user");
}

static void next_reply_begins_anew(void **state)
{
	(void)state;
	reply = (struct smtp_reply){0};
	take("502 no EHLO here\r\n");
	take("250 hello\r\n");
	assert_reply(250, "250 hello");
	take("451-first\r\n");
	take("550 second\r\n");
	assert_reply(550, "550 second");
}

static void answer_to_quit_does_not_hide_the_refusal(void **state)
{
	(void)state;
	reply = (struct smtp_reply){0};
	take("550 sender refused\r\n");
	take("221 bye\r\n");
	assert_reply(550, "550 sender refused");
}

static void what_is_no_reply_is_nothing(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"", "5", "55", "5x0 no", "550x no", "HTTP/1.1 400 Bad", "\r\n", "-50 no"};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		reply = (struct smtp_reply){0};
		take(lines[i]);
		assert_reply(0, "");
	}
	reply = (struct smtp_reply){0};
	smtp_reply_take(&reply, "550\0no", 6);
	assert_reply(0, "");
}

static void bytes_of_a_terminal_never_get_through(void **state)
{
	(void)state;
	reply = (struct smtp_reply){0};
	take("550 \x1b[2Jgone\x07\xe2\x80\xaen\x7f\r\n");
	assert_reply(550, "550 [2Jgone n");
}

static void long_reply_is_cut(void **state)
{
	(void)state;
	char line[1024];

	reply = (struct smtp_reply){0};
	memset(line, 'x', sizeof line);
	line[0] = '5', line[1] = '5', line[2] = '0', line[3] = '-';
	for (int i = 0; i < 3; i++)
		smtp_reply_take(&reply, line, sizeof line);
	assert_int_equal(strlen(reply.text), REQUEST_REASON_SIZE - 2);
}

/* How an end is judged. */

static void assert_judged(const struct smtp_end *end, enum request_outcome outcome, const char *reason)
{
	struct provider_result result;

	memset(&result, 0x55, sizeof result);
	smtp_judge(end, &result);
	assert_int_equal(result.outcome, outcome);
	assert_string_equal(result.reason, reason);
}

static struct smtp_end an_end(CURLcode code, const char *line)
{
	reply = (struct smtp_reply){0};
	take(line);
	return (struct smtp_end){.code = code, .reply = &reply, .server = "relay:25", .curl_words = ""};
}

static void acceptance_is_sent(void **state)
{
	(void)state;
	struct smtp_end end = an_end(CURLE_OK, "250 taken");

	end.body_given = true;
	assert_judged(&end, VERDICT_SENT, "");
}

static void class_of_the_last_reply_decides(void **state)
{
	(void)state;
	struct smtp_end end = an_end(CURLE_SEND_ERROR, "550 no");
	assert_judged(&end, VERDICT_REFUSED, "550 no");
	end = an_end(CURLE_SEND_ERROR, "450 later");
	assert_judged(&end, VERDICT_LATER, "450 later");
	end = an_end(CURLE_WEIRD_SERVER_REPLY, "421 busy");
	assert_judged(&end, VERDICT_LATER, "421 busy");
	end = an_end(CURLE_LOGIN_DENIED, "535 5.7.8 no");
	assert_judged(&end, VERDICT_REFUSED, "login refused: 535 5.7.8 no");
	end = an_end(CURLE_USE_SSL_FAILED, "454 TLS not available");
	assert_judged(&end, VERDICT_LATER, "454 TLS not available");
}

static void refusal_of_the_whole_message_is_no_unknown(void **state)
{
	(void)state;
	struct smtp_end end = an_end(CURLE_WEIRD_SERVER_REPLY, "554 spam");
	end.body_given = true;
	assert_judged(&end, VERDICT_REFUSED, "message refused: 554 spam");
	end = an_end(CURLE_WEIRD_SERVER_REPLY, "452 full");
	end.body_given = true;
	assert_judged(&end, VERDICT_LATER, "message refused: 452 full");
}

static void what_was_refused_stands_before_the_server_s_words(void **state)
{
	(void)state;
	static const struct {
		const char *curl_words, *reason;
	} cases[] = {{"MAIL failed: 550", "sender refused: 550 no"},
		{"RCPT failed: 550", "recipient refused: 550 no"},
		{"RCPT failed: 550 (last error)", "recipient refused: 550 no"},
		{"DATA failed: 550", "message refused: 550 no"}, {"Command failed: 550", "550 no"},
		{"", "550 no"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct smtp_end end = an_end(CURLE_SEND_ERROR, "550 no");
		end.curl_words = cases[i].curl_words;
		assert_judged(&end, VERDICT_REFUSED, cases[i].reason);
	}
	struct smtp_end asked = an_end(CURLE_WEIRD_SERVER_REPLY, "550 no");
	asked.curl_words = "Command failed: 550";
	asked.only_asked = true;
	assert_judged(&asked, VERDICT_REFUSED, "sender refused: 550 no");
	asked.code = CURLE_OK;
	assert_judged(&asked, VERDICT_READY, "");
}

/* Whatever libcurl calls it: the message may arrive, so it must not be sent again. */
static void silence_after_the_body_is_unknown(void **state)
{
	(void)state;
	static const CURLcode codes[] = {CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING,
		CURLE_OPERATION_TIMEDOUT, CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR,
		CURLE_ABORTED_BY_CALLBACK, CURLE_PARTIAL_FILE, CURLE_OUT_OF_MEMORY, CURLE_COULDNT_CONNECT};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct smtp_end end = an_end(codes[i], "354 go ahead");
		end.body_given = true;
		assert_judged(&end, VERDICT_UNKNOWN, "no answer to the message from relay:25");
	}
}

static void causes_are_told_in_words(void **state)
{
	(void)state;
	static const struct {
		CURLcode code;
		enum request_outcome outcome;
		const char *curl_words;
		const char *reason;
	} cases[] = {
		{CURLE_COULDNT_RESOLVE_HOST, VERDICT_LATER, "x", "host name not found: relay:25"},
		{CURLE_OPERATION_TIMEDOUT, VERDICT_LATER, "x", "no answer in time from relay:25"},
		{CURLE_RECV_ERROR, VERDICT_LATER, "x", "connection lost to relay:25"},
		{CURLE_USE_SSL_FAILED, VERDICT_REFUSED, "x", "relay:25 offers no STARTTLS"},
		{CURLE_PEER_FAILED_VERIFICATION, VERDICT_REFUSED,
			"SSL certificate problem: self-signed certificate",
			"certificate not trusted: relay:25: self-signed certificate"},
		{CURLE_LOGIN_DENIED, VERDICT_REFUSED, "x",
			"login refused: relay:25 offers neither AUTH PLAIN nor AUTH LOGIN"},
		{CURLE_SSL_CACERT_BADFILE, VERDICT_CONFIG, "x", "ca_file for relay:25 holds no certificate"},
		{CURLE_ABORTED_BY_CALLBACK, VERDICT_LATER, "",
			"sending to relay:25 failed: Operation was aborted by an application callback"},
		{CURLE_FTP_ACCEPT_FAILED, VERDICT_LATER, "odd", "sending to relay:25 failed: odd"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct smtp_end end = an_end(cases[i].code, "220 hello");
		end.curl_words = cases[i].curl_words;
		assert_judged(&end, cases[i].outcome, cases[i].reason);
	}
}

static void failed_connection_is_told_with_its_cause(void **state)
{
	(void)state;
	struct smtp_end end = an_end(CURLE_COULDNT_CONNECT, "");

	assert_judged(&end, VERDICT_LATER, "cannot connect to relay:25");
	end.os_error = ECONNREFUSED;
	assert_judged(&end, VERDICT_LATER, "connection refused at relay:25");
	end.os_error = EHOSTUNREACH;
	assert_judged(&end, VERDICT_LATER, "cannot connect to relay:25: No route to host");
}

static void long_words_are_cut(void **state)
{
	(void)state;
	char words[CURL_ERROR_SIZE];
	struct provider_result result;

	memset(words, 'w', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	struct smtp_end end = an_end(CURLE_SSL_CONNECT_ERROR, "220 hello");
	end.curl_words = words;
	smtp_judge(&end, &result);
	assert_int_equal(strlen(result.reason), REQUEST_REASON_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_one_reply_are_joined),
		cmocka_unit_test(next_reply_begins_anew),
		cmocka_unit_test(answer_to_quit_does_not_hide_the_refusal),
		cmocka_unit_test(what_is_no_reply_is_nothing),
		cmocka_unit_test(bytes_of_a_terminal_never_get_through),
		cmocka_unit_test(long_reply_is_cut),
		cmocka_unit_test(acceptance_is_sent),
		cmocka_unit_test(class_of_the_last_reply_decides),
		cmocka_unit_test(refusal_of_the_whole_message_is_no_unknown),
		cmocka_unit_test(what_was_refused_stands_before_the_server_s_words),
		cmocka_unit_test(silence_after_the_body_is_unknown),
		cmocka_unit_test(causes_are_told_in_words),
		cmocka_unit_test(failed_connection_is_told_with_its_cause),
		cmocka_unit_test(long_words_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
