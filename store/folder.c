/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/file.h"

#include "store/folder.h"
#include "store/newfile.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ID_NAME "store.id"
#define USERS_NAME "users"
#define PATH_SIZE (STORE_FILE_DIR_SIZE + sizeof "/" ID_NAME)

static enum otp_err dir_check(const char *dir, struct otp_why *why)
{
	if (strlen(dir) < STORE_FILE_DIR_SIZE)
		return OTP_OK;
	return why_set(why, OTP_ERR_INVALID, 0, "the path of the store must be shorter than %d bytes",
		STORE_FILE_DIR_SIZE);
}

/* *present is false where there is no store.id; one that is not ours is an error. */
static enum otp_err id_check(int dir_fd, const char *dir, uid_t owner, const unsigned char id[KEY_MAC_LEN],
	bool *present, struct otp_why *why)
{
	const struct trust_rule rule = {.mode = TRUST_SECRET, .owner = owner};
	struct otp_why opening = {0};
	char path[PATH_SIZE];
	char bytes[KEY_MAC_LEN + 2]; /* one too many is seen, and a NUL */
	size_t len = 0;
	int fd = -1;

	(void)snprintf(path, sizeof path, "%s/" ID_NAME, dir);
	enum otp_err err = trust_open_at(dir_fd, ID_NAME, O_RDONLY, rule, path, &fd, &opening);
	*present = err != OTP_ERR_IO || opening.os_error != ENOENT;
	if (!*present)
		return OTP_OK;
	if (err != OTP_OK) {
		if (why != NULL)
			*why = opening;
		return err;
	}
	err = trust_read(fd, path, bytes, sizeof bytes, &len, why);
	(void)close(fd);
	if (err == OTP_ERR_TOO_LARGE ||
		(err == OTP_OK && (len != KEY_MAC_LEN || CRYPTO_memcmp(bytes, id, KEY_MAC_LEN) != 0)))
		err = why_set(why, OTP_ERR_WRONG_STORE, 0, "%s: made with another host key", path);
	return err;
}

static enum otp_err folders_open(struct store_file *file, const char *dir, uid_t owner, int dir_fd,
	const unsigned char expected_id[KEY_MAC_LEN], struct otp_why *why)
{
	char path[PATH_SIZE];
	bool present = false;
	enum otp_err err = id_check(dir_fd, dir, owner, expected_id, &present, why);

	if (err != OTP_OK)
		return err;
	if (!present)
		return why_set(why, OTP_ERR_WRONG_STORE, 0,
			"%s: no " ID_NAME " in it: not mounted, or not made by init", dir);
	(void)snprintf(path, sizeof path, "%s/" USERS_NAME, dir);
	return trust_open_folder_at(dir_fd, USERS_NAME, owner, path, &file->users_fd, why);
}

enum otp_err store_file_open(struct store_file *file, const char *dir, uid_t owner,
	const unsigned char expected_id[KEY_MAC_LEN], struct otp_why *why)
{
	struct otp_why opening = {0};
	int dir_fd = -1;
	enum otp_err err = dir_check(dir, why);

	file->users_fd = -1;
	file->owner = owner;
	if (err != OTP_OK)
		return err;
	(void)snprintf(file->dir, sizeof file->dir, "%s", dir);
	err = trust_open_folder(dir, owner, &dir_fd, &opening);
	if (err == OTP_ERR_IO && opening.os_error == ENOENT)
		return why_set(why, OTP_ERR_WRONG_STORE, 0,
			"%s: no such folder: not mounted, or not made by init", dir);
	if (err != OTP_OK) {
		if (why != NULL)
			*why = opening;
		return err;
	}
	err = folders_open(file, dir, owner, dir_fd, expected_id, why);
	(void)close(dir_fd);
	return err;
}

void store_file_close(struct store_file *file)
{
	if (file->users_fd >= 0)
		(void)close(file->users_fd);
	file->users_fd = -1;
}

/* Opens the folder, and makes it first where it is missing. */
static enum otp_err folder_make(int parent_fd, const char *name, uid_t owner, const char *path, int *fd,
	bool *created, struct otp_why *why)
{
	if (mkdirat(parent_fd, name, 0700) == 0) {
		*created = true;
		/* The caller's umask may have taken bits away. */
		if (fchmodat(parent_fd, name, 0700, 0) != 0)
			return why_set(why, OTP_ERR_IO, errno, "%s: setting its mode", path);
		if (fsync(parent_fd) != 0)
			return why_set(why, OTP_ERR_IO, errno, "%s: syncing the folder above it", path);
	} else if (errno != EEXIST) {
		return why_set(why, OTP_ERR_IO, errno, "%s: creating", path);
	}
	return trust_open_folder_at(parent_fd, name, owner, path, fd, why);
}

/* With copy-on-write a full disk would let no update through; files made later inherit this from their
 * folder. */
static enum otp_err copy_on_write_stop(int fd, const char *path, struct otp_why *why)
{
	struct statfs fs;
	unsigned flags = 0;

	if (fstatfs(fd, &fs) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	if (fs.f_type != BTRFS_SUPER_MAGIC)
		return OTP_OK;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s: reading its flags", path);
	flags |= FS_NOCOW_FL;
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s: turning off copy-on-write", path);
	return OTP_OK;
}

enum otp_err folder_make_below(int dir_fd, const char *name, uid_t owner, const char *path, int *fd,
	bool *created, struct otp_why *why)
{
	enum otp_err err = folder_make(dir_fd, name, owner, path, fd, created, why);

	if (err != OTP_OK)
		return err;
	err = copy_on_write_stop(*fd, path, why);
	if (err != OTP_OK)
		(void)close(*fd);
	return err;
}

static enum otp_err users_make(int dir_fd, const char *dir, uid_t owner, bool *created, struct otp_why *why)
{
	char path[PATH_SIZE];
	int users_fd = -1;

	(void)snprintf(path, sizeof path, "%s/" USERS_NAME, dir);
	enum otp_err err = folder_make_below(dir_fd, USERS_NAME, owner, path, &users_fd, created, why);
	if (err == OTP_OK)
		(void)close(users_fd);
	return err;
}

/* store.id comes last: where it is, everything else is. */
static enum otp_err contents_make(int dir_fd, const char *dir, uid_t owner,
	const unsigned char id[KEY_MAC_LEN], bool *created, struct otp_why *why)
{
	char path[PATH_SIZE];
	bool present = false;
	enum otp_err err = id_check(dir_fd, dir, owner, id, &present, why);

	if (err == OTP_OK)
		err = users_make(dir_fd, dir, owner, created, why);
	if (err != OTP_OK || present)
		return err;
	(void)snprintf(path, sizeof path, "%s/" ID_NAME, dir);
	err = newfile_create(dir_fd, ID_NAME, id, KEY_MAC_LEN, path, why);
	if (err == OTP_OK)
		*created = true;
	return err;
}

enum otp_err store_file_create(
	const char *dir, uid_t owner, const unsigned char id[KEY_MAC_LEN], bool *created, struct otp_why *why)
{
	const char *name;
	int parent_fd = -1;
	int dir_fd = -1;
	enum otp_err err = dir_check(dir, why);

	*created = false;
	if (err == OTP_OK)
		err = trust_open_parent(dir, owner, &parent_fd, &name, why);
	if (err != OTP_OK)
		return err;
	err = folder_make(parent_fd, name, owner, dir, &dir_fd, created, why);
	(void)close(parent_fd);
	if (err != OTP_OK)
		return err;
	err = contents_make(dir_fd, dir, owner, id, created, why);
	(void)close(dir_fd);
	return err;
}
