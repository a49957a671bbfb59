/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/guard.h"

#include "store/slot.h"
#include "tests/unit/counter.h"
#include "tests/unit/host_state.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OTHER_UID 65534

/* Every test runs in a process of its own, which may change itself as it likes. */
static void in_child(void (*run)(const void *arg))
{
	host_state_run((struct host_body){.run = run});
}

static char before[HOST_STATE_SIZE];

static void check_unchanged(void)
{
	static char after[HOST_STATE_SIZE];

	host_state_take(after);
	const char *difference = host_state_differs(before, after);
	if (difference != NULL)
		host_state_fail("%s", difference);
}

static void need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("only root can be a setuid host of another's\n");
	skip();
}

static bool capability_is_had(unsigned capability)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &head, data) == 0 &&
	       (data[capability / 32].effective & 1U << capability % 32) != 0;
}

static int capability_drop(unsigned capability)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data) != 0)
		return -1;
	data[capability / 32].effective &= ~(1U << capability % 32);
	data[capability / 32].permitted &= ~(1U << capability % 32);
	return (int)syscall(SYS_capset, &head, data);
}

static void setuid_all_is_as_before(const void *arg)
{
	static const uid_t uids[][3] = {
		{OTHER_UID, 0, 0}, {0, 0, OTHER_UID}, {OTHER_UID, 0, OTHER_UID}, {0, 0, 0}};
	uid_t now[3];
	struct guard guard;
	struct otp_why why;
	(void)arg;

	HOST_CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
		HOST_CHECK(setresuid(uids[i][0], uids[i][1], uids[i][2]) == 0);
		host_state_take(before);
		HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
		HOST_CHECK(getresuid(&now[0], &now[1], &now[2]) == 0);
		HOST_CHECK(now[0] == 0 && now[1] == 0 && now[2] == 0);
		HOST_CHECK(guard_leave(&guard, &why));
		check_unchanged();
	}
}

static void C29_a_setuid_host_is_as_before_with_its_uids(void **state)
{
	(void)state;

	need_root();
	in_child(setuid_all_is_as_before);
}

static void hard_limits_are_as_before(const void *arg)
{
	static const rlim_t values[] = {0, 1, 8191, 8192, 16383, 16384, 100000};
	struct rlimit file_size;
	struct rlimit cpu = {1000, 1000};
	struct rlimit now;
	struct guard guard;
	struct otp_why why;
	(void)arg;

	HOST_CHECK(setresuid(OTHER_UID, 0, 0) == 0);
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		file_size = (struct rlimit){values[i], values[i]};
		HOST_CHECK(setrlimit(RLIMIT_FSIZE, &file_size) == 0 && setrlimit(RLIMIT_CPU, &cpu) == 0);
		host_state_take(before);
		HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
		HOST_CHECK(getrlimit(RLIMIT_FSIZE, &now) == 0 && now.rlim_cur >= SLOT_PAIR_LEN);
		HOST_CHECK(getrlimit(RLIMIT_CPU, &now) == 0 && now.rlim_cur == RLIM_INFINITY);
		HOST_CHECK(guard_leave(&guard, &why));
		check_unchanged();
	}
}

static void C29_hard_limits_are_passed_and_put_back(void **state)
{
	(void)state;

	if (!capability_is_had(CAP_SYS_RESOURCE)) {
		print_message("this user, or root of this container, may not pass hard limits\n");
		skip();
	}
	in_child(hard_limits_are_as_before);
}

/* What kill(2) tells the caller of a setuid program, who is OTHER_UID; 0 stands for "may". */
static int caller_may_signal(pid_t target)
{
	int status = -1;
	pid_t caller = fork();

	if (caller == 0) {
		if (setresuid(OTHER_UID, OTHER_UID, OTHER_UID) != 0)
			_exit(255);
		/* Signal 0 asks for the same right as SIGSTOP, and stops nobody. */
		_exit(kill(target, 0) == 0 ? 0 : errno);
	}
	return caller > 0 && waitpid(caller, &status, 0) == caller && WIFEXITED(status) ? WEXITSTATUS(status)
											: -1;
}

static void caller_cannot_stop_it(const void *arg)
{
	static const uid_t uids[][2] = {{OTHER_UID, 0}, {0, OTHER_UID}, {OTHER_UID, OTHER_UID}};
	struct guard guard;
	struct otp_why why;
	(void)arg;

	for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
		HOST_CHECK(setresuid(uids[i][0], 0, uids[i][1]) == 0);
		HOST_CHECK(caller_may_signal(getpid()) == 0);
		HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
		HOST_CHECK(caller_may_signal(getpid()) == EPERM);
		HOST_CHECK(guard_leave(&guard, &why));
	}
}

static void C52_the_caller_of_a_setuid_host_cannot_stop_it(void **state)
{
	(void)state;

	need_root();
	in_child(caller_cannot_stop_it);
}

static void setuid_to_a_user_is_refused(const void *arg)
{
	struct guard guard;
	struct otp_why why;
	(void)arg;

	HOST_CHECK(setresuid(OTHER_UID, OTHER_UID - 1, OTHER_UID - 1) == 0);
	host_state_take(before);
	HOST_CHECK(guard_enter(&guard, &why) == OTP_ERR_IO);
	check_unchanged();
}

static void a_host_that_is_setuid_to_anyone_but_root_is_refused_and_left_as_it_was(void **state)
{
	(void)state;

	need_root();
	in_child(setuid_to_a_user_is_refused);
}

