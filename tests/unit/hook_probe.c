/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/hook_probe.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define DESCRIPTORS 70000
#define LIFETIME_S 80 /* the request's wait and a minute */

/* In the order of the kernel's numbers. Written from the manual, not from the code: what each must be. */
static const struct rlimit limits_expected[] = {
	[RLIMIT_CPU] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_FSIZE] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_DATA] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_STACK] = {8 << 20, RLIM_INFINITY},
	[RLIMIT_CORE] = {0, 0},
	[RLIMIT_RSS] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_NPROC] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_NOFILE] = {1024, 4096},
	[RLIMIT_MEMLOCK] = {64 << 10, 64 << 10},
	[RLIMIT_AS] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_LOCKS] = {RLIM_INFINITY, RLIM_INFINITY},
	[RLIMIT_SIGPENDING] = {1024, 1024},
	[RLIMIT_MSGQUEUE] = {819200, 819200},
	[RLIMIT_NICE] = {0, 0},
	[RLIMIT_RTPRIO] = {0, 0},
	[RLIMIT_RTTIME] = {RLIM_INFINITY, RLIM_INFINITY},
};

_Static_assert(sizeof limits_expected / sizeof *limits_expected == RLIM_NLIMITS, "every limit");

bool hook_probe_may_raise_limits(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return syscall(SYS_capget, &header, caps) == 0 &&
	       (caps[CAP_SYS_RESOURCE / 32].effective & (1U << (CAP_SYS_RESOURCE % 32))) != 0;
}

static size_t add(char *out, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));

static size_t add(char *out, size_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(out + at, HOOK_PROBE_SIZE - at, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= HOOK_PROBE_SIZE - at)
		abort();
	return at + (size_t)n;
}

static size_t add_limits(char *out, size_t at, const struct rlimit *limits)
{
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		at = add(out, at, "limit %d: %lx %lx\n", i, (unsigned long)limits[i].rlim_cur,
			(unsigned long)limits[i].rlim_max);
	return at;
}

/* Without CAP_SYS_RESOURCE, as in many containers, even root's hard limits are as far as it goes. */
static size_t add_limits_expected(char *out, size_t at)
{
	struct rlimit limits[RLIM_NLIMITS];
	bool may_raise = hook_probe_may_raise_limits();

	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		struct rlimit own;
		limits[i] = limits_expected[i];
		if (may_raise || getrlimit((__rlimit_resource_t)i, &own) != 0)
			continue;
		if (limits[i].rlim_max > own.rlim_max)
			limits[i].rlim_max = own.rlim_max;
		if (limits[i].rlim_cur > limits[i].rlim_max)
			limits[i].rlim_cur = limits[i].rlim_max;
	}
	return add_limits(out, at, limits);
}

void hook_probe_expect(const struct hook_stage *stage, char out[HOOK_PROBE_SIZE])
{
	unsigned uid = stage->uid, gid = stage->gid;
	size_t at =
		add(out, 0, "arguments: %s --config %s\nenvironment: 0 bytes\n", stage->hook, stage->config);

	at = add(out, at, "uids: %u %u %u\ngids: %u %u %u\ngroups: 0\n", uid, uid, uid, gid, gid, gid);
	at = add(out, at, "capabilities: none\nno new privileges: 0\n");
	at = add(out, at, "descriptor 0: pipe, 0\ndescriptor 1: pipe, 1\ndescriptor 2: /dev/null, 2\n");
	at = add(out, at, "ignored: 13\nblocked: 0\npending: 0\ntimers: one, due within %d s\n", LIFETIME_S);
	at = add(out, at, "folder: /\numask: 077\nsession: own\nterminal: none\n");
	at = add_limits_expected(out, at);
	struct request request = hook_stage_request();
	char text[REQUEST_MAX];
	size_t len = 0;
	if (request_encode(&request, text, &len, NULL) != OTP_OK)
		abort();
	(void)add(out, at, "request:\n%.*s", (int)len, text);
}

static size_t add_environment(char *out, size_t at)
{
	static char buf[65536];
	int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, sizeof buf);

	(void)close(fd);
	return add(out, at, "environment: %zd bytes\n", n);
}

