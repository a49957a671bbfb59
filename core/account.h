/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_ACCOUNT_H
#define OTPCODE_CORE_ACCOUNT_H

#include "core/contact.h"
#include "core/record.h"
#include "core/step.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What an admin changes in a record; pure. Each adds its event. A removed or reordered contact ends the live
 * challenges: a code may be on its way to an address that is no longer the user's. A change of contacts
 * forgets all devices.
 */

/*
 * Makes the record of a user who has none. OTP_ERR_EXISTS if there is one; OTP_ERR_INVALID for no contact or
 * two equal ones (a domain is the same in any case), OTP_ERR_TOO_LARGE for more than a record holds; record
 * is then as before.
 */
__attribute__((warn_unused_result)) enum otp_err account_enroll(struct record *record, bool exists,
	int64_t now, const struct contact *contacts, unsigned contacts_n, struct otp_why *why);

/*
 * At the end of the order; live challenges stay. OTP_ERR_EXISTS for one that is there, OTP_ERR_TOO_LARGE for
 * a fifth, or where the addresses would be too long together.
 */
__attribute__((warn_unused_result)) enum otp_err account_add_contact(
	struct record *record, int64_t now, const struct contact *contact, struct otp_why *why);

/* number counts from 1, as show prints them. OTP_ERR_INVALID for no such number, and for the only contact. */
__attribute__((warn_unused_result)) enum otp_err account_remove_contact(
	struct record *record, int64_t now, unsigned number, struct otp_why *why);

/* order[i] is the present number (from 1) of the contact that comes i-th; every number once. */
__attribute__((warn_unused_result)) enum otp_err account_order_contacts(
	struct record *record, int64_t now, const unsigned *order, unsigned order_n, struct otp_why *why);

/* Closes both lanes until account_unlock, and ends the live challenges. */
void account_lock(struct record *record, int64_t now);

/*
 * Clears an admin's lock, both lanes' locks, failures and 30-day counts, and ends the challenges in which a
 * wrong answer was given, spent or not: their codes must not outlive the clearing of what was charged for
 * guessing at them.
 */
void account_unlock(struct record *record, int64_t now);

/*
 * The record came back from a backup: what of it may have been used, ended or revoked since is gone, waiting
 * logins, backup codes and devices; of an app's codes none that was shown until now is accepted.
 */
void account_restored(struct record *record, int64_t now);

/*
 * The user's authenticator app, in place of the one before; proved: last_step is the step of the code that
 * was typed, after which the next one counts. A user without a record (exists is false) gets one without
 * contacts.
 */
struct account_totp {
	struct totp_form form;
	struct totp_sealed secret;
	int64_t last_step;
	bool preferred;
};
void account_set_totp(struct record *record, bool exists, int64_t now, const struct account_totp *totp);

/* OTP_ERR_INVALID where there is none, and where nothing would be left to log in by. */
__attribute__((warn_unused_result)) enum otp_err account_remove_totp(
	struct record *record, int64_t now, struct otp_why *why);

/*
 * Backup codes: in place of all there are, or beside them. OTP_ERR_TOO_LARGE for more than a record holds. A
 * user without a record gets one without contacts.
 */
__attribute__((warn_unused_result)) enum otp_err account_set_backups(struct record *record, bool exists,
	int64_t now, const struct record_backup *backups, unsigned backups_n, bool beside,
	struct otp_why *why);

/* number counts from 1, as devices prints them; 0: all. OTP_ERR_INVALID for no such number. */
__attribute__((warn_unused_result)) enum otp_err account_revoke_device(
	struct record *record, int64_t now, unsigned number, struct otp_why *why);

/*
 * Makes the record's contacts those of the place that they come from, in its order. True if that changed
 * them: then live challenges and devices are gone.
 */
bool account_follow_contacts(struct record *record, int64_t now, const struct otp_contacts *contacts);

#endif
