/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Between the clone and execve this is a copy of a host of which nothing is known: it may have threads, and
 * any of them may have held any lock. So whatever runs in a child
 *   - MUST only make system calls: no allocation, no stdio, no lock;
 *   - MUST make those that change ids directly: glibc's would signal threads that the copy does not have;
 *   - MUST NOT return, and MUST NOT run the program if anything on the way failed.
 */

/* What a child does in turn; the names are for people. */
enum step {
	STEP_CLONE,
	STEP_SIGNALS,
	STEP_DESCRIPTORS,
	STEP_DEV_NULL,
	STEP_CLOSE_RANGE,
	STEP_LIMITS,
	STEP_SETSID,
	STEP_CHDIR,
	STEP_SETGROUPS,
	STEP_SETRESGID,
	STEP_SETRESUID,
	STEP_CAPSET,
	STEP_IDS,
	STEP_DUMPABLE,
	STEP_EXEC,
};

static const char *const step_names[] = {
	[STEP_CLONE] = "clone",
	[STEP_SIGNALS] = "resetting signals",
	[STEP_DESCRIPTORS] = "dup2",
	[STEP_DEV_NULL] = "/dev/null",
	[STEP_CLOSE_RANGE] = "close_range",
	[STEP_LIMITS] = "setrlimit",
	[STEP_SETSID] = "setsid",
	[STEP_CHDIR] = "chdir",
	[STEP_SETGROUPS] = "setgroups",
	[STEP_SETRESGID] = "setresgid",
	[STEP_SETRESUID] = "setresuid",
	[STEP_CAPSET] = "capset",
	[STEP_IDS] = "its ids are not the ones that were set",
	[STEP_DUMPABLE] = "PR_SET_DUMPABLE",
	[STEP_EXEC] = "execve",
};

bool child_report_decode(const char *bytes, size_t len, struct child_report *out)
{
	size_t step = len == CHILD_REPORT_LEN ? (unsigned char)bytes[1] : sizeof step_names;

	if (step >= sizeof step_names / sizeof *step_names || bytes[0] != '\0')
		return false;
	out->step = step_names[step];
	memcpy(&out->os_error, bytes + 2, sizeof out->os_error);
	return true;
}

/* One write of so few bytes is never cut, and the pipe has room for it: nothing else was written there. */
static _Noreturn void fail(int reply_fd, enum step step, int os_error)
{
	char report[CHILD_REPORT_LEN] = {'\0', (char)step};

	memcpy(report + 2, &os_error, sizeof os_error);
	ssize_t written = write(reply_fd, report, sizeof report);
	_exit(written == (ssize_t)sizeof report ? 1 : 2);
}

/*
 * The dispositions of the host are copied with the rest of it: what it ignored would stay ignored, and what
 * it handles must not run in here. glibc hides two signals of its own from sigaction, hence the call below
 * it. SIGPIPE is ignored: the hook goes on when its reader has given up.
 */
static bool signals_reset(void)
{
	static const unsigned long default_action[16]; /* all zero is SIG_DFL, wherever the members are */
	struct sigaction ignore;

	for (int number = 1; number < _NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP &&
			syscall(SYS_rt_sigaction, number, default_action, NULL, _NSIG / 8) != 0)
			return false;
	memset(&ignore, 0, sizeof ignore);
	ignore.sa_handler = SIG_IGN;
	return sigaction(SIGPIPE, &ignore, NULL) == 0;
}

/*
 * Leaves the reply pipe at 1, the one place where failures are reported from here on, and nothing beyond 2.
 * Needs no free descriptor: the host may have used up all that it is allowed.
 */
