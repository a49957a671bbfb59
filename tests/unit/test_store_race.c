/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/file.h"

#include "tests/unit/counter.h"
#include "tests/unit/staging.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE "store/users/alice"
#define CROWD 64

static void assert_count(long expected)
{
	long count = 0;
	bool damaged = true;

	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_OK);
	assert_int_equal(count, expected);
	assert_false(damaged);
}

/* Each of a crowd of processes, let go at one moment, adds once. Gives how many got OTP_OK. */
static unsigned crowd_add(unsigned crowd)
{
	pid_t children[CROWD];
	int barrier[2];
	unsigned done = 0;

	assert_int_equal(pipe(barrier), 0);
	for (unsigned i = 0; i < crowd; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			char byte;
			(void)close(barrier[1]);
			(void)!read(barrier[0], &byte, 1);
			_exit((int)counter_add(&counter_file, "alice", 100 + i, NULL));
		}
	}
	assert_int_equal(close(barrier[0]), 0);
	assert_int_equal(close(barrier[1]), 0);
	for (unsigned i = 0; i < crowd; i++) {
		int status = -1;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		done += status == 0;
	}
	return done;
}

static void C05_of_64_processes_at_once_each_counts_and_none_starves(void **state)
{
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	assert_int_equal(crowd_add(CROWD), CROWD);
	assert_count(1 + CROWD);
}

static void of_64_processes_that_make_the_record_at_once_each_counts(void **state)
{
	(void)state;

	counter_need_stage();
	assert_int_equal(crowd_add(CROWD), CROWD);
	assert_count(CROWD);
}

/* Locks the record as another process would, until the pipe's other end is closed; then does what after says
 * and unlocks. */
static pid_t hold_lock(int *release, void (*after)(void))
{
	int ready[2];
	int wait[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(wait), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int fd = open(staging_path(ALICE), O_RDONLY | O_CLOEXEC);
		(void)close(wait[1]);
		if (fd < 0 || flock(fd, LOCK_EX) != 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		(void)!read(wait[0], &byte, 1);
		if (after != NULL)
			after();
		_exit(0);
	}
	assert_int_equal(close(ready[1]), 0);
	assert_int_equal(close(wait[0]), 0);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(close(ready[0]), 0);
	*release = wait[1];
	return child;
}

static void let_go(pid_t holder, int release)
{
	int status = -1;

	assert_int_equal(close(release), 0);
	assert_int_equal(waitpid(holder, &status, 0), holder);
	assert_int_equal(status, 0);
}

static void C06_a_lock_that_is_held_ends_in_busy_and_changes_nothing(void **state)
{
	struct store store = store_file_interface(&counter_file);
	struct otp_why why;
	struct counter seen;
	long count;
	bool damaged;
	int release = -1;
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	pid_t holder = hold_lock(&release, NULL);
	assert_int_equal(counter_add(&counter_file, "alice", 5, &seen), OTP_ERR_BUSY);
	assert_int_equal(seen.runs, 0);
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_ERR_BUSY);
	assert_int_equal(store.remove(store.self, (struct store_key){.user = "alice"}, &why), OTP_ERR_BUSY);
	assert_int_equal(counter_add(&counter_file, "bob", 5, NULL), OTP_OK);
	let_go(holder, release);
	assert_count(1);
}

/* Adds in a child, which waits for the lock until the holder lets go; gives the child's verdict. */
static int add_while_held(void (*after)(void))
{
	int release = -1;
	int status = -1;
	pid_t holder = hold_lock(&release, after);
	pid_t waiter = fork();

	assert_true(waiter >= 0);
	if (waiter == 0) {
		(void)close(release);
		_exit((int)counter_add(&counter_file, "alice", 5, NULL));
	}
	/* It has the file open once its link appears among its descriptors. */
	char link[64];
	char target[512] = "";
	for (unsigned tries = 0; strstr(target, "users/alice") == NULL && tries < 100000; tries++)
		for (int fd = 3; fd < 40 && strstr(target, "users/alice") == NULL; fd++) {
			(void)snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)waiter, fd);
			ssize_t len = readlink(link, target, sizeof target - 1);
			target[len > 0 ? len : 0] = '\0';
		}
	assert_non_null(strstr(target, "users/alice"));
	let_go(holder, release);
	assert_int_equal(waitpid(waiter, &status, 0), waiter);
	return status;
}

static void take_away(void)
{
	(void)unlink(staging_path(ALICE));
}

static void put_in_place(void)
{
	(void)rename(staging_path("store/users/bob"), staging_path(ALICE));
}

