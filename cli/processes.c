/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool runs(int proc_fd, const char *pid, const char *program)
{
	char link[64], path[PATH_MAX];

	(void)snprintf(link, sizeof link, "%s/exe", pid);
	ssize_t len = readlinkat(proc_fd, link, path, sizeof path - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return strcmp(path, program) == 0;
}

/* By what the process is, not by whose its folder is: one that gave up root's rights keeps a folder of
 * root's. */
static bool is_of(int proc_fd, const char *pid, uid_t uid)
{
	char path[64], text[2048];
	unsigned long real = 0;

	(void)snprintf(path, sizeof path, "%s/status", pid);
	int fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
	if (fd >= 0)
		(void)close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	const char *line = strstr(text, "\nUid:");
	if (line == NULL)
		return false;
	real = strtoul(line + strlen("\nUid:"), NULL, 10);
	return real == uid && strstr(text, "\nState:\tZ") == NULL;
}

static void read_name(int proc_fd, const char *pid, char *out, size_t size)
{
	char path[64];

	(void)snprintf(path, sizeof path, "%s/comm", pid);
	int fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, out, size - 1) : 0;
	if (fd >= 0)
		(void)close(fd);
	out[len > 0 ? len : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

bool processes_find(uid_t uid, const char *but_not, struct processes *out)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	bool any = false;

	*out = (struct processes){.n = 0};
	if (proc == NULL)
		return false;
	while ((entry = readdir(proc)) != NULL) {
		if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name))
			continue;
		any = true;
		if (!is_of(dirfd(proc), entry->d_name, uid) || runs(dirfd(proc), entry->d_name, but_not))
			continue;
		if (out->n++ == 0) {
			out->pid = strtol(entry->d_name, NULL, 10);
			read_name(dirfd(proc), entry->d_name, out->name, sizeof out->name);
		}
	}
	(void)closedir(proc);
	return any;
}
