/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/guard.h"

#include "store/slot.h"
#include "tests/unit/host_state.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define OTHER_UID 65534

/* Every test runs in a process of its own, which may change itself as it likes. */
static void in_child(void (*run)(const void *arg))
{
	host_state_run((struct host_body){.run = run});
}

static void handler(int signal)
{
	(void)signal;
}

/* A host as a hostile caller may have left it. */
static void host_disturb(void)
{
	struct itimerval later = {.it_value = {1000, 0}};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigset_t some;

	(void)sigfillset(&action.sa_mask);
	(void)sigaction(SIGUSR1, &action, NULL);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)setitimer(ITIMER_REAL, &later, NULL);
	(void)sigemptyset(&some);
	(void)sigaddset(&some, SIGHUP);
	(void)sigaddset(&some, SIGRTMIN + 3);
	(void)sigprocmask(SIG_SETMASK, &some, NULL);
	(void)raise(SIGHUP);
	(void)raise(SIGRTMIN + 3);
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

static void all_is_as_before(const void *arg)
{
	static const rlim_t file_sizes[] = {0, 1, 8191, 8192, 16383, 16384, 16385, 20000, RLIM_INFINITY};
	struct guard guard;
	struct otp_why why;
	(void)arg;

	host_disturb();
	for (size_t i = 0; i < sizeof file_sizes / sizeof file_sizes[0]; i++) {
		struct rlimit file_size = {file_sizes[i], RLIM_INFINITY};
		struct rlimit cpu = {i % 2 == 0 ? 1000 + i : RLIM_INFINITY, RLIM_INFINITY};
		HOST_CHECK(setrlimit(RLIMIT_FSIZE, &file_size) == 0 && setrlimit(RLIMIT_CPU, &cpu) == 0);
		host_state_take(before);
		HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
		HOST_CHECK(guard_leave(&guard, &why));
		check_unchanged();
	}
}

static void C29_the_host_is_as_before_in_every_part(void **state)
{
	(void)state;

	in_child(all_is_as_before);
}

static void guarded_is_guarded(const void *arg)
{
	struct rlimit low = {100, RLIM_INFINITY};
	struct rlimit file_size;
	struct rlimit cpu;
	struct guard guard;
	struct otp_why why;
	sigset_t mask;
	(void)arg;

	HOST_CHECK(setrlimit(RLIMIT_FSIZE, &low) == 0 && setrlimit(RLIMIT_CPU, &low) == 0);
	HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
	HOST_CHECK(getrlimit(RLIMIT_FSIZE, &file_size) == 0 && file_size.rlim_cur >= SLOT_PAIR_LEN);
	HOST_CHECK(getrlimit(RLIMIT_CPU, &cpu) == 0 && cpu.rlim_cur == RLIM_INFINITY);
	HOST_CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
	for (int signal = 1; signal <= SIGRTMAX; signal++)
		if (signal != SIGKILL && signal != SIGSTOP && (signal < 32 || signal >= SIGRTMIN))
			HOST_CHECK(sigismember(&mask, signal) == 1);
	HOST_CHECK(guard_leave(&guard, &why));
}

static void within_it_signals_wait_and_limits_are_high(void **state)
{
	(void)state;

	in_child(guarded_is_guarded);
}

static volatile sig_atomic_t terminated;

static void on_term(int signal)
{
	terminated = signal;
}

static void signal_comes_afterwards(const void *arg)
{
	struct guard guard;
	struct otp_why why;
	(void)arg;

	HOST_CHECK(signal(SIGTERM, on_term) != SIG_ERR);
	HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
	HOST_CHECK(kill(getpid(), SIGTERM) == 0);
	HOST_CHECK(terminated == 0);
	HOST_CHECK(guard_leave(&guard, &why));
	HOST_CHECK(terminated == SIGTERM);
}

static void a_signal_that_came_meanwhile_is_delivered_afterwards(void **state)
{
	(void)state;

	in_child(signal_comes_afterwards);
}

/* As somebody who cannot raise a hard limit: as root, somebody else. */
static void user_writes_past_the_limit(const void *arg)
{
	struct rlimit hard = {10000, 10000};
	uid_t owner = geteuid() == 0 ? OTHER_UID : geteuid();
	char byte = 'x';
	struct guard guard;
	struct otp_why why;
	FILE *scratch = tmpfile();
	(void)arg;

	HOST_CHECK(scratch != NULL);
	HOST_CHECK(setrlimit(RLIMIT_FSIZE, &hard) == 0 && setresuid(owner, owner, owner) == 0);
	for (int pending_before = 0; pending_before < 2; pending_before++) {
		sigset_t only;
		(void)sigemptyset(&only);
		(void)sigaddset(&only, SIGXFSZ);
		if (pending_before != 0)
			HOST_CHECK(sigprocmask(SIG_BLOCK, &only, NULL) == 0 && raise(SIGXFSZ) == 0);
		host_state_take(before);
		HOST_CHECK(guard_enter(&guard, &why) == OTP_OK);
		HOST_CHECK(pwrite(fileno(scratch), &byte, 1, 10000) == -1 && errno == EFBIG);
		HOST_CHECK(guard_leave(&guard, &why));
		check_unchanged();
	}
}

static void C30_a_write_past_a_limit_that_cannot_be_raised_does_not_kill_the_host(void **state)
{
	(void)state;

	in_child(user_writes_past_the_limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C29_the_host_is_as_before_in_every_part),
		cmocka_unit_test(within_it_signals_wait_and_limits_are_high),
		cmocka_unit_test(a_signal_that_came_meanwhile_is_delivered_afterwards),
		cmocka_unit_test(C30_a_write_past_a_limit_that_cannot_be_raised_does_not_kill_the_host),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
