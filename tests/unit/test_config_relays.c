/* SPDX-License-Identifier: BSD-2-Clause */
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

static void a_url_is_scheme_host_and_port_and_nothing_else(void **state)
{
	(void)state;
	static const char *const good[] = {"smtp://localhost", "smtp://mx.example.org:587", "smtps://mx1",
		"smtp://192.0.2.1:1", "smtps://[2001:db8::1]:65535", "smtp://[::1]", "smtp://a-b.c3"};
	static const char *const bad[] = {"", "localhost", "localhost:25", "smtp:localhost",
		"smtp:/localhost", "SMTP://localhost", "file:///etc/passwd", "smtp://", "smtp://:25",
		"smtp://h:", "smtp://h:0", "smtp://h:65536", "smtp://h:025000", "smtp://h:25x", "smtp://h:-1",
		"smtp://h: 25", "smtp://h/", "smtp://h/path", "smtp://h?q", "smtp://h#f", "smtp://u@h",
		"smtp://u:p@h", "smtp://h h", "smtp://-h", "smtp://h-", "smtp://h..x", "smtp://h.",
		"smtp://.h", "smtp://h_x", "smtp://%6c", "smtp://127.1", "smtp://2130706433",
		"smtp://1.2.3.4.5", "smtp://0177.0.0.1", "smtp://[::1", "smtp://::1", "smtp://[::1]x",
		"smtp://[fe80::1%eth0]", "smtp://[h]", "smtp://[]", "smtp://a\"b"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (config_text_read_line("provider", "url", good[i]) != OTP_OK)
			fail_msg("%s: %s", good[i], config_text_why.text);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (config_text_read_line("provider", "url", bad[i]) != OTP_ERR_CONFIG)
			fail_msg("%s", bad[i]);
}

static void a_wrong_url_is_told_what_is_wrong(void **state)
{
	(void)state;
	static const char *const cases[][2] = {{"localhost:25", "has another scheme or none"},
		{"smtp://u:p@h",
			"must not hold a user or password, username= and password_file= are for that"},
		{"smtp://h/x", "must not have anything behind the host and port"},
		{"smtp://h_x", "has no valid host"}, {"smtp://h:0", "has no valid port"}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char expected[256];
		(void)snprintf(expected, sizeof expected,
			"f1.conf:2: url %s: smtp://HOST[:PORT], smtps://HOST[:PORT] or "
			"https://HOST[:PORT]/PATH",
			cases[i][1]);
		assert_int_equal(config_text_read_line("provider", "url", cases[i][0]), OTP_ERR_CONFIG);
		assert_string_equal(config_text_why.text, expected);
	}
}

static void names_of_hosts_have_their_lengths(void **state)
{
	(void)state;
	char url[400] = "smtp://";
	struct url parsed;
	size_t start = strlen(url);

	memset(url + start, 'a', 63);
	url[start + 63] = '\0';
	assert_int_equal(config_text_read_line("provider", "url", url), OTP_OK);
	url[start + 63] = 'a';
	url[start + 64] = '\0';
	assert_int_equal(config_text_read_line("provider", "url", url), OTP_ERR_CONFIG);
	for (size_t i = 0; i < 300; i++)
		url[start + i] = i % 60 == 59 ? '.' : 'a';
	url[start + 300] = '\0';
	assert_int_equal(config_text_read_line("provider", "url", url), OTP_ERR_CONFIG);
	assert_int_equal(url_parse(url, &parsed, NULL), OTP_ERR_CONFIG);
	url[start + 253] = '\0';
	assert_int_equal(url_parse(url, &parsed, NULL), OTP_OK);
	url[start + 253] = 'a';
	url[start + 254] = '\0';
	assert_int_equal(url_parse(url, &parsed, NULL), OTP_ERR_CONFIG);
}

static void plain_is_the_default_to_loopback_alone(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		enum config_tls tls;
	} cases[] = {{"smtp://localhost:25", CONFIG_TLS_NONE}, {"smtp://127.0.0.1", CONFIG_TLS_NONE},
		{"smtp://127.255.255.254:1", CONFIG_TLS_NONE}, {"smtp://[::1]:25", CONFIG_TLS_NONE},
		{"smtps://localhost", CONFIG_TLS_REQUIRED},
		{"smtp://localhost.example.org", CONFIG_TLS_REQUIRED},
		{"smtp://128.0.0.1", CONFIG_TLS_REQUIRED}, {"smtp://[::2]", CONFIG_TLS_REQUIRED},
		{"smtp://[::ffff:127.0.0.1]", CONFIG_TLS_REQUIRED},
		{"smtp://127.example.org", CONFIG_TLS_REQUIRED},
		{"smtp://notlocalhost", CONFIG_TLS_REQUIRED}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[512];
		(void)snprintf(text, sizeof text, CONFIG_TEXT_RELAY "url=%s\n", cases[i].url);
		config_text_reads(text);
		if (config_text_reading.config.providers[0].tls != cases[i].tls)
			fail_msg("%s", cases[i].url);
	}
	config_text_reads(CONFIG_TEXT_RELAY "tls=required\nurl=smtp://localhost\n");
	assert_int_equal(config_text_reading.config.providers[0].tls, CONFIG_TLS_REQUIRED);
}

