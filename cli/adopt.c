/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/adopt.h"

#include "core/account.h"

#include <openssl/crypto.h>
#include <string.h>

/* Ties backup codes to a user, a uid and a host key, as their seals are. */
static enum otp_err backups_check(const struct keys *keys, const char *user, uint32_t uid,
	unsigned char out[ROSTER_CHECK_LEN], struct otp_why *why)
{
	static const char text[] = "backup codes of";
	unsigned char number[4] = {(unsigned char)(uid >> 24), (unsigned char)(uid >> 16),
		(unsigned char)(uid >> 8), (unsigned char)uid};
	unsigned char mac[KEY_MAC_LEN] = {0};
	const struct key_part parts[] = {
		{text, sizeof text - 1}, {user, strlen(user)}, {number, sizeof number}};
	enum otp_err err = key_mac(keys->store, parts, 3, mac, why);

	memcpy(out, mac, ROSTER_CHECK_LEN);
	return err;
}

enum otp_err adopt_tell(const struct keys *keys, const struct record *record, bool with_secrets,
	struct roster_entry *out, struct otp_why *why)
{
	const struct totp_owner owner = {.user = record->user, .uid = record->uid};
	enum otp_err err = OTP_OK;

	memset(out, 0, sizeof *out);
	memcpy(out->user, record->user, sizeof out->user);
	memcpy(out->contacts.list, record->contacts, sizeof record->contacts);
	out->contacts.n = record->contacts_n;
	out->locked = record->admin_locked;
	out->enrolled = record->enrolled;
	if (!with_secrets)
		return OTP_OK;
	if (record->totp_n > 0) {
		out->has_totp = true;
		out->totp_form = record->totp[0].form;
		out->totp_since = record->totp[0].since;
		out->totp_preferred = record->totp[0].preferred;
		err = totp_open(keys, &owner, &record->totp[0].secret, &out->totp_secret, why);
	}
	if (record->backups_n > 0 && err == OTP_OK) {
		out->backups_n = record->backups_n;
		memcpy(out->backups, record->backups, sizeof record->backups);
		err = backups_check(keys, record->user, record->uid, out->backups_check, why);
	}
	return err;
}

enum otp_err adopt_prepare(struct adoption *adoption, const struct user *user,
	const struct otp_random *random, struct otp_why *why)
{
	const struct roster_entry *entry = adoption->entry;
	const struct totp_owner owner = {.user = user->name, .uid = user->uid};
	unsigned char check[ROSTER_CHECK_LEN], nonce[TOTP_NONCE_LEN];
	enum otp_err err = OTP_OK;

	if (entry->has_totp)
		err = random->fill(random->self, nonce, sizeof nonce, why);
	if (entry->has_totp && err == OTP_OK)
		err = totp_seal(adoption->keys, &owner, nonce, &entry->totp_secret, &adoption->secret, why);
	if (entry->backups_n == 0 || err != OTP_OK)
		return err;
	err = backups_check(adoption->keys, user->name, user->uid, check, why);
	if (err == OTP_OK && CRYPTO_memcmp(check, entry->backups_check, sizeof check) != 0)
		return why_set(why, OTP_ERR_INVALID, 0,
			"backup_codes are another host's (host key), or another user's or uid's: they would "
			"never match; take them out, and give new ones: otpcode backup-codes %s",
			user->name);
	return err;
}

static bool same_contacts(const struct otp_contacts *contacts, const struct record *record)
{
	bool same = contacts->n == record->contacts_n;

	for (unsigned i = 0; same && i < contacts->n; i++)
		same = contacts->list[i].channel == record->contacts[i].channel &&
		       strcmp(contacts->list[i].address, record->contacts[i].address) == 0;
	return same;
}

/* An app that cannot be opened any more is another one. */
static bool same_totp(const struct adoption *adoption, const struct record *record)
{
	const struct roster_entry *entry = adoption->entry;
	const struct totp_owner owner = {.user = record->user, .uid = record->uid};
	const struct record_totp *totp = &record->totp[0];
	struct totp_secret secret = {.len = 0};
	struct otp_why why;
	bool same = record->totp_n > 0 && totp->form.algorithm == entry->totp_form.algorithm &&
		    totp->form.digits == entry->totp_form.digits &&
		    totp->form.period_s == entry->totp_form.period_s &&
		    totp->preferred == entry->totp_preferred &&
		    totp_open(adoption->keys, &owner, &totp->secret, &secret, &why) == OTP_OK &&
		    secret.len == entry->totp_secret.len &&
		    CRYPTO_memcmp(secret.bytes, entry->totp_secret.bytes, secret.len) == 0;

	totp_secret_wipe(&secret);
	return same;
}

