/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What otpcode doctor reads of a host and no test can make of this one: the kind of a file system, and
 * whether the clock is synchronised. In the environment of the program: FACT_FS=NUMBER under the folder
 * FACT_FS_AT, FACT_CLOCK=adrift.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/vfs.h>

static int is_there(const char *path)
{
	const char *at = getenv("FACT_FS_AT");

	return at != NULL && strncmp(path, at, strlen(at)) == 0;
}

int statfs(const char *path, struct statfs *out)
{
	int (*real)(const char *, struct statfs *);
	const char *kind = getenv("FACT_FS");

	*(void **)&real = dlsym(RTLD_NEXT, "statfs");
	int status = real(path, out);
	if (status == 0 && kind != NULL && is_there(path))
		out->f_type = (__typeof__(out->f_type))strtoul(kind, NULL, 0);
	return status;
}

int adjtimex(struct timex *clock)
{
	const char *state = getenv("FACT_CLOCK");
	int adrift = state != NULL && strcmp(state, "adrift") == 0;

	clock->status = adrift ? STA_UNSYNC : 0;
	return adrift ? TIME_ERROR : TIME_OK;
}
