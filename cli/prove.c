/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/prove.h"

#include "cli/proof.h"
#include "cli/report.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "otpcode"

/* A store of one record, gone with this process. */
struct copy {
	char bytes[STORE_RECORD_MAX];
	size_t len;
};

/* Secret. */
struct trial {
	struct session session; /* as it is open, but for its store */
	struct copy copy;
	struct proof proof;
};

static enum otp_err copy_update(void *self, struct store_key key, struct store_edit edit, struct otp_why *why)
{
	struct copy *copy = self;
	const struct store_bytes old = {.data = copy->bytes, .len = copy->len};
	char next[STORE_RECORD_MAX];
	size_t next_len = 0;
	(void)key;
	(void)why;

	if (edit.run(edit.ctx, &old, next, &next_len) == STORE_WRITE) {
		memcpy(copy->bytes, next, next_len);
		copy->len = next_len;
	}
	OPENSSL_cleanse(next, sizeof next);
	return OTP_OK;
}

static enum otp_err copy_read(
	void *self, struct store_key key, char *buf, struct store_bytes *bytes, struct otp_why *why)
{
	const struct copy *copy = self;
	(void)key;
	(void)why;

	memcpy(buf, copy->bytes, copy->len);
	*bytes = (struct store_bytes){.data = buf, .len = copy->len};
	return OTP_OK;
}

/* The user with this contact alone: no code of a login under way, no app and no backup code will do here. */
static enum otp_err fill_copy(
	struct copy *copy, const struct record *record, const struct contact *contact, struct otp_why *why)
{
	struct record alone = *record;

	memset(alone.contacts, 0, sizeof alone.contacts);
	alone.contacts[0] = *contact;
	alone.contacts_n = 1;
	alone.challenges_n = 0;
	alone.totp_n = 0;
	alone.backups_n = 0;
	alone.devices_n = 0;
	enum otp_err err = record_encode(&alone, copy->bytes, &copy->len, why);
	OPENSSL_cleanse(&alone, sizeof alone);
	return err;
}

static bool ask(struct trial *trial, const struct session *session, const struct record *record)
{
	trial->session = *session;
	trial->session.core.store =
		(struct store){.self = &trial->copy, .update = copy_update, .read = copy_read};
	proof_begin(&trial->proof, &trial->session, SERVICE);
	trial->proof.login.user = record->user;
	trial->proof.login.uid = record->uid;
	return proof_ask(&trial->proof, OTP_ACCEPT_SENT, false);
}

enum cli_exit prove_contact(
	const struct session *session, const struct record *record, const struct contact *contact)
{
	struct trial *trial = calloc(1, sizeof *trial);
	char mask[CONTACT_MASK_SIZE];
	struct otp_why why = {.text = "there is not enough memory"};
	enum otp_err err = trial != NULL ? fill_copy(&trial->copy, record, contact, &why) : OTP_ERR_NO_MEMORY;
	bool proved = err == OTP_OK && ask(trial, session, record);

	if (trial != NULL)
		OPENSSL_cleanse(trial, sizeof *trial);
	free(trial);
	if (err != OTP_OK)
		return report_failure(err, &why);
	contact_mask(contact, mask);
	if (!proved)
		report_error("%s is not proved: nothing was changed", mask);
	return proved ? CLI_DONE : CLI_FAILED;
}
