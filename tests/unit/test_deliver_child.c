/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hook finds when it begins, whatever the host is like; and that it does not begin when anything
 * went wrong.
 */
#include "deliver/deliver.h"
#include "tests/unit/hook_probe.h"
#include "tests/unit/hook_stage.h"
#include "tests/unit/host_state.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CALLER_UID 54321 /* of nobody's */

static void send_and_check(const struct hook_stage *stage)
{
	struct request request = hook_stage_request();
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};

	if (deliver_send(&stage->options, &request, &end, &verdict, &why) != OTP_OK)
		host_state_fail("%s", why.text);
	HOST_CHECK(end == DELIVER_VERDICT);
	HOST_CHECK(verdict.outcome == VERDICT_SENT);
}

/* The hook finds exactly what it must, when run by a host that did hostile to itself first. */
static void assert_hook_finds_its_own_world(void **state, void (*run)(const void *))
{
	const struct hook_stage *stage = hook_stage_use(state, HOOK_PROBE);
	static char expected[HOOK_PROBE_SIZE], found[HOOK_PROBE_SIZE];

	host_state_run((struct host_body){run, stage});
	hook_probe_expect(stage, expected);
	hook_stage_read_out(stage, found, sizeof found);
	assert_string_equal(found, expected);
}

static void be_plain(const void *arg)
{
	send_and_check(arg);
}

static void C23_hook_finds_no_environment_and_nothing_else_of_the_hosts(void **state)
{
	assert_hook_finds_its_own_world(state, be_plain);
}

static void ignore_and_block_all(void)
{
	uint64_t all = ~(uint64_t)0;

	for (int number = 1; number < 32; number++)
		(void)signal(number, SIG_IGN);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		(void)signal(number, SIG_IGN);
	HOST_CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8) == 0);
}

static void be_su_of_an_odd_caller(const void *arg)
{
	const struct itimerval every_hour = {{3600, 0}, {3600, 0}};

	ignore_and_block_all();
	HOST_CHECK(setitimer(ITIMER_REAL, &every_hour, NULL) == 0);
	HOST_CHECK(setitimer(ITIMER_PROF, &every_hour, NULL) == 0);
	(void)umask(0);
	HOST_CHECK(chdir("/dev") == 0);
	HOST_CHECK(setenv("LD_PRELOAD", "/nonexistent.so", 1) == 0);
	HOST_CHECK(setenv("HOME", "/root", 1) == 0);
	HOST_CHECK(setresuid(CALLER_UID, 0, 0) == 0);
	send_and_check(arg);
}

static void C22_C28_signals_timers_folder_and_environment_of_the_host_do_not_reach_the_hook(void **state)
{
	assert_hook_finds_its_own_world(state, be_su_of_an_odd_caller);
}

/* As low as it may be: what cannot be raised again is left where it is. */
static void lower(int resource, rlim_t value)
{
	struct rlimit limit;

	HOST_CHECK(getrlimit((__rlimit_resource_t)resource, &limit) == 0);
	limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
	if (hook_probe_may_raise_limits())
		limit.rlim_cur = limit.rlim_max = value;
	HOST_CHECK(setrlimit((__rlimit_resource_t)resource, &limit) == 0);
}

/*
 * Another process of the hook's user, so that one more is one too many for a limit of 1. Ends with this one.
 */