static void descriptors_set(const struct child_plan *plan)
{
	/* Until /dev/null is open, whatever keeps 0 from being taken for it. */
	int input_fd = plan->request_fd >= 0 ? plan->request_fd : plan->reply_fd;

	if (dup2(input_fd, STDIN_FILENO) < 0 || dup2(plan->reply_fd, STDOUT_FILENO) < 0)
		fail(plan->reply_fd, STEP_DESCRIPTORS, errno);
	if (syscall(SYS_close_range, STDERR_FILENO, ~0U, 0) != 0)
		fail(STDOUT_FILENO, STEP_CLOSE_RANGE, errno);
	if (open("/dev/null", O_RDWR) != STDERR_FILENO)
		fail(STDOUT_FILENO, STEP_DEV_NULL, errno);
	if (plan->request_fd < 0 && dup2(STDERR_FILENO, STDIN_FILENO) < 0)
		fail(STDOUT_FILENO, STEP_DESCRIPTORS, errno);
}

/* The caller of su chose its limits. These are what a service gets, whoever called. */
static const struct {
	int resource;
	rlim_t soft, hard;
} limits[] = {
	{RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY},
	{RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY},
	{RLIMIT_DATA, RLIM_INFINITY, RLIM_INFINITY},
	{RLIMIT_STACK, 8UL << 20, RLIM_INFINITY},
	{RLIMIT_CORE, 0, 0}, /* a core file would hold the code */
	{RLIMIT_RSS, RLIM_INFINITY, RLIM_INFINITY},
	{RLIMIT_NPROC, RLIM_INFINITY, RLIM_INFINITY}, /* else execve as another user fails */
	{RLIMIT_NOFILE, 1024, 4096},
	{RLIMIT_MEMLOCK, 64UL << 10, 64UL << 10},
	{RLIMIT_AS, RLIM_INFINITY, RLIM_INFINITY},
	{RLIMIT_LOCKS, RLIM_INFINITY, RLIM_INFINITY},
	{RLIMIT_SIGPENDING, 1024, 1024},
	{RLIMIT_MSGQUEUE, 819200, 819200},
	{RLIMIT_NICE, 0, 0},
	{RLIMIT_RTPRIO, 0, 0},
	{RLIMIT_RTTIME, RLIM_INFINITY, RLIM_INFINITY},
};

/* A container may lack CAP_SYS_RESOURCE: then nothing goes beyond its hard limits. */
static bool limit_set(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit = {soft, hard};

	if (setrlimit((__rlimit_resource_t)resource, &limit) == 0)
		return true;
	if (errno != EPERM || getrlimit((__rlimit_resource_t)resource, &limit) != 0)
		return false;
	if (hard < limit.rlim_max)
		limit.rlim_max = hard;
	limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

static void limits_set(void)
{
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (!limit_set(limits[i].resource, limits[i].soft, limits[i].hard))
			fail(STDOUT_FILENO, STEP_LIMITS, errno);
}

#ifdef SYS_setresuid32 /* the plain ones of some 32-bit systems cut ids to 16 bits */
#define CALL_SETGROUPS SYS_setgroups32
#define CALL_SETRESGID SYS_setresgid32
#define CALL_SETRESUID SYS_setresuid32
#else
#define CALL_SETGROUPS SYS_setgroups
#define CALL_SETRESGID SYS_setresgid
#define CALL_SETRESUID SYS_setresuid
#endif

/* Whatever the securebits of the host let it keep. */
static bool capabilities_drop(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof none);
	return syscall(SYS_capset, &header, none) == 0;
}

static bool ids_are(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getgroups(0, NULL) != 0 || getresgid(&rgid, &egid, &sgid) != 0 ||
		getresuid(&ruid, &euid, &suid) != 0 || syscall(SYS_capget, &header, caps) != 0)
		return false;
	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
		if (caps[i].permitted != 0 || caps[i].effective != 0 || caps[i].inheritable != 0)
			return false;
	return rgid == gid && egid == gid && sgid == gid && ruid == uid && euid == uid && suid == uid;
}

