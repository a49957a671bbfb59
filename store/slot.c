/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/slot.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_LEN 32
#define DIGEST_HEX_LEN 64
#define SUM_WORD " sha256="
#define REV_DIGITS_MAX 19
#define LEN_DIGITS_MAX 4
#define HEAD_SPACE (STORE_FILE_SLOT - STORE_RECORD_MAX)
#define HEAD_LONGEST "otpcode 1 rev=9223372036854775807 len=8064" SUM_WORD "\n"

static_assert(
	sizeof HEAD_LONGEST + DIGEST_HEX_LEN <= HEAD_SPACE, "any header fits before the largest record");

/* A header taken apart; nothing in it is to be believed before the checksum was compared. */
struct slot_head {
	uint64_t rev;
	size_t len;
	size_t summed_len; /* of the part before SUM_WORD */
	const char *sum;
	size_t head_len; /* with its newline */
};

static bool take_text(const char **at, const char *end, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(end - *at) < len || memcmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool take_number(const char **at, const char *end, unsigned digits_max, uint64_t *out)
{
	const char *start = *at;

	*out = 0;
	while (*at < end && **at >= '0' && **at <= '9' && *at - start < (ptrdiff_t)digits_max)
		*out = *out * 10 + (uint64_t)(*(*at)++ - '0');
	return *at > start && (*start != '0' || *at - start == 1);
}

static bool head_parse(const char *slot, struct slot_head *head)
{
	const char *at = slot;
	const char *end = slot + STORE_FILE_SLOT;
	uint64_t len;

	if (!take_text(&at, end, "otpcode 1 rev=") || !take_number(&at, end, REV_DIGITS_MAX, &head->rev) ||
		!take_text(&at, end, " len=") || !take_number(&at, end, LEN_DIGITS_MAX, &len))
		return false;
	head->summed_len = (size_t)(at - slot);
	if (!take_text(&at, end, SUM_WORD) || (size_t)(end - at) < DIGEST_HEX_LEN)
		return false;
	head->sum = at;
	at += DIGEST_HEX_LEN;
	if (!take_text(&at, end, "\n"))
		return false;
	head->len = (size_t)len;
	head->head_len = (size_t)(at - slot);
	return head->rev >= 1 && head->rev <= SLOT_REV_MAX && len <= STORE_RECORD_MAX;
}

static void digest_print(const unsigned char digest[DIGEST_LEN], char hex[DIGEST_HEX_LEN])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_LEN; i++) {
		*hex++ = digits[digest[i] >> 4];
		*hex++ = digits[digest[i] & 15];
	}
}

static enum otp_err slot_sum(const char *head, size_t head_len, const char *data, size_t len,
	char hex[DIGEST_HEX_LEN], struct otp_why *why)
{
	unsigned char digest[DIGEST_LEN];

	/* The host may look at this thread's error queue. */
	(void)ERR_set_mark();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(ctx, head, head_len) == 1 && EVP_DigestUpdate(ctx, "\n", 1) == 1 &&
		    EVP_DigestUpdate(ctx, data, len) == 1 && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	(void)ERR_pop_to_mark();
	if (!done)
		return why_set(why, OTP_ERR_CRYPTO, 0, "libcrypto could not make a checksum (SHA-256)");
	digest_print(digest, hex);
	return OTP_OK;
}

/* *holds is false for a slot that is not whole; an error says nothing of the slot. */
static enum otp_err slot_judge(const char *slot, bool *holds, struct slot_head *head, struct otp_why *why)
{
	char sum[DIGEST_HEX_LEN];

	*holds = head_parse(slot, head);
	if (!*holds)
		return OTP_OK;
	enum otp_err err = slot_sum(slot, head->summed_len, slot + head->head_len, head->len, sum, why);
	if (err == OTP_OK)
		*holds = memcmp(sum, head->sum, sizeof sum) == 0;
	return err;
}

enum otp_err slot_choose(
	const char *pair, const char *path_for_messages, struct slot_choice *out, struct otp_why *why)
{
	struct slot_head heads[2];
	bool holds[2];

	for (unsigned i = 0; i < 2; i++) {
		enum otp_err err = slot_judge(pair + (size_t)i * STORE_FILE_SLOT, &holds[i], &heads[i], why);
		if (err != OTP_OK)
			return err;
	}
	if (!holds[0] && !holds[1])
		return why_set(why, OTP_ERR_CORRUPT, 0, "%s: both slots are damaged", path_for_messages);
	if (holds[0] && holds[1] && heads[0].rev == heads[1].rev)
		return why_set(why, OTP_ERR_CORRUPT, 0, "%s: both slots say rev=%" PRIu64, path_for_messages,
			heads[0].rev);
	out->index = !holds[0] || (holds[1] && heads[1].rev > heads[0].rev) ? 1 : 0;
	const struct slot_head *head = &heads[out->index];
	out->rev = head->rev;
	out->data = pair + (size_t)out->index * STORE_FILE_SLOT + head->head_len;
	out->len = head->len;
	out->damaged = !holds[0] || !holds[1];
	return OTP_OK;
}

enum otp_err slot_fill(uint64_t rev, const char *data, size_t len, char *slot, struct otp_why *why)
{
	char sum[DIGEST_HEX_LEN];

	if (len > STORE_RECORD_MAX)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "a record of %zu bytes, at most %d fit", len,
			STORE_RECORD_MAX);
	if (rev < 1 || rev > SLOT_REV_MAX)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "rev=%" PRIu64 " cannot be written", rev);
	memset(slot, 0, STORE_FILE_SLOT);
	int summed_len = snprintf(slot, HEAD_SPACE, "otpcode 1 rev=%" PRIu64 " len=%zu", rev, len);
	enum otp_err err = slot_sum(slot, (size_t)summed_len, data, len, sum, why);
	if (err != OTP_OK)
		return err;
	int rest_len = snprintf(
		slot + summed_len, HEAD_SPACE - (size_t)summed_len, SUM_WORD "%.*s\n", DIGEST_HEX_LEN, sum);
	memcpy(slot + summed_len + rest_len, data, len);
	return OTP_OK;
}
