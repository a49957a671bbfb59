/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/prompt.h"

#include "prompt/course.h"
#include "prompt/events.h"
#include "prompt/hidden.h"
#include "prompt/talk.h"

#include <openssl/crypto.h>

/* Says what the step came to, as far as that is to be noticed. */
static void tell_end(const struct talk *talk, const struct course *course)
{
	bool unnoticed = course->result == PROMPT_NOT_ENROLLED && !talk->options->tell_unenrolled;
	char line[TEXTS_LINE_SIZE];

	if (unnoticed) {
		events_note(talk, PROMPT_NOTICE, "ignored", course->denied);
	} else if (course->result == PROMPT_UNAVAILABLE) {
		texts_out_of_order(talk->options->support, line);
		talk->host->tell(talk->host->self, line);
	} else {
		if (course->denied != NULL)
			events_denied(talk, course->result, course->denied);
		talk_tell(talk);
	}
}

static struct course ask(struct talk *talk)
{
	char typed[PROMPT_ANSWER_SIZE] = "";
	char line[TEXTS_LINE_SIZE];
	struct course course = {.over = true, .result = PROMPT_NO_CONVERSATION};

	talk_line(talk, line);
	if (talk_ask(talk, line, typed))
		course = course_answer(talk, typed);
	if (course.over && course.result != PROMPT_NO_CONVERSATION)
		tell_end(talk, &course);
	OPENSSL_cleanse(typed, sizeof typed);
	return course;
}

static enum prompt_result converse(struct talk *talk)
{
	struct course course = course_begin(talk);

	if (course.over)
		tell_end(talk, &course);
	while (!course.over && talk->prompts < talk->options->max_prompts)
		course = ask(talk);
	if (course.over)
		return course.result;
	events_denied(talk, PROMPT_WRONG, "prompts used up");
	talk_tell(talk);
	return talk->step.situation == OTP_EXPIRED ? PROMPT_EXPIRED : PROMPT_WRONG;
}

enum prompt_result prompt_login(const struct otp_core *core, const struct otp_login *login,
	const struct prompt_options *options, const struct prompt_host *host)
{
	struct talk talk = {.core = core, .login = login, .options = options, .host = host};

	enum prompt_result result = options->hidden != NULL ? hidden_converse(&talk) : converse(&talk);
	OPENSSL_cleanse(&talk, sizeof talk);
	return result;
}
