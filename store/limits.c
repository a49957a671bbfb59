/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/limits.h"

#include "store/folder.h"
#include "store/guard.h"
#include "store/lock.h"
#include "store/newfile.h"
#include "store/whole.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_NAME "shared"
#define TABLE_NAME "limits"
#define PATH_SIZE (sizeof((struct limits_file *)0)->folder + sizeof "/" TABLE_NAME)
#define MEND "; until 'otpcode init' has mended it, nothing is sent"

/* One change of some rows. */
struct turn {
	const struct quota_key *keys;
	unsigned keys_n;
	struct quota_edit edit;
	char path[PATH_SIZE];
	int fd;
	unsigned sets[QUOTA_ROWS_MAX]; /* each once, ascending: two changes never wait for each other */
	unsigned sets_n;
	unsigned locked_n; /* of these */
	unsigned char bytes[QUOTA_ROWS_MAX][QUOTA_SET_SIZE];
};

void limits_set(struct limits_file *file, const char *store_dir, uid_t owner)
{
	(void)snprintf(file->folder, sizeof file->folder, "%s/" FOLDER_NAME, store_dir);
	file->owner = owner;
}

static enum otp_err table_open(int folder_fd, uid_t owner, const char *path, int *fd, struct otp_why *why)
{
	const struct trust_rule rule = {.mode = TRUST_SECRET, .owner = owner};

	return trust_open_at(folder_fd, TABLE_NAME, O_RDWR, rule, path, fd, why);
}

/* Whether an open file is a table of this form. OTP_ERR_CORRUPT where it is not. */
static enum otp_err header_check(int fd, const char *path, struct otp_why *why)
{
	char header[sizeof LIMITS_HEADER]; /* a zero behind it */
	struct stat st;

	if (fstat(fd, &st) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	if (st.st_size != (off_t)LIMITS_SIZE)
		return why_set(why, OTP_ERR_CORRUPT, 0, "%s: %jd bytes, must be %zu" MEND, path,
			(intmax_t)st.st_size, LIMITS_SIZE);
	enum otp_err err = whole_read_at(fd, header, sizeof header, 0, path, why);
	if (err == OTP_OK && memcmp(header, LIMITS_HEADER, sizeof header) != 0)
		err = why_set(why, OTP_ERR_CORRUPT, 0, "%s: is no table of limits" MEND, path);
	return err;
}

static enum otp_err turn_open(struct turn *turn, const struct limits_file *file, struct otp_why *why)
{
	struct otp_why opening = {0};
	int folder_fd = -1;

	(void)snprintf(turn->path, sizeof turn->path, "%s/" TABLE_NAME, file->folder);
	enum otp_err err = trust_open_folder(file->folder, file->owner, &folder_fd, &opening);
	if (err == OTP_OK) {
		err = table_open(folder_fd, file->owner, turn->path, &turn->fd, &opening);
		(void)close(folder_fd);
	}
	if (err == OTP_ERR_IO && opening.os_error == ENOENT)
		return why_set(why, OTP_ERR_IO, ENOENT, "%s: missing" MEND, turn->path);
	if (err != OTP_OK) {
		if (why != NULL)
			*why = opening;
		return err;
	}
	return header_check(turn->fd, turn->path, why);
}

static off_t set_offset(unsigned set)
{
	return (off_t)(LIMITS_HEADER_LEN + set * QUOTA_SET_SIZE);
}

static void sort_sets(struct turn *turn)
{
	turn->sets_n = 0;
	for (unsigned i = 0; i < turn->keys_n; i++) {
		unsigned at = 0, set = turn->keys[i].set;
		while (at < turn->sets_n && turn->sets[at] < set)
			at++;
		if (at < turn->sets_n && turn->sets[at] == set)
			continue;
		memmove(turn->sets + at + 1, turn->sets + at, (turn->sets_n - at) * sizeof turn->sets[0]);
		turn->sets[at] = set;
		turn->sets_n++;
	}
}

/* Locks of the open file, not of the process: another thread's do not count as ours. */
static int set_lock(int fd, unsigned set, short type)
{
	struct flock range = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = set_offset(set), .l_len = QUOTA_SET_SIZE};

	return fcntl(fd, F_OFD_SETLK, &range);
}

static enum otp_err sets_lock(struct turn *turn, struct otp_why *why)
{
	const struct timespec deadline = lock_deadline(LIMITS_LOCK_MS);

	while (turn->locked_n < turn->sets_n) {
		if (set_lock(turn->fd, turn->sets[turn->locked_n], F_WRLCK) == 0) {
			turn->locked_n++;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EACCES)
			return why_set(why, OTP_ERR_IO, errno, "%s: locking", turn->path);
		if (lock_deadline_passed(&deadline))
			return why_set(why, OTP_ERR_BUSY, 0,
				"%s: locked by others for %d ms, so nothing is sent", turn->path,
				LIMITS_LOCK_MS);
		lock_pause();
	}
	return OTP_OK;
}

/* In so many words: a child that another thread forks meanwhile keeps the locks alive with its copy of fd. */
static void turn_close(const struct turn *turn)
{
	for (unsigned i = 0; i < turn->locked_n; i++)
		(void)set_lock(turn->fd, turn->sets[i], F_UNLCK);
	if (turn->fd >= 0)
		(void)close(turn->fd);
}

