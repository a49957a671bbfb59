/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/trace.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 400 /* with "trace > " a reader takes REQUEST_VERDICT_MAX */

void trace_hide(struct trace *trace, const char *secret)
{
	if (trace != NULL)
		secrets_add(&trace->secrets, secret);
}

/* A secret that a cut has gone through is no longer found; so what is cut is cut behind the blanking. */
static void tell_line(struct trace *trace, char mark, const char *bytes, size_t len)
{
	char line[4 * LINE_SIZE], out[LINE_SIZE + 16];

	if (trace->lines_n++ >= TRACE_LINES_MAX)
		return;
	len = len < sizeof line ? len : sizeof line - 1;
	memcpy(line, bytes, len);
	for (size_t i = 0; i < len; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = ' ';
	line[len] = '\0';
	secrets_blank(&trace->secrets, line);
	request_blank(trace->request, line);
	while (len > 0 && line[len - 1] == ' ')
		line[--len] = '\0';
	int out_len = snprintf(out, sizeof out, "trace %c %.*s\n", mark, LINE_SIZE, line);
	/* A reader that has gone is none that is to be told. */
	if (write(STDOUT_FILENO, out, (size_t)out_len) < 0)
		trace->lines_n = TRACE_LINES_MAX;
	OPENSSL_cleanse(line, sizeof line);
}

void trace_tell(struct trace *trace, char mark, const char *bytes, size_t len)
{
	while (trace != NULL && len > 0) {
		const char *newline = memchr(bytes, '\n', len);
		size_t line_len = newline != NULL ? (size_t)(newline - bytes) : len;
		size_t step = newline != NULL ? line_len + 1 : len;
		tell_line(trace, mark, bytes, line_len);
		bytes += step;
		len -= step;
	}
}

void trace_tellf(struct trace *trace, char mark, const char *format, ...)
{
	char line[4 * LINE_SIZE];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (len > 0)
		trace_tell(trace, mark, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}
