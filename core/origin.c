/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/origin.h"

#include "core/address.h"
#include "core/sshkey.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

_Static_assert(SSHKEY_FINGERPRINT_SIZE <= ORIGIN_KEY_SIZE, "a fingerprint fits an origin");

#define ABSENT "-" /* no host, service or key has this name */
#define HASH_MARK '~'
#define HASH_BYTES 8

/* A word of text that need not end in a NUL. */
struct word {
	const char *text;
	size_t len;
};

static bool is_graphic(char c)
{
	return c > ' ' && c < 0x7f;
}

/* Whether it can stand in an origin as it is; the mark of hashed words must not, or two words could become
 * equal. */
static bool word_is_plain(struct word word, size_t size)
{
	if (word.len >= size)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (!is_graphic(word.text[i]) || word.text[i] == HASH_MARK)
			return false;
	return true;
}

/* The first characters, a mark and a hash of the whole: different words stay different. Empty where libcrypto
 * fails. */
static void word_hash(struct word word, char *out, size_t size)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	const size_t shown_max = size - 1 - 1 - 2 * (size_t)HASH_BYTES;
	size_t shown = word.len < shown_max ? word.len : shown_max;

	/* The host may look at this thread's error queue and must find what it left there. */
	(void)ERR_set_mark();
	int ok = EVP_Digest(word.text, word.len, digest, NULL, EVP_sha256(), NULL);
	(void)ERR_pop_to_mark();
	memset(out, 0, size);
	if (ok != 1)
		return;
	memcpy(out, word.text, shown);
	for (size_t i = 0; i < shown; i++)
		if (!is_graphic(out[i]) || out[i] == HASH_MARK)
			out[i] = '?';
	out[shown++] = HASH_MARK;
	for (size_t i = 0; i < HASH_BYTES; i++)
		(void)snprintf(out + shown + 2 * i, 3, "%02x", digest[i]);
}

static void word_copy(struct word word, char *out, size_t size)
{
	if (!word_is_plain(word, size)) {
		word_hash(word, out, size);
		return;
	}
	memcpy(out, word.text, word.len);
	out[word.len] = '\0';
}

/* A fact of the host program, or ABSENT. */
static void fact_copy(const char *fact, char *out, size_t size)
{
	if (fact == NULL || *fact == '\0')
		fact = ABSENT;
	word_copy((struct word){fact, strlen(fact)}, out, size);
}

/* A word with odd bytes is no address, even where only its zone has them. */
static bool word_is_address(struct word word, struct address *out)
{
	return word_is_plain(word, ORIGIN_SOURCE_SIZE) && address_parse(word.text, word.len, out);
}

/* A remote host is never taken for a place on this one, whatever it calls itself. */
static void remote_copy(struct word word, char out[ORIGIN_SOURCE_SIZE])
{
	struct address address;

	if (word_is_address(word, &address))
		address_print(&address, "", out, ORIGIN_SOURCE_SIZE);
	else if (strncmp(word.text, "tty:", 4) == 0 || (word.len == 5 && memcmp(word.text, "local", 5) == 0))
		word_hash(word, out, ORIGIN_SOURCE_SIZE);
	else
		word_copy(word, out, ORIGIN_SOURCE_SIZE);
}

static void tty_copy(const char *tty, char out[ORIGIN_SOURCE_SIZE])
{
	const size_t prefix_len = strlen("tty:");

	memcpy(out, "tty:", prefix_len);
	word_copy((struct word){tty, strlen(tty)}, out + prefix_len, ORIGIN_SOURCE_SIZE - prefix_len);
	if (out[prefix_len] == '\0')
		out[0] = '\0';
}

static const char *tty_name(const char *tty)
{
	if (tty == NULL)
		return "";
	return strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty;
}

static void source_copy(const struct origin_facts *facts, struct origin *out)
{
	const char *connection = facts->ssh_connection != NULL ? facts->ssh_connection : "";
	const char *rhost = facts->rhost != NULL ? facts->rhost : "";
	const char *tty = tty_name(facts->tty);
	const struct word client = {connection, strcspn(connection, " ")};

	if (client.len > 0) {
		remote_copy(client, out->source);
	} else if (*rhost != '\0') {
		remote_copy((struct word){rhost, strlen(rhost)}, out->source);
	} else {
		out->local = true;
		out->caller_uid = facts->caller_uid;
		if (*tty != '\0')
			tty_copy(tty, out->source);
		else
			memcpy(out->source, "local", sizeof "local");
	}
}

void origin_from_facts(const struct origin_facts *facts, struct origin *out)
{
	*out = (struct origin){.local = false};
	fact_copy(facts->host, out->host, sizeof out->host);
	fact_copy(facts->service, out->service, sizeof out->service);
	source_copy(facts, out);
	if (facts->ssh_auth_info == NULL || !sshkey_fingerprint(facts->ssh_auth_info, out->key))
		memcpy(out->key, ABSENT, sizeof ABSENT);
}

void origin_set_account(struct origin *origin, const char *account)
{
	fact_copy(account, origin->account, sizeof origin->account);
	if (origin->account[0] == '\0')
		origin->host[0] = '\0'; /* libcrypto failed: it must not pass for the user's own */
}

bool origin_network(const char *source, char out[ORIGIN_NETWORK_SIZE])
{
	struct address address;

	out[0] = '\0';
	if (!word_is_address((struct word){source, strlen(source)}, &address) ||
		address_is_link_local(&address))
		return false;
	if (address.is_ipv4) {
		address.bytes[3] = 0;
		address_print(&address, "/24", out, ORIGIN_NETWORK_SIZE);
	} else {
		memset(address.bytes + 8, 0, 8);
		address_print(&address, "/64", out, ORIGIN_NETWORK_SIZE);
	}
	return true;
}

enum otp_err origin_mac(const struct keys *keys, const struct origin *origin, unsigned char out[KEY_MAC_LEN],
	struct otp_why *why)
{
	const uint32_t uid = origin->caller_uid;
	const unsigned char caller[4] = {(unsigned char)(uid >> 24), (unsigned char)(uid >> 16),
		(unsigned char)(uid >> 8), (unsigned char)uid};
	const struct key_part parts[] = {
		{origin->host, strlen(origin->host)},
		{origin->service, strlen(origin->service)},
		{origin->source, strlen(origin->source)},
		{origin->key, strlen(origin->key)},
		{caller, origin->local ? sizeof caller : 0},
		{origin->account, strlen(origin->account)},
	};

	for (size_t i = 0; i < 4; i++) {
		if (parts[i].len == 0) {
			memset(out, 0, KEY_MAC_LEN);
			return why_set(why, OTP_ERR_CRYPTO, 0,
				"libcrypto could not hash where the login comes from");
		}
	}
	/* The last part is left out where there is none: the names of places stay as they are. */
	size_t n = sizeof parts / sizeof *parts - (origin->account[0] == '\0');
	return key_mac(keys->origin, parts, n, out, why);
}
