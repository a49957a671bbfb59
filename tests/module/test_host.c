/* SPDX-License-Identifier: BSD-2-Clause */

/* What a host program has before a login it has after it, and what its caller took from it lets nobody in. */

#include "core/lane.h"
#include "tests/module/site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
	(void)state;
	if (site_made)
		site_reset();
	return 0;
}

/* Everything of a process that its host could miss. */
struct host {
	struct {
		void (*handler)(int);
		int flags;
		unsigned char mask[8]; /* as much as the kernel knows of; the rest is never filled in */
	} actions[65];
	sigset_t mask;
	struct itimerval timers[3];
	mode_t mask_of_files;
	char cwd[4096];
	struct rlimit limits[RLIM_NLIMITS];
	uid_t uids[3];
	gid_t gids[3];
	gid_t groups[64];
	int groups_n;
	char descriptors[4096];
	char environment[16384];
	pid_t group, session;
};

static void look_at_descriptors(struct host *host)
{
	size_t len = 0;

	for (int fd = 0; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);
		if (flags >= 0)
			len += (size_t)snprintf(
				host->descriptors + len, sizeof host->descriptors - len, "%d:%d ", fd, flags);
	}
}

static void look(struct host *host)
{
	size_t len = 0;

	memset(host, 0, sizeof *host);
	for (int sig = 1; sig <= 64; sig++) {
		struct sigaction action = {0};
		(void)sigaction(sig, NULL, &action);
		host->actions[sig].handler = action.sa_handler;
		host->actions[sig].flags = action.sa_flags;
		memcpy(host->actions[sig].mask, &action.sa_mask, sizeof host->actions[sig].mask);
	}
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &host->mask), 0);
	for (int i = 0; i < 3; i++) {
		(void)getitimer((__itimer_which_t)i, &host->timers[i]);
		host->timers[i].it_value = (struct timeval){.tv_sec = host->timers[i].it_value.tv_sec > 0};
	}
	host->mask_of_files = umask(0);
	(void)umask(host->mask_of_files);
	assert_non_null(getcwd(host->cwd, sizeof host->cwd));
	for (int i = 0; i < RLIM_NLIMITS; i++)
		(void)getrlimit((__rlimit_resource_t)i, &host->limits[i]);
	assert_int_equal(getresuid(&host->uids[0], &host->uids[1], &host->uids[2]), 0);
	assert_int_equal(getresgid(&host->gids[0], &host->gids[1], &host->gids[2]), 0);
	host->groups_n = getgroups(64, host->groups);
	look_at_descriptors(host);
	for (char **e = environ; *e != NULL; e++)
		len += (size_t)snprintf(host->environment + len, sizeof host->environment - len, "%s\n", *e);
	host->group = getpgrp();
	host->session = getsid(0);
}

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static void assert_is_as_before(const struct host *before, const struct host *after)
{
	assert_memory_equal(before->actions, after->actions, sizeof before->actions);
	assert_memory_equal(&before->mask, &after->mask, sizeof before->mask);
	assert_memory_equal(before->timers, after->timers, sizeof before->timers);
	assert_int_equal(before->mask_of_files, after->mask_of_files);
	assert_string_equal(before->cwd, after->cwd);
	assert_memory_equal(before->limits, after->limits, sizeof before->limits);
	assert_memory_equal(before->uids, after->uids, sizeof before->uids);
	assert_memory_equal(before->gids, after->gids, sizeof before->gids);
	assert_string_equal(before->descriptors, after->descriptors);
	assert_string_equal(before->environment, after->environment);
	assert_memory_equal(before, after, sizeof *before);
}

