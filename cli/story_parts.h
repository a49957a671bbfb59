/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_STORY_PARTS_H
#define OTPCODE_CLI_STORY_PARTS_H

#include "cli/story.h"

#include <stddef.h>

/* What the files cli/story*.c share. */

/* The next paragraph, empty. */
struct story_paragraph *story_next(struct story *story, const char *about);

/* A further sentence, or part of one; what does not fit is cut. */
void story_say(struct story_paragraph *paragraph, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What to do next; a later one takes the place of an earlier. */
void story_advise(struct story_paragraph *paragraph, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define STORY_TIME_SIZE 96
/* "2026-01-01 04:47:00 CET, 20 min ago"; "..., in 3 min". */
void story_when(int64_t time, int64_t now, char out[STORY_TIME_SIZE]);
/* "04:47:00", in the local time zone. */
void story_clock(int64_t time, char out[STORY_TIME_SIZE]);

#define STORY_TIMES_SIZE 32
/* "" for one, " 3 times". */
void story_times(unsigned count, char out[STORY_TIMES_SIZE]);

/* The login that the event is the latest of. */
void story_tell_login(const struct story_facts *facts, const struct record_event *latest, struct story *out);

/* How it stands now. */
void story_tell_now(const struct story_facts *facts, struct story *out);

#endif
