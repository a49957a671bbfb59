/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/module_file.h"

#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE (MODULE_FOLDER_SIZE + 64)

static const char *const folders[] = {"/lib/*/security", "/usr/lib/*/security", "/lib64/security",
	"/usr/lib64/security", "/lib/security", "/usr/lib/security", "/usr/local/lib/*/security",
	"/usr/local/lib64/security", "/usr/local/lib/security", "/usr/lib64", "/usr/lib", "/usr/lib/*",
	"/usr/local/lib"};
#define PAM_FOLDERS_N 6 /* of these libpam looks in one */

/* Modules of libpam itself: each stack needs one of them. */
static const char *const own_modules[] = {"pam_deny.so", "pam_permit.so", "pam_unix.so"};

bool module_kind_of(const char *path, struct module_kind *out)
{
	unsigned char head[offsetof(Elf64_Ehdr, e_version)];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd >= 0 ? read(fd, head, sizeof head) : -1;
	uint16_t machine;

	if (fd >= 0)
		(void)close(fd);
	if (len != (ssize_t)sizeof head || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	memcpy(&machine, head + offsetof(Elf64_Ehdr, e_machine), sizeof machine);
	*out = (struct module_kind){.machine = machine, .bits = head[EI_CLASS] == ELFCLASS32 ? 32 : 64};
	return true;
}

static bool is_pams(const char *folder)
{
	struct module_kind own, found;
	char path[PATH_SIZE];

	if (!module_kind_of("/proc/self/exe", &own))
		return false;
	for (size_t i = 0; i < sizeof own_modules / sizeof *own_modules; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, own_modules[i]);
		if (module_kind_of(path, &found) && found.machine == own.machine && found.bits == own.bits)
			return true;
	}
	return false;
}

/* Calls take for each folder that there is, until it has what it looked for. */
static bool each_folder(size_t patterns_n, bool (*take)(void *ctx, const char *folder), void *ctx)
{
	bool found = false;

	for (size_t i = 0; i < patterns_n && !found; i++) {
		glob_t list;
		if (glob(folders[i], 0, NULL, &list) != 0)
			continue;
		for (size_t f = 0; f < list.gl_pathc && !found; f++)
			found = take(ctx, list.gl_pathv[f]);
		globfree(&list);
	}
	return found;
}

static bool take_pams(void *ctx, const char *folder)
{
	char *out = ctx;

	return is_pams(folder) && snprintf(out, MODULE_FOLDER_SIZE, "%s", folder) < MODULE_FOLDER_SIZE;
}

bool module_folder_find(char out[MODULE_FOLDER_SIZE])
{
	return each_folder(PAM_FOLDERS_N, take_pams, out);
}

struct search {
	const char *name;
	const char *not_this;
	char *out;
};

static bool take_elsewhere(void *ctx, const char *folder)
{
	const struct search *search = ctx;
	struct stat facts, other;
	int len = snprintf(search->out, PATH_SIZE, "%s/%s", folder, search->name);

	if (len < 0 || len >= (int)PATH_SIZE || stat(search->out, &facts) != 0)
		return false;
	return stat(search->not_this, &other) != 0 || other.st_ino != facts.st_ino ||
	       other.st_dev != facts.st_dev;
}

bool module_find_elsewhere(const char *name, const char *not_this, char out[PATH_SIZE])
{
	struct search search = {name, not_this, out};

	return each_folder(sizeof folders / sizeof *folders, take_elsewhere, &search);
}
