/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/key_blob.h"
#include "core/sshkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

void key_blob_add(struct key_blob *blob, const void *data, size_t len)
{
	assert_true(sizeof blob->bytes - blob->len >= len);
	memcpy(blob->bytes + blob->len, data, len);
	blob->len += len;
}

void key_blob_add_string(struct key_blob *blob, const void *data, size_t len)
{
	const unsigned char prefix[4] = {0, 0, (unsigned char)(len >> 8), (unsigned char)len};

	key_blob_add(blob, prefix, sizeof prefix);
	key_blob_add(blob, data, len);
}

void key_blob_add_text(struct key_blob *blob, const char *text)
{
	key_blob_add_string(blob, text, strlen(text));
}

void key_blob_line(const struct key_blob *blob, size_t len, const char *type, char out[KEY_BLOB_LINE_SIZE])
{
	unsigned char text[sizeof blob->bytes / 3 * 4 + 5];

	assert_true(EVP_EncodeBlock(text, blob->bytes, (int)len) >= 0);
	int n = snprintf(out, KEY_BLOB_LINE_SIZE, "publickey %s %s", type, text);
	assert_in_range(n, 1, KEY_BLOB_LINE_SIZE - 1);
}

void key_blob_print(const struct key_blob *blob, char out[64])
{
	unsigned char digest[EVP_MAX_MD_SIZE], text[128];
	unsigned len = 0;

	assert_int_equal(EVP_Digest(blob->bytes, blob->len, digest, &len, EVP_sha256(), NULL), 1);
	assert_true(EVP_EncodeBlock(text, digest, (int)len) > 0);
	(void)snprintf(out, 64, "SHA256:%.43s", (const char *)text);
}

void key_blob_assert_print(const char *auth_info, const char *expected)
{
	char out[SSHKEY_FINGERPRINT_SIZE];

	memset(out, 'x', sizeof out);
	if (sshkey_fingerprint(auth_info, out) != (*expected != '\0'))
		fail_msg("%s: %s", auth_info, *expected != '\0' ? "not read" : "read");
	assert_string_equal(out, expected);
}
