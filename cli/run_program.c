/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const no_environment[] = {NULL};

/* What a program wrote into a file in memory; NULL without memory. */
static char *take(int fd, size_t *len)
{
	off_t end = lseek(fd, 0, SEEK_END);
	size_t size = end > 0 ? (size_t)end : 0;

	*len = size < RUN_OUTPUT_MAX ? size : RUN_OUTPUT_MAX;
	char *text = malloc(*len + 1);
	if (text == NULL)
		return NULL;
	ssize_t got = pread(fd, text, *len, 0);
	*len = got > 0 ? (size_t)got : 0;
	text[*len] = '\0';
	return text;
}

static void keep_last_line(char *text, size_t len, char *out, size_t out_size)
{
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		text[--len] = '\0';
	const char *newline = strrchr(text, '\n');
	const char *last = newline != NULL ? newline + 1 : text;
	size_t kept = strnlen(last, out_size - 1);
	memcpy(out, last, kept);
	out[kept] = '\0';
}

static bool spawn(const char *const *argv, int out_fd, int error_fd, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	bool good = posix_spawn_file_actions_init(&actions) == 0;

	if (!good)
		return false;
	good = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
	       posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO) == 0 &&
	       posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO) == 0 &&
	       posix_spawn(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, no_environment) == 0;
	(void)posix_spawn_file_actions_destroy(&actions);
	return good;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool run_program(const char *const *argv, struct run_output *out)
{
	int out_fd = memfd_create("output", MFD_CLOEXEC), error_fd = memfd_create("error", MFD_CLOEXEC);
	char *errors = NULL;
	size_t len;
	pid_t pid;
	bool good = out_fd >= 0 && error_fd >= 0 && spawn(argv, out_fd, error_fd, &pid);

	memset(out, 0, sizeof *out);
	if (good) {
		out->status = wait_for(pid);
		out->out = take(out_fd, &len);
		errors = take(error_fd, &len);
		if (errors != NULL)
			keep_last_line(errors, len, out->error, sizeof out->error);
		good = out->out != NULL;
	}
	free(errors);
	if (out_fd >= 0)
		(void)close(out_fd);
	if (error_fd >= 0)
		(void)close(error_fd);
	return good;
}