static void plain_to_another_host_is_a_fault(void **state)
{
	(void)state;
	config_text_fault(CONFIG_TEXT_RELAY "url=smtp://mx.example.org\ntls=none\n",
		"f1.conf:6: tls=none is for loopback only (localhost, 127.0.0.0/8, [::1]): leave tls out");
	config_text_fault(CONFIG_TEXT_RELAY "url=smtp://10.0.0.1\ntls=none\n",
		"f1.conf:6: tls=none is for loopback only (localhost, 127.0.0.0/8, [::1]): leave tls out");
	config_text_fault(CONFIG_TEXT_RELAY "url=smtps://localhost\ntls=none\n",
		"f1.conf:6: tls=none contradicts an smtps:// url: leave tls out");
	config_text_fault(CONFIG_TEXT_WORKS "ca_file=/ca.pem\n",
		"f1.conf:6: ca_file without TLS: set tls=required, or leave ca_file out");
	config_text_reads(CONFIG_TEXT_WORKS "tls=required\nca_file=/ca.pem\n");
}

static void a_host_that_a_drop_in_moves_off_loopback_is_no_longer_plain(void **state)
{
	(void)state;
	const char *texts[] = {
		CONFIG_TEXT_WORKS "tls=none\n", "[provider relay]\nurl=smtp://mx.example.org\n", NULL};

	assert_int_equal(config_text_read_files(texts), OTP_OK);
	assert_int_equal(reading_finish(&config_text_reading, &config_text_why), OTP_ERR_CONFIG);
	assert_string_equal(config_text_why.text,
		"f1.conf:6: tls=none is for loopback only (localhost, 127.0.0.0/8, [::1]): leave tls out");
}

static void a_login_needs_its_name_and_its_password(void **state)
{
	(void)state;
	config_text_fault(CONFIG_TEXT_WORKS "username=u\n",
		"f1.conf:6: [provider relay] has a username and no password_file");
	config_text_fault(CONFIG_TEXT_WORKS "password_file=/p\n",
		"f1.conf:6: [provider relay] has a password_file and no username");
	config_text_reads(CONFIG_TEXT_WORKS "username=u\npassword_file=/p\n");
	config_text_reads(CONFIG_TEXT_WORKS "username=\npassword_file=\n");
}

static void without_a_way_to_send_the_fault_says_so(void **state)
{
	(void)state;
	config_text_fault("", "f1.conf: [email] providers is empty, so no code can be sent: name a [provider "
			      "NAME] section");
	config_text_fault("[email]\nproviders=\n", "f1.conf:2: [email] providers is empty, so no code can be "
						   "sent: name a [provider NAME] section");
	config_text_fault(
		"[email]\nproviders=a,relay\nfrom=a@b.org\n[provider relay]\nurl=smtp://localhost\n",
		"f1.conf:2: providers names a, but there is no section [provider a]");
	config_text_fault("[email]\nproviders=relay\n[provider relay]\nurl=smtp://localhost\n",
		"f1.conf:2: [email] from is empty: it must be the address that messages come from");
	config_text_fault(CONFIG_TEXT_RELAY,
		"f1.conf:4: [provider relay] has no url: smtp://HOST[:PORT], "
		"smtps://HOST[:PORT] or https://HOST[:PORT]/PATH; and no command");
	config_text_fault(CONFIG_TEXT_WORKS "[provider spare]\n",
		"f1.conf:6: [provider spare] has no url: smtp://HOST[:PORT], smtps://HOST[:PORT] or "
		"https://HOST[:PORT]/PATH; and no command");
	config_text_reads(CONFIG_TEXT_WORKS "[provider spare]\nurl=smtp://localhost\n");
}

