/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_ROSTER_H
#define OTPCODE_CLI_ROSTER_H

#include "contacts/lines.h"
#include "core/record.h"
#include "core/step.h"
#include "core/totp.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>

/* What a users file has of one user (docs/import.md), and how each fact of it is written. Pure. */

#define ROSTER_CHECK_LEN 8

/* Holds the app's secret: roster_wipe on every way out. */
struct roster_entry {
	char user[RECORD_USER_SIZE];
	struct otp_contacts contacts;
	bool locked;      /* by an admin */
	int64_t enrolled; /* 0: not said */
	bool has_totp;
	struct totp_form totp_form;
	struct totp_secret totp_secret;
	int64_t totp_since; /* 0: not said */
	bool totp_preferred;
	struct record_backup backups[RECORD_BACKUPS_MAX];
	unsigned backups_n;
	unsigned char backups_check[ROSTER_CHECK_LEN]; /* whose seals they are, and under which host key */
};

enum roster_field {
	ROSTER_USER,
	ROSTER_CONTACT, /* email:ADDRESS or sms:NUMBER */
	ROSTER_EMAIL,   /* an address alone */
	ROSTER_SMS,     /* a number alone */
	ROSTER_LOCKED,
	ROSTER_ENROLLED,
	ROSTER_TOTP,
	ROSTER_BACKUP_CODES,
	ROSTER_FIELDS_N,
};

/* "user", "contact", ... */
const char *roster_field_name(enum roster_field field);
bool roster_field_find(const char *name, enum roster_field *out);
#define ROSTER_FIELD_NAMES "user, contact, email, sms, locked, enrolled, totp or backup_codes"

/* The longest text of a field: backup codes with an end each. */
#define ROSTER_TEXT_SIZE 1024

/*
 * Takes text for the field; an empty text says nothing. Contacts come in the order in which they are set.
 * OTP_ERR_INVALID: "FIELD ...", and what would be right; where is the place of the line.
 */
__attribute__((warn_unused_result)) enum otp_err roster_set(struct roster_entry *entry,
	enum roster_field field, const char *text, const struct lines *where, struct otp_why *why);

/* The text that roster_set would take for that; empty where there is nothing. ROSTER_CONTACT: number counts
 * from 0. Secret for ROSTER_TOTP. */
void roster_put(const struct roster_entry *entry, enum roster_field field, unsigned number,
	char out[ROSTER_TEXT_SIZE]);

void roster_wipe(struct roster_entry *entry);

#endif