/* CVE-2011-2490: each may fail, and one that failed unseen would leave the program root's. */
static void ids_set(uid_t uid, gid_t gid)
{
	if (syscall(CALL_SETGROUPS, 0, NULL) != 0)
		fail(STDOUT_FILENO, STEP_SETGROUPS, errno);
	if (syscall(CALL_SETRESGID, gid, gid, gid) != 0)
		fail(STDOUT_FILENO, STEP_SETRESGID, errno);
	if (syscall(CALL_SETRESUID, uid, uid, uid) != 0)
		fail(STDOUT_FILENO, STEP_SETRESUID, errno);
	if (!capabilities_drop())
		fail(STDOUT_FILENO, STEP_CAPSET, errno);
	if (!ids_are(uid, gid))
		fail(STDOUT_FILENO, STEP_IDS, 0);
}

/*
 * PR_SET_NO_NEW_PRIVS is the hook's to set, once it knows that the message goes through no mailer that is
 * setuid or setgid.
 *
 * The program is run by its path, not by a descriptor: a script that is run by a close-on-exec descriptor
 * cannot be read by its interpreter. Between its being checked and this, only root could have put another one
 * in its place, since every folder above it was checked too.
 */
static _Noreturn void hook_run(const struct child_plan *plan)
{
	char *const no_environment[] = {NULL};
	sigset_t none;

	if (!signals_reset())
		fail(plan->reply_fd, STEP_SIGNALS, errno);
	descriptors_set(plan);
	limits_set();
	(void)umask(077);
	if (setsid() < 0)
		fail(STDOUT_FILENO, STEP_SETSID, errno);
	if (chdir("/") != 0)
		fail(STDOUT_FILENO, STEP_CHDIR, errno);
	ids_set(plan->uid, plan->gid);
	/* Until execve this memory is the host's, and now other processes of uid might look at it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		fail(STDOUT_FILENO, STEP_DUMPABLE, errno);
	(void)alarm(plan->lifetime_s);
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		fail(STDOUT_FILENO, STEP_SIGNALS, errno);
	/* execve writes to none of them; its type is older than const. */
	(void)execve(plan->argv[0], (char *const *)(uintptr_t)plan->argv, no_environment);
	fail(STDOUT_FILENO, STEP_EXEC, errno);
}

/*
 * A fork without exit signal: no SIGCHLD when it ends, and no waitpid of the host's sees it unless it asks
 * for such children (__WALL). Below glibc's fork also because that would run the host's atfork handlers. With
 * no stack given and no flags the arguments are the same in every order that architectures have.
 */
static pid_t clone_quietly(void)
{
	return (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
}

/*
 * execve would give the hook's process SIGCHLD as its exit signal; so it must be nobody's child by then, and
 * it is this one between, which ends at once, that the host waits for.
 */
static _Noreturn void go_between_run(const struct child_plan *plan)
{
	pid_t pid = clone_quietly();

	if (pid == 0)
		hook_run(plan);
	if (pid < 0)
		fail(plan->reply_fd, STEP_CLONE, errno);
	_exit(0);
}

/* By its pid; a thread of the host that waits for all kinds of children may have been first. */
static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

/*
 * glibc's call leaves out two signals that it keeps for itself, and so would change a mask that holds them.
 */
static bool mask_swap(const sigset_t *set, sigset_t *before)
{
	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, set, before, _NSIG / 8) == 0;
}

/*
 * Signals are blocked around the clone only: no handler of the host's runs in a child, yet Ctrl-C and the
 * host's timers work during the wait for a verdict.
 */
bool child_start(const struct child_plan *plan)
{
	sigset_t all, before;

	memset(&all, 0xff, sizeof all);
	if (!mask_swap(&all, &before))
		return false;
	pid_t pid = clone_quietly();
	int saved = errno;
	if (pid == 0)
		go_between_run(plan);
	(void)mask_swap(&before, NULL); /* cannot fail where the first one did not */
	if (pid > 0)
		reap(pid);
	errno = saved;
	return pid > 0;
}
