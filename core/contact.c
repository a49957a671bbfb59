/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/contact.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LOCAL_PART_MAX 64 /* RFC 5321 4.5.3.1.1 */
#define LABEL_MAX 63      /* RFC 1035 2.3.4 */
#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15 /* ITU-T E.164 */
#define MASK_LABEL_MAX 12   /* a top label may have 63 octets, a line 78 columns */

const char *channel_name(enum channel channel)
{
	switch (channel) {
	case CHANNEL_EMAIL:
		return "email";
	case CHANNEL_SMS:
		return "sms";
	}
	return "none";
}

bool channel_parse(const char *name, enum channel *out)
{
	static const enum channel all[] = {CHANNEL_EMAIL, CHANNEL_SMS};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (strcmp(name, channel_name(all[i])) == 0) {
			*out = all[i];
			return true;
		}
	}
	return false;
}

bool channel_is_among(enum channel channel, const struct otp_channels *channels)
{
	for (unsigned i = 0; i < channels->n; i++)
		if (channels->list[i] == channel)
			return true;
	return false;
}

/* Not isdigit and isalnum: those follow the host's locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

/* atext of RFC 5322 3.2.3. */
static bool is_atom_char(char c)
{
	return is_letter_or_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Dot-string of RFC 5321 4.1.2. */
static bool local_part_is_valid(const char *text, size_t len)
{
	if (len == 0 || len > LOCAL_PART_MAX)
		return false;
	bool after_dot = true;
	for (size_t i = 0; i < len; i++) {
		bool dot = text[i] == '.';
		if (dot ? after_dot : !is_atom_char(text[i]))
			return false;
		after_dot = dot;
	}
	return !after_dot;
}

static bool label_is_valid(const char *text, size_t len)
{
	if (len == 0 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_letter_or_digit(text[i]) && text[i] != '-')
			return false;
	return true;
}

static bool domain_is_valid(const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ".");
		if (!label_is_valid(text, len))
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

static enum otp_err email_parse(const char *text, struct contact *out, struct otp_why *why)
{
	size_t len = strnlen(text, CONTACT_ADDRESS_SIZE);
	if (len >= CONTACT_ADDRESS_SIZE)
		return why_set(why, OTP_ERR_INVALID, 0, "an email address has at most %d characters",
			CONTACT_ADDRESS_SIZE - 1);

	const char *at = strchr(text, '@');
	if (at == NULL)
		return why_set(why, OTP_ERR_INVALID, 0, "an email address is NAME@DOMAIN: the @ is missing");
	if (!local_part_is_valid(text, (size_t)(at - text)))
		return why_set(why, OTP_ERR_INVALID, 0,
			"before the @ of an email address stand 1 to %d ASCII letters, digits or "
			"!#$%%&'*+-/=?^_`{|}~, with single dots between them",
			LOCAL_PART_MAX);
	if (!domain_is_valid(at + 1))
		return why_set(why, OTP_ERR_INVALID, 0,
			"after the @ of an email address stands a domain: ASCII letters, digits and hyphens, "
			"with single dots between labels of at most %d characters",
			LABEL_MAX);
	memcpy(out->address, text, len + 1);
	return OTP_OK;
}

/* Keeps '+' and digits in number, drops what people put between them; false for anything else. */
static bool phone_collect(const char *text, char number[1 + PHONE_DIGITS_MAX + 1])
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (strchr(" .-()", *text) != NULL)
			continue;
		bool fits = len == 0 ? *text == '+' : is_digit(*text) && !(len == 1 && *text == '0');
		if (!fits || len == 1 + PHONE_DIGITS_MAX)
			return false;
		number[len++] = *text;
	}
	number[len] = '\0';
	return len >= 1 + PHONE_DIGITS_MIN;
}

static enum otp_err phone_parse(const char *text, struct contact *out, struct otp_why *why)
{
	char number[1 + PHONE_DIGITS_MAX + 1];

	if (!phone_collect(text, number))
		return why_set(why, OTP_ERR_INVALID, 0,
			"a phone number is + and %d to %d digits, country code first and so no 0 first: "
			"+12025550123",
			PHONE_DIGITS_MIN, PHONE_DIGITS_MAX);
	memcpy(out->address, number, sizeof number);
	return OTP_OK;
}

enum otp_err contact_parse(enum channel channel, const char *text, struct contact *out, struct otp_why *why)
{
	*out = (struct contact){.channel = channel};
	switch (channel) {
	case CHANNEL_EMAIL:
		return email_parse(text, out, why);
	case CHANNEL_SMS:
		return phone_parse(text, out, why);
	}
	return why_set(why, OTP_ERR_INVALID, 0, "a channel is email or sms");
}

static void email_mask(const char *address, char out[CONTACT_MASK_SIZE])
{
	const char *at = strrchr(address, '@');
	if (at == NULL) {
		(void)snprintf(out, CONTACT_MASK_SIZE, "***");
		return;
	}
	const char *last = strrchr(at, '.');
	(void)snprintf(out, CONTACT_MASK_SIZE, "%.1s***@%.1s***%.*s", address, at + 1, 1 + MASK_LABEL_MAX,
		last != NULL ? last : "");
}

static void phone_mask(const char *address, char out[CONTACT_MASK_SIZE])
{
	size_t len = strlen(address);

	(void)snprintf(out, CONTACT_MASK_SIZE, "the phone ending %s", address + (len > 2 ? len - 2 : len));
}

void contact_mask(const struct contact *contact, char out[CONTACT_MASK_SIZE])
{
	switch (contact->channel) {
	case CHANNEL_EMAIL:
		email_mask(contact->address, out);
		return;
	case CHANNEL_SMS:
		phone_mask(contact->address, out);
		return;
	}
	out[0] = '\0';
}

static int ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Not strcasecmp, which follows the host's locale. */
static bool equal_in_any_case(const char *a, const char *b)
{
	for (; *a != '\0' && ascii_lower(*a) == ascii_lower(*b); a++, b++)
		;
	return ascii_lower(*a) == ascii_lower(*b);
}

bool contact_equal(const struct contact *a, const struct contact *b)
{
	const char *at = strrchr(a->address, '@');

	if (a->channel != b->channel)
		return false;
	if (at == NULL)
		return strcmp(a->address, b->address) == 0;
	size_t local_len = (size_t)(at - a->address);
	return strncmp(a->address, b->address, local_len) == 0 &&
	       equal_in_any_case(at, b->address + local_len);
}
