/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/config_stage.h"

#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define BUFFERS 16
#define NOBODY 65534

static bool is_trusted(const char *path)
{
	int fd = -1;

	if (trust_open_folder(path, geteuid(), &fd, NULL) != OTP_OK)
		return false;
	(void)close(fd);
	return true;
}

int config_stage_make(void **state)
{
	const char *places[] = {geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR"), getenv("HOME")};

	*state = NULL;
	for (size_t i = 0; i < 2 && *state == NULL; i++) {
		char path[CONFIG_STAGE_PATH];
		if (places[i] == NULL || strlen(places[i]) > 100 || !is_trusted(places[i]))
			continue;
		(void)snprintf(path, sizeof path, "%s/otpcode-test.XXXXXX", places[i]);
		if (mkdtemp(path) != NULL && chmod(path, 0755) == 0)
			*state = strdup(path);
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int config_stage_remove(void **state)
{
	int result = 0;

	if (*state != NULL)
		result = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return result;
}

const char *config_stage_path(void **state, const char *name)
{
	static char buffers[BUFFERS][CONFIG_STAGE_PATH];
	static unsigned next;
	char *path = buffers[next++ % BUFFERS];

	if (*state == NULL) {
		print_message("no folder that only this user may write to\n");
		skip();
	}
	(void)snprintf(path, CONFIG_STAGE_PATH, "%s/%s", (const char *)*state, name);
	return path;
}

const char *config_stage_write(void **state, const char *name, const char *text)
{
	const char *path = config_stage_path(state, name);
	char folder[CONFIG_STAGE_PATH];

	(void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	assert_true(mkdir(folder, 0755) == 0 || errno == EEXIST);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	return path;
}

struct config config_stage_config;
struct otp_why config_stage_why;

enum otp_err config_stage_load_with(const char *path, int args_n, const char *const *args)
{
	memset(&config_stage_config, 0xa5, sizeof config_stage_config);
	config_stage_why = (struct otp_why){0};
	return config_load(path, geteuid(), args_n, args, &config_stage_config, &config_stage_why);
}

enum otp_err config_stage_load(const char *path)
{
	return config_stage_load_with(path, 0, NULL);
}

enum otp_err config_stage_load_as_nobody(const char *path)
{
	uid_t id = geteuid();

	if (id == 0)
		assert_int_equal(seteuid(NOBODY), 0);
	memset(&config_stage_config, 0xa5, sizeof config_stage_config);
	enum otp_err err = config_load(path, id, 0, NULL, &config_stage_config, &config_stage_why);
	assert_int_equal(seteuid(id), 0);
	return err;
}

void config_stage_zeroed(void)
{
	static const struct config zero;
	assert_memory_equal(&config_stage_config, &zero, sizeof zero);
}

void config_stage_refused(enum otp_err err, const char *path, const char *rest)
{
	const char *text = config_stage_why.text;

	assert_int_equal(err, OTP_ERR_CONFIG);
	if (strncmp(text, path, strlen(path)) != 0 || strstr(text + strlen(path), rest) == NULL)
		fail_msg("%s (expected %s ... %s)", text, path, rest);
	config_stage_zeroed();
}
