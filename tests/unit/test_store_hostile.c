/* SPDX-License-Identifier: BSD-2-Clause */
/* What the caller of su may do to a transaction: no update is half done, and none is done for nothing. */
#include "store/file.h"

#include "store/slot.h"
#include "tests/unit/counter.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CALLER_UID 65534
#define LONG_FILL 7900
#define SHORT_FILL 100

static const int not_a_limit = -1;

/* What the caller did before su began. */
struct caller {
	int limit;
	struct rlimit value;
	void (*on_file_size)(int);
	size_t fill;
	uid_t effective; /* 0: a setuid program. CALLER_UID: one without rights, and the store is the caller's
			  */
};

static int host_run(const struct caller *caller)
{
	if (signal(SIGXFSZ, caller->on_file_size) == SIG_ERR)
		return 101;
	if (caller->limit != not_a_limit && setrlimit((unsigned)caller->limit, &caller->value) != 0)
		return 102;
	if (geteuid() == 0 && setresuid(CALLER_UID, caller->effective, caller->effective) != 0)
		return 103;
	return (int)counter_add(&counter_file, "alice", caller->fill, NULL);
}

/* Gives what waitpid says of a host under this caller. */
static int host_status(const struct caller *caller)
{
	int status = -1;
	pid_t host = fork();

	assert_true(host >= 0);
	if (host == 0)
		_exit(host_run(caller));
	assert_int_equal(waitpid(host, &status, 0), host);
	return status;
}

static bool status_is_error(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) > 0 && WEXITSTATUS(status) < 100;
}

static long count_now(bool *damaged)
{
	long count = -1;

	assert_int_equal(counter_get(&counter_file, "alice", &count, damaged), OTP_OK);
	return count;
}

/* Done and counted, or refused and whole. Gives whether it was done. */
static bool assert_counted_or_refused(const struct caller *caller)
{
	bool damaged = false;
	long before = count_now(&damaged);
	assert_false(damaged);
	int status = host_status(caller);
	long after = count_now(&damaged);

	if (status != 0 && !status_is_error(status))
		fail_msg("limit %d of %ju: ended with status %x", caller->limit,
			(uintmax_t)caller->value.rlim_cur, (unsigned)status);
	if (damaged || after != before + (status == 0))
		fail_msg("limit %d of %ju: status %x, %ld before, %ld after%s", caller->limit,
			(uintmax_t)caller->value.rlim_cur, (unsigned)status, before, after,
			damaged ? ", damaged" : "");
	return status == 0;
}

static void need_setuid_host(void)
{
	counter_need_stage();
	if (geteuid() != 0) {
		print_message("only root can be a setuid host of another's\n");
		skip();
	}
	assert_int_equal(counter_add(&counter_file, "alice", SHORT_FILL, NULL), OTP_OK);
}

/* In steps, and one by one around what could matter. */
static rlim_t file_size_next(rlim_t value)
{
	static const rlim_t edges[] = {0, 128, 256, 4096, STORE_FILE_SLOT - 128, STORE_FILE_SLOT,
		STORE_FILE_SLOT + 128, 12288, SLOT_PAIR_LEN - 128, SLOT_PAIR_LEN, 20000};

	for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
		if (value + 3 >= edges[i] && value <= edges[i] + 1)
			return value + 1;
	return value % 97 == 0 ? value + 97 : value / 97 * 97 + 97;
}

static void C51_no_file_size_limit_of_the_caller_makes_a_difference(void **state)
{
	void (*const on_file_size[])(int) = {SIG_DFL, SIG_IGN};
	(void)state;

	need_setuid_host();
	for (rlim_t value = 0; value <= 20000; value = file_size_next(value)) {
		struct caller caller = {.limit = RLIMIT_FSIZE,
			.value = {value, RLIM_INFINITY},
			.on_file_size = on_file_size[value % 2]};
		caller.fill = SHORT_FILL;
		assert_true(assert_counted_or_refused(&caller));
		caller.fill = LONG_FILL;
		assert_true(assert_counted_or_refused(&caller));
	}
}

/* A container's root may not pass a hard limit, and then refuses before anything is written; long and short
 * alike. */
static void C51_under_a_hard_limit_long_and_short_records_fare_alike(void **state)
{
	(void)state;

	need_setuid_host();
	for (rlim_t value = 0; value <= 20000; value = file_size_next(value)) {
		struct caller caller = {
			.limit = RLIMIT_FSIZE, .value = {value, value}, .on_file_size = SIG_DFL};
		for (int slot = 0; slot < 2; slot++) {
			caller.fill = SHORT_FILL;
			bool short_done = assert_counted_or_refused(&caller);
			caller.fill = LONG_FILL;
			assert_int_equal(assert_counted_or_refused(&caller), short_done);
		}
	}
}

/* Nothing can be raised here, so writes are cut: they must be errors, and what they leave must not be
 * trusted. */
