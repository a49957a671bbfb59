/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/talk.h"

#include "prompt/events.h"

int64_t talk_now(const struct talk *talk)
{
	return talk->core->clock.now(talk->core->clock.self);
}

bool talk_can_type(const struct talk *talk)
{
	const struct otp_step *step = &talk->step;

	return step->has_live_code || step->has_totp || step->backups_left > 0;
}

void talk_line(const struct talk *talk, char out[TEXTS_LINE_SIZE])
{
	struct texts_facts facts = {
		.form = talk->core->policy.form, .support = talk->options->support, .now = talk_now(talk)};

	texts_line(&talk->step, talk->context, &facts, out);
}

void talk_tell(const struct talk *talk)
{
	char line[TEXTS_LINE_SIZE];

	talk_line(talk, line);
	if (line[0] != '\0')
		talk->host->tell(talk->host->self, line);
}

bool talk_ask(struct talk *talk, const char *line, char answer[PROMPT_ANSWER_SIZE])
{
	const struct prompt_host *host = talk->host;

	talk->prompts++;
	enum prompt_reply reply = host->ask(host->self, line, TEXTS_PROMPT, talk->options->echo, answer);
	if (reply != PROMPT_REPLY_TEXT)
		events_note(talk, PROMPT_INFO, "denied",
			reply == PROMPT_REPLY_END ? "end of input" : "no conversation");
	return reply == PROMPT_REPLY_TEXT;
}