static void root_that_cannot_raise_is_refused(const void *arg)
{
	struct rlimit hard = {SLOT_PAIR_LEN - 1, SLOT_PAIR_LEN - 1};
	struct rlimit enough = {1, SLOT_PAIR_LEN};
	struct guard guard;
	struct otp_why why;
	(void)arg;

	HOST_CHECK(setrlimit(RLIMIT_FSIZE, &enough) == 0);
	HOST_CHECK(setresuid(OTHER_UID, 0, 0) == 0 && capability_drop(CAP_SYS_RESOURCE) == 0);
	HOST_CHECK(guard_enter(&guard, &why) == OTP_OK && guard_leave(&guard, &why));
	HOST_CHECK(setrlimit(RLIMIT_FSIZE, &hard) == 0);
	host_state_take(before);
	HOST_CHECK(guard_enter(&guard, &why) == OTP_ERR_IO);
	check_unchanged();
}

static void root_in_a_container_that_may_not_raise_the_hard_limit_is_refused(void **state)
{
	(void)state;

	need_root();
	in_child(root_that_cannot_raise_is_refused);
}

static void uid_cannot_be_put_back(const void *arg)
{
	struct guard guard;
	struct otp_why why;
	sigset_t mask;
	(void)arg;

	HOST_CHECK(setresuid(OTHER_UID, 0, 0) == 0 && capability_drop(CAP_SETUID) == 0);
	HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
	HOST_CHECK(!guard_leave(&guard, &why));
	HOST_CHECK(strstr(why.text, "uids") != NULL);
	HOST_CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && sigismember(&mask, SIGTERM) == 0);
}

static void what_cannot_be_put_back_is_reported_and_the_rest_is_put_back(void **state)
{
	(void)state;

	need_root();
	in_child(uid_cannot_be_put_back);
}

static void update_with_uid_that_cannot_be_put_back(const void *arg)
{
	struct store store = store_file_interface(&counter_file);
	struct store_key alice = {.user = "alice"};
	struct counter counter = {.action = STORE_WRITE};
	char buf[STORE_RECORD_MAX];
	struct store_bytes bytes;
	struct otp_why why;
	(void)arg;

	HOST_CHECK(counter_add(&counter_file, "alice", 5, NULL) == OTP_OK);
	HOST_CHECK(setresuid(OTHER_UID, 0, 0) == 0 && capability_drop(CAP_SETUID) == 0);
	HOST_CHECK(store.update(store.self, alice, counter_edit(&counter), &why) == OTP_ERR_IO);
	HOST_CHECK(strstr(why.text, "uids") != NULL);
	HOST_CHECK(counter.runs == 1);
	HOST_CHECK(setresuid(0, 0, 0) == 0);
	HOST_CHECK(store.read(store.self, alice, buf, &bytes, &why) == OTP_OK);
}

static void an_update_whose_guard_cannot_be_left_is_an_error(void **state)
{
	(void)state;

	need_root();
	counter_need_stage();
	in_child(update_with_uid_that_cannot_be_put_back);
}

struct thread_look {
	pthread_barrier_t barrier;
	uid_t real;
};

static void *thread_looks(void *arg)
{
	struct thread_look *look = arg;
	uid_t effective;
	uid_t saved;

	(void)pthread_barrier_wait(&look->barrier);
	(void)syscall(SYS_getresuid, &look->real, &effective, &saved);
	(void)pthread_barrier_wait(&look->barrier);
	return NULL;
}

static void other_threads_keep_their_uid(const void *arg)
{
	struct thread_look look = {.real = 1};
	struct guard guard;
	struct otp_why why;
	pthread_t thread;
	(void)arg;

	HOST_CHECK(setresuid(OTHER_UID, 0, 0) == 0);
	HOST_CHECK(pthread_barrier_init(&look.barrier, NULL, 2) == 0);
	HOST_CHECK(pthread_create(&thread, NULL, thread_looks, &look) == 0);
	HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
	(void)pthread_barrier_wait(&look.barrier);
	(void)pthread_barrier_wait(&look.barrier);
	HOST_CHECK(guard_leave(&guard, &why));
	HOST_CHECK(pthread_join(thread, NULL) == 0);
	HOST_CHECK(look.real == OTHER_UID);
}

static void other_threads_of_the_host_keep_their_uid(void **state)
{
	(void)state;

	need_root();
	in_child(other_threads_keep_their_uid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C29_a_setuid_host_is_as_before_with_its_uids),
		cmocka_unit_test(C29_hard_limits_are_passed_and_put_back),
		cmocka_unit_test(C52_the_caller_of_a_setuid_host_cannot_stop_it),
		cmocka_unit_test(a_host_that_is_setuid_to_anyone_but_root_is_refused_and_left_as_it_was),
		cmocka_unit_test(root_in_a_container_that_may_not_raise_the_hard_limit_is_refused),
		cmocka_unit_test(what_cannot_be_put_back_is_reported_and_the_rest_is_put_back),
		cmocka_unit_test_setup_teardown(
			an_update_whose_guard_cannot_be_left_is_an_error, counter_stage, counter_unstage),
		cmocka_unit_test(other_threads_of_the_host_keep_their_uid),
	};

	return cmocka_run_group_tests_name("guard_setuid", tests, NULL, NULL);
}
