/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sshkey.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void check(const char *auth_info)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char out[SSHKEY_FINGERPRINT_SIZE];

	memset(out, 'x', sizeof out);
	if (!sshkey_fingerprint(auth_info, out)) {
		must(out[0] == '\0');
		return;
	}
	must(strstr(auth_info, "publickey ") != NULL);
	must(strlen(out) == 7 + 43 && memcmp(out, "SHA256:", 7) == 0 && strspn(out + 7, base64) == 43);
}

/* The input as a blob of a type, with the type in front of it: past the base64, where a fuzzer seldom comes
 * by itself. */
static void check_blob(const char *type, const uint8_t *data, size_t size)
{
	const size_t type_len = strlen(type), blob_len = 4 + type_len + size;
	const size_t line_size = 16 + type_len + blob_len / 3 * 4 + 8;
	unsigned char *blob = calloc(1, blob_len);
	char *line = calloc(1, line_size);

	if (blob != NULL && line != NULL) {
		blob[3] = (unsigned char)type_len;
		for (size_t i = 0; i < type_len; i++)
			blob[4 + i] = (unsigned char)type[i];
		for (size_t i = 0; i < size; i++)
			blob[4 + type_len + i] = data[i];
		int at = snprintf(line, line_size, "publickey %s ", type);
		(void)EVP_EncodeBlock((unsigned char *)line + at, blob, (int)blob_len);
		check(line);
	}
	free(blob);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *auth_info = malloc(size + 1);

	if (auth_info == NULL)
		return 0;
	if (size > 0)
		memcpy(auth_info, data, size);
	auth_info[size] = '\0';
	check(auth_info);
	free(auth_info);
	check_blob("ssh-ed25519", data, size);
	check_blob("sk-ecdsa-sha2-nistp256@openssh.com", data, size);
	check_blob("ssh-ed25519-cert-v01@openssh.com", data, size);
	return 0;
}