static void let_hook_user_have_a_process(const struct hook_stage *stage)
{
	int ready[2];
	char byte;

	HOST_CHECK(pipe2(ready, O_CLOEXEC) == 0);
	pid_t pid = fork();
	HOST_CHECK(pid >= 0);
	if (pid == 0) {
		if (setresuid(stage->uid, stage->uid, stage->uid) != 0 ||
			prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || dup2(ready[1], 0) != 0 ||
			close_range(1, ~0U, 0) != 0 || write(0, "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	HOST_CHECK(read(ready[0], &byte, 1) == 1);
	(void)close(ready[0]);
}

static void be_short_of_everything(const void *arg)
{
	static const struct {
		int resource;
		rlim_t value;
	} limits[] = {{RLIMIT_CPU, 5}, {RLIMIT_FSIZE, 0}, {RLIMIT_DATA, 1UL << 30}, {RLIMIT_CORE, 0},
		{RLIMIT_RSS, 0}, {RLIMIT_NPROC, 1}, {RLIMIT_NOFILE, 16}, {RLIMIT_MEMLOCK, 0},
		{RLIMIT_LOCKS, 0}, {RLIMIT_SIGPENDING, 0}, {RLIMIT_MSGQUEUE, 0}, {RLIMIT_NICE, 40},
		{RLIMIT_RTPRIO, 99}, {RLIMIT_RTTIME, 1000000}};

	let_hook_user_have_a_process(arg);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		lower(limits[i].resource, limits[i].value);
	send_and_check(arg);
}

static void C30_limits_of_the_host_do_not_reach_the_hook(void **state)
{
	assert_hook_finds_its_own_world(state, be_short_of_everything);
}

static void have_descriptors_open(const void *arg)
{
	int fd = open("/etc/passwd", O_RDONLY); /* NOLINT(android-cloexec-open): that is the point */

	HOST_CHECK(fd >= 0);
	HOST_CHECK(dup2(fd, 7) == 7 && dup2(fd, 100) == 100 && dup2(fd, 3999) == 3999);
	lower(RLIMIT_NOFILE, 64);
	send_and_check(arg);
}

static void C25_C26_descriptors_of_the_host_do_not_reach_the_hook_not_even_above_the_limit(void **state)
{
	assert_hook_finds_its_own_world(state, have_descriptors_open);
}

static void have_no_standard_descriptors(const void *arg)
{
	(void)close(0);
	(void)close(1);
	(void)close(2);
	send_and_check(arg);
}

static void C60_request_arrives_though_the_host_has_0_1_and_2_closed(void **state)
{
	assert_hook_finds_its_own_world(state, have_no_standard_descriptors);
}

/* Groups, and securebits that let capabilities outlive setresuid and execve. */
static void be_privileged(const void *arg)
{
	const gid_t groups[] = {0, 1, 4, 27, 65533};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	HOST_CHECK(setgroups(5, groups) == 0);
	HOST_CHECK(syscall(SYS_capget, &header, caps) == 0);
	for (size_t i = 0; i < 2; i++)
		caps[i].inheritable = caps[i].permitted;
	HOST_CHECK(syscall(SYS_capset, &header, caps) == 0);
	HOST_CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0) == 0);
	HOST_CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0);
	HOST_CHECK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0);
	send_and_check(arg);
}

static void C21_hook_has_neither_groups_nor_capabilities(void **state)
{
	assert_hook_finds_its_own_world(state, be_privileged);
}

static void give_up(int capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	HOST_CHECK(syscall(SYS_capget, &header, caps) == 0);
	caps[capability / 32].effective &= ~(1U << (capability % 32));
	caps[capability / 32].permitted &= ~(1U << (capability % 32));
	HOST_CHECK(syscall(SYS_capset, &header, caps) == 0);
}

static void be_in_a_container(const void *arg)
{
	const struct rlimit some = {100, 512}, none = {1 << 20, 1 << 20};

	HOST_CHECK(setrlimit(RLIMIT_NOFILE, &some) == 0);
	HOST_CHECK(setrlimit(RLIMIT_CORE, &none) == 0);
	give_up(CAP_SYS_RESOURCE);
	send_and_check(arg);
}

static void host_that_may_not_raise_limits_gives_what_its_hard_ones_allow(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, HOOK_PROBE);
	static char found[HOOK_PROBE_SIZE];
	char line[64];

	host_state_run((struct host_body){be_in_a_container, stage});
	hook_stage_read_out(stage, found, sizeof found);
	(void)snprintf(line, sizeof line, "limit %d: %x %x\n", (int)RLIMIT_NOFILE, 512, 512);
	assert_non_null(strstr(found, line));
	(void)snprintf(line, sizeof line, "limit %d: 0 0\n", (int)RLIMIT_CORE);
	assert_non_null(strstr(found, line));
}

