/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/hook_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static _Noreturn void stop(const char *what)
{
	fprintf(stderr, "hook_stage: %s: %s\n", what, strerror(errno));
	abort();
}

static _Noreturn void skip_saying(const char *reason)
{
	print_message("%s", reason);
	skip();
	abort(); /* skip does not return, but does not say so */
}

static void write_file(const char *path, const void *data, size_t len, mode_t mode)
{
	(void)unlink(path); /* a hook of the test before may still be running it */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, mode) != 0)
		stop(path);
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, (const char *)data + at, len - at);
		if (n < 0)
			stop(path);
		at += (size_t)n;
	}
	if (close(fd) != 0)
		stop(path);
}

static char *read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		stop(path);
	size_t size = (size_t)st.st_size;
	char *data = malloc(size + 1);
	ssize_t n = data != NULL ? read(fd, data, size) : -1;
	if (n < 0 || (size_t)n != size || close(fd) != 0)
		stop(path);
	*len = size;
	return data;
}

int hook_stage_make(void **state)
{
	*state = NULL;
	if (geteuid() != 0)
		return 0;
	struct hook_stage *stage = calloc(1, sizeof *stage);
	const struct passwd *user = getpwnam(HOOK_STAGE_USER);

	if (stage == NULL || user == NULL)
		stop(HOOK_STAGE_USER);
	(void)strcpy(stage->dir, "/var/lib/otpcode-test-XXXXXX");
	if (mkdtemp(stage->dir) == NULL || chmod(stage->dir, 0755) != 0)
		stop(stage->dir);
	(void)snprintf(stage->hook, sizeof stage->hook, "%s/hook", stage->dir);
	(void)snprintf(stage->config, sizeof stage->config, "%s/config", stage->dir);
	(void)snprintf(stage->out, sizeof stage->out, "%s/out", stage->dir);
	stage->uid = user->pw_uid;
	stage->gid = user->pw_gid;
	stage->options = (struct deliver_options){
		.hook = stage->hook, .config = stage->config, .hook_user = HOOK_STAGE_USER};
	*state = stage;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

int hook_stage_remove(void **state)
{
	struct hook_stage *stage = *state;

	if (stage == NULL)
		return 0;
	if (nftw(stage->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
		stop(stage->dir);
	free(stage);
	return 0;
}

void hook_stage_hook(const struct hook_stage *stage, const char *source)
{
	size_t len;
	char *data = read_file(source, &len);

	write_file(stage->hook, data, len, 0755);
	free(data);
}

void hook_stage_config(const struct hook_stage *stage, const void *data, size_t len)
{
	write_file(stage->config, data, len, 0644);
}

struct hook_stage *hook_stage_use(void **state, const char *hook_source)
{
	struct hook_stage *stage = *state;

	if (stage == NULL)
		skip_saying("only root can run a hook as another user\n");
	stage->options = (struct deliver_options){
		.hook = stage->hook, .config = stage->config, .hook_user = HOOK_STAGE_USER};
	hook_stage_hook(stage, hook_source);
	hook_stage_config(stage, "", 0);
	write_file(stage->out, "", 0, 0600);
	if (chown(stage->out, stage->uid, stage->gid) != 0)
		stop(stage->out);
	return stage;
}

size_t hook_stage_read_out(const struct hook_stage *stage, char *buf, size_t size)
{
	size_t len;
	char *data = read_file(stage->out, &len);

	assert_true(len < size);
	memcpy(buf, data, len + 1 < size ? len : size - 1);
	buf[len] = '\0';
	free(data);
	return len;
}

void hook_stage_await_out(const struct hook_stage *stage, char *buf, size_t size)
{
	const struct timespec pause = {0, 5000000};
	size_t len = hook_stage_read_out(stage, buf, size);

	while (len == 0 || buf[len - 1] != '\n') {
		(void)nanosleep(&pause, NULL);
		len = hook_stage_read_out(stage, buf, size);
	}
}

void hook_stage_end_process(const struct hook_stage *stage)
{
	char text[64], *end = NULL;

	hook_stage_await_out(stage, text, sizeof text);
	long pid = strtol(text, &end, 10);
	assert_true(*end == '\n' && pid > 1);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
}

struct request hook_stage_request(void)
{
	return (struct request){
		.kind = REQUEST_CODE,
		.contact = {.channel = CHANNEL_EMAIL, .address = "jane@example.org"},
		.code = {"482915"},
		.ref = "QFX",
		.user = "jane",
		.host = "web1",
		.service = "sshd",
		.source = "192.0.2.7",
		.time = 1767225600,
		.works_until = 1767225900,
		.wait_ms = 20000,
	};
}