static void C29_a_login_leaves_its_host_as_it_was(void **state)
{
	(void)state;
	static struct host before, after;
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct itimerval far = {.it_value = {.tv_sec = 3000}};
	struct site_login login = {.user = SITE_USER,
		.rhost = "192.0.2.7",
		.replies = {{.answer = SITE_WRONG}, {.answer = SITE_CODE}}};
	struct site_login first = login;

	if (!site_made)
		skip();
	look(&before);
	assert_int_equal(site_run(&first), PAM_SUCCESS);
	look(&after);
	/* libcrypto opens and keeps what it wants. All else is compared now: what is changed once and for
	 * good looks the same before and after every later login. */
	memcpy(after.descriptors, before.descriptors, sizeof after.descriptors);
	assert_is_as_before(&before, &after);
	setup(NULL);
	assert_int_equal(sigaction(SIGCHLD, &action, NULL), 0);
	assert_int_equal(sigaction(SIGPIPE, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &far, NULL), 0);
	look(&before);
	assert_int_equal(site_run(&login), PAM_SUCCESS);
	look(&after);
	assert_is_as_before(&before, &after);
	assert_int_equal(handled, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
	far = (struct itimerval){0};
	(void)setitimer(ITIMER_REAL, &far, NULL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void C25_no_descriptor_stays_open_after_many_logins(void **state)
{
	(void)state;
	struct site_login login = {
		.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.answer = SITE_CODE}}};
	unsigned before = 0;

	for (int i = 0; i < 200; i++) {
		if (!site_made)
			skip();
		assert_int_equal(site_run(&login), PAM_SUCCESS);
		if (i == 0)
			before = open_descriptors();
	}
	assert_int_equal(open_descriptors(), before);
}

struct limit {
	__rlimit_resource_t what;
	rlim_t value;
};

/* Without CAP_SYS_RESOURCE, as in many containers, even root cannot raise a hard limit again. */
static bool root_can_raise_limits(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		const struct rlimit low = {4096, 4096}, high = {8192, 8192};
		_exit(setrlimit(RLIMIT_FSIZE, &low) == 0 && setrlimit(RLIMIT_FSIZE, &high) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status == 0;
}

/* One login under a limit, in a child whose real uid is another's, as in su. */
static int run_limited(const struct limit *limit, enum site_answer answer, bool hard)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct site_login login = {
			.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.answer = answer}}};
		struct rlimit value = {
			.rlim_cur = limit->value, .rlim_max = hard ? limit->value : RLIM_INFINITY};
		(void)signal(SIGXFSZ, SIG_DFL);
		if (setrlimit(limit->what, &value) != 0 || setresuid(65534, 0, 0) != 0)
			_exit(200);
		_exit(site_run(&login));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void C30_no_limit_of_the_caller_lets_anybody_in(void **state)
{
	(void)state;
	const struct limit limits[] = {{RLIMIT_FSIZE, 0}, {RLIMIT_FSIZE, 1}, {RLIMIT_FSIZE, 8191},
		{RLIMIT_FSIZE, 8192}, {RLIMIT_FSIZE, 16383}, {RLIMIT_NOFILE, 0}, {RLIMIT_NOFILE, 3},
		{RLIMIT_NOFILE, 4}, {RLIMIT_NOFILE, 5}, {RLIMIT_NOFILE, 6}, {RLIMIT_NOFILE, 8},
		{RLIMIT_NOFILE, 10}, {RLIMIT_NPROC, 0}, {RLIMIT_NPROC, 1}, {RLIMIT_CPU, 1}, {RLIMIT_CORE, 0},
		{RLIMIT_STACK, 131072}, {RLIMIT_MEMLOCK, 0}, {RLIMIT_SIGPENDING, 0}};

	if (!site_made)
		skip();
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct record record;
		setup(NULL);
		int code = run_limited(&limits[i], SITE_WRONG, true);
		if (code == PAM_SUCCESS)
			fail_msg("limit %d of %llu let a wrong code in", (int)limits[i].what,
				(unsigned long long)limits[i].value);
		site_record(&record);
		/* Whoever was told that the code was wrong was charged for it. */
		if (code == PAM_CONV_ERR)
			assert_int_equal(record.lanes[LANE_STRANGER].consecutive, site_mails() > 0);
	}
}

static void C51_under_each_file_size_limit_a_failure_is_counted_and_a_success_ends_the_code(void **state)
{
	(void)state;
	bool hard = root_can_raise_limits();

	if (!site_made)
		skip();
	for (rlim_t size = 0; size <= 20000; size += size % 8192 == 0 ? 1 : 1024 - size % 1024) {
		struct limit limit = {RLIMIT_FSIZE, size};
		struct record record;
		setup(NULL);
		int wrong = run_limited(&limit, SITE_WRONG, hard);
		site_record(&record);
		assert_int_equal(wrong, PAM_CONV_ERR);
		assert_int_equal(record.lanes[LANE_STRANGER].consecutive, 1);
		setup(NULL);
		assert_int_equal(run_limited(&limit, SITE_CODE, hard), PAM_SUCCESS);
		site_record(&record);
		assert_int_equal(record.challenges_n, 0);
	}
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(C29_a_login_leaves_its_host_as_it_was),
		T(C25_no_descriptor_stays_open_after_many_logins),
		T(C30_no_limit_of_the_caller_lets_anybody_in),
		T(C51_under_each_file_size_limit_a_failure_is_counted_and_a_success_ends_the_code),
	};

	return cmocka_run_group_tests(tests, site_make_group, site_remove_group);
}
