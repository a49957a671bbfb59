/* SPDX-License-Identifier: BSD-2-Clause */

/* A login that tells nothing: what there is to be seen of it, and when, whoever logs in and whatever is
 * wrong. */

#include "core/account.h"
#include "prompt/prompt.h"
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CODE "<code>" /* stands for the newest code that was delivered */
#define MAX 8
#define BEGAN INT64_C(7000)

static struct world w;

static struct {
	const char *types[MAX];
	enum request_outcome outcome;
	bool slow, hook_fails;
	int64_t works_ms; /* how long the store takes for an answer */
	int64_t clock_ms, since_ms;
	bool shows_work; /* something was written since the last wait: how long that took can be seen */
	unsigned asked, delivered;
	struct request requests[MAX];
	char seen[4096], log[8192];
} host;

static struct prompt_hidden hidden;
static struct prompt_options options;
static const struct otp_core *core;
static struct otp_login login;

static int64_t fake_now_ms(void *self)
{
	(void)self;
	return host.clock_ms;
}

static void fake_wait_until(void *self, int64_t ms)
{
	(void)self;
	assert_true(ms >= host.clock_ms);
	host.clock_ms = ms;
	host.shows_work = false;
}

static int setup(void **state)
{
	(void)state;
	world_make(&w);
	memset(&host, 0, sizeof host);
	host.clock_ms = host.since_ms = BEGAN;
	hidden = (struct prompt_hidden){
		.began_ms = BEGAN, .now_ms = fake_now_ms, .wait_until = fake_wait_until};
	options = (struct prompt_options){.echo = true,
		.max_prompts = 5,
		.wait_ms = 10000,
		.support = "helpdesk@example.org",
		.tell_unenrolled = true,
		.channels = {.list = {CHANNEL_EMAIL}, .n = 1},
		.hidden = &hidden};
	core = &w.core;
	login = world_login("192.0.2.7", NULL);
	return 0;
}

/* With how long it was after the person did something. */
static void see(const char *what)
{
	size_t len = strlen(host.seen);

	assert_false(host.shows_work);
	(void)snprintf(host.seen + len, sizeof host.seen - len, "%d ms: %s\n",
		(int)(host.clock_ms - host.since_ms), what);
}

static void host_tell(void *self, const char *line)
{
	(void)self;
	see(line);
}

static enum prompt_reply host_ask(void *self, const char *line, const char *prompt, bool echo, char *answer)
{
	(void)self, (void)echo;
	const char *typed = host.asked < MAX ? host.types[host.asked] : NULL;

	host.asked++;
	if (line[0] != '\0')
		see(line);
	see(prompt);
	host.clock_ms += 3333; /* the person thinks */
	host.since_ms = host.clock_ms;
	if (typed == NULL)
		return PROMPT_REPLY_END;
	if (strcmp(typed, CODE) == 0)
		typed = host.delivered > 0 ? host.requests[host.delivered - 1].code.text : "000000";
	(void)snprintf(answer, PROMPT_ANSWER_SIZE, "%s", typed);
	return PROMPT_REPLY_TEXT;
}

static void host_log(void *self, enum prompt_level level, const char *line)
{
	(void)self, (void)level;
	size_t len = strlen(host.log);

	host.shows_work = true;
	(void)snprintf(host.log + len, sizeof host.log - len, "%s\n", line);
}

static enum otp_err host_deliver(void *self, const struct request *request, enum deliver_end *end,
	struct request_verdict *verdict, struct otp_why *why)
{
	(void)self;
	assert_in_range(host.delivered, 0, MAX - 1);
	host.requests[host.delivered++] = *request;
	host.clock_ms += 150;
	*end = DELIVER_SLOW;
	if (host.hook_fails)
		return why_set(why, OTP_ERR_DELIVERY, 0, "the hook ended without a verdict");
	*verdict = (struct request_verdict){.outcome = VERDICT_UNKNOWN, .provider = "-"};
	if (host.slow)
		return OTP_OK;
	*end = DELIVER_VERDICT;
	*verdict = (struct request_verdict){.outcome = host.outcome, .provider = "relay", .ms = 7};
	return OTP_OK;
}

static enum prompt_result log_in(void)
{
	static const struct prompt_host person = {
		.tell = host_tell, .ask = host_ask, .log = host_log, .deliver = host_deliver};

	enum prompt_result result = prompt_login(core, &login, &options, &person);
	see("end");
	return result;
}

#define LOGGED(text) assert_non_null(strstr(host.log, text))
#define NOT_LOGGED(text) assert_null(strstr(host.log, text))

/* Who logs in, and what is wrong. */

static void as_known(void)
{
}

static void as_slow(void)
{
	host.slow = true;
}

static void as_unknown(void)
{
	login.user = "unknown user";
	login.uid = UINT32_MAX;
	hidden.no_such_user = true;
}