static unsigned char *bytes_of(struct turn *turn, unsigned set)
{
	unsigned i = 0;

	while (turn->sets[i] != set)
		i++;
	return turn->bytes[i];
}

static enum otp_err rows_change(struct turn *turn, struct otp_why *why)
{
	unsigned char *places[QUOTA_ROWS_MAX];
	bool changed = false;
	enum otp_err err = OTP_OK;

	for (unsigned i = 0; err == OTP_OK && i < turn->sets_n; i++)
		err = whole_read_at(
			turn->fd, turn->bytes[i], QUOTA_SET_SIZE, set_offset(turn->sets[i]), turn->path, why);
	if (err != OTP_OK)
		return err;
	for (unsigned i = 0; i < turn->keys_n; i++)
		places[i] = bytes_of(turn, turn->keys[i].set);
	err = quota_apply(places, turn->keys, turn->keys_n, turn->edit, &changed, why);
	if (err == OTP_ERR_CORRUPT)
		return why_set(why, err, 0, "%s: damaged" MEND, turn->path);
	for (unsigned i = 0; err == OTP_OK && changed && i < turn->sets_n; i++)
		err = whole_write_at(
			turn->fd, turn->bytes[i], QUOTA_SET_SIZE, set_offset(turn->sets[i]), turn->path, why);
	return err;
}

static enum otp_err limits_update(void *self, const struct quota_key *keys, unsigned keys_n,
	struct quota_edit edit, struct otp_why *why)
{
	struct turn turn = {.keys = keys, .keys_n = keys_n, .edit = edit, .fd = -1};
	struct guard guard;
	enum otp_err err = guard_enter(&guard, why);

	if (err != OTP_OK)
		return err;
	err = turn_open(&turn, self, why);
	if (err == OTP_OK) {
		sort_sets(&turn);
		err = sets_lock(&turn, why);
	}
	if (err == OTP_OK)
		err = rows_change(&turn, why);
	turn_close(&turn);
	if (!guard_leave(&guard, why))
		err = OTP_ERR_IO;
	return err;
}

struct quota_table limits_interface(struct limits_file *file)
{
	return (struct quota_table){.self = file, .update = limits_update};
}

static bool all_rows_hold(const unsigned char *table)
{
	struct quota_row row;

	for (size_t at = LIMITS_HEADER_LEN; at < LIMITS_SIZE; at += QUOTA_ROW_SIZE)
		if (!quota_place_is_free(table + at) && !quota_row_decode(table + at, &row))
			return false;
	return true;
}

/* OTP_ERR_CORRUPT where the table is to be made anew. memory has room for it. */
static enum otp_err table_check(
	int folder_fd, uid_t owner, const char *path, unsigned char *memory, struct otp_why *why)
{
	int fd = -1;
	enum otp_err err = table_open(folder_fd, owner, path, &fd, why);

	if (err != OTP_OK)
		return err;
	err = header_check(fd, path, why);
	if (err == OTP_OK)
		err = whole_read_at(fd, memory, LIMITS_SIZE, 0, path, why);
	(void)close(fd);
	if (err == OTP_OK && !all_rows_hold(memory))
		err = why_set(why, OTP_ERR_CORRUPT, 0, "%s: damaged", path);
	return err;
}

/* Zeros are written, not left out: later changes need no space from the disk. */
static enum otp_err table_make(
	int folder_fd, uid_t owner, const char *path, bool *created, struct otp_why *why)
{
	unsigned char *memory = malloc(LIMITS_SIZE);
	struct otp_why checking = {0};

	if (memory == NULL)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "no memory for the table of limits");
	enum otp_err err = table_check(folder_fd, owner, path, memory, &checking);
	bool missing = err == OTP_ERR_IO && checking.os_error == ENOENT;
	if (why != NULL)
		*why = checking;
	/* Nothing in a damaged one is worth keeping but counts of the last day. */
	if (err == OTP_ERR_CORRUPT && unlinkat(folder_fd, TABLE_NAME, 0) != 0)
		err = why_set(why, OTP_ERR_IO, errno, "%s: removing", path);
	if (missing || err == OTP_ERR_CORRUPT) {
		memset(memory, 0, LIMITS_SIZE);
		memcpy(memory, LIMITS_HEADER, sizeof LIMITS_HEADER - 1);
		err = newfile_create(folder_fd, TABLE_NAME, memory, LIMITS_SIZE, path, why);
		*created = err == OTP_OK;
	}
	free(memory);
	return err == OTP_ERR_EXISTS ? OTP_OK : err;
}

enum otp_err limits_create(const char *store_dir, uid_t owner, bool *created, struct otp_why *why)
{
	struct limits_file file = {.owner = owner};
	char path[PATH_SIZE];
	int store_fd = -1, folder_fd = -1;
	enum otp_err err = trust_open_folder(store_dir, owner, &store_fd, why);

	*created = false;
	if (err != OTP_OK)
		return err;
	limits_set(&file, store_dir, owner);
	(void)snprintf(path, sizeof path, "%s/" TABLE_NAME, file.folder);
	bool folder_created = false;
	err = folder_make_below(store_fd, FOLDER_NAME, owner, file.folder, &folder_fd, &folder_created, why);
	(void)close(store_fd);
	if (err != OTP_OK)
		return err;
	err = table_make(folder_fd, owner, path, created, why);
	(void)close(folder_fd);
	return err;
}
