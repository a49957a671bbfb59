/* SPDX-License-Identifier: BSD-2-Clause */
/* For LD_PRELOAD: users u000000 to u999999 of a user database that has them all at hand, as a directory with
 * a cache would. */
#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_UID 200000

typedef int look_up(const char *, struct passwd *, char *, size_t, struct passwd **);

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	look_up *system_s;
	char *end;
	void *symbol = dlsym(RTLD_NEXT, "getpwnam_r");
	unsigned long number = name[0] == 'u' ? strtoul(name + 1, &end, 10) : 0;

	if (name[0] != 'u' || strlen(name) != 7 || *end != '\0') {
		memcpy(&system_s, &symbol, sizeof system_s);
		return system_s(name, entry, buffer, size, found);
	}
	*found = NULL;
	if ((size_t)snprintf(buffer, size, "%s", name) >= size)
		return ERANGE;
	*entry = (struct passwd){.pw_name = buffer,
		.pw_passwd = (char *)"x",
		.pw_uid = (uid_t)(FIRST_UID + number),
		.pw_gid = (gid_t)(FIRST_UID + number),
		.pw_gecos = (char *)"",
		.pw_dir = (char *)"/",
		.pw_shell = (char *)"/bin/sh"};
	*found = entry;
	return 0;
}
