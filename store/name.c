/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/file.h"

#include <string.h>

static const char plain_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
static const char hex_digits[] = "0123456789ABCDEF";

static bool byte_is_plain(char byte)
{
	return byte != '\0' && strchr(plain_bytes, byte) != NULL;
}

enum otp_err store_file_name_encode(const char *user, char out[STORE_FILE_NAME_SIZE], struct otp_why *why)
{
	size_t len = 0;

	if (user[0] == '\0')
		return why_set(why, OTP_ERR_INVALID, 0, "a user name must not be empty");
	if (user[0] == '-')
		return why_set(why, OTP_ERR_INVALID, 0, "a user name must not begin with -");
	for (const char *at = user; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;
		size_t needed = byte_is_plain(*at) ? 1 : 3;

		if (len + needed >= STORE_FILE_NAME_SIZE)
			return why_set(why, OTP_ERR_INVALID, 0, "a user name must fit %d bytes once encoded",
				STORE_FILE_NAME_SIZE - 1);
		if (needed == 1) {
			out[len++] = *at;
			continue;
		}
		out[len++] = '%';
		out[len++] = hex_digits[byte >> 4];
		out[len++] = hex_digits[byte & 15];
	}
	out[len] = '\0';
	return OTP_OK;
}

static int hex_value(char digit)
{
	const char *found = digit == '\0' ? NULL : strchr(hex_digits, digit);

	return found == NULL ? -1 : (int)(found - hex_digits);
}

bool store_file_name_decode(const char *name, char out[STORE_FILE_NAME_SIZE])
{
	size_t len = 0;

	if (name[0] == '\0' || name[0] == '-' || strlen(name) >= STORE_FILE_NAME_SIZE)
		return false;
	for (const char *at = name; *at != '\0'; at++) {
		if (byte_is_plain(*at)) {
			out[len++] = *at;
			continue;
		}
		int high = *at == '%' ? hex_value(at[1]) : -1;
		int low = high >= 0 ? hex_value(at[2]) : -1;
		if (low < 0)
			return false;
		char byte = (char)(unsigned char)(high * 16 + low);
		if (byte == '\0' || byte_is_plain(byte))
			return false;
		out[len++] = byte;
		at += 2;
	}
	out[len] = '\0';
	return true;
}