static void as_unenrolled(void)
{
	mem_store_put(&w.mem, "alice", NULL, 0);
}

static enum otp_err lock(void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)ctx, (void)exists, (void)why;
	account_lock(record, now);
	return OTP_OK;
}

static void as_locked(void)
{
	assert_int_equal(otp_change(&w.core, "alice", 1000, (struct otp_edit){.run = lock}, NULL), OTP_OK);
}

static void as_other_uid(void)
{
	login.uid = 1001;
}

static void as_corrupt(void)
{
	mem_store_put(&w.mem, "alice", "nonsense\n", 9);
}

static void as_damaged(void)
{
	w.mem.damaged = true;
}

static void with_a_store_that_fails(void)
{
	w.mem.fail_update = OTP_ERR_IO;
}

static void with_no_store(void)
{
	core = NULL;
}

static void with_a_relay_that_refuses(void)
{
	host.outcome = VERDICT_REFUSED;
}

static void with_a_hook_that_fails(void)
{
	host.hook_fails = true;
}

static void at_the_send_limit(void)
{
	w.core.policy.sends_per_source.count = 1;
	options.channels.n = 1;
	w.limits.fail = OTP_ERR_CORRUPT;
}

static void with_no_contact(void)
{
	options.channels.list[0] = CHANNEL_SMS;
}

static const struct who {
	const char *name;
	void (*is)(void);
} all[] = {{"known", as_known}, {"slow", as_slow}, {"unknown", as_unknown}, {"unenrolled", as_unenrolled},
	{"locked", as_locked}, {"other uid", as_other_uid}, {"corrupt", as_corrupt}, {"damaged", as_damaged},
	{"store fails", with_a_store_that_fails}, {"no store", with_no_store},
	{"relay refuses", with_a_relay_that_refuses}, {"hook fails", with_a_hook_that_fails},
	{"limits fail", at_the_send_limit}, {"no contact", with_no_contact}};
#define ALL (sizeof all / sizeof *all)

static const char *const answers[][MAX] = {
	{"000000", "000000", "000000", "000000", "000000"},
	{"", "e", "s", "E", "S"},
	{"12345", "hello", "QFX", "x", "1234567"},
	{"\b\n\r\177IN", "\b", "the password", "000000", ""},
	{"000000", "", "s"},
};
#define ANSWERS (sizeof answers / sizeof *answers)

static void C33_nothing_tells_one_user_from_another(void **state)
{
	static char first[sizeof host.seen];

	for (size_t i = 0; i < ANSWERS; i++)
		for (size_t who = 0; who < ALL; who++) {
			setup(state);
			all[who].is();
			memcpy(host.types, answers[i], sizeof host.types);
			options.password = "the password";
			assert_int_equal(log_in(), PROMPT_WRONG);
			if (who == 0)
				(void)snprintf(first, sizeof first, "%s", host.seen);
			else if (strcmp(first, host.seen) != 0)
				fail_msg("answers %zu, %s:\n%s instead of\n%s", i, all[who].name, host.seen,
					first);
		}
}

static void C33_what_is_seen_is_one_line_and_as_many_questions_as_there_are(void **state)
{
	(void)state;
	host.types[0] = host.types[2] = "000000";
	host.types[1] = "";
	options.max_prompts = 3;
	assert_int_equal(log_in(), PROMPT_WRONG);
	assert_string_equal(host.seen, "500 ms: If this account can sign in, a code is on its way.\n"
				       "500 ms: Verification code: \n"
				       "500 ms: Verification code: \n"
				       "500 ms: If this account can sign in, a code is on its way.\n"
				       "500 ms: Verification code: \n"
				       "500 ms: end\n");
}

static void work(void *ctx)
{
	(void)ctx;
	host.clock_ms += host.asked > 0 ? host.works_ms : 0;
}