static void C30_a_write_cut_by_a_limit_is_an_error_and_not_trusted(void **state)
{
	struct caller caller = {.on_file_size = SIG_DFL, .effective = CALLER_UID, .fill = SHORT_FILL};
	bool damaged = false;
	(void)state;

	counter_need_stage();
	if (geteuid() == 0) {
		assert_int_equal(fchown(counter_file.users_fd, CALLER_UID, (gid_t)-1), 0);
		counter_file.owner = CALLER_UID;
	}
	for (rlim_t value = 0; value <= 20000; value = file_size_next(value)) {
		caller.limit = not_a_limit;
		assert_int_equal(host_status(&caller), 0);
		long before = count_now(&damaged);
		assert_false(damaged);
		caller.limit = RLIMIT_FSIZE;
		caller.value = (struct rlimit){value, value};
		caller.fill = value % 2 == 0 ? SHORT_FILL : LONG_FILL;
		int status = host_status(&caller);
		long after = count_now(&damaged);
		if (status == 0 ? after != before + 1 || damaged : !status_is_error(status))
			fail_msg("limit of %ju: status %x", (uintmax_t)value, (unsigned)status);
		assert_true(after == before + 1 ? !damaged : after == before);
		if (value >= SLOT_PAIR_LEN)
			assert_int_equal(status, 0);
	}
}

static void C30_a_new_record_under_a_limit_is_whole_or_absent(void **state)
{
	struct store store = store_file_interface(&counter_file);
	const struct store_key alice = {.user = "alice"};
	struct otp_why why;
	(void)state;

	counter_need_stage();
	for (rlim_t value = 0; value <= 20000; value += 500) {
		struct caller caller = {.limit = RLIMIT_FSIZE,
			.value = {value, value},
			.on_file_size = SIG_DFL,
			.fill = SHORT_FILL};
		bool damaged = true;
		int status = host_status(&caller);
		assert_true(status == 0 || status_is_error(status));
		if (status == 0)
			assert_int_equal(count_now(&damaged), 1);
		assert_int_equal(damaged, status != 0);
		assert_int_equal(
			store.remove(store.self, alice, &why), status == 0 ? OTP_OK : OTP_ERR_NOT_ENROLLED);
	}
}

static void C30_other_limits_of_the_caller_refuse_or_count(void **state)
{
	static const struct {
		int limit;
		rlim_t value;
	} limits[] = {
		{RLIMIT_NOFILE, 0},
		{RLIMIT_NOFILE, 3},
		{RLIMIT_NOFILE, 4},
		{RLIMIT_NOFILE, 5},
		{RLIMIT_NOFILE, 6},
		{RLIMIT_NOFILE, 7},
		{RLIMIT_NOFILE, 8},
		{RLIMIT_NPROC, 0},
		{RLIMIT_MEMLOCK, 0},
		{RLIMIT_SIGPENDING, 0},
		{RLIMIT_CORE, 0},
		{RLIMIT_LOCKS, 0},
		{RLIMIT_RSS, 0},
		{RLIMIT_DATA, 0},
#ifndef __SANITIZE_ADDRESS__ /* which cannot live without memory */
		{RLIMIT_AS, 0},
		{RLIMIT_AS, 1 << 20},
#endif
	};
	(void)state;

	need_setuid_host();
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct caller caller = {.limit = limits[i].limit,
			.value = {limits[i].value, limits[i].value},
			.on_file_size = SIG_DFL,
			.fill = SHORT_FILL};
		(void)assert_counted_or_refused(&caller);
	}
	struct caller last = {.limit = not_a_limit, .on_file_size = SIG_DFL, .fill = SHORT_FILL};
	assert_true(assert_counted_or_refused(&last));
}

/* Where the hard limit cannot be passed the kernel may kill it at any instant, as its own clock ticks. */
static void C30_a_limit_of_time_kills_counts_or_refuses(void **state)
{
	struct caller caller = {
		.limit = RLIMIT_CPU, .value = {0, 0}, .on_file_size = SIG_DFL, .fill = LONG_FILL};
	(void)state;

	need_setuid_host();
	for (unsigned i = 0; i < 100; i++) {
		bool damaged = false;
		long before = count_now(&damaged);
		int status = host_status(&caller);
		long after = count_now(&damaged);
		assert_true(status == 0 || status_is_error(status) || WIFSIGNALED(status));
		assert_true(after == before + 1 ? !damaged : after == before && status != 0);
	}
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, counter_stage, counter_unstage)
	const struct CMUnitTest tests[] = {
		STAGED(C51_no_file_size_limit_of_the_caller_makes_a_difference),
		STAGED(C51_under_a_hard_limit_long_and_short_records_fare_alike),
		STAGED(C30_a_write_cut_by_a_limit_is_an_error_and_not_trusted),
		STAGED(C30_a_new_record_under_a_limit_is_whole_or_absent),
		STAGED(C30_other_limits_of_the_caller_refuse_or_count),
		STAGED(C30_a_limit_of_time_kills_counts_or_refuses),
	};

	return cmocka_run_group_tests_name("store_hostile", tests, NULL, NULL);
}