static size_t add_ids(char *out, size_t at)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3], none[_LINUX_CAPABILITY_U32S_3];
	uid_t uids[3];
	gid_t gids[3];

	(void)getresuid(&uids[0], &uids[1], &uids[2]);
	(void)getresgid(&gids[0], &gids[1], &gids[2]);
	at = add(out, at, "uids: %u %u %u\ngids: %u %u %u\ngroups: %d\n", uids[0], uids[1], uids[2], gids[0],
		gids[1], gids[2], getgroups(0, NULL));
	memset(caps, 0xff, sizeof caps);
	memset(none, 0, sizeof none);
	(void)syscall(SYS_capget, &header, caps);
	bool ambient = false;
	for (int cap = 0; cap < 64; cap++)
		ambient |= prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1;
	at = add(out, at, "capabilities: %s\n",
		memcmp(caps, none, sizeof caps) == 0 && !ambient ? "none" : "some");
	return add(out, at, "no new privileges: %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/* readlink needs no descriptor of its own. */
static size_t add_descriptors(char *out, size_t at)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		char path[64], target[256] = "";
		int flags = fcntl(fd, F_GETFL);
		if (flags < 0)
			continue;
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof target - 1);
		target[n < 0 ? 0 : n] = '\0';
		target[strcspn(target, ":")] = '\0';
		at = add(out, at, "descriptor %d: %s, %d\n", fd, target,
			flags & (O_ACCMODE | O_NONBLOCK | O_APPEND));
	}
	return at;
}

/* Handlers do not outlive execve (and a sanitizer has its own by now), what was ignored does. */
static size_t add_signals(char *out, size_t at)
{
	uint64_t blocked = 1, pending = 1;
	struct itimerval timers[3];

	at = add(out, at, "ignored:");
	for (int number = 1; number <= 64; number++) {
		union {
			char bytes[64];
			void *handler; /* the first member in every kernel's structure */
		} action = {{0}};
		(void)syscall(SYS_rt_sigaction, number, NULL, &action, 8);
		if (action.handler == (void *)SIG_IGN)
			at = add(out, at, " %d", number);
	}
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &blocked, 8);
	(void)syscall(SYS_rt_sigpending, &pending, 8);
	at = add(out, at, "\nblocked: %llx\npending: %llx\n", (unsigned long long)blocked,
		(unsigned long long)pending);
	(void)getitimer(ITIMER_REAL, &timers[0]);
	(void)getitimer(ITIMER_VIRTUAL, &timers[1]);
	(void)getitimer(ITIMER_PROF, &timers[2]);
	long due_s = timers[0].it_value.tv_sec;
	bool one = due_s > 0 && due_s <= LIFETIME_S && timers[0].it_interval.tv_sec == 0 &&
		   timers[1].it_value.tv_sec == 0 && timers[2].it_value.tv_sec == 0;
	return one ? add(out, at, "timers: one, due within %d s\n", LIFETIME_S)
		   : add(out, at, "timers: others, due in %ld s\n", due_s);
}

static size_t add_place(char *out, size_t at)
{
	char folder[512] = "";
	mode_t mask = umask(0);
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	at = add(out, at, "folder: %s\numask: %03o\n", getcwd(folder, sizeof folder) != NULL ? folder : "?",
		(unsigned)mask);
	at = add(out, at, "session: %s\nterminal: %s\n",
		getsid(0) == getpid() && getpgrp() == getpid() ? "own" : "another's",
		terminal < 0 ? "none" : "some");
	if (terminal >= 0)
		(void)close(terminal);
	struct rlimit limits[RLIM_NLIMITS];
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		(void)getrlimit((__rlimit_resource_t)i, &limits[i]);
	return add_limits(out, at, limits);
}

static size_t add_request(char *out, size_t at)
{
	char text[REQUEST_MAX + 1];
	size_t len = 0;
	ssize_t n;

	while (len < REQUEST_MAX && (n = read(STDIN_FILENO, text + len, REQUEST_MAX - len)) > 0)
		len += (size_t)n;
	return add(out, at, "request:\n%.*s", (int)len, text);
}

int hook_probe_main(int argc, char **argv, int *status)
{
	static char out[HOOK_PROBE_SIZE], descriptors[HOOK_PROBE_SIZE];

	if (argc < 3 || strcmp(argv[1], "--config") != 0)
		return 0;
	(void)add_descriptors(descriptors, 0); /* before anything here opens one */
	size_t at = add(out, 0, "arguments:");
	for (int i = 0; i < argc; i++)
		at = add(out, at, " %s", argv[i]);
	at = add(out, at, "\n");
	at = add_environment(out, at);
	at = add_ids(out, at);
	at = add(out, at, "%s", descriptors);
	at = add_signals(out, at);
	at = add_place(out, at);
	at = add_request(out, at);

	char path[128];
	(void)snprintf(path, sizeof path, "%.*s/out", (int)(strrchr(argv[2], '/') - argv[2]), argv[2]);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, out, at) == (ssize_t)at;
	*status = written && dprintf(STDOUT_FILENO, "sent probe 1\n") > 0 ? 0 : 1;
	return 1;
}
