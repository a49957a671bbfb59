/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/gateway.h"
#include "config/placeholder.h"
#include "config/reading.h"
#include "config/url.h"
#include "tests/unit/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define URL "url=https://gw.example.org/send?to={to}&text={text}\n"
#define ALL "{to} {to_digits} {text} {code} {from} {ref} {host} {user} {id} {password}"

static void takes(const char *key, const char *value)
{
	if (config_text_read_line("provider", key, value) != OTP_OK)
		fail_msg("%s=%s: %s", key, value, config_text_why.text);
}

static void refuses(const char *key, const char *value)
{
	if (config_text_read_line("provider", key, value) != OTP_ERR_CONFIG)
		fail_msg("%s=%s was taken", key, value);
}

static void a_gateway_s_url_has_a_path_and_placeholders_in_its_query_alone(void **state)
{
	(void)state;
	static const char *const good[] = {"https://h", "https://h/", "https://h:8443/a/b.json",
		"https://h/a?b=c&to={to}&t={text}", "http://localhost:13013/cgi-bin/sendsms?to={to_digits}",
		"https://[::1]/a%20b", "https://h?x={to}", "https://h/a@b"};
	static const char *const bad[] = {"https://", "https:///a", "https://u:p@h/a", "https://h/{to}",
		"https://h/a?b={too}", "https://h/a?b={to", "https://h/a?b=to}", "https://h/a b",
		"https://h/a#b", "https://h/a\"b", "https://h/a<b", "https://h/%zz", "https://h/%2",
		"https://h/a\\b", "https://h/a'b", "https://{host}/a", "https://h:{id}/", "ftp://h/a",
		"file:///etc/passwd", "https://h/a?b=\xc3\xa4"};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		takes("url", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses("url", bad[i]);
}

static void a_bad_placeholder_is_told_with_its_line_and_the_good_ones(void **state)
{
	(void)state;
	config_text_fault("[provider x]\nurl=https://h/?to={number}\n",
		"f1.conf:2: url: {number} is no placeholder; there are " ALL);
	config_text_fault("[provider x]\nheader.3=X-Id: {Id}\n",
		"f1.conf:2: header.3: {Id} is no placeholder; there are " ALL);
	config_text_fault("[provider x]\n\nform=a={texts}\n",
		"f1.conf:3: form: {texts} is no placeholder; there are " ALL);
	config_text_fault("[provider x]\njson={\"a\": \"{ref}{reff}\"}\n",
		"f1.conf:2: json: {reff} is no placeholder; there are " ALL);
	config_text_fault("[provider x]\njson={\"a\": {code}}\n",
		"f1.conf:2: json: {code} must stand inside a string; there are " ALL);
	config_text_fault("[provider x]\nheader.1=X: a}\n",
		"f1.conf:2: header.1: } has no { in front of it; there are " ALL);
}

static void a_header_has_a_name_and_a_value_and_decides_nothing_of_the_transfer(void **state)
{
	(void)state;
	static const char *const bad[] = {"X", "X:", "X: ", ": v", "X Y: v", "X : v", "Host: h", "host: h",
		"content-length: 0", "Transfer-Encoding: chunked", "{to}: v", "Connection: close"};

	takes("header.1", "X-Id: {id}");
	takes("header.8", "Accept:application/json");
	takes("header.8", "");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses("header.1", bad[i]);
	config_text_fault("[provider x]\nheader.9=X: v\n",
		"f1.conf:2: unknown key header.9 in [provider NAME]: headers are header.1 to header.8");
	config_text_fault("[provider x]\nheaders=X: v\n",
		"f1.conf:2: unknown key headers in [provider NAME]: headers are header.1 to header.8");
	refuses("header.0", "X: v");
}

static void a_form_is_encoded_pairs(void **state)
{
	(void)state;
	static const char *const bad[] = {"a", "=b", "a=b&", "&a=b", "a=b&&c=d", "a=b c", "{to}=b",
		"a=b&{to}", "a=%", "a=%4", "a=\"b\"", "a=b#c"};

	takes("form", "a=b&c={to}");
	takes("form", "a=&b=%C3%A4{text}+{from}");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses("form", bad[i]);
}

static void placeholders_of_a_json_stand_in_strings(void **state)
{
	(void)state;
	static const char *const bad[] = {"x", "\"{to}\"", "{\"a\":{to}}", "{{to}:1}", "[\"a\\\"\",{to}]",
		"{\"a\\\\\":{to}}", "{\"a\":\"{x}\"}", "{\"a\":\"{to\"}"};

	takes("json", "{\"to\": \"{to}\", \"n\": {\"a\": [\"\\\"{text}\", 1, {}]}}");
	takes("json", "[\"{ text }\", \"{to}\"]");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses("json", bad[i]);
}

static void a_body_is_a_form_or_a_json(void **state)
{
	(void)state;
	config_text_fault("[provider x]\nform=a={to}\njson={\"a\": \"{to}\"}\n",
		"f1.conf:3: json: there is a form already, and a request has one body");
	config_text_fault("[provider x]\njson={\"a\": \"{to}\"}\nform=a={to}\n",
		"f1.conf:3: form: there is a json already, and a request has one body");
	config_text_reads(CONFIG_TEXT_RELAY URL "form=a=b\njson=\n");
	assert_int_equal(config_text_reading.config.providers[0].body.kind, CONFIG_BODY_FORM);
	assert_string_equal(config_text_reading.config.providers[0].body.text, "a=b");
	const char *const files[] = {
		CONFIG_TEXT_RELAY URL "form=a=b\n", "[provider relay]\nform=\njson=[\"{to}\"]\n", NULL};
	assert_int_equal(config_text_read_files(files), OTP_OK);
	assert_int_equal(config_text_reading.config.providers[0].body.kind, CONFIG_BODY_JSON);
}

static void statuses_conditions_and_the_like_have_their_forms(void **state)
{
	(void)state;
	static const struct {
		const char *key, *good[3], *bad[6];
	} cases[] = {
		{"success_status", {"2xx", "200,201", "202"}, {"", "20", "404", "200,", "200 201", "2xxx"}},
		{"success_json", {"", "a.0.b-c_d=x y", "a=="}, {"a", "a=", "=b", "a.=b", ".a=b", "a b=c"}},
		{"error_json", {"", "a", "errors.0.detail"}, {"a.", ".a", "a..b", "a=b", "a b", "a/b"}},
		{"sigv4", {"", "aws:amz:eu-west-1:sns", "x:x:x:x"},
			{"aws", "aws:amz:eu:sns:x", "aws:amz::sns", "a_b:amz:a:b", "a:b:c:", "a:b:c:d e"}},
		{"proxy", {"", "http://proxy:3128", "http://10.0.0.1"},
			{"proxy", "https://proxy", "http://u:p@proxy", "http://proxy/", "http://p?x={to}",
				"smtp://p"}},
		{"method", {"POST", "GET", "PUT"}, {"post", "DELETE", "", "POST ", "HEAD", "CONNECT"}},
		{"auth", {"none", "bearer", "aws-sigv4"}, {"Basic", "", "digest", "ntlm", "any", "token"}},
		{"client_cert", {"", "/etc/c.pem", "/c"}, {"c", "/", "//c", "/c/", "/./c", "c:d"}},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t k = 0; k < 3; k++)
			takes(cases[i].key, cases[i].good[k]);
		for (size_t k = 0; k < 6; k++)
			if (strcmp(cases[i].bad[k], "POST ") != 0) /* a file's reader takes the blank away */
				refuses(cases[i].key, cases[i].bad[k]);
	}
}

