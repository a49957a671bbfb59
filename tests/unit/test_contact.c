/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/contact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_taken(enum channel channel, const char *text, const char *address)
{
	struct contact contact;
	struct otp_why why = {0};

	if (contact_parse(channel, text, &contact, &why) != OTP_OK)
		fail_msg("%s was refused: %s", text, why.text);
	assert_int_equal(contact.channel, channel);
	assert_string_equal(contact.address, address);
}

/* Refused, with a reason that helps and does not repeat the address, and nothing left in the contact. */
static void assert_refused(enum channel channel, const char *text)
{
	struct contact contact;
	struct otp_why why = {0};

	memset(&contact, 'x', sizeof contact);
	if (contact_parse(channel, text, &contact, &why) != OTP_ERR_INVALID)
		fail_msg("%s was taken", text);
	assert_int_equal(contact.channel, channel);
	assert_string_equal(contact.address, "");
	assert_true(strlen(why.text) > 0);
	assert_int_equal(why.os_error, 0);
	if (strlen(text) >= 5)
		assert_null(strstr(why.text, text));
}

/* n times c. */
static const char *repeat(char *buf, char c, size_t n)
{
	memset(buf, c, n);
	buf[n] = '\0';
	return buf;
}

static void channels_have_names(void **state)
{
	(void)state;
	enum channel channel = CHANNEL_EMAIL;

	assert_string_equal(channel_name(CHANNEL_EMAIL), "email");
	assert_string_equal(channel_name(CHANNEL_SMS), "sms");
	assert_true(channel_parse("sms", &channel));
	assert_int_equal(channel, CHANNEL_SMS);
	assert_true(channel_parse("email", &channel));
	assert_int_equal(channel, CHANNEL_EMAIL);
}

static void unknown_channel_is_refused(void **state)
{
	(void)state;
	static const char *const names[] = {"", "Email", "SMS", "email ", "phone", "e", "none"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		enum channel channel = CHANNEL_SMS;
		assert_false(channel_parse(names[i], &channel));
		assert_int_equal(channel, CHANNEL_SMS);
	}
	struct contact contact;
	assert_int_equal(contact_parse((enum channel)7, "a@example.org", &contact, NULL), OTP_ERR_INVALID);
}

static void ordinary_email_addresses_are_taken(void **state)
{
	(void)state;
	static const char *const addresses[] = {
		"jane@example.org",
		"j@e.org",
		"Jane.Doe+otp@Mail.Example.ORG",
		"a.b.c@example.org",
		"!#$%&'*+-/=?^_`{|}~@example.org",
		"0@1.example",
		"root@localhost",
		"jane@xn--bcher-kva.example",
		"jane@a-b--c.example",
		"-jane-@example.org",
	};

	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		assert_taken(CHANNEL_EMAIL, addresses[i], addresses[i]);
}

static void malformed_email_addresses_are_refused(void **state)
{
	(void)state;
	static const char *const addresses[] = {
		"",
		"jane",
		"@",
		"@example.org",
		"jane@",
		"jane@@example.org",
		"jane@doe@example.org",
		".jane@example.org",
		"jane.@example.org",
		"jane..doe@example.org",
		"jane@.example.org",
		"jane@example.org.",
		"jane@example..org",
		"jane@-example.org",
		"jane@example-.org",
		"jane@example.-org",
		"jane@exa_mple.org",
		"jane@exa mple.org",
		"jane doe@example.org",
		" jane@example.org",
		"jane@example.org ",
		"\"jane doe\"@example.org",
		"\"jane\"@example.org",
		"jane@[192.0.2.7]",
		"jane@[IPv6:2001:db8::1]",
		"jane(comment)@example.org",
		"jane,doe@example.org",
		"jane;doe@example.org",
		"jane:doe@example.org",
		"jane\\@example.org",
		"<jane@example.org>",
		"Jane <jane@example.org>",
		"mailto:jane@example.org",
		"jane@example.org,eve@example.org",
	};

	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		assert_refused(CHANNEL_EMAIL, addresses[i]);
}

/* C39: libcurl 7.88 hands CR LF inside a recipient on to the server. */
static void C39_bytes_that_could_break_a_mail_dialogue_are_refused(void **state)
{
	(void)state;
	static const char *const addresses[] = {
		"jane@example.org\r\nRCPT TO:<eve@example.org>",
		"jane\r\nDATA\r\n@example.org",
		"jane@example.org\n",
		"jane@example.org\r",
		"\njane@example.org",
		"jane@exam\rple.org",
		"jane>@example.org",
		"jane@example.org>",
		"jane@example.org> SIZE=1",
		"jan\xc3\xa9@example.org",
		"jane@ex\xc3\xa4mple.org",
		"jane\x80@example.org",
		"jane@example.org\xff",
		"jane\t@example.org",
		"jane\x7f@example.org",
		"jane\x1b[2J@example.org",
	};
	static const char *const numbers[] = {
		"+15551234567\r\nx",
		"+1555\n1234567",
		"+15551234567\r",
		"+15551234567>",
		"+1555123456\xb2",
		"\xef\xbc\x8b(1)5551234567",
	};

	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		assert_refused(CHANNEL_EMAIL, addresses[i]);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_refused(CHANNEL_SMS, numbers[i]);
}