/* From here on: the hook must not run. It is one that would leave a note. */

struct fault {
	int call;
	int argument; /* its first one; -1: any */
	int error;    /* 0: claims success and does nothing */
	const char *said;
};

struct faulty_host {
	const struct hook_stage *stage;
	const struct fault *fault;
	void (*prepare)(void);
};

static void inject(const struct fault *fault)
{
	const uint32_t verdict = SECCOMP_RET_ERRNO | (uint32_t)fault->error;
	struct sock_filter any[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)fault->call, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)fault->argument, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, verdict),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	if (fault->argument < 0)
		any[3] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0);
	struct sock_fprog program = {sizeof any / sizeof *any, any};

	HOST_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void expect_error(const struct hook_stage *stage, const char *said)
{
	struct request request = hook_stage_request();
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};
	char whole[400];

	/* So that it inherits whatever became of the hook's process, and can wait for its end. */
	HOST_CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	enum otp_err err = deliver_send(&stage->options, &request, &end, &verdict, &why);
	if (err != OTP_ERR_DELIVERY)
		host_state_fail("%s: error %d, end %d: %s", said, (int)err, (int)end, why.text);
	(void)snprintf(whole, sizeof whole, "cannot run %s%s", stage->hook, said);
	if (strcmp(why.text, whole) != 0)
		host_state_fail("said '%s' instead of '%s'", why.text, whole);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	HOST_CHECK(errno == ECHILD);
}

static void assert_was_not_run(const struct hook_stage *stage)
{
	char note[64];

	assert_int_equal(hook_stage_read_out(stage, note, sizeof note), 0);
}

static void run_faulty_host(const void *arg)
{
	const struct faulty_host *host = arg;

	if (host->prepare != NULL)
		host->prepare();
	inject(host->fault);
	expect_error(host->stage, host->fault->said);
}

static void assert_hook_does_not_run(
	void **state, const struct fault *faults, size_t n, void (*prepare)(void))
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/note.sh");

	for (size_t i = 0; i < n; i++) {
		const struct faulty_host host = {stage, &faults[i], prepare};
		host_state_run((struct host_body){run_faulty_host, &host});
		assert_was_not_run(stage);
	}
}

static void keep_groups_and_capabilities(void)
{
	const gid_t groups[] = {4, 27};

	HOST_CHECK(setgroups(2, groups) == 0);
	HOST_CHECK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0);
}

static void C20_set_id_call_that_fails_keeps_the_hook_from_running(void **state)
{
	static const struct fault faults[] = {
		{SYS_setgroups, -1, EAGAIN, " as nobody: setgroups: Resource temporarily unavailable"},
		{SYS_setresgid, -1, EAGAIN, " as nobody: setresgid: Resource temporarily unavailable"},
		{SYS_setresuid, -1, EAGAIN, " as nobody: setresuid: Resource temporarily unavailable"},
		{SYS_setresuid, -1, EPERM, " as nobody: setresuid: Operation not permitted"},
		{SYS_capset, -1, EPERM, " as nobody: capset: Operation not permitted"},
	};
	assert_hook_does_not_run(state, faults, sizeof faults / sizeof *faults, NULL);
}

static void C20_set_id_call_that_only_claims_success_keeps_the_hook_from_running(void **state)
{
	static const char said[] = " as nobody: its ids are not the ones that were set";
	static const struct fault faults[] = {
		{SYS_setgroups, -1, 0, said},
		{SYS_setresgid, -1, 0, said},
		{SYS_setresuid, -1, 0, said},
		{SYS_capset, -1, 0, said},
	};
	assert_hook_does_not_run(state, faults, sizeof faults / sizeof *faults, keep_groups_and_capabilities);
}

