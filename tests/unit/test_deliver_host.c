/* SPDX-License-Identifier: BSD-2-Clause */
/* The host that runs a hook: it gets its verdict however it is set up, and is afterwards as it was. */
#include "deliver/deliver.h"
#include "tests/unit/hook_stage.h"
#include "tests/unit/host_state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS_IN_ALL 2000

static enum otp_err send_to(const struct hook_stage *stage, int wait_ms, enum deliver_end *end,
	struct request_verdict *verdict, struct otp_why *why)
{
	struct request request = hook_stage_request();

	request.wait_ms = wait_ms;
	return deliver_send(&stage->options, &request, end, verdict, why);
}

static void send_and_check(const struct hook_stage *stage)
{
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};

	if (send_to(stage, 60000, &end, &verdict, &why) != OTP_OK)
		host_state_fail("%s", why.text);
	HOST_CHECK(end == DELIVER_VERDICT);
	HOST_CHECK(verdict.outcome == VERDICT_SENT);
	HOST_CHECK(strcmp(verdict.provider, "fake") == 0);
}

static void check_unchanged(const char *before)
{
	static char after[HOST_STATE_SIZE];

	host_state_take(after);
	const char *differs = host_state_differs(before, after);
	if (differs != NULL)
		host_state_fail("changed: %s", differs);
}

static void be_odd_and_send(const void *arg)
{
	const struct hook_stage *stage = arg;
	static char before[HOST_STATE_SIZE];

	host_state_be_odd(stage->dir);
	host_state_take(before);
	send_and_check(stage);
	check_unchanged(before);
	HOST_CHECK(host_state_handled() == 0);
}

static void C28_C29_host_is_the_same_after_a_verdict(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");

	host_state_run((struct host_body){be_odd_and_send, stage});
}

static void be_odd_and_fail(const void *arg)
{
	struct hook_stage stage = *(const struct hook_stage *)arg;
	static char before[HOST_STATE_SIZE];
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};

	host_state_be_odd(stage.dir);
	host_state_take(before);
	HOST_CHECK(send_to(&stage, 100, &end, &verdict, &why) == OTP_OK && end == DELIVER_SLOW);
	check_unchanged(before);
	stage.options.hook_user = "root";
	HOST_CHECK(send_to(&stage, 100, &end, &verdict, &why) == OTP_ERR_CONFIG);
	check_unchanged(before);
	stage.options.hook_user = HOOK_STAGE_USER;
	HOST_CHECK(send_to(&stage, 0, &end, &verdict, &why) == OTP_ERR_INVALID);
	check_unchanged(before);
	HOST_CHECK(chmod(stage.hook, 0700) == 0);
	HOST_CHECK(send_to(&stage, 60000, &end, &verdict, &why) == OTP_ERR_DELIVERY);
	check_unchanged(before);
	HOST_CHECK(chmod(stage.hook, 0722) == 0);
	HOST_CHECK(send_to(&stage, 60000, &end, &verdict, &why) == OTP_ERR_UNTRUSTED);
	check_unchanged(before);
	HOST_CHECK(unlink(stage.hook) == 0);
	HOST_CHECK(send_to(&stage, 60000, &end, &verdict, &why) == OTP_ERR_DELIVERY);
	check_unchanged(before);
}

static void C28_C29_host_is_the_same_after_silence_and_after_every_failure(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");

	host_state_run((struct host_body){be_odd_and_fail, stage});
	hook_stage_end_process(stage);
}

static void send_a_thousand_times(const void *arg)
{
	static char before[HOST_STATE_SIZE];

	send_and_check(arg);
	host_state_take(before);
	for (int i = 0; i < 1000; i++)
		send_and_check(arg);
	check_unchanged(before);
}

static void C25_a_thousand_sends_leave_no_descriptor_behind(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");

	host_state_run((struct host_body){send_a_thousand_times, stage});
}

