/* SPDX-License-Identifier: BSD-2-Clause */
/* For LD_PRELOAD: as it ends, a program writes the most memory that it held, in KiB, into the file that
 * PEAK_FILE names. What wait4 tells is at least what the process held that started it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((destructor)) static void tell_peak(void)
{
	const char *path = getenv("PEAK_FILE");
	FILE *in = path != NULL ? fopen("/proc/self/status", "re") : NULL;
	FILE *out = in != NULL ? fopen(path, "we") : NULL;
	char line[128];

	while (out != NULL && fgets(line, sizeof line, in) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			(void)fprintf(out, "%ld\n", strtol(line + 6, NULL, 10));
	if (out != NULL)
		(void)fclose(out);
	if (in != NULL)
		(void)fclose(in);
}
