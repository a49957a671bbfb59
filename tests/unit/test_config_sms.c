/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "tests/unit/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SMS(allow) "[sms]\nproviders=gate\n" allow
#define GATE "[provider gate]\nurl=http://localhost:13013/send?to={to}&text={text}\nmethod=GET\n"
#define WORKS SMS("allow_prefixes=+1,+44\n") GATE

static const struct config *config(void)
{
	return &config_text_reading.config;
}

static void codes_may_go_by_sms_alone(void **state)
{
	(void)state;
	config_text_reads(WORKS);
	assert_int_equal(config()->delivery.channels.n, 1);
	assert_int_equal(config()->delivery.channels.list[0], CHANNEL_SMS);
	assert_string_equal(config_find_channel(config(), CHANNEL_SMS)->providers[0], "gate");
}

static void whatever_has_providers_is_used_unless_channels_says_otherwise(void **state)
{
	(void)state;
	config_text_reads(CONFIG_TEXT_WORKS);
	assert_int_equal(config()->delivery.channels.n, 1);
	assert_int_equal(config()->delivery.channels.list[0], CHANNEL_EMAIL);
	config_text_reads(CONFIG_TEXT_WORKS WORKS);
	assert_int_equal(config()->delivery.channels.n, 2);
	config_text_reads("[delivery]\nchannels=sms\n" CONFIG_TEXT_WORKS WORKS);
	assert_int_equal(config()->delivery.channels.n, 1);
	assert_int_equal(config()->delivery.channels.list[0], CHANNEL_SMS);
	config_text_reads("[delivery]\nchannels= sms , email\n" CONFIG_TEXT_WORKS WORKS);
	assert_int_equal(config()->delivery.channels.n, 2);
}

static void a_channel_that_cannot_send_is_a_fault(void **state)
{
	(void)state;
	config_text_fault("[delivery]\nchannels=email,sms\n" CONFIG_TEXT_WORKS,
		"f1.conf:2: channels names sms, but [sms] providers is empty");
	config_text_fault("[delivery]\nchannels=email\n" WORKS,
		"f1.conf:2: channels names email, but [email] providers is empty");
	config_text_fault("[delivery]\nchannels=email,email\n", "f1.conf:2: channels names email twice");
	config_text_fault("[delivery]\nchannels=fax\n",
		"f1.conf:2: channels=fax must be email, sms, or both with a comma between");
}

static void providers_of_sms_are_gateways_with_a_section(void **state)
{
	(void)state;
	config_text_fault("[sms]\nproviders=gate\nallow_prefixes=any\n",
		"f1.conf:2: providers names gate, but there is no section [provider gate]");
	config_text_fault(SMS("allow_prefixes=any\n") "[provider gate]\nurl=smtp://localhost\n",
		"f1.conf:2: providers names gate, whose url is for email: a gateway has an https:// url");
}

static void C41_without_a_list_of_countries_nothing_can_be_texted(void **state)
{
	(void)state;
	config_text_fault(SMS("") GATE,
		"f1.conf:2: [sms] allow_prefixes is empty: country codes such as +1,+44, or the word any");
	config_text_fault(SMS("allow_prefixes=\n") GATE,
		"f1.conf:3: [sms] allow_prefixes is empty: country codes such as +1,+44, or the word any");
}

static void a_prefix_is_a_plus_and_digits(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"1", "+", "+0", "+1a", "ANY", "*", "+1,", ",+1", "+1 +44", "++1", "+1234567890123456"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(config_text_read_line("sms", "allow_prefixes", bad[i]), OTP_ERR_CONFIG);
		assert_non_null(strstr(
			config_text_why.text, "must be country codes such as +1,+44, or the word any"));
	}
	config_text_fault("[sms]\nallow_prefixes=any,+49\n",
		"f1.conf:2: allow_prefixes: the word any stands alone, or leave it out");
	config_text_fault("[sms]\nallow_prefixes=+49, any\n",
		"f1.conf:2: allow_prefixes: the word any stands alone, or leave it out");
	config_text_fault("[sms]\nallow_prefixes=+1,+44,+1\n", "f1.conf:2: allow_prefixes names +1 twice");
}

static enum otp_err allowed(const char *number, char text[WHY_TEXT_SIZE])
{
	struct contact contact;
	struct otp_why why = {0};

	assert_int_equal(contact_parse(CHANNEL_SMS, number, &contact, NULL), OTP_OK);
	enum otp_err err = config_allows(config(), &contact, &why);
	(void)snprintf(text, WHY_TEXT_SIZE, "%s", why.text);
	return err;
}

static void C41_a_number_is_allowed_by_any_listed_beginning(void **state)
{
	(void)state;
	struct contact email = {.channel = CHANNEL_EMAIL, .address = "a@b.org"};
	char why[WHY_TEXT_SIZE];

	config_text_reads(SMS("allow_prefixes=+4915,+44,+1555\n") GATE);
	assert_int_equal(allowed("+491512345678", why), OTP_OK);
	assert_int_equal(allowed("+15551234567", why), OTP_OK);
	assert_int_equal(allowed("+441234567890", why), OTP_OK);
	assert_int_equal(allowed("+491612345678", why), OTP_ERR_INVALID);
	assert_string_equal(why, "no number with this country code may be texted to: [sms] allow_prefixes is "
				 "+4915,+44,+1555");
	assert_int_equal(allowed("+15541234567", why), OTP_ERR_INVALID);
	assert_int_equal(config_allows(config(), &email, NULL), OTP_OK);
	config_text_reads(SMS("allow_prefixes=any\n") GATE);
	assert_int_equal(allowed("+8821234567", why), OTP_OK);
	config_text_reads(CONFIG_TEXT_WORKS);
	assert_int_equal(allowed("+15551234567", why), OTP_ERR_INVALID);
	assert_string_equal(why, "nothing may be texted to: [sms] providers and allow_prefixes are not set");
}

static void a_long_list_is_cut_between_its_items(void **state)
{
	(void)state;
	char why[WHY_TEXT_SIZE];

	config_text_reads(
		SMS("allow_prefixes=+211,+212,+213,+214,+215,+216,+217,+218,+219,+220,+221,+222,+223,"
		    "+224,+225\n") GATE);
	assert_int_equal(allowed("+15551234567", why), OTP_ERR_INVALID);
	assert_string_equal(why, "no number with this country code may be texted to: [sms] allow_prefixes is "
				 "+211,+212,+213,+214,+215,+216,+217,+218,+219,+220,+221,+222...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_may_go_by_sms_alone),
		cmocka_unit_test(whatever_has_providers_is_used_unless_channels_says_otherwise),
		cmocka_unit_test(a_channel_that_cannot_send_is_a_fault),
		cmocka_unit_test(providers_of_sms_are_gateways_with_a_section),
		cmocka_unit_test(C41_without_a_list_of_countries_nothing_can_be_texted),
		cmocka_unit_test(a_prefix_is_a_plus_and_digits),
		cmocka_unit_test(C41_a_number_is_allowed_by_any_listed_beginning),
		cmocka_unit_test(a_long_list_is_cut_between_its_items),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
