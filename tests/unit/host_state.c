/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/host_state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DESCRIPTORS 4096
#define REPORT_FD                                                                                            \
	4000 /* where a process of host_state_run says what went wrong; no test closes so high a number */

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text->at, text->left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= text->left)
		abort();
	text->at += n;
	text->left -= (size_t)n;
}

static void say_bytes(struct text *text, const char *name, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	say(text, "%s", name);
	for (size_t i = 0; i < len; i++)
		say(text, "%02x", bytes[i]);
	say(text, "\n");
}

/* By system call: glibc hides two of the 64. */
static void say_signals(struct text *text)
{
	uint64_t set = 0;
	sigset_t pending;

	for (int number = 1; number <= 64; number++) {
		unsigned char action[64] = {0};
		char name[32];
		(void)syscall(SYS_rt_sigaction, number, NULL, action, 8);
		(void)snprintf(name, sizeof name, "disposition %d: ", number);
		say_bytes(text, name, action, sizeof action);
	}
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &set, 8);
	say_bytes(text, "mask: ", &set, sizeof set);
	(void)sigpending(&pending);
	say_bytes(text, "pending: ", &pending, 8);
}

static void say_timers(struct text *text)
{
	static const int timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};

	for (size_t i = 0; i < 3; i++) {
		struct itimerval value;
		(void)getitimer((__itimer_which_t)timers[i], &value);
		bool armed = value.it_value.tv_sec != 0 || value.it_value.tv_usec != 0;
		say(text, "timer %zu: %s, every %ld.%06ld s\n", i, armed ? "armed" : "off",
			(long)value.it_interval.tv_sec, (long)value.it_interval.tv_usec);
	}
}

static void say_descriptors(struct text *text)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		int flags = fcntl(fd, F_GETFD);
		struct stat st;
		if (flags < 0 || fstat(fd, &st) != 0)
			continue;
		say(text, "descriptor %d: flags %d, status %o, %lx:%lu\n", fd, flags,
			(unsigned)fcntl(fd, F_GETFL), (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	}
}

static void say_limits(struct text *text)
{
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		struct rlimit limit = {0, 0};
		(void)getrlimit((__rlimit_resource_t)i, &limit);
		say(text, "limit %d: %lx %lx\n", i, (unsigned long)limit.rlim_cur,
			(unsigned long)limit.rlim_max);
	}
}

static void say_ids(struct text *text)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	uid_t uids[3];
	gid_t gids[3], groups[64];

	(void)getresuid(&uids[0], &uids[1], &uids[2]);
	(void)getresgid(&gids[0], &gids[1], &gids[2]);
	say(text, "uids: %u %u %u\ngids: %u %u %u\ngroups:", uids[0], uids[1], uids[2], gids[0], gids[1],
		gids[2]);
	int n = getgroups(64, groups);
	for (int i = 0; i < n; i++)
		say(text, " %u", groups[i]);
	memset(caps, 0, sizeof caps);
	(void)syscall(SYS_capget, &header, caps);
	say_bytes(text, "\ncapabilities: ", caps, sizeof caps);
	say(text, "pid %d, parent %d, group %d, session %d\n", getpid(), getppid(), getpgrp(), getsid(0));
	say(text, "dumpable %d, keepcaps %d, securebits %d, no new privileges %d, nice %d\n",
		prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS),
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), getpriority(PRIO_PROCESS, 0));
}

/* Of every kind, also those that end without a signal; none is reaped. */
static void say_children(struct text *text)
{
	siginfo_t info;

	memset(&info, 0, sizeof info);
	int result = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
	say(text, "children: %s, ended: %d\n", result == 0 ? "some" : "none", result == 0 ? info.si_pid : 0);
}

void host_state_take(char out[HOST_STATE_SIZE])
{
	struct text text = {out, HOST_STATE_SIZE};
	char folder[512] = "";
	mode_t mask = umask(0);

	(void)umask(mask);
	say_signals(&text);
	say_timers(&text);
	say_descriptors(&text);
	say(&text, "umask: %03o\n", (unsigned)mask);
	say(&text, "folder: %s\n", getcwd(folder, sizeof folder) != NULL ? folder : "?");
	for (char **variable = environ; variable != NULL && *variable != NULL; variable++)
		say(&text, "environment %s\n", *variable);
	say_children(&text);
	say_ids(&text);
	say_limits(&text);
}

const char *host_state_differs(const char *before, const char *after)
{
	static char text[400];

	while (*before != '\0' || *after != '\0') {
		size_t len = strcspn(before, "\n"), after_len = strcspn(after, "\n");
		if (len != after_len || memcmp(before, after, len) != 0) {
			(void)snprintf(text, sizeof text, "%.*s | %.*s", len > 180 ? 180 : (int)len, before,
				after_len > 180 ? 180 : (int)after_len, after);
			return text;
		}
		before += len + (before[len] == '\n');
		after += after_len + (after[after_len] == '\n');
	}
	return NULL;
}

_Noreturn void host_state_fail(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ssize_t written = write(REPORT_FD, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
	_exit(written < 0 ? 3 : 1);
}

/* Reads to the end, which is when every copy of the writing end is closed: no hook has one. */
static void read_report(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
}

void host_state_run(struct host_body body)
{
	char said[1024];
	int ends[2], status = 0;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	(void)fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup3(ends[1], REPORT_FD, O_CLOEXEC) != REPORT_FD)
			_exit(4);
		(void)close(ends[0]);
		(void)close(ends[1]);
		body.run(body.arg);
		_exit(0);
	}
	(void)close(ends[1]);
	read_report(ends[0], said, sizeof said);
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("status %x: %s", (unsigned)status, said);
}

static atomic_uint handled;

void host_state_count(int number)
{
	(void)number;
	atomic_fetch_add(&handled, 1);
}

unsigned host_state_handled(void)
{
	return handled;
}

void host_state_be_odd(const char *folder)
{
	const struct itimerval hourly = {{3600, 0}, {3600, 0}};
	struct sigaction action = {.sa_handler = host_state_count, .sa_flags = SA_ONSTACK | SA_NODEFER};
	uint64_t mask = 0x5555555555555555;

	for (int number = 1; number <= 64; number++)
		if (number % 3 == 0 && number != SIGKILL && number != SIGSTOP && (number < 32 || number > 33))
			HOST_CHECK(sigaction(number, &action, NULL) == 0);
		else if (number % 3 == 1 && number != SIGSTOP && (number < 32 || number > 33))
			(void)signal(number, SIG_IGN);
	(void)sigaddset(&action.sa_mask, SIGUSR1);
	HOST_CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
	HOST_CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
	mask |= 1ULL << 31 | 1ULL << 32; /* the two that glibc hides */
	HOST_CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8) == 0);
	HOST_CHECK(setitimer(ITIMER_REAL, &hourly, NULL) == 0);
	HOST_CHECK(setitimer(ITIMER_VIRTUAL, &hourly, NULL) == 0);
	(void)umask(0123);
	HOST_CHECK(chdir(folder) == 0);
	HOST_CHECK(setenv("ODD", "yes", 1) == 0);
	HOST_CHECK(dup2(1, 77) == 77);
	struct rlimit limit;
	HOST_CHECK(getrlimit(RLIMIT_NPROC, &limit) == 0);
	limit.rlim_cur = 1;
	HOST_CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
	HOST_CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	limit.rlim_cur = 0;
	HOST_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	HOST_CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0);
	HOST_CHECK(setresuid(HOST_STATE_CALLER_UID, 0, 0) == 0);
}