static void a_status_is_looked_up_in_its_list(void **state)
{
	(void)state;
	assert_true(gateway_status_is_in("2xx", 200));
	assert_true(gateway_status_is_in("2xx", 299));
	assert_true(gateway_status_is_in("200,202", 202));
	assert_false(gateway_status_is_in("200,202", 201));
	assert_false(gateway_status_is_in("2xx", 300));
	assert_false(gateway_status_is_in("2xx", 199));
	assert_false(gateway_status_is_in("2xx", 0));
}

static void keys_of_another_kind_are_a_fault(void **state)
{
	(void)state;
	config_text_fault(CONFIG_TEXT_WORKS "method=POST\n",
		"f1.conf:6: method is not for a provider with an smtp:// url, which takes: url, username, "
		"password_file, tls, ca_file");
	config_text_fault(CONFIG_TEXT_WORKS "header.2=\n",
		"f1.conf:6: header.2 is not for a provider with an smtp:// url, which takes: url, username, "
		"password_file, tls, ca_file");
}

static void plain_http_is_for_loopback(void **state)
{
	(void)state;
#define QUERY "/?to={to}&text={text}\n"
	config_text_reads(CONFIG_TEXT_RELAY "url=http://localhost" QUERY);
	assert_int_equal(config_text_reading.config.providers[0].tls, CONFIG_TLS_NONE);
	config_text_reads(CONFIG_TEXT_RELAY "url=https://localhost" QUERY);
	assert_int_equal(config_text_reading.config.providers[0].tls, CONFIG_TLS_REQUIRED);
	config_text_fault(CONFIG_TEXT_RELAY "url=http://gw.example.org" QUERY,
		"f1.conf:5: http:// is for loopback only (localhost, 127.0.0.0/8, [::1]): use https://");
	config_text_fault(CONFIG_TEXT_RELAY "url=http://localhost" QUERY "tls=required\n",
		"f1.conf:6: tls=required contradicts an http:// url: use https://");
	config_text_fault(CONFIG_TEXT_RELAY "url=https://localhost" QUERY "tls=none\n",
		"f1.conf:6: tls=none contradicts an https:// url: leave tls out");
	config_text_fault(CONFIG_TEXT_RELAY "url=http://localhost" QUERY "proxy=http://proxy:3128\n",
		"f1.conf:6: proxy without TLS: the code would leave this host in the clear");
	config_text_fault(CONFIG_TEXT_RELAY "url=http://localhost" QUERY "ca_file=/ca.pem\n",
		"f1.conf:6: ca_file without TLS: set tls=required, or leave ca_file out");
	config_text_fault(CONFIG_TEXT_RELAY "url=http://localhost" QUERY "client_cert=/c\nclient_key=/k\n",
		"f1.conf:6: client_cert without TLS: use https://, or leave it out");
}

