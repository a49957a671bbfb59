/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/machine.h"

#include "store/file.h"
#include "store/newfile.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ID_PATH "/etc/machine-id"
#define ID_LEN 32
#define PATH_SIZE (STORE_FILE_DIR_SIZE + sizeof "/" MACHINE_NAME)

/* A machine without an id is one without: that is the same everywhere. */
static enum otp_err compute(const struct keys *keys, unsigned char out[KEY_MAC_LEN], struct otp_why *why)
{
	static const char purpose[] = "machine";
	char id[ID_LEN] = "";
	int fd = open(ID_PATH, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd >= 0 ? read(fd, id, sizeof id) : 0;
	int os_error = errno;

	if (fd >= 0)
		(void)close(fd);
	if (len < 0 || (fd < 0 && os_error != ENOENT))
		return why_set(why, OTP_ERR_IO, os_error, ID_PATH);
	const struct key_part parts[] = {
		{purpose, sizeof purpose - 1}, {id, len == ID_LEN ? (size_t)ID_LEN : 0}};
	return key_mac(keys->store, parts, 2, out, why);
}

enum otp_err machine_note(
	const char *store_dir, uid_t owner, const struct keys *keys, bool *made, struct otp_why *why)
{
	unsigned char id[KEY_MAC_LEN];
	char path[PATH_SIZE];
	int folder_fd = -1;
	enum otp_err err = compute(keys, id, why);

	*made = false;
	(void)snprintf(path, sizeof path, "%s/" MACHINE_NAME, store_dir);
	if (err == OTP_OK)
		err = trust_open_folder(store_dir, owner, &folder_fd, why);
	if (err != OTP_OK)
		return err;
	err = newfile_create(folder_fd, MACHINE_NAME, id, sizeof id, path, why);
	(void)close(folder_fd);
	*made = err == OTP_OK;
	return err == OTP_ERR_EXISTS ? OTP_OK : err;
}

enum otp_err machine_compare(
	const char *store_dir, uid_t owner, const struct keys *keys, enum machine *out, struct otp_why *why)
{
	const struct trust_rule rule = {.mode = TRUST_SECRET, .owner = owner};
	unsigned char id[KEY_MAC_LEN];
	char path[PATH_SIZE], noted[KEY_MAC_LEN + 2];
	struct otp_why opening = {0};
	size_t len = 0;
	int fd = -1;
	enum otp_err err = compute(keys, id, why);

	*out = MACHINE_UNNOTED;
	if (err != OTP_OK)
		return err;
	(void)snprintf(path, sizeof path, "%s/" MACHINE_NAME, store_dir);
	err = trust_open_file(path, O_RDONLY, rule, &fd, &opening);
	if (err == OTP_ERR_IO && opening.os_error == ENOENT)
		return OTP_OK;
	if (err != OTP_OK) {
		if (why != NULL)
			*why = opening;
		return err;
	}
	err = trust_read(fd, path, noted, sizeof noted, &len, why);
	(void)close(fd);
	if (err == OTP_OK)
		*out = len == sizeof id && memcmp(noted, id, sizeof id) == 0 ? MACHINE_SAME : MACHINE_OTHER;
	return err;
}
