/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/hidden.h"

#include "core/random.h"
#include "prompt/course.h"
#include "prompt/events.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

/*
 * What a person sees comes at these distances from what they did, so it MUST depend on nothing that was
 * looked up: not on whether there is such a user, not on what the answer was worth. Only who typed a right
 * code is told apart.
 */
#define PACE_MS 500

/*
 * Up to as much more, by chance: what is left in the caches of a processor after the work for one user or
 * another shows in some millionths of a second (it was measured), and drowns in this.
 */
#define BLUR_US 10000

static int64_t system_now_ms(void *self)
{
	struct timespec now;

	(void)self;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t blur_us(void)
{
	const struct otp_random random = random_system();
	uint32_t drawn = 0;

	return random.fill(random.self, &drawn, sizeof drawn, NULL) == OTP_OK ? drawn % BLUR_US : 0;
}

static void system_wait_until(void *self, int64_t ms)
{
	int64_t us = ms * 1000 + blur_us();
	const struct timespec until = {
		.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};

	(void)self;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

struct prompt_hidden prompt_hidden_system(void)
{
	return (struct prompt_hidden){
		.began_ms = system_now_ms(NULL), .now_ms = system_now_ms, .wait_until = system_wait_until};
}

static int64_t now_ms(const struct talk *talk)
{
	const struct prompt_hidden *hidden = talk->options->hidden;

	return hidden->now_ms(hidden->self);
}

/* A pace after since_ms; where the work took longer, a whole number of them: a machine that is busy shows
 * that it is, not with whom. */
static void keep_pace(const struct talk *talk, int64_t since_ms)
{
	const struct prompt_hidden *hidden = talk->options->hidden;
	int64_t worked_ms = now_ms(talk) - since_ms;
	int64_t paces = worked_ms <= PACE_MS ? 1 : (worked_ms + PACE_MS - 1) / PACE_MS;

	hidden->wait_until(hidden->self, since_ms + paces * PACE_MS);
}

/* Each reason once: a locked user is so at every answer. */
static void log_denied(struct talk *talk, const struct course *course)
{
	if (!course->over || course->denied == NULL || course->denied == talk->denied)
		return;
	talk->denied = course->denied;
	events_denied(
		talk, course->result, talk->options->hidden->no_such_user ? "unknown user" : course->denied);
}

/* Whatever the answer came to, the next question comes: only a right code ends the questions. True: it was.
 */
static bool answer(struct talk *talk, const char *typed)
{
	if (talk->core == NULL)
		return false;
	struct course course = course_answer(talk, typed);
	log_denied(talk, &course);
	return course.over && course.result == PROMPT_VERIFIED;
}

/* The line stands again where a code was asked for, which is for anybody to see: they typed it. */
static const char *line_before(const struct talk *talk, const char *typed)
{
	bool asked_for = strlen(typed) <= 1;

	return talk->prompts == 0 || asked_for ? TEXTS_HIDDEN : "";
}

static bool ask_all(struct talk *talk)
{
	int64_t since_ms = talk->options->hidden->began_ms;
	char typed[PROMPT_ANSWER_SIZE] = "";
	bool right = false, answered = true;

	while (!right && answered && talk->prompts < talk->options->max_prompts) {
		const char *line = line_before(talk, typed);
		keep_pace(talk, since_ms);
		OPENSSL_cleanse(typed, sizeof typed);
		answered = talk_ask(talk, line, typed);
		since_ms = now_ms(talk);
		right = answered && answer(talk, typed);
	}
	OPENSSL_cleanse(typed, sizeof typed);
	if (!right && answered && talk->denied == NULL && talk->core != NULL)
		events_denied(talk, PROMPT_WRONG, "prompts used up");
	keep_pace(talk, since_ms); /* nothing may come after it: writing a log line can be seen */
	return right;
}

enum prompt_result hidden_converse(struct talk *talk)
{
	if (talk->core != NULL) {
		struct course course = course_begin(talk);
		log_denied(talk, &course);
	}
	if (!ask_all(talk))
		return PROMPT_WRONG;
	talk_tell(talk);
	return PROMPT_VERIFIED;
}