static int highest_descriptor(void)
{
	int highest = -1;

	for (int fd = 0; fd < 3000; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			highest = fd;
	return highest;
}

/* Every number of free descriptors from none to enough. */
static void run_out_of_descriptors(const struct hook_stage *stage, int closed)
{
	static char before[HOST_STATE_SIZE];
	struct rlimit limit;
	unsigned sent = 0, failed = 0;

	HOST_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	int highest = highest_descriptor();
	for (int fd = 0; fd <= highest; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			HOST_CHECK(open("/dev/null", O_RDONLY | O_CLOEXEC) == fd);
	for (int fd = 0; fd < closed; fd++)
		(void)close(fd);
	for (int room = 0; room < 10; room++) {
		struct request_verdict verdict;
		enum deliver_end end;
		struct otp_why why = {0};
		limit.rlim_cur = (rlim_t)highest + 1 + (rlim_t)room;
		HOST_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
		host_state_take(before);
		enum otp_err err = send_to(stage, 60000, &end, &verdict, &why);
		check_unchanged(before);
		if (err == OTP_OK) {
			HOST_CHECK(end == DELIVER_VERDICT && verdict.outcome == VERDICT_SENT);
			sent++;
			continue;
		}
		HOST_CHECK(err == OTP_ERR_DELIVERY || err == OTP_ERR_NSS);
		if (sent != 0 || why.os_error != EMFILE)
			host_state_fail("with %d free, after %u sent: %s", room, sent, why.text);
		HOST_CHECK(strstr(why.text, "Too many open files") != NULL);
		failed++;
	}
	HOST_CHECK(sent > 0 && failed > 0);
}

static void have_only_low_descriptors_free(const void *arg)
{
	run_out_of_descriptors(arg, 3);
}

static void have_no_descriptor_free(const void *arg)
{
	run_out_of_descriptors(arg, 0);
}

static void C30_host_without_free_descriptors_gets_a_verdict_or_a_clear_error(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");

	host_state_run((struct host_body){have_no_descriptor_free, stage});
	host_state_run((struct host_body){have_only_low_descriptors_free, stage});
}

static void be_tight(const void *arg)
{
	static const int resources[] = {RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_CPU, RLIMIT_AS, RLIMIT_DATA,
		RLIMIT_STACK, RLIMIT_MEMLOCK, RLIMIT_SIGPENDING, RLIMIT_LOCKS, RLIMIT_CORE};
	static char before[HOST_STATE_SIZE];

	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
		struct rlimit old, tight;
		HOST_CHECK(getrlimit((__rlimit_resource_t)resources[i], &old) == 0);
		tight = (struct rlimit){resources[i] == RLIMIT_CPU ? 1 : 0, old.rlim_max};
		HOST_CHECK(setrlimit((__rlimit_resource_t)resources[i], &tight) == 0);
		host_state_take(before);
		struct request_verdict verdict;
		enum deliver_end end;
		struct otp_why why = {0};
		enum otp_err err = send_to(arg, 60000, &end, &verdict, &why);
		check_unchanged(before);
		if (err != OTP_OK)
			HOST_CHECK(
				(err == OTP_ERR_DELIVERY || err == OTP_ERR_NSS || err == OTP_ERR_NO_MEMORY) &&
				why.os_error == ENOMEM);
		else
			HOST_CHECK(end == DELIVER_VERDICT && verdict.outcome == VERDICT_SENT);
		HOST_CHECK(setrlimit((__rlimit_resource_t)resources[i], &old) == 0);
	}
}

static void C30_host_with_any_limit_at_its_lowest_gets_a_verdict_or_a_clear_error(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");

	host_state_run((struct host_body){be_tight, stage});
}

/* Were signals blocked for the whole wait, this handler would run once, after it. */
static void have_a_timer(const void *arg)
{
	const struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = host_state_count};
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};

	HOST_CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	HOST_CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	enum otp_err err = send_to(arg, 300, &end, &verdict, &why);
	HOST_CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
	if (err != OTP_OK)
		host_state_fail("%s", why.text);
	HOST_CHECK(end == DELIVER_SLOW);
	HOST_CHECK(host_state_handled() > 10);
}

static void timers_and_handlers_of_the_host_work_during_the_wait(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");

	host_state_run((struct host_body){have_a_timer, stage});
	hook_stage_end_process(stage);
}

static void be_interrupted_all_the_time(const void *arg)
{
	const struct itimerval often = {{0, 500}, {0, 500}};
	struct sigaction action = {.sa_handler = host_state_count};

	HOST_CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	HOST_CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (int i = 0; i < 50; i++)
		send_and_check(arg);
	HOST_CHECK(host_state_handled() > 0);
}

static void host_that_is_interrupted_all_the_time_gets_its_verdict(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");

	host_state_run((struct host_body){be_interrupted_all_the_time, stage});
}

/* The matrix of C60. */

enum chld {
	CHLD_DEFAULT,
	CHLD_IGNORED,
	CHLD_HANDLED,
	CHLD_HANDLED_RESTART,
	CHLD_NOCLDWAIT,
	CHLD_BLOCKED,
	CHLD_N
};

struct cell {
	const struct hook_stage *stage;
	enum chld chld;
	bool thread;  /* sits in waitpid(-1) */
	int closed;   /* how many of 0, 1 and 2 */
	bool nproc_1; /* and the caller's real uid, as in su */
	int runs;
};

