/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_UNIT_HOST_STATE_H
#define OTPCODE_TESTS_UNIT_HOST_STATE_H

#define HOST_STATE_SIZE 65536

/*
 * Everything about this process that a host could miss, one fact a line: all 64 dispositions, mask, pending
 * signals, timers, descriptors, umask, folder, environment, children, ids, capabilities, limits. Uses no
 * descriptor of its own.
 */
void host_state_take(char out[HOST_STATE_SIZE]);

/* The first line that differs, as "before | after" in a static buffer; NULL if none does. */
const char *host_state_differs(const char *before, const char *after);

/*
 * Runs body in a process of its own, which may do to itself what it likes: what it does with host_state_fail
 * fails the calling test, as does any end but its returning.
 */
struct host_body {
	void (*run)(const void *arg);
	const void *arg;
};
void host_state_run(struct host_body body);

/* In such a process: says why and ends it. Works with 0, 1 and 2 closed. */
_Noreturn void host_state_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define HOST_STATE_CALLER_UID 54321

/*
 * Makes this process what su hands on of its caller's: something unusual in every place, in that folder, and
 * handlers for a third of all signals. Only root can.
 */
void host_state_be_odd(const char *folder);

/* How often one of those handlers ran. */
unsigned host_state_handled(void);
void host_state_count(int number);

#define HOST_CHECK(condition)                                                                                \
	((condition) ? (void)0 : host_state_fail("%s:%d: %s", __FILE__, __LINE__, #condition))

#endif
