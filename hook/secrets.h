/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_SECRETS_H
#define OTPCODE_HOOK_SECRETS_H

/* What must not stand in anything that is told of a provider, whatever the provider repeats. */

#include "config/config.h"

#include <stddef.h>

#define SECRETS_FORMS 3 /* as it is, in a url, in a JSON text */
#define SECRETS_MAX ((CONFIG_CHANNEL_PROVIDERS_MAX + 2) * SECRETS_FORMS) /* passwords, address, code */
#define SECRETS_SIZE 1024

struct secrets {
	char list[SECRETS_MAX][SECRETS_SIZE];
	unsigned n;
};

/* Also as it stands in a url, a form or a JSON text. An empty one is none. */
void secrets_add(struct secrets *secrets, const char *secret);

/* Overwrites each with asterisks. Do it before text is cut: half a secret is not found. */
void secrets_blank(const struct secrets *secrets, char *text);

#endif
