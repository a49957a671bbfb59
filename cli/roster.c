/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/roster.h"

#include "core/notation.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_FORMAT "%Y-%m-%dT%H:%M:%SZ"
#define TIME_SIZE 32
#define TIME_MAX 8639999999 /* what a record holds */

static const char *const names[ROSTER_FIELDS_N] = {
	[ROSTER_USER] = "user",
	[ROSTER_CONTACT] = "contact",
	[ROSTER_EMAIL] = "email",
	[ROSTER_SMS] = "sms",
	[ROSTER_LOCKED] = "locked",
	[ROSTER_ENROLLED] = "enrolled",
	[ROSTER_TOTP] = "totp",
	[ROSTER_BACKUP_CODES] = "backup_codes",
};

static const char *const algorithms[] = {
	[TOTP_SHA1] = "sha1", [TOTP_SHA256] = "sha256", [TOTP_SHA512] = "sha512"};
#define ALGORITHMS_N (sizeof algorithms / sizeof algorithms[0])

const char *roster_field_name(enum roster_field field)
{
	return names[field];
}

bool roster_field_find(const char *name, enum roster_field *out)
{
	for (unsigned i = 0; i < ROSTER_FIELDS_N; i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum roster_field)i;
			return true;
		}
	return false;
}

/* One way to write each time, so that what was exported is imported to the second. */
static bool take_time(const char *text, int64_t *out)
{
	char again[TIME_SIZE];
	struct tm parts = {.tm_mday = 1};
	const char *end = strptime(text, TIME_FORMAT, &parts);

	if (end == NULL || *end != '\0')
		return false;
	time_t when = timegm(&parts);
	*out = (int64_t)when;
	return when > 0 && when <= TIME_MAX && strftime(again, sizeof again, TIME_FORMAT, &parts) > 0 &&
	       strcmp(again, text) == 0;
}

static void put_time(struct notation_writer *writer, int64_t when)
{
	char text[TIME_SIZE];
	time_t seconds = (time_t)when;
	struct tm parts;

	if (gmtime_r(&seconds, &parts) != NULL && strftime(text, sizeof text, TIME_FORMAT, &parts) > 0)
		notation_put_string(writer, text);
}

static enum otp_err set_user(
	struct roster_entry *entry, const char *text, const struct lines *where, struct otp_why *why)
{
	if (strlen(text) >= sizeof entry->user)
		return lines_fault(where, why, "user has over %zu bytes", sizeof entry->user - 1);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return lines_fault(where, why, "user holds a control byte");
	(void)snprintf(entry->user, sizeof entry->user, "%s", text);
	return OTP_OK;
}

static enum otp_err set_contact(struct roster_entry *entry, enum roster_field field, const char *text,
	const struct lines *where, struct otp_why *why)
{
	char word[CONTACT_ADDRESS_SIZE + 64];
	const char *channel = field == ROSTER_CONTACT ? "" : field == ROSTER_EMAIL ? "email:" : "sms:";

	if ((size_t)snprintf(word, sizeof word, "%s%s", channel, text) >= sizeof word)
		return lines_fault(where, why, "%s is too long for an address", names[field]);
	return lines_add_contact(where, word, &entry->contacts, why);
}

static bool take_flag(const char *text, bool *out)
{
	*out = strcmp(text, "yes") == 0;
	return *out || strcmp(text, "no") == 0;
}

static bool take_algorithm(const char *text, enum totp_algorithm *out)
{
	for (unsigned i = 0; i < ALGORITHMS_N; i++)
		if (strcmp(algorithms[i], text) == 0) {
			*out = (enum totp_algorithm)i;
			return true;
		}
	return false;
}

static bool take_secret(const char *hex, struct totp_secret *out)
{
	size_t len = strlen(hex);

	if (len % 2 != 0 || len / 2 < TOTP_SECRET_MIN || len / 2 > TOTP_SECRET_MAX)
		return false;
	out->len = (unsigned)(len / 2);
	return notation_take_hex(hex, len, out->bytes, out->len);
}

