/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/fill.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char out[4096];

static struct provider_message a_message(void)
{
	return (struct provider_message){.channel = CHANNEL_SMS,
		.to = "+4915123456789",
		.from = "+1 555",
		.text = "123456 is the code\n(ref QFX)",
		.mail = "",
		.code = "123456",
		.ref = "QFX",
		.host = "web1.example.org",
		.user = "alice",
		.id = "00112233445566778899aabbccddeeff"};
}

static const char *fill(const char *from, enum fill_form form, const struct provider_message *message)
{
	struct text text = text_begin(out, sizeof out);

	fill_template(from, form, message, "pa ss", &text);
	assert_false(text.full);
	return out;
}

static void every_placeholder_has_its_value(void **state)
{
	(void)state;
	struct provider_message message = a_message();
	static const char *const values[PLACEHOLDERS_N] = {"+4915123456789", "4915123456789",
		"123456 is the code\n(ref QFX)", "123456", "+1 555", "QFX", "web1.example.org", "alice",
		"00112233445566778899aabbccddeeff", "pa ss"};
	char template[64];

	for (size_t i = 0; i < PLACEHOLDERS_N; i++) {
		(void)snprintf(template, sizeof template, "{%s}", placeholder_name(i));
		assert_string_equal(fill(template, FILL_PLAIN, &message), values[i]);
	}
	assert_null(placeholder_name(PLACEHOLDERS_N));
	assert_string_equal(fill("a{ref}b{ref}", FILL_PLAIN, &message), "aQFXbQFX");
	assert_string_equal(fill("", FILL_PLAIN, &message), "");
	message.to = "a@b.org";
	assert_string_equal(fill("{to_digits}", FILL_PLAIN, &message), "a@b.org");
}

static void a_value_is_not_filled_in_again(void **state)
{
	(void)state;
	struct provider_message message = a_message();

	message.user = "{code}{text}";
	assert_string_equal(fill("{user}", FILL_PLAIN, &message), "{code}{text}");
	assert_string_equal(fill("{user}", FILL_URL, &message), "%7Bcode%7D%7Btext%7D");
}

static void of_every_byte_in_a_url_only_the_unreserved_stay(void **state)
{
	(void)state;
	struct provider_message message = a_message();

	for (int byte = 1; byte < 256; byte++) {
		char value[2] = {(char)byte, '\0'}, encoded[8];
		bool stays = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
			     (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
			     byte == '~';
		(void)snprintf(encoded, sizeof encoded, stays ? "%c" : "%%%02X", byte);
		message.text = value;
		assert_string_equal(fill("{text}", FILL_URL, &message), encoded);
	}
}

static void no_byte_leaves_a_header(void **state)
{
	(void)state;
	struct provider_message message = a_message();

	for (int byte = 1; byte < 256; byte++) {
		char value[4] = {'a', (char)byte, 'b', '\0'};
		message.text = value;
		fill("X: {text}", FILL_HEADER, &message);
		assert_int_equal(strlen(out), 6);
		assert_true(out[4] >= 0x20 && out[4] < 0x7f);
		if (byte >= 0x20 && byte < 0x7f)
			assert_int_equal(out[4], byte);
	}
}

/* What a parser reads is what was filled in, and nothing beside it. */
static void assert_json(const char *value, const char *read)
{
	struct provider_message message = a_message();

	message.text = value;
	fill("{\"a\": \"<{text}>\", \"b\": \"{ref}\"}", FILL_JSON, &message);
	json_t *json = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
	if (json == NULL)
		fail_msg("not JSON: %s", out);
	assert_int_equal(json_object_size(json), 2);
	const char *seen = json_string_value(json_object_get(json, "a"));
	assert_non_null(seen);
	assert_int_equal(strlen(seen), strlen(read) + 2);
	assert_memory_equal(seen + 1, read, strlen(read));
	json_decref(json);
}

static void no_byte_leaves_a_json_string(void **state)
{
	(void)state;
	static const char *const whole[] = {"\",\"b\":\"x", "\\", "\\\"", "\\u0022", "\n\r\t\b\f", "/",
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "{\"}", "\x7f", "\x1f\x01"};
	static const char *const broken[][2] = {{"\xff", "\xef\xbf\xbd"}, {"a\xc3", "a\xef\xbf\xbd"},
		{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"}, {"\xc3\"", "\xef\xbf\xbd\""}};

	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		assert_json(whole[i], whole[i]);
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		assert_json(broken[i][0], broken[i][1]);
	for (int byte = 1; byte < 0x80; byte++) {
		char value[2] = {(char)byte, '\0'};
		assert_json(value, value);
	}
}

static void what_does_not_fit_is_told(void **state)
{
	(void)state;
	struct provider_message message = a_message();
	char small[16];
	struct text text = text_begin(small, sizeof small);

	fill_template("{id}", FILL_PLAIN, &message, NULL, &text);
	assert_true(text.full);
	text = text_begin(small, sizeof small);
	fill_template("[{password}]", FILL_PLAIN, &message, NULL, &text);
	assert_string_equal(small, "[]");
}

static void arguments_hold_no_secret(void **state)
{
	(void)state;
	assert_int_equal(placeholder_check("command", "{to} {to_digits} {from} {ref} {host} {user}",
				 PLACEHOLDERS_COMMAND, NULL),
		OTP_OK);
	static const char *const secret[] = {
		"{code}", "{text}", "{password}", "{id}", "{", "}", "{}", "{to", "{to }", "{to}{cod}"};
	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		assert_int_equal(
			placeholder_check("command", secret[i], PLACEHOLDERS_COMMAND, NULL), OTP_ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_placeholder_has_its_value),
		cmocka_unit_test(a_value_is_not_filled_in_again),
		cmocka_unit_test(of_every_byte_in_a_url_only_the_unreserved_stay),
		cmocka_unit_test(no_byte_leaves_a_header),
		cmocka_unit_test(no_byte_leaves_a_json_string),
		cmocka_unit_test(what_does_not_fit_is_told),
		cmocka_unit_test(arguments_hold_no_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
