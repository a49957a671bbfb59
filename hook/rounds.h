/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_ROUNDS_H
#define OTPCODE_HOOK_ROUNDS_H

#include "config/config.h"
#include "deliver/request.h"
#include "hook/provider.h"

#include <stdbool.h>
#include <stdint.h>

#define ROUNDS_BACKGROUND_MS 60000 /* a hook is at work for no longer than this */

/* When what must have happened, in milliseconds of the clock of struct rounds_world. */
struct rounds_times {
	int64_t begun;
	int64_t begin_by; /* nothing is begun after this while the asker waits, and a server must have let us
			     in by then */
	int64_t say_by; /* a verdict is heard until then; whoever is under way later goes on in the background
			 */
	int64_t give_up; /* the end of all: the code's, or of the time in the background */
};

/* life_ms: how long the code still lives. */
struct rounds_times rounds_plan(int64_t now, int wait_ms, int64_t life_ms);

/* The providers of a message, in their order; at least one. */
struct rounds_list {
	const struct config_provider *providers[CONFIG_CHANNEL_PROVIDERS_MAX];
	unsigned n;
};

/* What sending needs of the world; a test gives another. */
struct rounds_world {
	void *self;
	int64_t (*now)(void *self); /* milliseconds of a clock that never falls */
	void (*pause)(void *self, int64_t ms);
	void (*send)(void *self, const struct config_provider *provider, struct provider_limits limits,
		struct provider_result *result);
	/* Told of everything but VERDICT_SENT, once until it changes. */
	void (*note)(
		void *self, const struct config_provider *provider, const struct provider_result *result);
};

/*
 * Hands the message to the providers, in rounds: the first that takes it ends it; one that refuses is not
 * asked again; one that fails for now is asked again in the next round, after 1 s, 2 s, 4 s and so on. A
 * message that may arrive is never sent again, but by the one provider that knows it again (may_arrive).
 * Nobody is asked again before the time that the provider itself named. True if the asker no longer waits:
 * what becomes of it then is for the log.
 */
bool rounds_run(const struct rounds_list *list, const struct rounds_times *times,
	const struct rounds_world *world, struct request_verdict *verdict);

#endif
