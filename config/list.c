/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/list.h"

#include <string.h>

#define BLANKS " \t"

bool list_take(const char **rest, char *item, size_t size)
{
	const char *text = *rest + strspn(*rest, BLANKS);
	size_t len = strcspn(text, "," BLANKS);

	if (len == 0 || len >= size)
		return false;
	memcpy(item, text, len);
	item[len] = '\0';
	text += len;
	text += strspn(text, BLANKS);
	if (*text != '\0' && (*text != ',' || *++text == '\0'))
		return false;
	*rest = text;
	return true;
}