/* What the file says otherwise; the names go into a message. */
struct difference {
	bool contacts, totp, locked;
};

static struct difference find_difference(const struct adoption *adoption, const struct record *record)
{
	const struct roster_entry *entry = adoption->entry;

	return (struct difference){
		.contacts = entry->contacts.n > 0 && !same_contacts(&entry->contacts, record),
		.totp = entry->has_totp && !same_totp(adoption, record),
		.locked = entry->locked && !record->admin_locked,
	};
}

enum otp_err adopt_compare(const struct adoption *adoption, const struct record *record, struct otp_why *why)
{
	struct difference other = find_difference(adoption, record);

	if (!other.contacts && !other.totp && !other.locked)
		return OTP_OK;
	const char *after_contacts = other.contacts && (other.totp || other.locked) ? ", " : "";
	const char *after_totp = other.totp && other.locked ? ", " : "";
	return why_set(why, OTP_ERR_EXISTS, 0,
		"%s is enrolled with other facts (%s%s%s%s%s); --update gives the record those of the file",
		record->user, other.contacts ? "contacts" : "", after_contacts, other.totp ? "totp" : "",
		after_totp, other.locked ? "locked" : "");
}

static void set_totp(const struct adoption *adoption, struct record *record, int64_t now)
{
	const struct roster_entry *entry = adoption->entry;
	int64_t latest = totp_latest_step(&entry->totp_form, now);
	int64_t before = record->totp_n > 0 ? record->totp[0].last_step : 0;
	int64_t since = entry->totp_since != 0 && entry->totp_since < now ? entry->totp_since : now;

	record->totp[0] = (struct record_totp){.form = entry->totp_form,
		.secret = adoption->secret,
		.since = since,
		.last_step = before > latest ? before : latest,
		.preferred = entry->totp_preferred};
	record->totp_n = 1;
	record_add_event(record, now, &(struct record_event_facts){.kind = EVENT_TOTP_ADDED});
}

static void set_backups(const struct roster_entry *entry, struct record *record, int64_t now)
{
	for (unsigned i = 0; i < entry->backups_n; i++)
		if (entry->backups[i].until == 0 || entry->backups[i].until > now)
			record->backups[record->backups_n++] = entry->backups[i];
}

static enum otp_err make(
	const struct adoption *adoption, struct record *record, int64_t now, struct otp_why *why)
{
	const struct roster_entry *entry = adoption->entry;
	enum otp_err err = OTP_OK;

	if (entry->contacts.n > 0)
		err = account_enroll(record, false, now, entry->contacts.list, entry->contacts.n, why);
	if (err != OTP_OK)
		return err;
	record->enrolled = entry->enrolled != 0 && entry->enrolled < now ? entry->enrolled : now;
	if (entry->has_totp)
		set_totp(adoption, record, now);
	set_backups(entry, record, now);
	if (entry->locked)
		account_lock(record, now);
	return OTP_OK;
}

static void replace_contacts(const struct otp_contacts *contacts, struct record *record, int64_t now)
{
	memset(record->contacts, 0, sizeof record->contacts);
	memcpy(record->contacts, contacts->list, contacts->n * sizeof contacts->list[0]);
	record->contacts_n = contacts->n;
	record->challenges_n = 0;
	record->devices_n = 0;
	record_add_event(record, now, &(struct record_event_facts){.kind = EVENT_CONTACTS_FOLLOWED});
}

enum otp_err adopt_edit(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct adoption *adoption = ctx;
	enum otp_err err = OTP_OK;

	adoption->made = !exists;
	adoption->changed = false;
	if (!exists) {
		err = make(adoption, record, now, why);
	} else {
		struct difference other = find_difference(adoption, record);
		adoption->changed = other.contacts || other.totp || other.locked;
		if (adoption->changed && !adoption->update)
			return adopt_compare(adoption, record, why);
		if (other.contacts)
			replace_contacts(&adoption->entry->contacts, record, now);
		if (other.totp)
			set_totp(adoption, record, now);
		if (other.locked)
			account_lock(record, now);
	}
	adoption->after = *record;
	return err;
}
