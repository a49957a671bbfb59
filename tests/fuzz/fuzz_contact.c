/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/contact.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

/* What is taken can be said to a mail server or a gateway as it is, reads the same again, and its mask fits.
 */
static void check_taken(const struct contact *contact)
{
	struct contact again;
	char mask[CONTACT_MASK_SIZE];
	size_t len = strlen(contact->address);

	must(len > 0 && len < CONTACT_ADDRESS_SIZE);
	for (size_t i = 0; i < len; i++)
		must(contact->address[i] > ' ' && contact->address[i] < 0x7f &&
			strchr("<>()[]\\,;:\"", contact->address[i]) == NULL);
	must(contact_parse(contact->channel, contact->address, &again, NULL) == OTP_OK);
	must(strcmp(again.address, contact->address) == 0);
	contact_mask(contact, mask);
	must(strlen(mask) < CONTACT_MASK_SIZE);
	if (contact->channel == CHANNEL_SMS)
		must(len >= 8 && len <= 16 && contact->address[0] == '+');
}

/* A reason is one line and holds nothing of what was given. */
static void check_refused(const struct contact *contact, const struct otp_why *why)
{
	must(contact->address[0] == '\0');
	must(why->text[0] != '\0');
	for (const char *c = why->text; *c != '\0'; c++)
		must(*c >= ' ' && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum channel channels[] = {CHANNEL_EMAIL, CHANNEL_SMS};
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
		struct contact contact;
		struct otp_why why = {0};
		if (contact_parse(channels[i], text, &contact, &why) == OTP_OK)
			check_taken(&contact);
		else
			check_refused(&contact, &why);
		must(contact.channel == channels[i]);
	}
	free(text);
	return 0;
}