/* One KEY=VALUE of totp. */
static bool take_totp_word(struct roster_entry *entry, const char *word)
{
	const char *value = strchr(word, '=');
	size_t key_len = value != NULL ? (size_t)(value - word) : 0;
	bool eight, minute;

	if (value == NULL)
		return false;
	value++;
	if (key_len == 6 && strncmp(word, "secret", key_len) == 0)
		return take_secret(value, &entry->totp_secret);
	if (key_len == 9 && strncmp(word, "algorithm", key_len) == 0)
		return take_algorithm(value, &entry->totp_form.algorithm);
	if (key_len == 6 && strncmp(word, "digits", key_len) == 0) {
		eight = strcmp(value, "8") == 0;
		entry->totp_form.digits = eight ? 8 : 6;
		return eight || strcmp(value, "6") == 0;
	}
	if (key_len == 6 && strncmp(word, "period", key_len) == 0) {
		minute = strcmp(value, "60") == 0;
		entry->totp_form.period_s = minute ? 60 : 30;
		return minute || strcmp(value, "30") == 0;
	}
	if (key_len == 5 && strncmp(word, "since", key_len) == 0)
		return take_time(value, &entry->totp_since);
	return key_len == 9 && strncmp(word, "preferred", key_len) == 0 &&
	       take_flag(value, &entry->totp_preferred);
}

static enum otp_err set_totp(
	struct roster_entry *entry, const char *text, const struct lines *where, struct otp_why *why)
{
	char copy[ROSTER_TEXT_SIZE], *rest = copy, *word;
	bool fine = (size_t)snprintf(copy, sizeof copy, "%s", text) < sizeof copy;

	entry->totp_form = (struct totp_form){.algorithm = TOTP_SHA1, .digits = 6, .period_s = 30};
	entry->totp_secret.len = 0;
	while (fine && (word = strsep(&rest, " ")) != NULL)
		fine = take_totp_word(entry, word);
	OPENSSL_cleanse(copy, sizeof copy);
	entry->has_totp = fine && entry->totp_secret.len > 0;
	if (entry->has_totp)
		return OTP_OK;
	return lines_fault(where, why,
		"totp must be secret=HEX of %d to %d bytes, and may have algorithm=sha1, sha256 or sha512, "
		"digits=6 or 8, period=30 or 60, since=TIME, preferred=yes or no",
		TOTP_SECRET_MIN, TOTP_SECRET_MAX);
}

/* "SEAL" or "SEAL@TIME" */
static bool take_backup(struct roster_entry *entry, const char *word)
{
	struct record_backup *backup = &entry->backups[entry->backups_n];
	size_t len = strcspn(word, "@");

	if (entry->backups_n == RECORD_BACKUPS_MAX ||
		!notation_take_hex(word, len, backup->seal.mac, sizeof backup->seal.mac))
		return false;
	entry->backups_n++;
	return word[len] == '\0' || take_time(word + len + 1, &backup->until);
}

static enum otp_err set_backups(
	struct roster_entry *entry, const char *text, const struct lines *where, struct otp_why *why)
{
	char copy[ROSTER_TEXT_SIZE], *rest = copy, *word;
	bool fine = (size_t)snprintf(copy, sizeof copy, "%s", text) < sizeof copy;
	bool has_check = fine && strncmp(copy, "for=", 4) == 0;

	memset(entry->backups, 0, sizeof entry->backups);
	entry->backups_n = 0;
	if (has_check) {
		word = strsep(&rest, " ") + 4;
		has_check = notation_take_hex(
			word, strlen(word), entry->backups_check, sizeof entry->backups_check);
	}
	while (fine && has_check && (word = strsep(&rest, " ")) != NULL)
		fine = take_backup(entry, word);
	if (fine && has_check && entry->backups_n > 0)
		return OTP_OK;
	return lines_fault(where, why,
		"backup_codes must be as export --with-secrets writes them, %d at most", RECORD_BACKUPS_MAX);
}

