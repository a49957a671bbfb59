/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/password.h"

#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE 1024 /* a line of comment below the password is no harm */

static enum otp_err take_first_line(
	const char *path, const char *text, size_t len, char *out, struct otp_why *why)
{
	const char *end = memchr(text, '\n', len);
	size_t line_len = end != NULL ? (size_t)(end - text) : len;

	if (line_len == 0 || line_len >= PASSWORD_SIZE)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"%s: the first line must be a password of 1 to %d bytes", path, PASSWORD_SIZE - 1);
	for (size_t i = 0; i < line_len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s: the password holds a control byte", path);
	memcpy(out, text, line_len);
	out[line_len] = '\0';
	return OTP_OK;
}

enum otp_err password_check_secret(int fd, const char *path, struct otp_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	if ((st.st_mode & S_IRWXO) != 0)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"%s: everybody may read it; chmod 0640 and give it to the hook's group", path);
	return OTP_OK;
}

static enum otp_err read_open(const char *path, int fd, char *out, struct otp_why *why)
{
	char text[FILE_SIZE];
	size_t len = 0;
	enum otp_err err = password_check_secret(fd, path, why);

	if (err == OTP_OK)
		err = trust_read(fd, path, text, sizeof text, &len, why);
	if (err == OTP_OK)
		err = take_first_line(path, text, len, out, why);
	OPENSSL_cleanse(text, sizeof text);
	return err;
}

enum otp_err password_read(const char *path, char out[PASSWORD_SIZE], struct otp_why *why)
{
	int fd = -1;
	enum otp_err err = trust_open_file(
		path, O_RDONLY, (struct trust_rule){.mode = TRUST_READABLE, .owner = 0}, &fd, why);

	if (err != OTP_OK)
		return err;
	err = read_open(path, fd, out, why);
	(void)close(fd);
	return err;
}