static void how_to_sign_in_follows_from_what_is_given(void **state)
{
	(void)state;
	static const struct {
		const char *keys;
		enum config_auth auth;
	} cases[] = {
		{"", CONFIG_AUTH_NONE},
		{"username=u\npassword_file=/p\n", CONFIG_AUTH_BASIC},
		{"password_file=/p\n", CONFIG_AUTH_BEARER},
		{"password_file=/p\nheader.1=X-Key: {password}\n", CONFIG_AUTH_NONE},
		{"password_file=/p\nheader.8=X-Key: {password}\nauth=bearer\n", CONFIG_AUTH_BEARER},
		{"username=u\npassword_file=/p\nsigv4=aws:amz:r:sns\n", CONFIG_AUTH_AWS_SIGV4},
		{"auth=none\n", CONFIG_AUTH_NONE},
	};
	static const char *const bad[] = {"username=u\n", "auth=basic\n", "auth=bearer\n",
		"auth=basic\npassword_file=/p\n", "auth=bearer\nusername=u\npassword_file=/p\n",
		"password_file=/p\nheader.2=authorization: Key x\n",
		"username=u\npassword_file=/p\nheader.2=Authorization: Key x\n",
		"auth=none\npassword_file=/p\n", "header.1=X: {password}\n", "sigv4=aws:amz:r:sns\n",
		"auth=aws-sigv4\nusername=u\npassword_file=/p\n",
		"auth=basic\nusername=u\npassword_file=/p\nsigv4=aws:amz:r:sns\n"};
	char text[512];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)snprintf(text, sizeof text, CONFIG_TEXT_RELAY URL "%s", cases[i].keys);
		config_text_reads(text);
		assert_int_equal(config_text_reading.config.providers[0].auth, cases[i].auth);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		(void)snprintf(text, sizeof text, CONFIG_TEXT_RELAY URL "%s", bad[i]);
		if (config_text_read(text) != OTP_ERR_CONFIG)
			fail_msg("%s was taken", bad[i]);
	}
}

static void a_message_without_code_or_receiver_is_a_fault(void **state)
{
	(void)state;
	config_text_fault(CONFIG_TEXT_RELAY "url=https://h/?to={to}\n",
		"f1.conf:5: [provider relay] holds neither {text} nor {code}: no code would be sent");
	config_text_fault(CONFIG_TEXT_RELAY "url=https://h/?text={text}\n",
		"f1.conf:5: [provider relay] holds none of {to} {to_digits} {user}: nobody would get the "
		"code");
	config_text_fault(CONFIG_TEXT_RELAY "url=https://h\nmethod=GET\nform=a={to}&b={text}\n",
		"f1.conf:6: method=GET has no body: put it into the url, behind a ?");
	config_text_fault(CONFIG_TEXT_RELAY URL "client_cert=/c\n",
		"f1.conf:6: client_cert and client_key belong together");
	config_text_reads(CONFIG_TEXT_RELAY "url=https://h\nheader.4=X: {user}\njson=[\"{code}\"]\n");
}

static void a_configuration_stays_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct config) < 96UL * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_s_url_has_a_path_and_placeholders_in_its_query_alone),
		cmocka_unit_test(a_bad_placeholder_is_told_with_its_line_and_the_good_ones),
		cmocka_unit_test(a_header_has_a_name_and_a_value_and_decides_nothing_of_the_transfer),
		cmocka_unit_test(a_form_is_encoded_pairs),
		cmocka_unit_test(placeholders_of_a_json_stand_in_strings),
		cmocka_unit_test(a_body_is_a_form_or_a_json),
		cmocka_unit_test(statuses_conditions_and_the_like_have_their_forms),
		cmocka_unit_test(a_status_is_looked_up_in_its_list),
		cmocka_unit_test(keys_of_another_kind_are_a_fault),
		cmocka_unit_test(plain_http_is_for_loopback),
		cmocka_unit_test(how_to_sign_in_follows_from_what_is_given),
		cmocka_unit_test(a_message_without_code_or_receiver_is_a_fault),
		cmocka_unit_test(a_configuration_stays_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
