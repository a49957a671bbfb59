/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/file.h"

#include "store/guard.h"
#include "store/lock.h"
#include "store/newfile.h"
#include "store/slot.h"
#include "store/whole.h"
#include "trust/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One call on one record, from its beginning to its end. */
struct work {
	const struct store_file *file;
	char name[STORE_FILE_NAME_SIZE];
	char path[STORE_FILE_DIR_SIZE + sizeof "/users/" + STORE_FILE_NAME_SIZE];
	struct timespec deadline;
	struct store_edit edit;    /* update */
	char *buf;                 /* read */
	struct store_bytes *bytes; /* read */
};

static enum otp_err record_open(const struct work *work, int flags, int *fd, struct otp_why *why)
{
	const struct lock_file file = {
		.folder_fd = work->file->users_fd,
		.name = work->name,
		.owner = work->file->owner,
		.path_for_messages = work->path,
	};
	struct stat st;
	enum otp_err err = lock_open(&file, flags, &work->deadline, fd, why);

	if (err != OTP_ERR_NOT_ENROLLED)
		return err;
	/* A folder that was removed under us has no names at all. */
	if (fstat(work->file->users_fd, &st) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s/users", work->file->dir);
	if (st.st_nlink == 0)
		return why_set(why, OTP_ERR_WRONG_STORE, 0, "%s/users: was removed", work->file->dir);
	return err;
}

static enum otp_err pair_load(
	int fd, const char *path, char pair[SLOT_PAIR_LEN], struct slot_choice *choice, struct otp_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	if (st.st_size != (off_t)SLOT_PAIR_LEN)
		return why_set(why, OTP_ERR_CORRUPT, 0, "%s: %jd bytes, must be %zu", path,
			(intmax_t)st.st_size, SLOT_PAIR_LEN);
	enum otp_err err = whole_read_at(fd, pair, SLOT_PAIR_LEN, 0, path, why);
	return err == OTP_OK ? slot_choose(pair, path, choice, why) : err;
}

/*
 * Another process may have been killed between its write and its sync. Its slot, which is the one that must
 * hold if this write is torn by a loss of power, is pushed out first; that costs nothing when it is clean, as
 * it nearly always is.
 */
static enum otp_err slot_write(
	int fd, unsigned index, const char *slot, const char *path, struct otp_why *why)
{
	if (sync_file_range(fd, 0, SLOT_PAIR_LEN,
		    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s: syncing", path);
	enum otp_err err =
		whole_write_at(fd, slot, STORE_FILE_SLOT, (off_t)index * STORE_FILE_SLOT, path, why);
	if (err == OTP_OK && fdatasync(fd) != 0)
		err = why_set(why, OTP_ERR_IO, errno, "%s: syncing", path);
	return err;
}

static enum otp_err record_rewrite(struct work *work, int fd, struct otp_why *why)
{
	char pair[SLOT_PAIR_LEN];
	char next[STORE_RECORD_MAX];
	size_t next_len = 0;
	struct slot_choice choice = {0};
	enum otp_err err = pair_load(fd, work->path, pair, &choice, why);

	if (err == OTP_OK) {
		const struct store_bytes old = {
			.data = choice.data, .len = choice.len, .damaged = choice.damaged};
		unsigned other = 1 - choice.index;
		char *slot = pair + (size_t)other * STORE_FILE_SLOT;

		if (work->edit.run(work->edit.ctx, &old, next, &next_len) == STORE_WRITE) {
			err = slot_fill(choice.rev + 1, next, next_len, slot, why);
			if (err == OTP_OK)
				err = slot_write(fd, other, slot, work->path, why);
		}
	}
	OPENSSL_cleanse(pair, sizeof pair);
	OPENSSL_cleanse(next, sizeof next);
	return err;
}

/* Both slots are written at once, so that later updates need no space from the disk. */
static enum otp_err record_create(struct work *work, struct otp_why *why)
{
	static const struct store_bytes nothing = {.data = NULL, .len = 0, .damaged = false};
	char pair[SLOT_PAIR_LEN];
	char next[STORE_RECORD_MAX];
	size_t next_len = 0;
	enum otp_err err = OTP_OK;

	if (work->edit.run(work->edit.ctx, &nothing, next, &next_len) == STORE_WRITE) {
		err = slot_fill(1, next, next_len, pair, why);
		if (err == OTP_OK)
			err = slot_fill(2, next, next_len, pair + STORE_FILE_SLOT, why);
		if (err == OTP_OK)
			err = newfile_create(
				work->file->users_fd, work->name, pair, sizeof pair, work->path, why);
	}
	OPENSSL_cleanse(pair, sizeof pair);
	OPENSSL_cleanse(next, sizeof next);
	return err;
}

static enum otp_err update_step(struct work *work, struct otp_why *why)
{
	for (;;) {
		int fd = -1;
		enum otp_err err = record_open(work, O_RDWR, &fd, why);

		if (err == OTP_OK) {
			err = record_rewrite(work, fd, why);
			lock_close(fd);
			return err;
		}
		if (err != OTP_ERR_NOT_ENROLLED)
			return err;
		err = record_create(work, why);
		if (err != OTP_ERR_EXISTS)
			return err;
		if (lock_deadline_passed(&work->deadline))
			return why_set(
				why, OTP_ERR_BUSY, 0, "%s: made and removed again and again", work->path);
	}
}

static enum otp_err read_step(struct work *work, struct otp_why *why)
{
	char pair[SLOT_PAIR_LEN];
	struct slot_choice choice = {.data = pair};
	int fd = -1;
	enum otp_err err = record_open(work, O_RDONLY, &fd, why);

	if (err != OTP_OK)
		return err;
	err = pair_load(fd, work->path, pair, &choice, why);
	lock_close(fd);
	if (err == OTP_OK) {
		memcpy(work->buf, choice.data, choice.len);
		*work->bytes =
			(struct store_bytes){.data = work->buf, .len = choice.len, .damaged = choice.damaged};
	}
	OPENSSL_cleanse(pair, sizeof pair);
	return err;
}

static enum otp_err remove_step(struct work *work, struct otp_why *why)
{
	int fd = -1;
	enum otp_err err = record_open(work, O_RDONLY, &fd, why);

	if (err != OTP_OK)
		return err;
	if (unlinkat(work->file->users_fd, work->name, 0) != 0)
		err = why_set(why, OTP_ERR_IO, errno, "%s: removing", work->path);
	else if (fsync(work->file->users_fd) != 0)
		err = why_set(why, OTP_ERR_IO, errno, "%s: syncing its folder", work->path);
	lock_close(fd);
	return err;
}

/* Every call that takes the lock runs under the guard, and leaves it again whatever became of it. */
static enum otp_err work_run(struct work *work, struct store_key key,
	enum otp_err (*step)(struct work *work, struct otp_why *why), struct otp_why *why)
{
	struct guard guard;
	enum otp_err err = store_file_name_encode(key.user, work->name, why);

	if (err != OTP_OK)
		return err;
	(void)snprintf(work->path, sizeof work->path, "%s/users/%s", work->file->dir, work->name);
	err = guard_enter(&guard, why);
	if (err != OTP_OK)
		return err;
	work->deadline = lock_deadline(STORE_FILE_LOCK_MS);
	err = step(work, why);
	if (!guard_leave(&guard, why))
		err = OTP_ERR_IO;
	return err;
}

static enum otp_err store_file_update(
	void *self, struct store_key key, struct store_edit edit, struct otp_why *why)
{
	struct work work = {.file = self, .edit = edit};

	return work_run(&work, key, update_step, why);
}

static enum otp_err store_file_read(
	void *self, struct store_key key, char *buf, struct store_bytes *bytes, struct otp_why *why)
{
	struct work work = {.file = self, .buf = buf, .bytes = bytes};

	return work_run(&work, key, read_step, why);
}

static enum otp_err store_file_remove(void *self, struct store_key key, struct otp_why *why)
{
	struct work work = {.file = self};

	return work_run(&work, key, remove_step, why);
}

/* The first name that is neither a user's nor passing is reported at the end: it may be a record that
 * somebody moved aside. */
static enum otp_err folder_visit(DIR *folder, const char *dir, struct store_visit visit, struct otp_why *why)
{
	enum otp_err err = OTP_OK;
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(folder)) != NULL) {
		const char *name = entry->d_name;
		char user[STORE_FILE_NAME_SIZE];

		if (store_file_name_decode(name, user)) {
			if (!visit.user(visit.ctx, user))
				return err;
		} else if (err == OTP_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
			   !newfile_name_is_temporary(name)) {
			err = why_set(
				why, OTP_ERR_CORRUPT, 0, "%s/users/%s: no record has such a name", dir, name);
		}
	}
	if (errno != 0)
		err = why_set(why, OTP_ERR_IO, errno, "%s/users: listing", dir);
	return err;
}

static enum otp_err store_file_list(void *self, struct store_visit visit, struct otp_why *why)
{
	const struct store_file *file = self;
	int fd = trust_fd_above_standard(openat(file->users_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (folder == NULL) {
		enum otp_err err = why_set(why, OTP_ERR_IO, errno, "%s/users: listing", file->dir);
		if (fd >= 0)
			(void)close(fd);
		return err;
	}
	enum otp_err err = folder_visit(folder, file->dir, visit, why);
	(void)closedir(folder);
	return err;
}

struct store store_file_interface(struct store_file *file)
{
	return (struct store){
		.self = file,
		.update = store_file_update,
		.read = store_file_read,
		.list = store_file_list,
		.remove = store_file_remove,
	};
}
