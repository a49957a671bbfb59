/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_CHILD_H
#define OTPCODE_DELIVER_CHILD_H

/* Making a process, the hook's or another program's, out of a host that must not notice. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Everything that the child needs, settled before it is made: from then on it may only make system calls. */
struct child_plan {
	const char *const *argv; /* NULL-ended; the first is the program's absolute path, checked */
	uid_t uid;               /* neither is root's */
	gid_t gid;
	int request_fd; /* both at 3 or above; -1: its standard input is empty */
	int reply_fd;
	unsigned lifetime_s; /* after which SIGALRM ends it, whatever it is doing */
};

/*
 * Starts the program as uid, with request_fd as its standard input and reply_fd as its standard output, and
 * nothing else of the host's. False, with errno, if not even the go-between could be made; what fails after
 * that comes through reply_fd as a report.
 */
__attribute__((warn_unused_result)) bool child_start(const struct child_plan *plan);

/* A report begins with a NUL, as no verdict does. */
#define CHILD_REPORT_LEN 6

struct child_report {
	const char *step; /* what failed, for people: "setresuid" */
	int os_error;     /* 0 if the system claimed success but nothing had changed */
};

/* False if the bytes are no report. */
bool child_report_decode(const char *bytes, size_t len, struct child_report *out);

#endif