static void C33_who_takes_longer_than_a_pace_is_answered_at_a_whole_one(void **state)
{
	static const struct {
		int64_t works_ms;
		const char *end;
	} cases[] = {{0, "\n500 ms: end\n"}, {500, "\n500 ms: end\n"}, {501, "\n1000 ms: end\n"},
		{1001, "\n1500 ms: end\n"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		setup(state);
		w.mem.run_twice = true;
		w.mem.between = work;
		host.works_ms = cases[i].works_ms;
		host.types[0] = "000000";
		options.max_prompts = 1;
		assert_int_equal(log_in(), PROMPT_WRONG);
		assert_non_null(strstr(host.seen, cases[i].end));
	}
}

static void a_right_code_ends_the_questions(void **state)
{
	(void)state;
	host.types[0] = "12345";
	host.types[1] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_int_equal(host.asked, 2);
	LOGGED("event=verified user=alice");
}

static void after_a_right_code_wrong_ones_are_told(void **state)
{
	(void)state;
	host.types[0] = "000000";
	host.types[1] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_non_null(strstr(host.seen, "1 wrong code since your last login, latest from 192.0.2.7.\n"));
}

static void a_locked_user_with_the_right_code_is_not_let_in(void **state)
{
	(void)state;
	struct otp_step step = {0};
	struct code code = world_receive(&w, &login, &step);

	as_locked();
	for (int i = 0; i < 5; i++)
		host.types[i] = code.text;
	assert_int_equal(log_in(), PROMPT_WRONG);
	assert_int_equal(host.asked, 5);
}

static void tries_are_counted_beyond_the_end_of_the_budget_nothing_is_compared(void **state)
{
	(void)state;
	w.core.policy.tries = 2;
	host.types[0] = host.types[1] = "000000";
	host.types[2] = host.types[3] = CODE;
	assert_int_equal(log_in(), PROMPT_WRONG);
	LOGGED("tries_left=0 failures=2");
	LOGGED("why=tries");
}

static unsigned count(const char *text)
{
	unsigned n = 0;

	for (const char *p = host.log; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static void the_log_says_why_and_says_it_once(void **state)
{
	static const struct {
		void (*is)(void);
		const char *why;
	} cases[] = {{as_locked, "event=denied user=alice rhost=192.0.2.7 why=locked lock=admin\n"},
		{as_unenrolled, "event=denied user=alice rhost=192.0.2.7 why=\"not enrolled\"\n"},
		{as_unknown, "event=denied rhost=192.0.2.7 why=\"unknown user\"\n"},
		{with_no_contact, "event=denied user=alice rhost=192.0.2.7 why=\"no contact\"\n"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		setup(state);
		cases[i].is();
		memcpy(host.types, answers[0], sizeof host.types);
		(void)!log_in();
		LOGGED(cases[i].why);
		assert_int_equal(count("event=denied"), 1);
	}
}

static void C32_no_line_names_an_unknown_user(void **state)
{
	(void)state;
	for (size_t i = 0; i < ANSWERS; i++) {
		setup(state);
		as_unknown();
		memcpy(host.types, answers[i], sizeof host.types);
		(void)!log_in();
		NOT_LOGGED("user=");
		setup(state);
		as_unknown();
		with_no_store();
		(void)!log_in();
		NOT_LOGGED("user=");
	}
}

static void a_send_that_nobody_waits_for_stays_pending_and_its_code_works(void **state)
{
	(void)state;
	struct record record;

	host.slow = true;
	assert_int_equal(log_in(), PROMPT_WRONG);
	LOGGED("event=sending user=alice");
	world_record(&w, &record);
	assert_int_equal(record.challenges[0].codes[0].delivery, RECORD_PENDING);
	/* The hook plans with all of the wait: somebody else may listen to it, it logs by itself. */
	assert_int_equal(host.requests[0].wait_ms, 10000);
	host.types[1] = host.requests[0].code.text;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_int_equal(host.delivered, 1);
}

static void enter_sends_to_the_next_contact_where_nobody_knows_what_became_of_the_first(void **state)
{
	(void)state;
	host.slow = true;
	w.core.policy.resend_after_s = 0;
	host.types[0] = host.types[1] = "";
	assert_int_equal(log_in(), PROMPT_WRONG);
	assert_int_equal(host.delivered, 3);
	assert_string_equal(host.requests[0].contact.address, "alice@example.org");
	assert_string_equal(host.requests[1].contact.address, "alice@example.net");
	assert_string_equal(host.requests[2].contact.address, "alice@example.org");
}

static void a_quick_refusal_goes_on_to_the_next_contact(void **state)
{
	(void)state;
	host.outcome = VERDICT_REFUSED;
	assert_int_equal(log_in(), PROMPT_WRONG);
	assert_int_equal(host.delivered, 2);
	LOGGED("event=refused");
	LOGGED("why=\"not delivered\"");
}

static void nobody_answering_is_a_failure_like_any_other(void **state)
{
	(void)state;
	assert_int_equal(log_in(), PROMPT_WRONG);
	assert_int_equal(host.asked, 1);
	LOGGED("why=\"end of input\"");
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(C33_nothing_tells_one_user_from_another),
		T(C33_what_is_seen_is_one_line_and_as_many_questions_as_there_are),
		T(C33_who_takes_longer_than_a_pace_is_answered_at_a_whole_one),
		T(a_right_code_ends_the_questions),
		T(after_a_right_code_wrong_ones_are_told),
		T(a_locked_user_with_the_right_code_is_not_let_in),
		T(tries_are_counted_beyond_the_end_of_the_budget_nothing_is_compared),
		T(the_log_says_why_and_says_it_once),
		T(C32_no_line_names_an_unknown_user),
		T(a_send_that_nobody_waits_for_stays_pending_and_its_code_works),
		T(enter_sends_to_the_next_contact_where_nobody_knows_what_became_of_the_first),
		T(a_quick_refusal_goes_on_to_the_next_contact),
		T(nobody_answering_is_a_failure_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
