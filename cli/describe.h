/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_DESCRIBE_H
#define OTPCODE_CLI_DESCRIBE_H

#include "core/policy.h"
#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The facts of a record in plain words; pure. */

#define DESCRIBE_TIME_SIZE 40
void describe_time(int64_t time, char out[DESCRIBE_TIME_SIZE]); /* "2026-01-01 03:47:00 UTC"; "never" for 0 */

#define DESCRIBE_CONTACTS_SIZE (RECORD_CONTACTS_MAX * (CONTACT_MASK_SIZE + sizeof ", then "))
/* "j***@e***.org, then k***@e***.net"; "no address" */
void describe_contacts(const struct record *record, char out[DESCRIBE_CONTACTS_SIZE]);

#define DESCRIBE_FORM_SIZE 48
void describe_form(
	const struct totp_form *form, char out[DESCRIBE_FORM_SIZE]); /* "6 digits every 30 s, SHA1" */

#define DESCRIBE_KEPT_SIZE 64
/* What the user has beside addresses: "app, 9 backup codes, 1 device"; may be empty. */
void describe_kept(const struct record *record, char out[DESCRIBE_KEPT_SIZE]);

/* "1 backup code", "9 backup codes". */
void describe_count(unsigned n, const char *what, char *out, size_t size);

#define DESCRIBE_LOCK_SIZE 96
/* "open", "locked until 2026-01-01 03:47:00 UTC (14 min)", "locked until an admin unlocks". */
void describe_lock(const struct record *record, enum lane lane, int64_t now, char out[DESCRIBE_LOCK_SIZE]);

#define DESCRIBE_LOCKS_SIZE (2 * DESCRIBE_LOCK_SIZE + 24)
/* Both lanes in one phrase: "open", "strangers locked until ...", "locked by an admin". */
void describe_locks(const struct record *record, int64_t now, char out[DESCRIBE_LOCKS_SIZE]);

/* Either lane is locked. */
bool describe_is_locked(const struct record *record, int64_t now);

/* How many messages may still be caused from this lane now. */
unsigned describe_sends_left(
	const struct record *record, enum lane lane, const struct policy *policy, int64_t now);

/* How many may be caused from this lane in a window. */
unsigned describe_sends_most(enum lane lane, const struct policy *policy);

/* Tries left at a challenge. */
unsigned describe_tries_left(const struct record_challenge *challenge, const struct policy *policy);

const char *describe_event(enum record_event_kind kind);

#endif
