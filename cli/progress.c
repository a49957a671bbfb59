/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_COLUMNS 50

/* It takes carriage returns alone, which a dumb terminal may not have. */
struct progress progress_new(int64_t whole)
{
	const char *term = getenv("TERM");
	bool dumb = term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;

	return (struct progress){
		.shown = whole > 0 && !dumb && isatty(STDERR_FILENO) != 0, .whole = whole, .percent = -1};
}

void progress_show(struct progress *progress, int64_t done)
{
	char bar[BAR_COLUMNS + 1];

	if (!progress->shown)
		return;
	int percent = done >= progress->whole ? 100 : (int)(done * 100 / progress->whole);
	if (percent == progress->percent)
		return;
	progress->percent = percent;
	memset(bar, '.', BAR_COLUMNS);
	memset(bar, '#', (size_t)(percent * BAR_COLUMNS / 100));
	bar[BAR_COLUMNS] = '\0';
	(void)fprintf(stderr, "\r[%s] %3d %%", bar, percent);
}

void progress_clear(struct progress *progress)
{
	if (progress->percent >= 0)
		(void)fprintf(stderr, "\r%*s\r", BAR_COLUMNS + 8, "");
	progress->percent = -1;
}
