/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names and server replies end up in these texts: a newline would forge a log line. */
static void replace_controls(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
}

enum otp_err why_set(struct otp_why *why, enum otp_err err, int os_error, const char *format, ...)
{
	if (why == NULL)
		return err;
	int saved = errno;
	va_list args;

	why->os_error = os_error;
	va_start(args, format);
	(void)vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	if (os_error != 0) {
		size_t len = strlen(why->text);
		const char *name = strerrordesc_np(os_error);
		(void)snprintf(why->text + len, sizeof why->text - len, ": %s",
			name != NULL ? name : "unknown error");
	}
	replace_controls(why->text);
	errno = saved;
	return err;
}

void why_prefix(struct otp_why *why, const char *format, ...)
{
	if (why == NULL)
		return;
	char rest[WHY_TEXT_SIZE];
	va_list args;

	memcpy(rest, why->text, sizeof rest);
	va_start(args, format);
	(void)vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	size_t len = strlen(why->text);
	(void)snprintf(why->text + len, sizeof why->text - len, "%s", rest);
	replace_controls(why->text);
}