static void any_other_call_that_fails_keeps_the_hook_from_running(void **state)
{
	static const struct fault faults[] = {
		{SYS_clone, -1, EAGAIN, ": clone: Resource temporarily unavailable"},
		{SYS_rt_sigaction, -1, EINVAL, " as nobody: resetting signals: Invalid argument"},
		{SYS_prlimit64, -1, EPERM, " as nobody: setrlimit: Operation not permitted"},
		{SYS_close_range, -1, ENOSYS, " as nobody: close_range: Function not implemented"},
		{SYS_setsid, -1, EPERM, " as nobody: setsid: Operation not permitted"},
		{SYS_chdir, -1, EACCES, " as nobody: chdir: Permission denied"},
		{SYS_prctl, PR_SET_DUMPABLE, EINVAL, " as nobody: PR_SET_DUMPABLE: Invalid argument"},
		{SYS_execve, -1, ENOMEM, " as nobody: execve: Cannot allocate memory"},
#ifdef SYS_dup2
		{SYS_dup2, -1, EBADF, " as nobody: dup2: Bad file descriptor"},
#endif
	};
	assert_hook_does_not_run(state, faults, sizeof faults / sizeof *faults, NULL);
}

/* Two processes are allowed: the host and the go-between, but not the hook. */
static void be_allowed_two_processes(const void *arg)
{
	const struct rlimit two = {2, 2};

	HOST_CHECK(setresuid(CALLER_UID, 0, 0) == 0);
	HOST_CHECK(setrlimit(RLIMIT_NPROC, &two) == 0);
	give_up(CAP_SYS_RESOURCE);
	give_up(CAP_SYS_ADMIN);
	expect_error(arg, " as nobody: clone: Resource temporarily unavailable");
}

static void go_between_that_cannot_make_the_hook_says_so(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/note.sh");

	host_state_run((struct host_body){be_allowed_two_processes, stage});
	assert_was_not_run(stage);
}

static void be_without_dev(const void *arg)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("none", "/dev", "tmpfs", 0, NULL) != 0)
		return; /* in a container that may not; what follows is tested elsewhere then */
	expect_error(arg, " as nobody: /dev/null: No such file or directory");
}

static void host_without_dev_null_does_not_run_the_hook(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/note.sh");

	host_state_run((struct host_body){be_without_dev, stage});
	assert_was_not_run(stage);
}

static void be_unprivileged(const void *arg)
{
	const struct hook_stage *stage = arg;

	HOST_CHECK(setresgid(stage->gid, stage->gid, stage->gid) == 0);
	HOST_CHECK(setresuid(stage->uid, stage->uid, stage->uid) == 0);
	expect_error(stage, " as nobody: setgroups: Operation not permitted");
}

static void host_that_is_not_root_does_not_run_the_hook(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/note.sh");

	host_state_run((struct host_body){be_unprivileged, stage});
	assert_was_not_run(stage);
}

int main(int argc, char **argv)
{
	int status;

	if (hook_probe_main(argc, argv, &status))
		return status;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C23_hook_finds_no_environment_and_nothing_else_of_the_hosts),
		cmocka_unit_test(
			C22_C28_signals_timers_folder_and_environment_of_the_host_do_not_reach_the_hook),
		cmocka_unit_test(C30_limits_of_the_host_do_not_reach_the_hook),
		cmocka_unit_test(
			C25_C26_descriptors_of_the_host_do_not_reach_the_hook_not_even_above_the_limit),
		cmocka_unit_test(C60_request_arrives_though_the_host_has_0_1_and_2_closed),
		cmocka_unit_test(C21_hook_has_neither_groups_nor_capabilities),
		cmocka_unit_test(host_that_may_not_raise_limits_gives_what_its_hard_ones_allow),
		cmocka_unit_test(C20_set_id_call_that_fails_keeps_the_hook_from_running),
		cmocka_unit_test(C20_set_id_call_that_only_claims_success_keeps_the_hook_from_running),
		cmocka_unit_test(any_other_call_that_fails_keeps_the_hook_from_running),
		cmocka_unit_test(go_between_that_cannot_make_the_hook_says_so),
		cmocka_unit_test(host_without_dev_null_does_not_run_the_hook),
		cmocka_unit_test(host_that_is_not_root_does_not_run_the_hook),
	};
	return cmocka_run_group_tests(tests, hook_stage_make, hook_stage_remove);
}
