/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STEPS_MAX 40

/* What a provider answers, in turn; the last answer stays. A send that is not over at its limit ends as if it
 * had failed for now. */
struct script {
	struct {
		int64_t takes_ms;
		enum request_outcome outcome;
		int64_t retry_after_ms;
		bool may_arrive;
	} steps[STEPS_MAX];
	unsigned steps_n, asked;
};

/* A world whose clock only its own events move. */
struct world {
	int64_t now;
	struct script scripts[2];
	struct config_provider providers[2];
	char trace[1024]; /* "a@0 b@10 ..." */
	char notes[1024]; /* "a:later ..." */
	struct provider_limits limits[STEPS_MAX];
	unsigned sends;
};

static int64_t now(void *self)
{
	const struct world *world = self;

	return world->now;
}

static void pause_for(void *self, int64_t ms)
{
	struct world *world = self;

	assert_true(ms > 0);
	world->now += ms;
}

static void append(char *out, size_t size, const char *words)
{
	size_t len = strlen(out);

	assert_true(len + strlen(words) < size);
	(void)snprintf(out + len, size - len, "%s", words);
}

static void send_one(void *self, const struct config_provider *provider, struct provider_limits limits,
	struct provider_result *result)
{
	struct world *world = self;
	struct script *script = &world->scripts[provider - world->providers];
	unsigned step = script->asked < script->steps_n ? script->asked : script->steps_n - 1;
	char words[64];

	(void)snprintf(words, sizeof words, "%s@%lld ", provider->name, (long long)world->now);
	append(world->trace, sizeof world->trace, words);
	assert_true(world->sends < STEPS_MAX);
	world->limits[world->sends++] = limits;
	script->asked++;
	assert_true(limits.connect_ms > 0 && limits.total_ms > 0);
	world->now += script->steps[step].takes_ms;
	result->outcome = script->steps[step].outcome;
	result->retry_after_ms = script->steps[step].retry_after_ms;
	result->may_arrive = script->steps[step].may_arrive;
	(void)snprintf(result->reason, sizeof result->reason, "%s %u", provider->name, step);
}

static void note(void *self, const struct config_provider *provider, const struct provider_result *result)
{
	static const char *const names[] = {"sent", "refused", "later", "unknown", "config"};
	struct world *world = self;
	char words[64];

	(void)snprintf(words, sizeof words, "%s:%s ", provider->name, names[result->outcome]);
	append(world->notes, sizeof world->notes, words);
}

static void add(struct script *script, int64_t takes_ms, enum request_outcome outcome)
{
	script->steps[script->steps_n].takes_ms = takes_ms;
	script->steps[script->steps_n++].outcome = outcome;
}

/* The last answer of a script, with more to it. */
static void add_wish(struct script *script, int64_t retry_after_ms, bool may_arrive)
{
	script->steps[script->steps_n - 1].retry_after_ms = retry_after_ms;
	script->steps[script->steps_n - 1].may_arrive = may_arrive;
}

static struct world world;

static void begin(void)
{
	memset(&world, 0, sizeof world);
	strcpy(world.providers[0].name, "a");
	strcpy(world.providers[1].name, "b");
}

/* Sends through as many providers as have a script. */
static struct request_verdict run(int wait_ms, int64_t life_ms, bool *background)
{
	struct rounds_list list = {.providers = {&world.providers[0], &world.providers[1]}};
	const struct rounds_world interface = {
		.self = &world, .now = now, .pause = pause_for, .send = send_one, .note = note};
	struct rounds_times times = rounds_plan(world.now, wait_ms, life_ms);
	struct request_verdict verdict;

	list.n = world.scripts[1].steps_n > 0 ? 2 : 1;
	*background = rounds_run(&list, &times, &interface, &verdict);
	return verdict;
}

static void assert_run(enum request_outcome outcome, const char *provider, const char *trace,
	const char *notes, bool background)
{
	bool was_background;
	struct request_verdict verdict = run(10000, 300000, &was_background);

	assert_int_equal(verdict.outcome, outcome);
	assert_string_equal(verdict.provider, provider);
	assert_string_equal(world.trace, trace);
	assert_string_equal(world.notes, notes);
	assert_int_equal(was_background, background);
}

static void first_that_takes_it_ends_it(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 40, VERDICT_SENT);
	add(&world.scripts[1], 40, VERDICT_SENT);
	assert_run(VERDICT_SENT, "a", "a@0 ", "", false);
}

