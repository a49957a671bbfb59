/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_COMMAND_CHILD_H
#define OTPCODE_HOOK_COMMAND_CHILD_H

/* The process of a command. Inner part of command.c. */

#include "core/why.h"

#include <sys/types.h>

struct command_child {
	pid_t pid;     /* also its process group */
	int pidfd;     /* readable once it has ended */
	int input_fd;  /* where the message is put; nothing waits on it */
	int reader_fd; /* the other end, kept to see how much of the message was read */
	int output_fd; /* what it writes to standard output and standard error; nothing waits on it */
};

/*
 * Starts program with argv. It gets three descriptors, a fixed environment, default signals, umask 027, a
 * process group of its own, and nothing else of the hook's but its ids, limits and session. OTP_ERR_CONFIG if
 * it cannot be run, OTP_ERR_IO where the system failed. On OTP_OK the caller ends with command_child_end.
 */
__attribute__((warn_unused_result)) enum otp_err command_child_start(
	const char *program, char *const *argv, struct command_child *out, struct otp_why *why);

/* Kills the command and what it has started, unless that has left its group. */
void command_child_kill(const struct command_child *child);

/* Reaps it if it has ended, and closes all. */
void command_child_end(struct command_child *child);

#endif