static void providers_are_kept_in_order(void **state)
{
	(void)state;
	config_text_reads("[email]\nproviders= b ,\ta,c\nfrom=a@b.org\n[provider a]\nurl=smtp://a\n[provider "
			  "b]\nurl=smtp://b\n"
			  "[provider c]\nurl=smtp://c\n");
	assert_int_equal(config_text_reading.config.email.providers_n, 3);
	assert_string_equal(config_text_reading.config.email.providers[0], "b");
	assert_string_equal(config_text_reading.config.email.providers[1], "a");
	assert_string_equal(config_text_reading.config.email.providers[2], "c");
	assert_string_equal(config_find_provider(&config_text_reading.config, "b")->url, "smtp://b");
	assert_null(config_find_provider(&config_text_reading.config, "d"));
}

static void a_list_of_providers_is_names_with_commas_between(void **state)
{
	(void)state;
	static const char *const bad[] = {",", "a,", ",a", "a,,b", "a b", "a;b", "a, ", "-", "-a", "_a",
		"a/b", "abcdefghijklmnopqrstuvwxyz0123456"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(config_text_read_line("email", "providers", bad[i]), OTP_ERR_CONFIG);
		assert_string_equal(config_text_why.text, "f1.conf:2: providers must be names of [provider "
							  "NAME] sections, with commas between");
	}
	config_text_fault("[email]\nproviders=a,b,a\n", "f1.conf:2: providers names a twice");
	assert_int_equal(config_text_read_line("email", "providers", "a,b,c,d,e,f,g,h"), OTP_OK);
	config_text_fault(
		"[email]\nproviders=a,b,c,d,e,f,g,h,i\n", "f1.conf:2: providers takes at most 8 names");
}

static void a_provider_section_needs_a_fit_name(void **state)
{
	(void)state;
	static const char *const bad[] = {"provider", "provider ", "provider -", "provider a b",
		"provider a.b", "provider abcdefghijklmnopqrstuvwxyz0123456"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[100];
		(void)snprintf(text, sizeof text, "[%s]\n", bad[i]);
		config_text_fault(text,
			"f1.conf:1: [provider NAME] needs a NAME of up to 32 letters, digits, '-' or '_', "
			"the first a letter or digit");
	}
	config_text_reads(CONFIG_TEXT_WORKS "[provider  abcdefghijklmnopqrstuvwxyz-1_345]\nurl=smtp://a\n");
	assert_string_equal(config_text_reading.config.providers[1].name, "abcdefghijklmnopqrstuvwxyz-1_345");
}

static void a_seventeenth_provider_is_a_fault(void **state)
{
	(void)state;
	char text[2048] = CONFIG_TEXT_WORKS;

	for (int i = 2; i <= CONFIG_PROVIDERS_MAX; i++) {
		size_t len = strlen(text);
		(void)snprintf(text + len, sizeof text - len, "[provider p%d]\nurl=smtp://a\n", i);
	}
	config_text_reads(text);
	assert_int_equal(config_text_reading.config.providers_n, CONFIG_PROVIDERS_MAX);
	size_t len = strlen(text);
	(void)snprintf(text + len, sizeof text - len, "[provider more]\n");
	config_text_fault(text, "f1.conf:36: there are more than 16 providers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_scheme_host_and_port_and_nothing_else),
		cmocka_unit_test(a_wrong_url_is_told_what_is_wrong),
		cmocka_unit_test(names_of_hosts_have_their_lengths),
		cmocka_unit_test(plain_is_the_default_to_loopback_alone),
		cmocka_unit_test(plain_to_another_host_is_a_fault),
		cmocka_unit_test(a_host_that_a_drop_in_moves_off_loopback_is_no_longer_plain),
		cmocka_unit_test(a_login_needs_its_name_and_its_password),
		cmocka_unit_test(without_a_way_to_send_the_fault_says_so),
		cmocka_unit_test(providers_are_kept_in_order),
		cmocka_unit_test(a_list_of_providers_is_names_with_commas_between),
		cmocka_unit_test(a_provider_section_needs_a_fit_name),
		cmocka_unit_test(a_seventeenth_provider_is_a_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
