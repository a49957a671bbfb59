/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_TERMINAL_H
#define OTPCODE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* The person at the terminal. Nothing that passes here stays in a buffer of stdio. */

/* Standard input and standard output are a terminal. */
bool terminal_is_there(void);

/* How many columns and rows standard output has; 0 where nothing is known. */
struct terminal_room {
	unsigned columns, rows;
};
struct terminal_room terminal_room(void);

/* What may be shown there: see locale(7) and NO_COLOR. */
bool terminal_takes_utf8(void);
bool terminal_takes_colour(void);

/*
 * Writes prompt to standard error and reads one line of standard input, without its end; what does not fit is
 * dropped. out is secret where the answer is. False, and out empty, at the end of input and after Ctrl-C.
 */
__attribute__((warn_unused_result)) bool terminal_ask(const char *prompt, bool echo, char *out, size_t size);

/* Writes to standard output, after what report.h has printed there. */
__attribute__((warn_unused_result)) bool terminal_write(const char *text, size_t len);

#endif
