/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/guard.h"

#include "store/limits.h"
#include "store/slot.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LIMITS_WAIT_S 2
#define FILE_SIZE_NEEDED ((rlim_t)LIMITS_SIZE) /* the largest file of a store */

static_assert(LIMITS_SIZE >= SLOT_PAIR_LEN, "a record is not the largest file");

/* 16-bit uids on the oldest ABIs. */
#ifdef SYS_setresuid32
#define SETRESUID SYS_setresuid32
#else
#define SETRESUID SYS_setresuid
#endif

/* Limits are the whole process's: two threads' transactions must not take each other's raised ones for the
 * host's. */
static pthread_mutex_t limits_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Of this thread alone: glibc's setresuid signals every thread of the host. */
static int uids_set(uid_t real, uid_t saved)
{
	return (int)syscall(SETRESUID, real, (uid_t)-1, saved);
}

/* kill(2) lets a sender in whose uid is the target's real or saved one. */
static enum otp_err uids_take(struct guard *guard, struct otp_why *why)
{
	uid_t effective;

	if (getresuid(&guard->real_uid, &effective, &guard->saved_uid) != 0)
		return why_set(why, OTP_ERR_IO, errno, "reading the uids of this process");
	if (effective != 0 && guard->real_uid != effective)
		return why_set(why, OTP_ERR_IO, EPERM, "cannot guard a program that is setuid to uid %u",
			(unsigned)effective);
	if (effective != 0 || (guard->real_uid == 0 && guard->saved_uid == 0))
		return OTP_OK;
	if (uids_set(0, 0) != 0)
		return why_set(why, OTP_ERR_IO, errno, "taking root's real uid");
	guard->uids_changed = true;
	return OTP_OK;
}

/* As far up as this process may: past the hard limit where it is privileged, else to it. */
static bool limit_raise(unsigned which, const struct rlimit *now)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	const struct rlimit hard = {now->rlim_max, now->rlim_max};

	return setrlimit(which, &unlimited) == 0 || setrlimit(which, &hard) == 0;
}

static bool signal_is_pending(int signal)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, signal) == 1;
}

/* A low FSIZE would cut a write short, a CPU limit end the host in the middle of one. */
static enum otp_err limits_raise(struct guard *guard, struct otp_why *why)
{
	struct rlimit now = {0, 0};

	if (guard->file_size.rlim_cur < FILE_SIZE_NEEDED)
		guard->file_size_changed = limit_raise(RLIMIT_FSIZE, &guard->file_size);
	if (guard->cpu.rlim_cur != RLIM_INFINITY)
		guard->cpu_changed = limit_raise(RLIMIT_CPU, &guard->cpu);
	if (getrlimit(RLIMIT_FSIZE, &now) == 0 && now.rlim_cur >= FILE_SIZE_NEEDED)
		return OTP_OK;
	/* Where a record fits, answers can be judged; a table that does not only stops sends. */
	if (geteuid() == 0 && now.rlim_cur < SLOT_PAIR_LEN)
		return why_set(why, OTP_ERR_IO, EPERM, "raising the file size limit");
	guard->file_signal_is_ours = !signal_is_pending(SIGXFSZ);
	return OTP_OK;
}

static enum otp_err limits_take(struct guard *guard, struct otp_why *why)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LIMITS_WAIT_S;
	if (pthread_mutex_clocklock(&limits_mutex, CLOCK_MONOTONIC, &until) != 0)
		return why_set(why, OTP_ERR_BUSY, 0, "another thread holds on to the limits of this process");
	guard->limits_held = true;
	if (getrlimit(RLIMIT_FSIZE, &guard->file_size) != 0 || getrlimit(RLIMIT_CPU, &guard->cpu) != 0)
		return why_set(why, OTP_ERR_IO, errno, "reading the limits of this process");
	if (guard->file_size.rlim_cur < FILE_SIZE_NEEDED || guard->cpu.rlim_cur != RLIM_INFINITY)
		return limits_raise(guard, why);
	guard->limits_held = false;
	(void)pthread_mutex_unlock(&limits_mutex);
	return OTP_OK;
}

static bool limits_put_back(const struct guard *guard)
{
	bool done = true;

	if (guard->file_size_changed && setrlimit(RLIMIT_FSIZE, &guard->file_size) != 0)
		done = false;
	if (guard->cpu_changed && setrlimit(RLIMIT_CPU, &guard->cpu) != 0)
		done = false;
	if (guard->limits_held)
		(void)pthread_mutex_unlock(&limits_mutex);
	return done;
}

/* A SIGXFSZ that the host never had coming would end it once the mask is put back. */
static void file_signal_take_away(void)
{
	const struct timespec at_once = {0, 0};
	sigset_t only;

	(void)sigemptyset(&only);
	(void)sigaddset(&only, SIGXFSZ);
	(void)sigtimedwait(&only, NULL, &at_once);
}

enum otp_err guard_enter(struct guard *guard, struct otp_why *why)
{
	struct otp_why undo;
	sigset_t all;

	memset(guard, 0, sizeof *guard);
	(void)sigfillset(&all);
	int failed = pthread_sigmask(SIG_SETMASK, &all, &guard->mask);
	if (failed != 0)
		return why_set(why, OTP_ERR_IO, failed, "blocking signals");
	enum otp_err err = uids_take(guard, why);
	if (err == OTP_OK)
		err = limits_take(guard, why);
	if (err != OTP_OK && !guard_leave(guard, &undo))
		why_prefix(why, "%s, after ", undo.text);
	return err;
}

bool guard_leave(const struct guard *guard, struct otp_why *why)
{
	bool done = true;

	if (!limits_put_back(guard)) {
		(void)why_set(why, OTP_ERR_IO, errno, "putting back the limits of this process");
		done = false;
	}
	if (guard->uids_changed && uids_set(guard->real_uid, guard->saved_uid) != 0) {
		(void)why_set(why, OTP_ERR_IO, errno, "putting back the uids of this process");
		done = false;
	}
	if (guard->file_signal_is_ours)
		file_signal_take_away();
	int failed = pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
	if (failed != 0) {
		(void)why_set(why, OTP_ERR_IO, failed, "putting back the signal mask");
		done = false;
	}
	return done;
}
