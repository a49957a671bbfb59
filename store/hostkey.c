/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/hostkey.h"

#include "core/random.h"
#include "store/newfile.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

enum otp_err hostkey_load(const char *path, uid_t owner, struct keys *out, struct otp_why *why)
{
	const struct trust_rule rule = {.mode = TRUST_SECRET, .owner = owner};
	char bytes[KEY_HOST_LEN + 2]; /* one too many is seen, and a NUL */
	size_t len = 0;
	int fd = -1;
	enum otp_err err = trust_open_file(path, O_RDONLY, rule, &fd, why);

	if (err != OTP_OK)
		return err;
	err = trust_read(fd, path, bytes, sizeof bytes, &len, why);
	(void)close(fd);
	if (err == OTP_ERR_TOO_LARGE || (err == OTP_OK && len != KEY_HOST_LEN))
		err = why_set(why, OTP_ERR_CORRUPT, 0, "%s: must hold exactly %d bytes", path, KEY_HOST_LEN);
	if (err == OTP_OK)
		err = keys_derive((const unsigned char *)bytes, out, why);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return err;
}

static enum otp_err key_draw(int folder_fd, const char *name, const char *path, struct otp_why *why)
{
	const struct otp_random random = random_system();
	unsigned char key[KEY_HOST_LEN];
	enum otp_err err = random.fill(random.self, key, sizeof key, why);

	if (err == OTP_OK)
		err = newfile_create(folder_fd, name, key, sizeof key, path, why);
	OPENSSL_cleanse(key, sizeof key);
	return err;
}

enum otp_err hostkey_create(const char *path, uid_t owner, bool *created, struct otp_why *why)
{
	struct stat st;
	const char *name;
	int folder_fd = -1;
	enum otp_err err = trust_open_parent(path, owner, &folder_fd, &name, why);

	*created = false;
	if (err != OTP_OK)
		return err;
	if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		err = errno == ENOENT ? key_draw(folder_fd, name, path, why)
				      : why_set(why, OTP_ERR_IO, errno, "%s", path);
		*created = err == OTP_OK;
		if (err == OTP_ERR_EXISTS)
			err = OTP_OK;
	}
	(void)close(folder_fd);
	return err;
}