static void failure_for_now_moves_on_at_once_and_comes_back_after_growing_pauses(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10, VERDICT_LATER);
	add(&world.scripts[1], 10, VERDICT_LATER);
	assert_run(VERDICT_LATER, "b", "a@0 b@10 a@1020 b@1030 a@3040 b@3050 a@7060 b@7070 ",
		"a:later b:later ", false);
	assert_true(world.now < 10000);
}

static void refusal_strikes_out(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10, VERDICT_REFUSED);
	add(&world.scripts[1], 10, VERDICT_LATER);
	add(&world.scripts[1], 10, VERDICT_LATER);
	add(&world.scripts[1], 10, VERDICT_SENT);
	assert_run(VERDICT_SENT, "b", "a@0 b@10 b@1020 b@3030 ", "a:refused b:later b:later ", false);
}

static void all_struck_out_is_refused(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10, VERDICT_CONFIG);
	add(&world.scripts[1], 10, VERDICT_REFUSED);
	assert_run(VERDICT_REFUSED, "b", "a@0 b@10 ", "a:config b:refused ", false);
}

static void refusal_beside_a_failure_for_now_is_later(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10, VERDICT_LATER);
	add(&world.scripts[1], 10, VERDICT_LATER);
	add(&world.scripts[1], 9300, VERDICT_REFUSED);
	assert_run(VERDICT_LATER, "a", "a@0 b@10 a@1020 b@1030 a@12330 a@16340 a@24350 a@40360 ",
		"a:later b:later b:refused ", true);
}

static void message_that_may_arrive_is_never_sent_again(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10, VERDICT_LATER);
	add(&world.scripts[0], 10, VERDICT_UNKNOWN);
	add(&world.scripts[1], 10, VERDICT_LATER);
	assert_run(VERDICT_UNKNOWN, "a", "a@0 b@10 a@1020 ", "a:later b:later a:unknown ", false);
}

static void provider_that_knows_the_message_again_is_asked_again_and_no_other(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10, VERDICT_LATER);
	add_wish(&world.scripts[0], 0, true);
	add(&world.scripts[0], 10, VERDICT_SENT);
	add(&world.scripts[1], 10, VERDICT_SENT);
	assert_run(VERDICT_SENT, "a", "a@0 a@1010 ", "a:later ", false);
}

static void message_that_may_arrive_is_unknown_however_it_ends(void **state)
{
	(void)state;
	static const enum request_outcome ends[] = {VERDICT_LATER, VERDICT_REFUSED, VERDICT_CONFIG};
	bool background;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		begin();
		add(&world.scripts[0], 10, VERDICT_LATER);
		add_wish(&world.scripts[0], 0, true);
		add(&world.scripts[0], 10, ends[i]);
		add(&world.scripts[1], 10, VERDICT_SENT);
		assert_int_equal(run(10000, 300000, &background).outcome, VERDICT_UNKNOWN);
		assert_null(strchr(world.trace, 'b'));
	}
}

static void provider_is_not_asked_before_the_time_it_named(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10, VERDICT_LATER);
	add_wish(&world.scripts[0], 4000, false);
	add(&world.scripts[0], 10, VERDICT_SENT);
	assert_run(VERDICT_SENT, "a", "a@0 a@4010 ", "a:later ", false);

	begin();
	add(&world.scripts[0], 10, VERDICT_LATER);
	add_wish(&world.scripts[0], 5000, false);
	add(&world.scripts[0], 10, VERDICT_SENT);
	add(&world.scripts[1], 10, VERDICT_LATER);
	assert_run(VERDICT_SENT, "a", "a@0 b@10 b@1020 b@3030 a@7040 ", "a:later b:later ", false);
}

static void time_beyond_the_wait_ends_it_at_once(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10, VERDICT_LATER);
	add_wish(&world.scripts[0], 86400000, false);
	assert_run(VERDICT_LATER, "a", "a@0 ", "a:later ", false);
	assert_int_equal(world.now, 10);
}

/* The asker takes the code back on that verdict, so nothing may arrive after it. */
static void wait_nearly_over_and_nothing_under_way_ends_it(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 3000, VERDICT_LATER);
	add(&world.scripts[0], 3000, VERDICT_LATER);
	add(&world.scripts[0], 10, VERDICT_SENT);
	bool background;
	struct request_verdict verdict = run(9000, 300000, &background);
	assert_int_equal(verdict.outcome, VERDICT_LATER);
	assert_string_equal(world.trace, "a@0 a@4000 ");
	assert_false(background);
}

static void send_that_outlasts_the_wait_goes_on_in_the_background(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 25000, VERDICT_SENT);
	assert_run(VERDICT_SENT, "a", "a@0 ", "", true);
}

