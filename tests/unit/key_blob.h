/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_KEY_BLOB_H
#define OTPCODE_TESTS_KEY_BLOB_H

#include <stddef.h>

/* SSH public keys written by hand: a blob is a row of strings, each behind its length (RFC 4251 5). */
#define KEY_BLOB_LINE_SIZE 2048

struct key_blob {
	unsigned char bytes[1024];
	size_t len;
};

void key_blob_add(struct key_blob *blob, const void *data, size_t len);
void key_blob_add_string(struct key_blob *blob, const void *data, size_t len);
void key_blob_add_text(struct key_blob *blob, const char *text);

/* "publickey TYPE BLOB" of the first len bytes. */
void key_blob_line(const struct key_blob *blob, size_t len, const char *type, char out[KEY_BLOB_LINE_SIZE]);

/* "SHA256:..." of the whole blob. */
void key_blob_print(const struct key_blob *blob, char out[64]);

/* sshkey_fingerprint of auth_info gives expected; an empty one: gives none. */
void key_blob_assert_print(const char *auth_info, const char *expected);

#endif