static void link_it(void)
{
	(void)!link(staging_path(ALICE), staging_path("second"));
}

static void C04_a_record_that_got_a_second_name_while_we_waited_is_refused(void **state)
{
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	int status = add_while_held(link_it);
	assert_int_equal(unlink(staging_path("second")), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == OTP_ERR_UNTRUSTED);
	assert_count(1);
}

static void a_record_unenrolled_while_we_waited_is_not_written_to(void **state)
{
	(void)state;

	counter_need_stage();
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	assert_int_equal(add_while_held(take_away), 0);
	assert_count(1);
}

static void a_record_replaced_while_we_waited_is_the_one_that_counts(void **state)
{
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(counter_add(&counter_file, "bob", 5, NULL), OTP_OK);
	assert_int_equal(add_while_held(put_in_place), 0);
	assert_count(8);
}

/* As another thread of the host may do at any time: the child has a copy of the locked descriptor. */
static enum store_action fork_within(void *ctx, const struct store_bytes *old, char *next, size_t *next_len)
{
	pid_t *child = ctx;
	(void)old;
	(void)next;
	(void)next_len;

	*child = fork();
	if (*child == 0) {
		(void)pause();
		_exit(0);
	}
	return STORE_KEEP;
}

static void C06_a_child_forked_while_the_lock_was_held_does_not_keep_it(void **state)
{
	struct store store = store_file_interface(&counter_file);
	pid_t child = -1;
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	enum otp_err err = store.update(store.self, (struct store_key){.user = "alice"},
		(struct store_edit){.run = fork_within, .ctx = &child}, NULL);
	assert_true(child > 0);
	enum otp_err next = counter_add(&counter_file, "alice", 5, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(err, OTP_OK);
	assert_int_equal(next, OTP_OK);
}

struct thread_work {
	unsigned adds;
	unsigned failed;
};

static void *thread_add(void *arg)
{
	struct thread_work *work = arg;

	for (unsigned i = 0; i < work->adds; i++)
		work->failed += counter_add(&counter_file, "alice", 5, NULL) != OTP_OK;
	return NULL;
}

/* With limits that must be raised, so that threads would take each other's raised ones for the host's. */
static int threads_under_limits(void)
{
	struct rlimit file_size;
	struct rlimit cpu;
	struct rlimit low_file_size = {STORE_FILE_SLOT, RLIM_INFINITY};
	struct rlimit low_cpu = {3000, 4000};
	pthread_t threads[8];
	struct thread_work work[8];

	if (setrlimit(RLIMIT_FSIZE, &low_file_size) != 0 || setrlimit(RLIMIT_CPU, &low_cpu) != 0)
		return 2;
	for (unsigned i = 0; i < 8; i++) {
		work[i] = (struct thread_work){.adds = 25};
		if (pthread_create(&threads[i], NULL, thread_add, &work[i]) != 0)
			return 3;
	}
	for (unsigned i = 0; i < 8; i++)
		if (pthread_join(threads[i], NULL) != 0 || work[i].failed != 0)
			return 4;
	if (getrlimit(RLIMIT_FSIZE, &file_size) != 0 || getrlimit(RLIMIT_CPU, &cpu) != 0)
		return 5;
	return memcmp(&file_size, &low_file_size, sizeof file_size) == 0 &&
			       memcmp(&cpu, &low_cpu, sizeof cpu) == 0
		       ? 0
		       : 6;
}

static void threads_of_one_host_lose_no_update_and_leave_its_limits(void **state)
{
	int status = -1;
	(void)state;

	counter_need_stage();
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(threads_under_limits());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_count(200);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, counter_stage, counter_unstage)
	const struct CMUnitTest tests[] = {
		STAGED(C05_of_64_processes_at_once_each_counts_and_none_starves),
		STAGED(of_64_processes_that_make_the_record_at_once_each_counts),
		STAGED(C06_a_lock_that_is_held_ends_in_busy_and_changes_nothing),
		STAGED(C04_a_record_that_got_a_second_name_while_we_waited_is_refused),
		STAGED(a_record_unenrolled_while_we_waited_is_not_written_to),
		STAGED(a_record_replaced_while_we_waited_is_the_one_that_counts),
		STAGED(C06_a_child_forked_while_the_lock_was_held_does_not_keep_it),
		STAGED(threads_of_one_host_lose_no_update_and_leave_its_limits),
	};

	return cmocka_run_group_tests_name("store_race", tests, NULL, NULL);
}