static void refusal_in_the_background_is_followed_by_the_next(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 25000, VERDICT_REFUSED);
	add(&world.scripts[1], 10, VERDICT_LATER);
	add(&world.scripts[1], 10, VERDICT_SENT);
	assert_run(VERDICT_SENT, "b", "a@0 b@25000 b@26010 ", "a:refused b:later ", true);
}

static void background_ends_after_a_minute(void **state)
{
	(void)state;
	begin();
	add(&world.scripts[0], 10000, VERDICT_LATER);
	assert_run(VERDICT_LATER, "a", "a@0 a@11000 a@23000 a@37000 a@55000 ", "a:later ", true);
	assert_int_equal(world.limits[4].total_ms, 60000 - 55000);
}

static void nothing_outlives_the_code(void **state)
{
	(void)state;
	bool background;

	begin();
	add(&world.scripts[0], 10, VERDICT_LATER);
	run(10000, 2500, &background);
	assert_string_equal(world.trace, "a@0 a@1010 ");
	assert_int_equal(world.limits[0].total_ms, 2500);

	begin();
	add(&world.scripts[0], 10, VERDICT_SENT);
	struct request_verdict verdict = run(10000, 0, &background);
	assert_int_equal(verdict.outcome, VERDICT_LATER);
	assert_string_equal(verdict.provider, "a");
	assert_string_equal(verdict.reason, "no time left: the code has ended, or the wait");
	assert_string_equal(world.trace, "");
}

static void silent_server_is_given_up_early_only_where_another_can_be_asked(void **state)
{
	(void)state;
	bool background;

	begin();
	add(&world.scripts[0], 10, VERDICT_SENT);
	run(10000, 300000, &background);
	assert_int_equal(world.limits[0].connect_ms, 9500);
	assert_int_equal(world.limits[0].total_ms, 60000);

	begin();
	add(&world.scripts[0], 4750, VERDICT_LATER);
	add(&world.scripts[1], 10, VERDICT_SENT);
	run(10000, 300000, &background);
	assert_int_equal(world.limits[0].connect_ms, 4750);
	assert_int_equal(world.limits[1].connect_ms, 2375);

	begin();
	add(&world.scripts[0], 1000, VERDICT_REFUSED);
	add(&world.scripts[1], 10, VERDICT_SENT);
	run(10000, 300000, &background);
	assert_int_equal(world.limits[1].connect_ms, 8500);
}

/* A server that lets us in at the last moment still leaves time to say a verdict. */
static void times_lie_in_their_order(void **state)
{
	(void)state;
	for (int wait_ms = 1; wait_ms <= 60000; wait_ms += 7) {
		struct rounds_times times = rounds_plan(1000, wait_ms, 300000);
		assert_true(times.begun <= times.begin_by && times.begin_by <= times.say_by);
		assert_true(times.say_by <= 1000 + wait_ms && times.begin_by <= times.give_up);
		assert_int_equal(times.give_up, 1000 + ROUNDS_BACKGROUND_MS);
	}
}

static void time_of_a_send_is_told(void **state)
{
	(void)state;
	bool background;

	begin();
	world.now = 5000;
	add(&world.scripts[0], 10, VERDICT_LATER);
	add(&world.scripts[0], 20, VERDICT_SENT);
	assert_int_equal(run(10000, 300000, &background).ms, 1030);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_that_takes_it_ends_it),
		cmocka_unit_test(failure_for_now_moves_on_at_once_and_comes_back_after_growing_pauses),
		cmocka_unit_test(refusal_strikes_out),
		cmocka_unit_test(all_struck_out_is_refused),
		cmocka_unit_test(refusal_beside_a_failure_for_now_is_later),
		cmocka_unit_test(message_that_may_arrive_is_never_sent_again),
		cmocka_unit_test(provider_that_knows_the_message_again_is_asked_again_and_no_other),
		cmocka_unit_test(message_that_may_arrive_is_unknown_however_it_ends),
		cmocka_unit_test(provider_is_not_asked_before_the_time_it_named),
		cmocka_unit_test(time_beyond_the_wait_ends_it_at_once),
		cmocka_unit_test(wait_nearly_over_and_nothing_under_way_ends_it),
		cmocka_unit_test(send_that_outlasts_the_wait_goes_on_in_the_background),
		cmocka_unit_test(refusal_in_the_background_is_followed_by_the_next),
		cmocka_unit_test(background_ends_after_a_minute),
		cmocka_unit_test(nothing_outlives_the_code),
		cmocka_unit_test(silent_server_is_given_up_early_only_where_another_can_be_asked),
		cmocka_unit_test(times_lie_in_their_order),
		cmocka_unit_test(time_of_a_send_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
