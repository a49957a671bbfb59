/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/rounds.h"

#include <stdio.h>
#include <string.h>

#define FIRST_PAUSE_MS 1000
#define CONNECT_MAX_MS 15000 /* in the background */
#define CONNECT_MIN_MS 500

/* The asker's clock began a little before ours: the asker looked up and started this program meanwhile. */
static int64_t margin_ms(int wait_ms)
{
	int64_t margin = wait_ms / 20;

	return margin > 250 ? 250 : margin;
}

struct rounds_times rounds_plan(int64_t now, int wait_ms, int64_t life_ms)
{
	int64_t margin = margin_ms(wait_ms);
	struct rounds_times times = {
		.begun = now,
		.begin_by = now + wait_ms - 2 * margin,
		.say_by = now + wait_ms - margin,
		.give_up = now + (life_ms < ROUNDS_BACKGROUND_MS ? life_ms : ROUNDS_BACKGROUND_MS),
	};

	if (times.begin_by > times.give_up)
		times.begin_by = times.give_up;
	return times;
}

/* How one sending stands. */
struct state {
	const struct rounds_list *list;
	const struct rounds_times *times;
	const struct rounds_world *world;
	bool struck_out[CONFIG_CHANNEL_PROVIDERS_MAX];
	struct provider_result last[CONFIG_CHANNEL_PROVIDERS_MAX];
	bool noted[CONFIG_CHANNEL_PROVIDERS_MAX];
	int64_t not_before[CONFIG_CHANNEL_PROVIDERS_MAX]; /* as the provider asked for */
	unsigned left;                                    /* providers not struck out */
	bool may_arrive;
	bool background;
};

static int64_t now_ms(const struct state *state)
{
	return state->world->now(state->world->self);
}

/* Until when something may still be begun. */
static int64_t begin_by(const struct state *state)
{
	return state->background ? state->times->give_up : state->times->begin_by;
}

/* Where another provider could still be asked, one that says nothing is given up at half of the time. */
static struct provider_limits limits(const struct state *state, int64_t now)
{
	int64_t connect = begin_by(state) - now;
	int64_t total = state->times->give_up - now;

	if (state->left > 1)
		connect /= 2;
	if (connect < CONNECT_MIN_MS)
		connect = CONNECT_MIN_MS;
	if (connect > CONNECT_MAX_MS)
		connect = CONNECT_MAX_MS;
	return (struct provider_limits){
		.connect_ms = (long)connect, .total_ms = (long)(total > 1 ? total : 1)};
}

static void note(struct state *state, unsigned i, const struct provider_result *result)
{
	bool again = state->noted[i] && result->outcome == state->last[i].outcome &&
		     strcmp(result->reason, state->last[i].reason) == 0;

	state->noted[i] = true;
	state->last[i] = *result;
	if (!again && result->outcome != VERDICT_SENT)
		state->world->note(state->world->self, state->list->providers[i], result);
}

static void say(const struct state *state, unsigned i, struct request_verdict *verdict)
{
	*verdict = (struct request_verdict){.outcome = state->last[i].outcome};
	(void)snprintf(verdict->provider, sizeof verdict->provider, "%s", state->list->providers[i]->name);
	(void)snprintf(verdict->reason, sizeof verdict->reason, "%s", state->last[i].reason);
	verdict->ms = (long)(now_ms(state) - state->times->begun);
}

/* A message that may arrive is for nobody but the provider that knows it again. */
static void strike_out_others(struct state *state, unsigned i)
{
	for (unsigned other = 0; other < state->list->n; other++)
		state->struck_out[other] = other != i;
	state->left = 1;
	state->may_arrive = true;
}

/* True if that was the end of it. */
static bool ask(struct state *state, unsigned i, struct request_verdict *verdict)
{
	struct provider_result result = {0};

	state->world->send(
		state->world->self, state->list->providers[i], limits(state, now_ms(state)), &result);
	state->background = state->background || now_ms(state) >= state->times->say_by;
	note(state, i, &result);
	say(state, i, verdict);
	switch (result.outcome) {
	case VERDICT_SENT:
	case VERDICT_UNKNOWN:
		return true;
	case VERDICT_REFUSED:
	case VERDICT_CONFIG:
	case VERDICT_READY:
		state->struck_out[i] = true;
		state->left--;
		return state->left == 0;
	case VERDICT_LATER:
		if (result.may_arrive)
			strike_out_others(state, i);
		state->not_before[i] = now_ms(state) + result.retry_after_ms;
		break;
	}
	return false;
}

static bool ask_all(struct state *state, struct request_verdict *verdict)
{
	for (unsigned i = 0; i < state->list->n; i++) {
		if (state->struck_out[i] || now_ms(state) < state->not_before[i])
			continue;
		if (now_ms(state) >= begin_by(state))
			return true;
		if (ask(state, i, verdict))
			return true;
	}
	return false;
}

/* A provider that failed for now speaks louder than one that refused: the asker may be luckier another time.
 */
static void settle(const struct state *state, struct request_verdict *verdict)
{
	if (state->may_arrive && verdict->outcome != VERDICT_SENT)
		verdict->outcome = VERDICT_UNKNOWN;
	if (state->left == 0 || verdict->outcome == VERDICT_SENT || verdict->outcome == VERDICT_UNKNOWN)
		return;
	for (unsigned i = 0; i < state->list->n && verdict->outcome != VERDICT_LATER; i++)
		if (!state->struck_out[i] && state->noted[i])
			say(state, i, verdict);
	verdict->outcome = VERDICT_LATER;
}

/* Until a provider may be asked again; a round's own pause at least. */
static int64_t next_pause(const struct state *state, int64_t pause)
{
	int64_t now = now_ms(state), next = INT64_MAX;

	for (unsigned i = 0; i < state->list->n; i++)
		if (!state->struck_out[i] && state->not_before[i] < next)
			next = state->not_before[i];
	return next - now > pause ? next - now : pause;
}

bool rounds_run(const struct rounds_list *list, const struct rounds_times *times,
	const struct rounds_world *world, struct request_verdict *verdict)
{
	struct state state = {.list = list, .times = times, .world = world, .left = list->n};

	*verdict = (struct request_verdict){
		.outcome = VERDICT_LATER, .reason = "no time left: the code has ended, or the wait"};
	(void)snprintf(verdict->provider, sizeof verdict->provider, "%s", list->providers[0]->name);
	for (int64_t pause = FIRST_PAUSE_MS; !ask_all(&state, verdict); pause *= 2) {
		int64_t ms = next_pause(&state, pause);
		if (ms >= begin_by(&state) - now_ms(&state))
			break;
		world->pause(world->self, ms);
	}
	settle(&state, verdict);
	return state.background;
}
