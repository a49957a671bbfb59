/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/account.h"
#include "core/totp.h"

#include <stdio.h>
#include <string.h>

/* A user who has no record gets one without contacts. */
static void make(struct record *record, bool exists, int64_t now)
{
	if (exists)
		return;
	record->enrolled = now;
	record_add_event(record, now, &(struct record_event_facts){.kind = EVENT_ENROLLED});
}

static void note_number(struct record *record, int64_t now, enum record_event_kind kind, unsigned number)
{
	char detail[16];

	(void)snprintf(detail, sizeof detail, "%u", number);
	record_add_event(record, now, &(struct record_event_facts){.kind = kind, .detail = detail});
}

/*
 * It may be the same app once more, from a file that does not know what it opened here since: that step must
 * not open again. A step from the future, of a clock that was wrong, would stop a new app for as long.
 */
static int64_t last_step_of(const struct record *record, int64_t now, const struct account_totp *totp)
{
	const struct record_totp *old = &record->totp[0];
	int64_t latest = totp_latest_step(&totp->form, now);

	if (record->totp_n == 0 || old->form.period_s != totp->form.period_s ||
		old->last_step <= totp->last_step)
		return totp->last_step;
	return old->last_step < latest ? old->last_step : latest;
}

void account_set_totp(struct record *record, bool exists, int64_t now, const struct account_totp *totp)
{
	const int64_t last_step = last_step_of(record, now, totp);

	make(record, exists, now);
	record->totp[0] = (struct record_totp){.form = totp->form,
		.secret = totp->secret,
		.since = now,
		.last_step = last_step,
		.preferred = totp->preferred};
	record->totp_n = 1;
	record_add_event(record, now, &(struct record_event_facts){.kind = EVENT_TOTP_ADDED});
}

enum otp_err account_remove_totp(struct record *record, int64_t now, struct otp_why *why)
{
	if (record->totp_n == 0)
		return why_set(why, OTP_ERR_INVALID, 0, "the user has no authenticator app");
	if (record->contacts_n == 0 && record->backups_n == 0)
		return why_set(why, OTP_ERR_INVALID, 0,
			"the app is all that the user can log in by: add a contact first, or unenroll the "
			"user");
	memset(record->totp, 0, sizeof record->totp);
	record->totp_n = 0;
	record_add_event(record, now, &(struct record_event_facts){.kind = EVENT_TOTP_REMOVED});
	return OTP_OK;
}

enum otp_err account_set_backups(struct record *record, bool exists, int64_t now,
	const struct record_backup *backups, unsigned backups_n, bool beside, struct otp_why *why)
{
	const unsigned kept = beside ? record->backups_n : 0;

	if (backups_n > RECORD_BACKUPS_MAX - kept)
		return why_set(why, OTP_ERR_TOO_LARGE, 0,
			"a user has at most %d backup codes, and this one has %u", RECORD_BACKUPS_MAX, kept);
	if (kept + backups_n == 0 && record->contacts_n == 0 && record->totp_n == 0)
		return why_set(why, OTP_ERR_INVALID, 0,
			"backup codes are all that the user can log in by: add a contact first, or unenroll "
			"the user");
	make(record, exists, now);
	if (backups_n > 0)
		memcpy(record->backups + kept, backups, backups_n * sizeof backups[0]);
	record->backups_n = kept + backups_n;
	note_number(record, now, EVENT_BACKUP_CODES, backups_n);
	return OTP_OK;
}

enum otp_err account_revoke_device(struct record *record, int64_t now, unsigned number, struct otp_why *why)
{
	const unsigned before = record->devices_n;

	if (number > before)
		return why_set(
			why, OTP_ERR_INVALID, 0, "there is no device %u: the user has %u", number, before);
	if (number == 0) {
		record->devices_n = 0;
	} else {
		record->devices_n--;
		memmove(&record->devices[number - 1], &record->devices[number],
			(record->devices_n - (number - 1)) * sizeof record->devices[0]);
	}
	if (before > record->devices_n)
		note_number(record, now, EVENT_DEVICES_REVOKED, before - record->devices_n);
	return OTP_OK;
}