static void set_chld(enum chld chld)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	switch (chld) {
	case CHLD_DEFAULT:
		break;
	case CHLD_IGNORED:
		action.sa_handler = SIG_IGN;
		break;
	case CHLD_HANDLED:
		action.sa_handler = host_state_count;
		break;
	case CHLD_HANDLED_RESTART:
		action.sa_handler = host_state_count;
		action.sa_flags = SA_RESTART;
		break;
	case CHLD_NOCLDWAIT:
		action.sa_handler = host_state_count;
		action.sa_flags = SA_NOCLDWAIT;
		break;
	case CHLD_BLOCKED:
	case CHLD_N:
		HOST_CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
		break;
	}
	HOST_CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
}

static pid_t own_child; /* so that waitpid(-1) has something to wait for */
static atomic_bool stranger_seen;

static void *wait_for_any_child(void *arg)
{
	(void)arg;
	for (;;) {
		pid_t pid = waitpid(-1, NULL, 0);
		if (pid > 0 && pid != own_child)
			atomic_store(&stranger_seen, true);
		if (pid == own_child || (pid < 0 && errno == ECHILD))
			return NULL;
	}
}

/* Lives until the other end of its pipe is closed. */
static int have_a_child(void)
{
	int ends[2];
	char byte;

	HOST_CHECK(pipe2(ends, O_CLOEXEC) == 0);
	own_child = fork();
	HOST_CHECK(own_child >= 0);
	if (own_child == 0) {
		(void)dup2(ends[0], 0);
		(void)close_range(1, ~0U, 0);
		_exit(read(0, &byte, 1) == 0 ? 0 : 1);
	}
	(void)close(ends[0]);
	return ends[1];
}

/* A child of the handler's own counts once; hooks must not. */
static void run_cell(const void *arg)
{
	const struct cell *cell = arg;
	static char before[HOST_STATE_SIZE];
	pthread_t thread;

	for (int fd = 0; fd < cell->closed; fd++)
		(void)close(fd);
	if (cell->nproc_1) {
		struct rlimit limit;
		HOST_CHECK(getrlimit(RLIMIT_NPROC, &limit) == 0);
		limit.rlim_cur = 1;
		HOST_CHECK(setresuid(HOST_STATE_CALLER_UID, 0, 0) == 0);
		HOST_CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
	}
	int leash = cell->thread ? have_a_child() : -1;
	set_chld(cell->chld);
	if (cell->thread)
		HOST_CHECK(pthread_create(&thread, NULL, wait_for_any_child, NULL) == 0);
	host_state_take(before);
	for (int i = 0; i < cell->runs; i++)
		send_and_check(cell->stage);
	check_unchanged(before);
	HOST_CHECK(host_state_handled() == 0);
	if (cell->thread) {
		HOST_CHECK(close(leash) == 0);
		HOST_CHECK(pthread_join(thread, NULL) == 0);
	}
	HOST_CHECK(!stranger_seen);
}

static void C60_no_host_notices_and_every_host_gets_its_verdict(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");
	const int cells = CHLD_N * 2 * 4 * 2;
	int runs = 0;

	for (int i = 0; i < cells; i++) {
		struct cell cell = {
			.stage = stage,
			.chld = (enum chld)(i / 16),
			.thread = i % 2 == 1,
			.closed = i / 2 % 4,
			.nproc_1 = i / 8 % 2 == 1,
			.runs = RUNS_IN_ALL / cells + 1,
		};
		host_state_run((struct host_body){run_cell, &cell});
		runs += cell.runs;
	}
	assert_true(runs >= RUNS_IN_ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C28_C29_host_is_the_same_after_a_verdict),
		cmocka_unit_test(C28_C29_host_is_the_same_after_silence_and_after_every_failure),
		cmocka_unit_test(C25_a_thousand_sends_leave_no_descriptor_behind),
		cmocka_unit_test(C30_host_without_free_descriptors_gets_a_verdict_or_a_clear_error),
		cmocka_unit_test(C30_host_with_any_limit_at_its_lowest_gets_a_verdict_or_a_clear_error),
		cmocka_unit_test(timers_and_handlers_of_the_host_work_during_the_wait),
		cmocka_unit_test(host_that_is_interrupted_all_the_time_gets_its_verdict),
		cmocka_unit_test(C60_no_host_notices_and_every_host_gets_its_verdict),
	};
	return cmocka_run_group_tests(tests, hook_stage_make, hook_stage_remove);
}
