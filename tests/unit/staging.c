/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char staged[PATH_MAX];

static void stop(const char *what)
{
	fprintf(stderr, "staging: %s: %s\n", what, strerror(errno));
	abort();
}

static bool folder_is_safe(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool parents_are_safe(const char *path)
{
	char part[PATH_MAX];

	if (path == NULL || path[0] != '/' || strlen(path) >= sizeof part || !folder_is_safe("/"))
		return false;
	for (size_t len = 1; len <= strlen(path); len++) {
		if (path[len] != '/' && path[len] != '\0')
			continue;
		(void)snprintf(part, sizeof part, "%.*s", (int)len, path);
		if (!folder_is_safe(part))
			return false;
	}
	return true;
}

const char *staging_make(void)
{
	const char *places[] = {getenv("XDG_RUNTIME_DIR"), getenv("HOME"), "/run", "/var/lib", getenv("PWD")};

	for (size_t i = geteuid() == 0 ? 2 : 0; i < sizeof places / sizeof places[0]; i++) {
		if (!parents_are_safe(places[i]))
			continue;
		(void)snprintf(staged, sizeof staged, "%s/otpcode-test-XXXXXX", places[i]);
		if (mkdtemp(staged) != NULL)
			return staged;
	}
	staged[0] = '\0';
	return NULL;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

void staging_remove(void)
{
	if (staged[0] != '\0' && nftw(staged, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
		stop(staged);
	staged[0] = '\0';
}

const char *staging_path(const char *name)
{
	static char paths[4][2 * PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof paths[0], "%s/%s", staged, name);
	return path;
}

void staging_write(const char *name, const void *data, size_t len)
{
	int fd = open(staging_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, data, len) != (ssize_t)len || close(fd) != 0)
		stop(name);
}

size_t staging_read(const char *name, void *data, size_t size)
{
	int fd = open(staging_path(name), O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, data, size);

	if (len < 0 || close(fd) != 0)
		stop(name);
	return (size_t)len;
}
