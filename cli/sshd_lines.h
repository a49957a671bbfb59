/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_SSHD_LINES_H
#define OTPCODE_CLI_SSHD_LINES_H

#include <stdbool.h>

/* The lines of sshd_config(5) and of what it includes, in the order in which sshd reads them. */

struct sshd_line {
	const char *file;
	unsigned line;
	bool in_match;       /* it counts in a Match block alone */
	const char *keyword; /* as it is written */
	char *value;         /* the rest, without blanks around it; may be cut into words */
};

/* False ends the walk. */
typedef bool sshd_lines_visit(void *self, const struct sshd_line *line);

/* What cannot be read is passed over: sshd itself says so. */
void sshd_lines_walk(const char *path, sshd_lines_visit *visit, void *self);

/* Cuts the next word off the front, quotes taken away; NULL: there is none. */
char *sshd_lines_word(char **rest);

#endif
