/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_TABLE_H
#define OTPCODE_CONFIG_TABLE_H

/*
 * The one table of keys. Files, drop-ins, module arguments, config show, the example and the man page are all
 * checked against it.
 */

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_MAX 88
#define TABLE_PROVIDER "provider" /* the section of provider keys */

enum config_kind {
	CONFIG_KIND_NUMBER,   /* unsigned */
	CONFIG_KIND_DURATION, /* int, seconds */
	CONFIG_KIND_RATE,     /* struct policy_rate */
	CONFIG_KIND_SWITCH,   /* bool */
	CONFIG_KIND_WORD,     /* an enum whose values count from 0 in the order of words */
	CONFIG_KIND_TEXT,
	CONFIG_KIND_PATH,
	CONFIG_KIND_HOOK, /* a path, or unix: and a path */
	CONFIG_KIND_USER,
	CONFIG_KIND_ADDRESS,
	CONFIG_KIND_URL,
	CONFIG_KIND_HEADER,
	CONFIG_KIND_FORM, /* struct config_body */
	CONFIG_KIND_JSON, /* struct config_body */
	CONFIG_KIND_STATUSES,
	CONFIG_KIND_CONDITION,
	CONFIG_KIND_MEMBER,
	CONFIG_KIND_SIGV4,
	CONFIG_KIND_COMMAND,
	CONFIG_KIND_PROXY,
	CONFIG_KIND_NETWORKS,  /* struct policy_networks */
	CONFIG_KIND_CHANNELS,  /* struct otp_channels */
	CONFIG_KIND_PREFIXES,  /* struct config_prefixes */
	CONFIG_KIND_SOURCE,    /* struct config_contacts */
	CONFIG_KIND_PROVIDERS, /* struct config_channel: providers, providers_n */
	CONFIG_KINDS_N,
};

struct config_key {
	const char *section;
	const char *key;
	enum config_kind kind;
	bool may_be_empty;
	bool may_be_off; /* durations: the word off is 0 */
	size_t offset;   /* in struct config; in struct config_provider where section is TABLE_PROVIDER */
	size_t size;     /* of that member */
	long min, max;   /* numbers; seconds; count of a rate */
	const char *
		unit; /* durations: the one to suggest where it is missing; rates: the only one (NULL: any) */
	const char *words;     /* "digits|letters" */
	const char *file_only; /* NULL: a module argument may set it; else why not */
	unsigned serves;       /* provider keys: 1U << enum config_provider_kind for each that takes it */
	const char *help;
};

/* NULL past the end. */
const struct config_key *table_at(size_t index);
size_t table_index(const struct config_key *key);

/* NULL where there is none. */
const struct config_key *table_find(const char *section, const char *key);
bool table_has_section(const char *section);

/* Every default: the policy's own, and the paths that were compiled in. */
void table_defaults(struct config *out);

#endif
