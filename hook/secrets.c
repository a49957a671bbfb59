/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/secrets.h"

#include "deliver/request.h"
#include "hook/fill.h"

#include <string.h>

static void add_form(struct secrets *secrets, const char *secret, enum fill_form form)
{
	struct provider_message message = {.to = secret};

	if (secrets->n == SECRETS_MAX)
		return;
	struct text text = text_begin(secrets->list[secrets->n], SECRETS_SIZE);
	fill_template("{to}", form, &message, NULL, &text);
	for (unsigned i = 0; i < secrets->n; i++)
		if (strcmp(secrets->list[i], text.out) == 0)
			return;
	secrets->n++;
}

void secrets_add(struct secrets *secrets, const char *secret)
{
	if (secret[0] == '\0')
		return;
	add_form(secrets, secret, FILL_PLAIN);
	add_form(secrets, secret, FILL_URL);
	add_form(secrets, secret, FILL_JSON);
}

/* The last first: a form holds what was added before it, and the rest of it would tell something too. */
void secrets_blank(const struct secrets *secrets, char *text)
{
	for (unsigned i = secrets->n; i-- > 0;)
		request_blank_word(text, secrets->list[i]);
}
