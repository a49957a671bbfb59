/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_LOGLINE_H
#define OTPCODE_PROMPT_LOGLINE_H

#include <stddef.h>
#include <stdint.h>

#define LOGLINE_SIZE 512

/* One log line: "event=NAME key=value ...". Never give it a code, a full address, or a name that NSS does not
 * know. */
struct logline {
	char text[LOGLINE_SIZE];
	size_t len;
};

void logline_begin(struct logline *line, const char *event);

/* A value with spaces, quotes, '=' or control bytes is quoted, and what could end the quotes or the line
 * replaced. NULL or empty: no field. */
void logline_add(struct logline *line, const char *key, const char *value);
void logline_add_number(struct logline *line, const char *key, int64_t value);

/* A wall-clock time as 2026-01-01T03:47:00Z. */
void logline_add_time(struct logline *line, const char *key, int64_t time);

#endif
