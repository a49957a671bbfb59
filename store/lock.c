/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/lock.h"

#include "store/file.h"
#include "trust/trust.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_S 1000000000L
#define NS_PER_MS 1000000L

/* Longer pauses starve: one that sleeps while the lock goes round and round misses it every time. */
#define PAUSE_MIN_NS (NS_PER_MS / 4)
#define PAUSE_MAX_NS NS_PER_MS

static struct timespec monotonic_now(void)
{
	struct timespec now = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now;
}

struct timespec lock_deadline(int wait_ms)
{
	struct timespec deadline = monotonic_now();

	deadline.tv_sec += wait_ms / 1000;
	deadline.tv_nsec += wait_ms % 1000 * NS_PER_MS;
	if (deadline.tv_nsec >= NS_PER_S) {
		deadline.tv_nsec -= NS_PER_S;
		deadline.tv_sec++;
	}
	return deadline;
}

bool lock_deadline_passed(const struct timespec *deadline)
{
	struct timespec now = monotonic_now();

	return now.tv_sec > deadline->tv_sec ||
	       (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

/* The nanoseconds of the clock are jitter enough to keep waiters out of step. */
void lock_pause(void)
{
	const struct timespec pause = {
		0, PAUSE_MIN_NS + monotonic_now().tv_nsec % (PAUSE_MAX_NS - PAUSE_MIN_NS + 1)};

	(void)nanosleep(&pause, NULL);
}

static enum otp_err lock_wait(int fd, const struct timespec *deadline, const char *path, struct otp_why *why)
{
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return why_set(why, OTP_ERR_IO, errno, "%s: locking", path);
		if (lock_deadline_passed(deadline))
			return why_set(why, OTP_ERR_BUSY, 0, "%s: locked by others for %d ms", path,
				STORE_FILE_LOCK_MS);
		lock_pause();
	}
	return OTP_OK;
}

/* Of all that can say ENOENT only the lookup of the name means that there is no such name. */
static enum otp_err file_open(const struct lock_file *file, int flags, int *fd, struct otp_why *why)
{
	const struct trust_rule rule = {.mode = TRUST_SECRET, .owner = file->owner};
	struct otp_why opening = {0};
	enum otp_err err = trust_open_at(
		file->folder_fd, file->name, flags, rule, file->path_for_messages, fd, &opening);

	if (err == OTP_ERR_IO && opening.os_error == ENOENT)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "%s: no such record", file->path_for_messages);
	if (err != OTP_OK && why != NULL)
		*why = opening;
	return err;
}

enum otp_err lock_open(const struct lock_file *file, int flags, const struct timespec *deadline, int *fd,
	struct otp_why *why)
{
	const char *path = file->path_for_messages;

	for (;;) {
		struct stat st = {0};
		int opened = -1;
		enum otp_err err = file_open(file, flags, &opened, why);

		if (err != OTP_OK)
			return err;
		err = lock_wait(opened, deadline, path, why);
		if (err == OTP_OK && fstat(opened, &st) != 0)
			err = why_set(why, OTP_ERR_IO, errno, "%s", path);
		if (err == OTP_OK && st.st_nlink == 1) {
			*fd = opened;
			return OTP_OK;
		}
		/* It lost its name, or got a second one, while we waited: what the name stands for now is
		 * judged anew. */
		lock_close(opened);
		if (err == OTP_OK && lock_deadline_passed(deadline))
			err = why_set(why, OTP_ERR_BUSY, 0, "%s: replaced again and again", path);
		if (err != OTP_OK)
			return err;
	}
}

/* Unlocks in so many words: a child that another thread forks meanwhile keeps the lock alive with its copy of
 * fd. */
void lock_close(int fd)
{
	(void)flock(fd, LOCK_UN);
	(void)close(fd);
}
