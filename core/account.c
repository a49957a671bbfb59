/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/account.h"

#include <string.h>

/* As many whole masks as fit an event. */
static void list_masks(const struct contact *contacts, unsigned contacts_n, char out[RECORD_DETAIL_SIZE])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < contacts_n; i++) {
		char mask[CONTACT_MASK_SIZE];
		contact_mask(&contacts[i], mask);
		const char *between = i > 0 ? ", " : "";
		size_t more = strlen(between) + strlen(mask);
		if (len + more >= RECORD_DETAIL_SIZE)
			return;
		memcpy(out + len, between, strlen(between));
		memcpy(out + len + strlen(between), mask, strlen(mask) + 1);
		len += more;
	}
}

static void note(struct record *record, int64_t now, enum record_event_kind kind,
	const struct contact *contacts, unsigned contacts_n)
{
	char detail[RECORD_DETAIL_SIZE];

	list_masks(contacts, contacts_n, detail);
	record_add_event(record, now, &(struct record_event_facts){.kind = kind, .detail = detail});
}

/* A further contact at the end of those there are. */
static enum otp_err append(struct record *record, const struct contact *contact, struct otp_why *why)
{
	unsigned n = record->contacts_n;
	char mask[CONTACT_MASK_SIZE];

	contact_mask(contact, mask);
	for (unsigned i = 0; i < n; i++)
		if (contact_equal(&record->contacts[i], contact))
			return why_set(why, OTP_ERR_EXISTS, 0, "%s is contact %u already", mask, i + 1);
	if (n == RECORD_CONTACTS_MAX)
		return why_set(
			why, OTP_ERR_TOO_LARGE, 0, "a user has at most %d contacts", RECORD_CONTACTS_MAX);
	record->contacts[n] = *contact;
	if (!record_contacts_fit(record->contacts, n + 1)) {
		memset(&record->contacts[n], 0, sizeof record->contacts[n]);
		return why_set(why, OTP_ERR_TOO_LARGE, 0,
			"the addresses of a user have at most %d bytes together", RECORD_ADDRESSES_MAX);
	}
	record->contacts_n++;
	return OTP_OK;
}

enum otp_err account_enroll(struct record *record, bool exists, int64_t now, const struct contact *contacts,
	unsigned contacts_n, struct otp_why *why)
{
	if (exists)
		return why_set(why, OTP_ERR_EXISTS, 0, "the user is enrolled already");
	if (contacts_n == 0)
		return why_set(why, OTP_ERR_INVALID, 0, "enrolling takes at least one contact");

	for (unsigned i = 0; i < contacts_n; i++) {
		enum otp_err err = append(record, &contacts[i], why);
		if (err == OTP_OK)
			continue;
		memset(record->contacts, 0, sizeof record->contacts);
		record->contacts_n = 0;
		return err == OTP_ERR_EXISTS ? OTP_ERR_INVALID : err;
	}
	record->enrolled = now;
	note(record, now, EVENT_ENROLLED, record->contacts, record->contacts_n);
	return OTP_OK;
}

enum otp_err account_add_contact(
	struct record *record, int64_t now, const struct contact *contact, struct otp_why *why)
{
	enum otp_err err = append(record, contact, why);

	if (err != OTP_OK)
		return err;
	record->devices_n = 0;
	note(record, now, EVENT_CONTACT_ADDED, contact, 1);
	return OTP_OK;
}

enum otp_err account_remove_contact(struct record *record, int64_t now, unsigned number, struct otp_why *why)
{
	if (number < 1 || number > record->contacts_n)
		return why_set(why, OTP_ERR_INVALID, 0, "there is no contact %u: the user has %u", number,
			record->contacts_n);
	if (record->contacts_n == 1)
		return why_set(
			why, OTP_ERR_INVALID, 0, "the only contact cannot be removed: unenroll the user");

	const struct contact removed = record->contacts[number - 1];
	record->contacts_n--;
	memmove(&record->contacts[number - 1], &record->contacts[number],
		(record->contacts_n - (number - 1)) * sizeof record->contacts[0]);
	record->challenges_n = 0;
	record->devices_n = 0;
	note(record, now, EVENT_CONTACT_REMOVED, &removed, 1);
	return OTP_OK;
}

/* Every number from 1 to n once. */
static bool is_order(const unsigned *order, unsigned order_n, unsigned n)
{
	unsigned seen = 0;

	if (order_n != n)
		return false;
	for (unsigned i = 0; i < order_n; i++) {
		if (order[i] < 1 || order[i] > n || (seen & 1U << order[i]) != 0)
			return false;
		seen |= 1U << order[i];
	}
	return true;
}

enum otp_err account_order_contacts(
	struct record *record, int64_t now, const unsigned *order, unsigned order_n, struct otp_why *why)
{
	struct contact old[RECORD_CONTACTS_MAX];

	if (!is_order(order, order_n, record->contacts_n))
		return why_set(why, OTP_ERR_INVALID, 0, "an order holds every number from 1 to %u once",
			record->contacts_n);
	memcpy(old, record->contacts, sizeof old);
	for (unsigned i = 0; i < order_n; i++)
		record->contacts[i] = old[order[i] - 1];
	record->challenges_n = 0;
	record->devices_n = 0;
	note(record, now, EVENT_CONTACT_ORDER, record->contacts, record->contacts_n);
	return OTP_OK;
}

static bool contacts_are_those(const struct record *record, const struct otp_contacts *contacts)
{
	if (record->contacts_n != contacts->n)
		return false;
	for (unsigned i = 0; i < contacts->n; i++)
		if (record->contacts[i].channel != contacts->list[i].channel ||
			strcmp(record->contacts[i].address, contacts->list[i].address) != 0)
			return false;
	return true;
}

bool account_follow_contacts(struct record *record, int64_t now, const struct otp_contacts *contacts)
{
	if (contacts_are_those(record, contacts))
		return false;
	memset(record->contacts, 0, sizeof record->contacts);
	memcpy(record->contacts, contacts->list, contacts->n * sizeof contacts->list[0]);
	record->contacts_n = contacts->n;
	record->challenges_n = 0;
	record->devices_n = 0;
	note(record, now, EVENT_CONTACTS_FOLLOWED, record->contacts, record->contacts_n);
	return true;
}

void account_lock(struct record *record, int64_t now)
{
	record->admin_locked = true;
	record->challenges_n = 0;
	note(record, now, EVENT_ADMIN_LOCK, NULL, 0);
}

/* Which challenges are spent depends on the configured tries; without a try used, none is. */
static void drop_tried_challenges(struct record *record)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < record->challenges_n; i++)
		if (record->challenges[i].tries_used == 0)
			record->challenges[kept++] = record->challenges[i];
	record->challenges_n = kept;
}

void account_unlock(struct record *record, int64_t now)
{
	record->admin_locked = false;
	memset(record->lanes, 0, sizeof record->lanes);
	drop_tried_challenges(record);
	note(record, now, EVENT_ADMIN_UNLOCK, NULL, 0);
}

void account_restored(struct record *record, int64_t now)
{
	record->challenges_n = 0;
	record->backups_n = 0;
	record->devices_n = 0;
	for (unsigned i = 0; i < record->totp_n; i++) {
		int64_t latest = totp_latest_step(&record->totp[i].form, now);
		if (record->totp[i].last_step < latest)
			record->totp[i].last_step = latest;
	}
	note(record, now, EVENT_RESTORED, NULL, 0);
}
