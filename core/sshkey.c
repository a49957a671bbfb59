/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sshkey.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#define DIGEST_LEN 32
#define TYPE_MAX 64     /* RFC 4251 6 */
#define BLOB_MAX 262144 /* an SSH packet (RFC 4253 6.1, and sshd's own limit): no key is larger */

/* A stretch of bytes that is read from its front. */
struct bytes {
	const unsigned char *at;
	size_t left;
};

/*
 * How blobs are made: RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4, OpenSSH's PROTOCOL.u2f and PROTOCOL.certkeys. A
 * plain key is its type and so many strings (or mpints, which look the same); a certificate has a nonce
 * before them and more behind.
 */
struct kind {
	const char *plain;
	const char *certificate;
	unsigned strings;
};

static const struct kind kinds[] = {
	{"ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", 1},
	{"ssh-rsa", "ssh-rsa-cert-v01@openssh.com", 2},
	{"ssh-dss", "ssh-dss-cert-v01@openssh.com", 4},
	{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256-cert-v01@openssh.com", 2},
	{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384-cert-v01@openssh.com", 2},
	{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521-cert-v01@openssh.com", 2},
	{"sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com", 2},
	{"sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 3},
};

static bool bytes_skip(struct bytes *from, size_t n)
{
	if (from->left < n)
		return false;
	from->at += n;
	from->left -= n;
	return true;
}

/* RFC 4251 5: four bytes of length, then so many bytes. */
static bool bytes_take_string(struct bytes *from, struct bytes *out)
{
	if (from->left < 4)
		return false;
	const unsigned char *p = from->at;
	const size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (from->left - 4 < len)
		return false;
	*out = (struct bytes){p + 4, len};
	return bytes_skip(from, 4 + len);
}

static bool bytes_skip_strings(struct bytes *from, unsigned n)
{
	struct bytes unused;

	for (; n > 0; n--)
		if (!bytes_take_string(from, &unused))
			return false;
	return true;
}

/* Serial, type, key id, principals, after, before, critical options, extensions, reserved, signature key,
 * signature. */
static bool bytes_skip_certificate_rest(struct bytes *from)
{
	return bytes_skip(from, 8 + 4) && bytes_skip_strings(from, 2) && bytes_skip(from, 8 + 8) &&
	       bytes_skip_strings(from, 5);
}

static bool bytes_equal(struct bytes bytes, const char *text)
{
	return bytes.left == strlen(text) && memcmp(bytes.at, text, bytes.left) == 0;
}

static const struct kind *kind_find(struct bytes type, bool *certificate)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		*certificate = bytes_equal(type, kinds[i].certificate);
		if (*certificate || bytes_equal(type, kinds[i].plain))
			return &kinds[i];
	}
	return NULL;
}

/* What a fingerprint is made over: the plain key's type and the strings that follow it. */
struct plain_key {
	struct bytes type, strings;
};

/*
 * Finds the plain key in a blob of that type. A type that is not in the table is taken whole, so that the
 * keys of a later sshd count too; but not if it may be a certificate.
 */
static bool plain_key_find(struct bytes blob, struct bytes type, struct plain_key *out)
{
	bool certificate = false;
	const struct kind *kind = kind_find(type, &certificate);

	if (!bytes_take_string(&blob, &out->type) || out->type.left != type.left ||
		memcmp(out->type.at, type.at, type.left) != 0)
		return false;
	if (kind == NULL) {
		out->strings = blob;
		return blob.left > 0 && memmem(type.at, type.left, "-cert-", 6) == NULL;
	}
	if (certificate && !bytes_skip_strings(&blob, 1))
		return false;
	out->type = (struct bytes){(const unsigned char *)kind->plain, strlen(kind->plain)};
	out->strings = blob;
	if (!bytes_skip_strings(&blob, kind->strings))
		return false;
	out->strings.left -= blob.left;
	return (!certificate || bytes_skip_certificate_rest(&blob)) && blob.left == 0;
}

static bool digest_run(EVP_MD_CTX *ctx, const struct plain_key *key, unsigned char out[DIGEST_LEN])
{
	const unsigned char len[4] = {0, 0, 0, (unsigned char)key->type.left};

	return EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	       EVP_DigestUpdate(ctx, len, sizeof len) == 1 &&
	       EVP_DigestUpdate(ctx, key->type.at, key->type.left) == 1 &&
	       EVP_DigestUpdate(ctx, key->strings.at, key->strings.left) == 1 &&
	       EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

/* "SHA256:" and base64 without padding, as ssh-keygen -l prints it. */
static bool fingerprint_make(const struct plain_key *key, char out[SSHKEY_FINGERPRINT_SIZE])
{
	static const char prefix[] = "SHA256:";
	unsigned char digest[DIGEST_LEN];

	/* The host may look at this thread's error queue and must find what it left there. */
	(void)ERR_set_mark();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && digest_run(ctx, key, digest);
	EVP_MD_CTX_free(ctx);
	(void)ERR_pop_to_mark();
	if (!ok)
		return false;
	memcpy(out, prefix, sizeof prefix);
	(void)EVP_EncodeBlock((unsigned char *)out + sizeof prefix - 1, digest, DIGEST_LEN);
	out[strcspn(out, "=")] = '\0';
	return true;
}

static int base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* RFC 4648 4, strictly: one text a value. out has room for 3 bytes of every 4. */
static bool base64_decode(struct bytes text, unsigned char *out, size_t *out_len)
{
	uint32_t bits = 0;
	size_t padding = 0, len = 0;

	if (text.left == 0 || text.left % 4 != 0)
		return false;
	while (padding < 2 && text.at[text.left - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < text.left - padding; i++) {
		int value = base64_value(text.at[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 0)
			out[len++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	*out_len = len;
	return (bits & ((1U << (2 * padding)) - 1)) == 0;
}

static bool key_fingerprint(struct bytes type, struct bytes blob_text, char out[SSHKEY_FINGERPRINT_SIZE])
{
	struct plain_key key;

	if (type.left == 0 || type.left > TYPE_MAX || blob_text.left > (size_t)BLOB_MAX / 3 * 4)
		return false;
	unsigned char *buf = malloc(blob_text.left / 4 * 3 + 1);
	if (buf == NULL)
		return false;
	struct bytes blob = {buf, 0};
	bool ok = base64_decode(blob_text, buf, &blob.left) && plain_key_find(blob, type, &key) &&
		  fingerprint_make(&key, out);
	free(buf);
	return ok;
}

/* Takes a word and the space behind it off a line. */
static struct bytes line_take_word(struct bytes *line)
{
	const unsigned char *space = memchr(line->at, ' ', line->left);
	struct bytes word = {line->at, space != NULL ? (size_t)(space - line->at) : line->left};

	(void)bytes_skip(line, word.left + (space != NULL ? 1 : 0));
	return word;
}

bool sshkey_fingerprint(const char *auth_info, char out[SSHKEY_FINGERPRINT_SIZE])
{
	while (*auth_info != '\0') {
		struct bytes line = {(const unsigned char *)auth_info, strcspn(auth_info, "\n")};
		auth_info += line.left;
		if (*auth_info == '\n')
			auth_info++;
		struct bytes method = line_take_word(&line);
		struct bytes type = line_take_word(&line);
		struct bytes blob_text = line_take_word(&line);
		if (bytes_equal(method, "publickey") && key_fingerprint(type, blob_text, out))
			return true;
	}
	out[0] = '\0';
	return false;
}
