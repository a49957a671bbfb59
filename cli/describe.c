/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/describe.h"

#include "cli/otpauth.h"
#include "core/lane.h"
#include "prompt/texts.h"

#include <stdio.h>
#include <time.h>

void describe_time(int64_t when, char out[DESCRIBE_TIME_SIZE])
{
	time_t seconds = (time_t)when;
	struct tm parts;

	if (when == 0)
		(void)snprintf(out, DESCRIBE_TIME_SIZE, "never");
	else if (gmtime_r(&seconds, &parts) == NULL ||
		 strftime(out, DESCRIBE_TIME_SIZE, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
		(void)snprintf(out, DESCRIBE_TIME_SIZE, "at second %lld", (long long)when);
}

void describe_contacts(const struct record *record, char out[DESCRIBE_CONTACTS_SIZE])
{
	size_t len = 0;

	(void)snprintf(out, DESCRIBE_CONTACTS_SIZE, "%s", record->contacts_n == 0 ? "no address" : "");
	for (unsigned i = 0; i < record->contacts_n; i++) {
		char mask[CONTACT_MASK_SIZE];
		contact_mask(&record->contacts[i], mask);
		len += (size_t)snprintf(
			out + len, DESCRIBE_CONTACTS_SIZE - len, "%s%s", i > 0 ? ", then " : "", mask);
	}
}

void describe_form(const struct totp_form *form, char out[DESCRIBE_FORM_SIZE])
{
	(void)snprintf(out, DESCRIBE_FORM_SIZE, "%u digits every %d s, %s", form->digits, form->period_s,
		otpauth_algorithm_name(form->algorithm));
}

void describe_count(unsigned n, const char *what, char *out, size_t size)
{
	(void)snprintf(out, size, "%u %s%s", n, what, n == 1 ? "" : "s");
}

void describe_kept(const struct record *record, char out[DESCRIBE_KEPT_SIZE])
{
	char backups[DESCRIBE_KEPT_SIZE / 2] = "", devices[DESCRIBE_KEPT_SIZE / 2] = "";
	bool app = record->totp_n > 0;

	if (record->backups_n > 0)
		describe_count(record->backups_n, "backup code", backups, sizeof backups);
	if (record->devices_n > 0)
		describe_count(record->devices_n, "device", devices, sizeof devices);
	(void)snprintf(out, DESCRIBE_KEPT_SIZE, "%s%s%s%s%s", app ? "app" : "",
		app && backups[0] != '\0' ? ", " : "", backups,
		(app || backups[0] != '\0') && devices[0] != '\0' ? ", " : "", devices);
}

void describe_lock(const struct record *record, enum lane lane, int64_t now, char out[DESCRIBE_LOCK_SIZE])
{
	char until[DESCRIBE_TIME_SIZE], span[TEXTS_SPAN_SIZE];
	int64_t locked_s = lane_locked_s(record, lane, now);

	if (locked_s == 0) {
		(void)snprintf(out, DESCRIBE_LOCK_SIZE, "open");
	} else if (locked_s == RECORD_LOCK_FOREVER) {
		(void)snprintf(out, DESCRIBE_LOCK_SIZE, "locked until an admin unlocks");
	} else {
		describe_time(now + locked_s, until);
		texts_span(locked_s, span);
		(void)snprintf(out, DESCRIBE_LOCK_SIZE, "locked until %s (%s)", until, span);
	}
}

void describe_locks(const struct record *record, int64_t now, char out[DESCRIBE_LOCKS_SIZE])
{
	char known[DESCRIBE_LOCK_SIZE], stranger[DESCRIBE_LOCK_SIZE];
	bool known_locked = lane_locked_s(record, LANE_KNOWN, now) != 0;
	bool stranger_locked = lane_locked_s(record, LANE_STRANGER, now) != 0;

	describe_lock(record, LANE_KNOWN, now, known);
	describe_lock(record, LANE_STRANGER, now, stranger);
	if (record->admin_locked)
		(void)snprintf(out, DESCRIBE_LOCKS_SIZE, "locked by an admin");
	else if (known_locked && stranger_locked)
		(void)snprintf(out, DESCRIBE_LOCKS_SIZE, "known %s, strangers %s", known, stranger);
	else if (known_locked)
		(void)snprintf(out, DESCRIBE_LOCKS_SIZE, "known %s", known);
	else if (stranger_locked)
		(void)snprintf(out, DESCRIBE_LOCKS_SIZE, "strangers %s", stranger);
	else
		(void)snprintf(out, DESCRIBE_LOCKS_SIZE, "open");
}

bool describe_is_locked(const struct record *record, int64_t now)
{
	return lane_locked_s(record, LANE_KNOWN, now) != 0 || lane_locked_s(record, LANE_STRANGER, now) != 0;
}

unsigned describe_sends_most(enum lane lane, const struct policy *policy)
{
	return lane == LANE_STRANGER ? policy_stranger_sends(policy) : policy->sends_per_user.count;
}

unsigned describe_sends_left(
	const struct record *record, enum lane lane, const struct policy *policy, int64_t now)
{
	unsigned all = 0, of_strangers = 0;

	for (unsigned i = 0; i < record->sends_n; i++) {
		if (now - record->sends[i].at >= policy->sends_per_user.window_s)
			continue;
		all++;
		of_strangers += record->sends[i].lane == LANE_STRANGER;
	}
	unsigned most = policy->sends_per_user.count, most_strangers = policy_stranger_sends(policy);
	unsigned left = most > all ? most - all : 0;
	unsigned left_strangers = most_strangers > of_strangers ? most_strangers - of_strangers : 0;
	return lane == LANE_STRANGER && left_strangers < left ? left_strangers : left;
}

unsigned describe_tries_left(const struct record_challenge *challenge, const struct policy *policy)
{
	return policy->tries > challenge->tries_used ? policy->tries - challenge->tries_used : 0;
}

const char *describe_event(enum record_event_kind kind)
{
	static const char *const words[EVENT_KINDS_N] = {
		[EVENT_ENROLLED] = "enrolled",
		[EVENT_CONTACT_ADDED] = "contact added",
		[EVENT_CONTACT_REMOVED] = "contact removed",
		[EVENT_CONTACT_ORDER] = "contacts reordered",
		[EVENT_ADMIN_LOCK] = "locked by an admin",
		[EVENT_ADMIN_UNLOCK] = "unlocked by an admin",
		[EVENT_ISSUED] = "code made",
		[EVENT_SENT] = "code sent",
		[EVENT_SLOW] = "code sent late or not at all",
		[EVENT_REFUSED] = "code not delivered",
		[EVENT_WRONG] = "wrong code",
		[EVENT_EXPIRED] = "right code, too late",
		[EVENT_LOCKED] = "locked after wrong codes",
		[EVENT_VERIFIED] = "right code",
		[EVENT_DAMAGED] = "state file damaged",
		[EVENT_CONTACTS_FOLLOWED] = "contacts changed at their source",
		[EVENT_TOTP_ADDED] = "authenticator app enrolled",
		[EVENT_TOTP_REMOVED] = "authenticator app removed",
		[EVENT_BACKUP_CODES] = "backup codes made",
		[EVENT_REMEMBERED] = "known device, not asked",
		[EVENT_DEVICES_REVOKED] = "devices revoked",
		[EVENT_PASSWORD] = "forgotten password replaced",
		[EVENT_REF_TYPED] = "ref typed instead of the code",
		[EVENT_RESTORED] = "restored from a backup",
	};

	return words[kind];
}
