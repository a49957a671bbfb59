/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_STORY_H
#define OTPCODE_CLI_STORY_H

#include "core/contact.h"
#include "core/policy.h"
#include "core/quota.h"
#include "core/record.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A record as a story: what happened to a user's logins, how it stands now, and what to do next. Pure, but
 * for the time zone. Names no address in full and no code.
 */

enum story_state {
	STORY_ENROLLED,
	STORY_NOT_ENROLLED,
	STORY_UNREADABLE,
};

/* What the story is told from. Pointers may be NULL where the comment says so. */
struct story_facts {
	enum story_state state;
	const char *user;
	const char *unreadable;      /* STORY_UNREADABLE: why */
	const struct record *record; /* brought up to now, with the contacts that count; also of who is not
					enrolled: then it is empty but for contacts */
	const struct policy *policy;
	struct otp_channels channels;
	int64_t now;
	bool user_exists; /* in the system */
	uint32_t uid;     /* of today's user of this name */
	bool damaged;     /* an older copy of the record had to be used */
	bool unenrolled_pass;
	const char *contacts_from;  /* NULL: the record */
	const char *contacts_fault; /* why contacts could not be found there; NULL: none */
	const char *limits_fault;   /* why the table of limits could not be asked; NULL: none */
	struct quota_verdict stopped[RECORD_CONTACTS_MAX]; /* the shared limit that stops a send to the
							      contact now */
};

#define STORY_TEXT_SIZE 1024
#define STORY_ADVICE_SIZE 512

/* What is told of one login, or of one other event, or of how it stands now. */
struct story_paragraph {
	const char *about;                  /* one word for programs; otpcode(8) lists them */
	int64_t first, last;                /* 0: how it stands now */
	const char *service, *source, *ref; /* of facts->record; may be empty */
	char text[STORY_TEXT_SIZE];
	char advice[STORY_ADVICE_SIZE]; /* what to do next; empty: nothing */
};

#define STORY_PARAGRAPHS_MAX (RECORD_EVENTS_MAX + RECORD_CONTACTS_MAX + 12)
struct story {
	struct story_paragraph list[STORY_PARAGRAPHS_MAX]; /* what happened, the latest last; then how it
							      stands now */
	unsigned n;
};

void story_tell(const struct story_facts *facts, struct story *out);

#endif