/* C39: whatever byte stands anywhere in an address, what is taken consists of harmless ones. */
static void C39_every_byte_in_every_place_is_harmless_or_refused(void **state)
{
	(void)state;
	static const char base[] = "jane@example.org";

	for (size_t at = 0; at < sizeof base - 1; at++) {
		for (int byte = 1; byte < 256; byte++) {
			char text[sizeof base];
			struct contact contact;
			memcpy(text, base, sizeof base);
			text[at] = (char)byte;
			if (contact_parse(CHANNEL_EMAIL, text, &contact, NULL) != OTP_OK)
				continue;
			assert_string_equal(contact.address, text);
			assert_in_range(byte, 0x21, 0x7e);
			assert_null(strchr("<>()[]\\,;:\"", byte));
		}
	}
}

static void C39_a_nul_ends_the_address(void **state)
{
	(void)state;

	assert_taken(CHANNEL_EMAIL, "jane@example.org\0\r\nRCPT TO:<eve@example.org>", "jane@example.org");
	assert_refused(CHANNEL_EMAIL, "jane\0@example.org");
	assert_taken(CHANNEL_SMS,
		"+15551234567\0"
		"89",
		"+15551234567");
	assert_refused(CHANNEL_SMS, "+15551\0"
				    "234567");
}

static void local_part_has_at_most_64_octets(void **state)
{
	(void)state;
	char local[80], text[120];

	(void)snprintf(text, sizeof text, "%s@example.org", repeat(local, 'a', 64));
	assert_taken(CHANNEL_EMAIL, text, text);
	(void)snprintf(text, sizeof text, "%s@example.org", repeat(local, 'a', 65));
	assert_refused(CHANNEL_EMAIL, text);
}

static void label_has_at_most_63_octets(void **state)
{
	(void)state;
	char label[80], text[120];

	(void)snprintf(text, sizeof text, "jane@%s.org", repeat(label, 'a', 63));
	assert_taken(CHANNEL_EMAIL, text, text);
	(void)snprintf(text, sizeof text, "jane@%s.org", repeat(label, 'a', 64));
	assert_refused(CHANNEL_EMAIL, text);
	(void)snprintf(text, sizeof text, "jane@example.%s", repeat(label, 'a', 64));
	assert_refused(CHANNEL_EMAIL, text);
}

/* An address of exactly len octets, with labels of at most 50. */
static const char *address_of(char *buf, size_t len)
{
	repeat(buf, 'a', len);
	buf[1] = '@';
	for (size_t i = 52; i + 1 < len; i += 51)
		buf[i] = '.';
	return buf;
}

static void C19_address_has_at_most_254_octets(void **state)
{
	(void)state;
	char text[2048];

	for (size_t len = 3; len <= 1025; len++) {
		(void)address_of(text, len);
		if (len <= 254)
			assert_taken(CHANNEL_EMAIL, text, text);
		else
			assert_refused(CHANNEL_EMAIL, text);
	}
}

static void phone_numbers_are_brought_into_one_form(void **state)
{
	(void)state;

	assert_taken(CHANNEL_SMS, "+441632960123", "+441632960123");
	assert_taken(CHANNEL_SMS, "+44 (1632) 960-123", "+441632960123");
	assert_taken(CHANNEL_SMS, " +44.1632.960.123 ", "+441632960123");
	assert_taken(CHANNEL_SMS, "(+44) 1632 960123", "+441632960123");
	assert_taken(CHANNEL_SMS, "+1234567", "+1234567");
	assert_taken(CHANNEL_SMS, "+123456789012345", "+123456789012345");
}

