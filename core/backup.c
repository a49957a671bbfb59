/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/backup.h"

#include "core/fold.h"

#include <string.h>

#include <openssl/crypto.h>

#define BASE32 "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
#define DIGITS "0123456789"
#define GROUP 4

_Static_assert(BACKUP_LEN > BACKUP_SHORT_LEN, "both kinds fit");
_Static_assert(
	BACKUP_PRINTED_SIZE == BACKUP_LEN + BACKUP_LEN / GROUP - 1 + 1, "groups, dashes between, a NUL");

enum otp_err backup_draw(const struct otp_random *random, struct backup_code *out, struct otp_why *why)
{
	backup_wipe(out);
	for (size_t i = 0; i < BACKUP_LEN; i++) {
		unsigned at = 0;
		enum otp_err err = random_below(random, sizeof BASE32 - 1, &at, why);
		if (err != OTP_OK) {
			backup_wipe(out);
			return err;
		}
		out->text[i] = BASE32[at];
		OPENSSL_cleanse(&at, sizeof at);
	}
	return OTP_OK;
}

void backup_print(const struct backup_code *code, char out[BACKUP_PRINTED_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < BACKUP_LEN && code->text[i] != '\0'; i++) {
		if (i > 0 && i % GROUP == 0)
			out[n++] = '-';
		out[n++] = code->text[i];
	}
	out[n] = '\0';
}

bool backup_clean(const char *typed, struct backup_code *out)
{
	struct backup_code folded = {{0}};
	size_t len = fold_typed(typed, folded.text, sizeof folded.text);
	bool is_one = (len == BACKUP_LEN && strspn(folded.text, BASE32) == len) ||
		      (len == BACKUP_SHORT_LEN && strspn(folded.text, DIGITS) == len);

	backup_wipe(out);
	if (is_one)
		*out = folded;
	backup_wipe(&folded);
	return is_one;
}

enum otp_err backup_seal(const struct keys *keys, const char *user, uint32_t uid,
	const struct backup_code *code, struct code_seal *out, struct otp_why *why)
{
	const unsigned char uid_bytes[4] = {(unsigned char)(uid >> 24), (unsigned char)(uid >> 16),
		(unsigned char)(uid >> 8), (unsigned char)uid};
	const struct key_part parts[] = {
		{user, strlen(user)},
		{uid_bytes, sizeof uid_bytes},
		{code->text, strnlen(code->text, sizeof code->text)},
	};
	unsigned char mac[KEY_MAC_LEN];

	enum otp_err err = key_mac(keys->backup, parts, sizeof parts / sizeof *parts, mac, why);
	memcpy(out->mac, mac, sizeof out->mac); /* all zero on error */
	return err;
}

void backup_wipe(struct backup_code *code)
{
	OPENSSL_cleanse(code, sizeof *code);
}