enum otp_err roster_set(struct roster_entry *entry, enum roster_field field, const char *text,
	const struct lines *where, struct otp_why *why)
{
	if (*text == '\0')
		return OTP_OK;
	switch (field) {
	case ROSTER_USER:
		return set_user(entry, text, where, why);
	case ROSTER_CONTACT:
	case ROSTER_EMAIL:
	case ROSTER_SMS:
		return set_contact(entry, field, text, where, why);
	case ROSTER_LOCKED:
		return take_flag(text, &entry->locked) ? OTP_OK
						       : lines_fault(where, why, "locked must be yes or no");
	case ROSTER_ENROLLED:
		return take_time(text, &entry->enrolled)
			       ? OTP_OK
			       : lines_fault(where, why, "enrolled must be a time: 2026-01-01T03:47:00Z");
	case ROSTER_TOTP:
		return set_totp(entry, text, where, why);
	case ROSTER_BACKUP_CODES:
		return set_backups(entry, text, where, why);
	case ROSTER_FIELDS_N:
		break;
	}
	return lines_fault(where, why, "there is no such column");
}

static void put_contact(const struct roster_entry *entry, unsigned number, struct notation_writer *writer)
{
	const struct contact *contact = &entry->contacts.list[number];

	if (number >= entry->contacts.n)
		return;
	notation_put_string(writer, channel_name(contact->channel));
	notation_put_string(writer, ":");
	notation_put_string(writer, contact->address);
}

static void put_totp(const struct roster_entry *entry, struct notation_writer *writer)
{
	if (!entry->has_totp)
		return;
	notation_put_string(writer, "secret=");
	notation_put_hex(writer, entry->totp_secret.bytes, entry->totp_secret.len);
	notation_put_string(writer, " algorithm=");
	notation_put_string(writer, algorithms[entry->totp_form.algorithm]);
	notation_put_string(writer, " digits=");
	notation_put_number(writer, entry->totp_form.digits);
	notation_put_string(writer, " period=");
	notation_put_number(writer, (uint64_t)entry->totp_form.period_s);
	if (entry->totp_since != 0) {
		notation_put_string(writer, " since=");
		put_time(writer, entry->totp_since);
	}
	notation_put_string(writer, entry->totp_preferred ? " preferred=yes" : " preferred=no");
}

static void put_backups(const struct roster_entry *entry, struct notation_writer *writer)
{
	if (entry->backups_n == 0)
		return;
	notation_put_string(writer, "for=");
	notation_put_hex(writer, entry->backups_check, sizeof entry->backups_check);
	for (unsigned i = 0; i < entry->backups_n; i++) {
		const struct record_backup *backup = &entry->backups[i];
		notation_put_string(writer, " ");
		notation_put_hex(writer, backup->seal.mac, sizeof backup->seal.mac);
		if (backup->until != 0) {
			notation_put_string(writer, "@");
			put_time(writer, backup->until);
		}
	}
}

void roster_put(const struct roster_entry *entry, enum roster_field field, unsigned number,
	char out[ROSTER_TEXT_SIZE])
{
	struct notation_writer writer = {.text = out, .size = ROSTER_TEXT_SIZE - 1};

	if (field == ROSTER_USER)
		notation_put_string(&writer, entry->user);
	else if (field == ROSTER_CONTACT)
		put_contact(entry, number, &writer);
	else if (field == ROSTER_LOCKED)
		notation_put_string(&writer, entry->locked ? "yes" : "no");
	else if (field == ROSTER_ENROLLED && entry->enrolled != 0)
		put_time(&writer, entry->enrolled);
	else if (field == ROSTER_TOTP)
		put_totp(entry, &writer);
	else if (field == ROSTER_BACKUP_CODES)
		put_backups(entry, &writer);
	out[writer.len] = '\0';
}

void roster_wipe(struct roster_entry *entry)
{
	OPENSSL_cleanse(entry, sizeof *entry);
}