static void malformed_phone_numbers_are_refused(void **state)
{
	(void)state;
	static const char *const numbers[] = {
		"",
		"+",
		" ",
		"441632960123",
		"00441632960123",
		"+0441632960123",
		"+123456",
		"+1234567890123456",
		"++441632960123",
		"+44163296+0123",
		"441632960123+",
		"+44 1632 960123 ext 5",
		"+44/1632/960123",
		"+44\t1632960123",
		"+44163296012a",
		"jane@example.org",
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_refused(CHANNEL_SMS, numbers[i]);
}

static void C19_phone_number_of_any_length_is_bounded(void **state)
{
	(void)state;
	char text[2048];

	for (size_t len = 1; len <= 1025; len++) {
		repeat(text, '1', len);
		text[0] = '+';
		if (len - 1 >= 7 && len - 1 <= 15)
			assert_taken(CHANNEL_SMS, text, text);
		else
			assert_refused(CHANNEL_SMS, text);
	}
	repeat(text, ' ', 1000);
	memcpy(text + 1000, "+1234567", sizeof "+1234567");
	assert_taken(CHANNEL_SMS, text, "+1234567");
}

static void assert_mask(enum channel channel, const char *text, const char *expected)
{
	struct contact contact;
	char mask[CONTACT_MASK_SIZE];

	assert_int_equal(contact_parse(channel, text, &contact, NULL), OTP_OK);
	contact_mask(&contact, mask);
	assert_string_equal(mask, expected);
}

static void mask_shows_first_characters_and_the_last_label(void **state)
{
	(void)state;

	assert_mask(CHANNEL_EMAIL, "jane@example.org", "j***@e***.org");
	assert_mask(CHANNEL_EMAIL, "jane.doe@mail.example.co.uk", "j***@m***.uk");
	assert_mask(CHANNEL_EMAIL, "root@localhost", "r***@l***");
	assert_mask(CHANNEL_EMAIL, "j@e.museum", "j***@e***.museum");
	assert_mask(CHANNEL_EMAIL, "j@e.twelveletter", "j***@e***.twelveletter");
	assert_mask(CHANNEL_EMAIL, "j@e.photographyy1", "j***@e***.photographyy");
	assert_mask(CHANNEL_EMAIL, "%s@example.org", "%***@e***.org");
	assert_mask(CHANNEL_SMS, "+44 1632 960167", "the phone ending 67");
}

static void mask_says_nothing_of_lengths(void **state)
{
	(void)state;

	assert_mask(CHANNEL_EMAIL, "j@e.org", "j***@e***.org");
	assert_mask(CHANNEL_EMAIL, "jabcdefghijklmnopqrstuvwxyz@example-of-a-long-name.example.org",
		"j***@e***.org");
	assert_mask(CHANNEL_SMS, "+1234567", "the phone ending 67");
	assert_mask(CHANNEL_SMS, "+123456789012367", "the phone ending 67");
}

static void mask_always_fits(void **state)
{
	(void)state;
	char label[64], text[255], mask[CONTACT_MASK_SIZE];
	struct contact contact = {.channel = CHANNEL_EMAIL};

	(void)snprintf(text, sizeof text, "jane@example.%s", repeat(label, 'x', 63));
	assert_mask(CHANNEL_EMAIL, text, "j***@e***.xxxxxxxxxxxx");
	memset(contact.address, '@', sizeof contact.address - 1);
	contact_mask(&contact, mask);
	assert_true(strlen(mask) < CONTACT_MASK_SIZE);
	memset(contact.address, '.', sizeof contact.address - 1);
	contact_mask(&contact, mask);
	assert_string_equal(mask, "***");
}

static void mask_of_an_empty_contact_shows_nothing(void **state)
{
	(void)state;
	struct contact contact = {.channel = CHANNEL_EMAIL};
	char mask[CONTACT_MASK_SIZE];

	contact_mask(&contact, mask);
	assert_string_equal(mask, "***");
	contact.channel = CHANNEL_SMS;
	contact_mask(&contact, mask);
	assert_string_equal(mask, "the phone ending ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channels_have_names),
		cmocka_unit_test(unknown_channel_is_refused),
		cmocka_unit_test(ordinary_email_addresses_are_taken),
		cmocka_unit_test(malformed_email_addresses_are_refused),
		cmocka_unit_test(C39_bytes_that_could_break_a_mail_dialogue_are_refused),
		cmocka_unit_test(C39_every_byte_in_every_place_is_harmless_or_refused),
		cmocka_unit_test(C39_a_nul_ends_the_address),
		cmocka_unit_test(local_part_has_at_most_64_octets),
		cmocka_unit_test(label_has_at_most_63_octets),
		cmocka_unit_test(C19_address_has_at_most_254_octets),
		cmocka_unit_test(phone_numbers_are_brought_into_one_form),
		cmocka_unit_test(malformed_phone_numbers_are_refused),
		cmocka_unit_test(C19_phone_number_of_any_length_is_bounded),
		cmocka_unit_test(mask_shows_first_characters_and_the_last_label),
		cmocka_unit_test(mask_says_nothing_of_lengths),
		cmocka_unit_test(mask_always_fits),
		cmocka_unit_test(mask_of_an_empty_contact_shows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
