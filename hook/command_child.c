/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/command_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULT_FD 3

/*
 * All that a command has of an environment. UTF-8, for a text that is not plain ASCII; and a home, since some
 * mailers end without one. No PATH: what needs one has a default of its own, and nobody can have set this.
 */
static char *const environment[] = {(char *)"HOME=/", (char *)"LC_ALL=C.UTF-8", NULL};

struct pipes {
	int input[2], output[2], fault[2];
};

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

static void pipes_close(struct pipes *pipes)
{
	close_all(pipes->input, 2);
	close_all(pipes->output, 2);
	close_all(pipes->fault, 2);
}

static bool pipes_open(struct pipes *pipes)
{
	*pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	return pipe2(pipes->input, O_CLOEXEC) == 0 && pipe2(pipes->output, O_CLOEXEC) == 0 &&
	       pipe2(pipes->fault, O_CLOEXEC) == 0 && fcntl(pipes->input[1], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(pipes->output[0], F_SETFL, O_NONBLOCK) == 0;
}

/* All 64: who started the hook may have left the two ignored that glibc hides from sigaction. */
static bool signals_reset(void)
{
	static const unsigned long default_action[16]; /* all zero is SIG_DFL, wherever the members are */
	sigset_t none;

	for (int number = 1; number < _NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP &&
			syscall(SYS_rt_sigaction, number, default_action, NULL, _NSIG / 8) != 0)
			return false;
	(void)sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* Leaves 0, 1, 2 and, until execve, the pipe for what fails. Those of the plan are all above 2. */
static bool descriptors_set(const struct pipes *pipes)
{
	if (dup2(pipes->input[0], STDIN_FILENO) < 0 || dup2(pipes->output[1], STDOUT_FILENO) < 0 ||
		dup2(pipes->output[1], STDERR_FILENO) < 0)
		return false;
	if (pipes->fault[1] != FAULT_FD && dup3(pipes->fault[1], FAULT_FD, O_CLOEXEC) < 0)
		return false;
	return syscall(SYS_close_range, FAULT_FD + 1, ~0U, 0) == 0;
}

/* libcurl may have had threads, so here too there are system calls alone. */
static _Noreturn void child_run(const char *program, char *const *argv, const struct pipes *pipes)
{
	int fault_fd = pipes->fault[1];

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (signals_reset() && descriptors_set(pipes)) {
		fault_fd = FAULT_FD;
		/* What it leaves in a folder, a spooler of the folder's group may read, and nobody else. */
		(void)umask(027);
		(void)execve(program, argv, environment);
	}
	int saved = errno;
	_exit(write(fault_fd, &saved, sizeof saved) == (ssize_t)sizeof saved ? 126 : 127);
}

/* Nothing comes, and the pipe ends, where the program was begun. */
static int read_fault(int fd)
{
	int fault = 0;
	ssize_t got;

	do
		got = read(fd, &fault, sizeof fault);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof fault ? fault : 0;
}

static void reap(pid_t pid, int flags)
{
	while (waitpid(pid, NULL, flags) < 0 && errno == EINTR)
		;
}

static enum otp_err fork_child(const char *program, char *const *argv, struct pipes *pipes,
	struct command_child *out, struct otp_why *why)
{
	pid_t pid = fork();

	if (pid == 0)
		child_run(program, argv, pipes);
	if (pid < 0)
		return why_set(why, OTP_ERR_IO, errno, "cannot begin %s", program);
	(void)setpgid(pid, pid); /* whoever comes first; too late is as good */
	(void)close(pipes->fault[1]);
	pipes->fault[1] = -1;
	int fault = read_fault(pipes->fault[0]);
	out->pid = pid;
	out->pidfd = fault == 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (out->pidfd >= 0)
		return OTP_OK;
	int saved = errno;
	(void)kill(-pid, SIGKILL);
	reap(pid, 0);
	return fault != 0 ? why_set(why, OTP_ERR_CONFIG, fault, "cannot run %s", program)
			  : why_set(why, OTP_ERR_IO, saved, "cannot watch %s", program);
}

enum otp_err command_child_start(
	const char *program, char *const *argv, struct command_child *out, struct otp_why *why)
{
	struct pipes pipes;
	enum otp_err err = pipes_open(&pipes)
				   ? OTP_OK
				   : why_set(why, OTP_ERR_IO, errno, "cannot make a pipe to %s", program);

	if (err == OTP_OK)
		err = fork_child(program, argv, &pipes, out, why);
	if (err == OTP_OK) {
		out->input_fd = pipes.input[1];
		out->reader_fd = pipes.input[0];
		out->output_fd = pipes.output[0];
		pipes.input[0] = pipes.input[1] = pipes.output[0] = -1;
	}
	pipes_close(&pipes);
	return err;
}

/* One that is setuid and took another real uid cannot be killed from here; nothing waits for it then. */
void command_child_kill(const struct command_child *child)
{
	(void)kill(-child->pid, SIGKILL);
}

void command_child_end(struct command_child *child)
{
	int fds[] = {child->pidfd, child->input_fd, child->reader_fd, child->output_fd};

	reap(child->pid, WNOHANG);
	close_all(fds, sizeof fds / sizeof *fds);
}
