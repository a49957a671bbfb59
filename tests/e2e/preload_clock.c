/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Moves the wall clock of a test's machine: every program of it loads this by /etc/ld.so.preload and adds the
 * seconds that stand in the file named below to what the kernel says. So the shipped module waits out
 * lifetimes and locks in no time. The file is mapped once, at the start: sshd's sandbox opens nothing later.
 */

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_FILE "/run/test-clock" /* of the machine's private /run; 8 bytes, seconds */

static const volatile int64_t *ahead_s;

__attribute__((constructor)) static void map_clock(void)
{
	int fd = open(CLOCK_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	void *page = mmap(NULL, sizeof *ahead_s, PROT_READ, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED)
		ahead_s = page;
	(void)close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int status = (int)syscall(SYS_clock_gettime, clock, now);

	if (status == 0 && clock == CLOCK_REALTIME && ahead_s != NULL)
		now->tv_sec += *ahead_s;
	return status;
}

time_t time(time_t *out)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return (time_t)-1;
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &precise) != 0)
		return -1;
	*now = (struct timeval){.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
	return 0;
}
