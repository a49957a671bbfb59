/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/system_user.h"

#include "cli/user.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define USERADD "/usr/sbin/useradd"
#define OPTIONS "--system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin"

/* SIGPIPE is ignored in this program, and useradd was not written for that. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t pipe_only;
	int error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);

	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	return error != 0 ? error : posix_spawnattr_setsigdefault(attributes, &pipe_only);
}

static int spawn_useradd(const char *name, pid_t *pid)
{
	const char *const words[] = {USERADD, "--system", "--user-group", "--no-create-home", "--home-dir",
		"/nonexistent", "--shell", "/usr/sbin/nologin", "--", name, NULL};
	const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
	char *argv[sizeof words / sizeof words[0]], *envp[sizeof environment / sizeof environment[0]];
	posix_spawnattr_t attributes;
	int error = posix_spawnattr_init(&attributes);

	if (error != 0)
		return error;
	memcpy(argv, words, sizeof words);
	memcpy(envp, environment, sizeof environment);
	error = set_signals(&attributes);
	if (error == 0)
		error = posix_spawn(pid, USERADD, NULL, &attributes, argv, envp);
	(void)posix_spawnattr_destroy(&attributes);
	return error;
}

static enum otp_err run_useradd(const char *name, struct otp_why *why)
{
	pid_t pid;
	int status = 0, error = spawn_useradd(name, &pid);
	pid_t ended;

	if (error != 0)
		return why_set(why, OTP_ERR_IO, error,
			"make the user yourself (useradd " OPTIONS " %s); " USERADD, name);
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended != pid)
		return why_set(why, OTP_ERR_IO, errno, USERADD);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return why_set(why, OTP_ERR_IO, 0,
			USERADD " failed with status %d; make the user yourself: useradd " OPTIONS " %s",
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), name);
	return OTP_OK;
}

enum otp_err system_user_create(const char *name, bool *created, struct otp_why *why)
{
	struct user user;
	enum otp_err err = user_find(name, &user, why);

	*created = false;
	if (err != OTP_OK)
		return err;
	if (user.exists && user.uid == 0)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"delivery.hook_user must not be root: the hook speaks to the network");
	if (user.exists)
		return OTP_OK;
	err = run_useradd(name, why);
	*created = err == OTP_OK;
	return err;
}
