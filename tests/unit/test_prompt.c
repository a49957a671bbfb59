/* SPDX-License-Identifier: BSD-2-Clause */

/* The loop at the prompt, with a person, a hook and a log that are lists. */

#include "core/account.h"
#include "prompt/prompt.h"
#include "prompt/typed.h"
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CODE "<code>"   /* stands for the newest code that was delivered */
#define FIRST "<first>" /* for the first one */
#define WRONG "<wrong>" /* for one that is neither */
#define APP "<app>"     /* for what the app shows */
#define BACKUP "<backup>"
#define MAX 8

static struct world w;

static struct {
	const char *types[MAX];             /* then end of input */
	int64_t passes_s[MAX];              /* before the n-th answer */
	enum request_outcome outcomes[MAX]; /* of the n-th delivery */
	bool slow, hook_fails;
	void (*before_answer)(void); /* what another login does before the first answer */
	unsigned asked, delivered;
	char codes[MAX][CODE_MAX_LEN + 1];
	struct request requests[MAX];
	char seen[4096], log[8192];
	enum prompt_level loudest;
} host;

static struct prompt_options options;

static int setup(void **state)
{
	(void)state;
	world_make(&w);
	memset(&host, 0, sizeof host);
	options = (struct prompt_options){.echo = true,
		.max_prompts = 5,
		.wait_ms = 10000,
		.support = "",
		.tell_unenrolled = true,
		.channels = {.list = {CHANNEL_EMAIL}, .n = 1}};
	return 0;
}

static void append(char *text, size_t size, const char *line)
{
	size_t len = strlen(text);

	(void)snprintf(text + len, size - len, "%s\n", line);
}

static void host_tell(void *self, const char *line)
{
	(void)self;
	append(host.seen, sizeof host.seen, line);
}

static enum prompt_reply host_ask(void *self, const char *line, const char *prompt, bool echo, char *answer)
{
	(void)echo;
	assert_string_equal(prompt, "Verification code: ");
	if (line != NULL && line[0] != '\0')
		host_tell(self, line);
	const char *typed = host.asked < MAX ? host.types[host.asked] : NULL;
	w.now += host.asked < MAX ? host.passes_s[host.asked] : 0;
	if (host.asked++ == 0 && host.before_answer != NULL)
		host.before_answer();
	if (typed == NULL)
		return PROMPT_REPLY_END;
	const char *newest = host.delivered > 0 ? host.codes[host.delivered - 1] : "";
	struct code wrong = {{0}};
	if (strcmp(typed, CODE) == 0)
		typed = newest;
	else if (strcmp(typed, FIRST) == 0)
		typed = host.codes[0];
	else if (strcmp(typed, WRONG) == 0) {
		(void)snprintf(wrong.text, sizeof wrong.text, "%s", newest);
		wrong = world_wrong(&wrong);
		typed = wrong.text;
	} else if (strcmp(typed, APP) == 0) {
		wrong = world_app_code(&w, 0);
		typed = wrong.text;
	} else if (strcmp(typed, BACKUP) == 0) {
		typed = w.backups[0].text;
	}
	(void)snprintf(answer, PROMPT_ANSWER_SIZE, "%s", typed);
	return PROMPT_REPLY_TEXT;
}

static void host_log(void *self, enum prompt_level level, const char *line)
{
	(void)self;
	host.loudest = level > host.loudest ? level : host.loudest;
	append(host.log, sizeof host.log, line);
}

static enum otp_err host_deliver(void *self, const struct request *request, enum deliver_end *end,
	struct request_verdict *verdict, struct otp_why *why)
{
	(void)self;
	unsigned n = host.delivered;

	assert_in_range(n, 0, MAX - 1);
	host.requests[n] = *request;
	memcpy(host.codes[n], request->code.text, sizeof host.codes[n]);
	host.delivered++;
	*end = DELIVER_SLOW; /* what stands here on an error must not matter */
	if (host.hook_fails)
		return why_set(why, OTP_ERR_DELIVERY, 0, "the hook ended without a verdict");
	if (host.slow)
		return OTP_OK;
	*end = DELIVER_VERDICT;
	*verdict = (struct request_verdict){.outcome = host.outcomes[n], .provider = "relay", .ms = 7};
	if (host.outcomes[n] != VERDICT_SENT)
		strcpy(verdict->reason, "550 no such user");
	return OTP_OK;
}

static const struct prompt_host person = {
	.tell = host_tell, .ask = host_ask, .log = host_log, .deliver = host_deliver};

static enum prompt_result login_from(const char *source)
{
	struct otp_login login = world_login(source, NULL);

	host.seen[0] = host.log[0] = '\0';
	host.asked = 0;
	return prompt_login(&w.core, &login, &options, &person);
}

static enum prompt_result log_in(void)
{
	return login_from("192.0.2.7");
}

#define SEEN(text) assert_non_null(strstr(host.seen, text))
#define LOGGED(text) assert_non_null(strstr(host.log, text))

static void the_request_carries_what_the_message_must_say(void **state)
{
	(void)state;
	host.types[0] = CODE;
	options.support = "helpdesk@example.org";
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	const struct request *request = &host.requests[0];
	assert_int_equal(request->kind, REQUEST_CODE);
	assert_string_equal(request->contact.address, "alice@example.org");
	assert_string_equal(request->user, "alice");
	assert_string_equal(request->host, "web1");
	assert_string_equal(request->service, "sshd");
	assert_string_equal(request->source, "192.0.2.7");
	assert_string_equal(request->support, "helpdesk@example.org");
	assert_int_equal(request->time, WORLD_START);
	assert_int_equal(request->works_until, WORLD_START + 300);
	assert_false(request->key_proved);
	assert_int_equal(request->wait_ms, 5000); /* her other contact could be tried after it */
	assert_int_equal(strlen(request->ref), 3);
}

static enum otp_err enroll_umlaut(
	void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	struct contact contact;

	(void)ctx;
	assert_int_equal(contact_parse(CHANNEL_EMAIL, "m@example.org", &contact, why), OTP_OK);
	return account_enroll(record, exists, now, &contact, 1, why);
}

static void C18_a_name_that_is_not_ascii_gets_its_code(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);
	char text[REQUEST_MAX];
	size_t len;

	login.user = "m\xc3\xbcller";
	host.types[0] = CODE;
	assert_int_equal(
		otp_change(&w.core, login.user, 1000, (struct otp_edit){.run = enroll_umlaut}, NULL), OTP_OK);
	assert_int_equal(prompt_login(&w.core, &login, &options, &person), PROMPT_VERIFIED);
	assert_int_equal(request_encode(&host.requests[0], text, &len, NULL), OTP_OK);
	assert_non_null(strstr(text, "\nuser m??ller\n"));
}

static void enter_sends_again_only_after_the_cooldown(void **state)
{
	(void)state;
	host.types[0] = "";
	host.types[1] = "";
	host.passes_s[1] = 30;
	host.types[2] = FIRST;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("You can ask again in 30 s. The code already sent (ref ");
	SEEN("A new code was emailed to a***@e***.org (ref ");
	assert_int_equal(host.delivered, 2);
	assert_string_not_equal(host.codes[0], host.codes[1]);
	assert_string_equal(host.requests[0].ref, host.requests[1].ref);
}

static void every_enter_uses_up_a_prompt(void **state)
{
	(void)state;
	for (int i = 0; i < MAX; i++)
		host.types[i] = "";
	assert_int_equal(log_in(), PROMPT_WRONG);
	assert_int_equal(host.asked, 5);
	LOGGED("why=\"prompts used up\"");
}

static void an_expired_code_is_replaced_and_that_is_said(void **state)
{
	(void)state;
	host.types[0] = CODE;
	host.passes_s[0] = 301;
	host.types[1] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("The code expired. A new one was emailed to a***@e***.org (ref ");
	assert_null(strstr(host.log, "event=wrong"));
}

static void use_it_elsewhere(void)
{
	struct otp_login same = world_login("192.0.2.7", NULL);
	struct otp_step step = {0};

	world_begin(&w, &same, &step);
	world_answer(&w, &same, host.codes[0], &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void a_code_used_by_another_login_meanwhile_is_called_void_not_wrong(void **state)
{
	(void)state;
	host.before_answer = use_it_elsewhere;
	host.types[0] = CODE;
	host.types[1] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("That code is void by now. A new one was emailed to a***@e***.org (ref ");
	assert_null(strstr(host.log, "event=wrong"));
}

static void a_refused_contact_hands_over_to_the_next(void **state)
{
	(void)state;
	host.outcomes[0] = VERDICT_REFUSED;
	host.outcomes[1] = VERDICT_SENT;
	host.types[0] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_string_equal(host.requests[1].contact.address, "alice@example.net");
	SEEN("The first address failed, so the code was emailed to a***@e***.net (ref ");
	LOGGED("event=refused user=alice rhost=192.0.2.7 ref=");
	LOGGED("provider=relay why=\"550 no such user\"");
}

static void C50_when_every_contact_refuses_nobody_is_told_sent(void **state)
{
	(void)state;
	const enum request_outcome outcomes[] = {VERDICT_REFUSED, VERDICT_LATER, VERDICT_CONFIG};

	for (size_t i = 0; i < 3; i++) {
		setup(NULL);
		host.outcomes[0] = host.outcomes[1] = outcomes[i];
		assert_int_equal(log_in(), PROMPT_NOT_DELIVERED);
		assert_string_equal(host.seen, "Your code could not be sent. Try later.\n");
		assert_int_equal(host.asked, 0);
		assert_int_equal(host.delivered, 2);
		assert_int_equal(log_in(), PROMPT_NOT_DELIVERED);
		assert_int_equal(host.delivered, 2);
	}
}

static void a_hook_that_cannot_be_run_is_a_failed_send(void **state)
{
	(void)state;
	host.hook_fails = true;
	assert_int_equal(log_in(), PROMPT_NOT_DELIVERED);
	LOGGED("why=\"the hook ended without a verdict\"");
}

static void a_slow_hook_keeps_the_code_and_says_so(void **state)
{
	(void)state;
	host.slow = true;
	host.types[0] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("Mail to a***@e***.org is slow (ref ");
	LOGGED("event=slow");
}

static void a_code_that_is_not_known_to_be_sent_is_not_called_sent(void **state)
{
	(void)state;
	host.slow = true;
	host.types[0] = "";
	assert_int_equal(log_in(), PROMPT_NO_CONVERSATION);
	SEEN("You can ask again in 30 s. The code (ref ");
	SEEN(") works when it comes.");
	assert_null(strstr(host.seen, "already sent"));
	host.slow = false;
	host.types[1] = "";
	host.passes_s[1] = 30;
	host.types[2] = "";
	assert_int_equal(log_in(), PROMPT_NO_CONVERSATION);
	assert_int_equal(host.delivered, 2);
	SEEN("You can ask again in 60 s. The code already sent (ref ");
}

static void a_failed_resend_leaves_the_first_code_to_type(void **state)
{
	(void)state;
	host.types[0] = "";
	host.passes_s[0] = 30;
	host.outcomes[1] = host.outcomes[2] = VERDICT_REFUSED;
	host.types[1] = FIRST;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("No new code could be sent. The code already sent (ref ");
}

static void after_a_failed_resend_enter_waits_for_the_cooldown(void **state)
{
	(void)state;
	host.types[0] = "";
	host.passes_s[0] = 30;
	host.outcomes[1] = host.outcomes[2] = VERDICT_REFUSED;
	host.types[1] = "";
	host.types[2] = FIRST;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("You can ask again in 2 min. The code already sent (ref ");
	assert_int_equal(host.delivered, 3);
}

static void the_wrong_answer_that_locks_is_logged_as_wrong_too(void **state)
{
	(void)state;
	w.core.policy.lock_after = 2;
	host.types[0] = host.types[1] = WRONG;
	assert_int_equal(log_in(), PROMPT_LOCKED);
	LOGGED("tries_left=3 failures=2");
	LOGGED("why=locked until=");
}

static enum otp_err lock_by_admin(
	void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)ctx, (void)exists, (void)why;
	account_lock(record, now);
	return OTP_OK;
}

static void a_lock_for_good_is_logged_with_whose_it_is(void **state)
{
	(void)state;
	w.core.policy.wrong_per_30d = 1;
	host.types[0] = WRONG;
	assert_int_equal(log_in(), PROMPT_LOCKED);
	LOGGED("why=locked lock=wrong_per_30d\n");
	setup(NULL);
	assert_int_equal(
		otp_change(&w.core, "alice", 1000, (struct otp_edit){.run = lock_by_admin}, NULL), OTP_OK);
	assert_int_equal(log_in(), PROMPT_LOCKED);
	LOGGED("why=locked lock=admin\n");
}

static void the_last_wrong_answer_is_logged_as_wrong_too(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		host.types[i] = WRONG;
	assert_int_equal(log_in(), PROMPT_OUT_OF_TRIES);
	unsigned wrong = 0;
	for (const char *p = host.log; (p = strstr(p, "event=wrong")) != NULL; p++)
		wrong++;
	assert_int_equal(wrong, 5);
	LOGGED("tries_left=0 failures=5");
	LOGGED("event=denied user=alice rhost=192.0.2.7 ref=");
	SEEN("Too many wrong codes. Log in again later for a new code.");
}

static void the_password_is_no_answer(void **state)
{
	(void)state;
	options.password = "123456";
	host.types[0] = "123456";
	host.types[1] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("That is your password. Type the 6 digits in message ");
	assert_null(strstr(host.log, "event=wrong"));
}

static void C16_junk_is_no_answer_and_no_resend(void **state)
{
	(void)state;
	host.types[0] = "\b\n\r\177IN";
	host.types[1] = "\b";
	assert_int_equal(log_in(), PROMPT_NO_CONVERSATION);
	assert_int_equal(host.delivered, 1);
	assert_null(strstr(host.log, "event=wrong"));
	LOGGED("event=ignored");
}

static void junk_is_a_cyclic_prefix_and_nothing_else(void **state)
{
	(void)state;
	assert_true(typed_is_junk("\b\n\r\177INCORRECT"));
	assert_true(typed_is_junk("\b\n\r\177INCORRECT\b\n"));
	assert_true(typed_is_junk("\b"));
	assert_false(typed_is_junk(""));
	assert_false(typed_is_junk("INCORRECT"));
	assert_false(typed_is_junk("123456"));
	assert_false(typed_is_junk("\b\n\r\177INCORRECU"));
}

static void who_is_not_enrolled_is_told_unless_nothing_is_to_be_noticed(void **state)
{
	(void)state;
	mem_store_put(&w.mem, "alice", NULL, 0);
	assert_int_equal(log_in(), PROMPT_NOT_ENROLLED);
	assert_string_equal(host.seen, "No address is registered for you.\n");
	options.tell_unenrolled = false;
	assert_int_equal(log_in(), PROMPT_NOT_ENROLLED);
	assert_string_equal(host.seen, "");
	assert_int_equal(host.asked, 0);
}

static void break_limits(void)
{
	w.limits.fail = OTP_ERR_CORRUPT;
}

static void the_send_limit_is_said_with_its_end(void **state)
{
	(void)state;
	char source[32];

	for (unsigned i = 1; i <= 3; i++) {
		(void)snprintf(source, sizeof source, "198.51.100.%u", i);
		assert_int_equal(login_from(source), PROMPT_NO_CONVERSATION);
	}
	assert_int_equal(login_from("198.51.100.4"), PROMPT_THROTTLED);
	assert_string_equal(host.seen, "No more codes for 60 min. Log in again after that.\n");
	LOGGED("why=sends_per_user until=");
	assert_int_equal(host.delivered, 3);
}

static void C41_a_limit_that_stops_a_send_is_said_and_named(void **state)
{
	(void)state;
	w.core.policy.sends_per_source.count = 1;
	host.types[0] = "";
	host.passes_s[0] = 30;
	host.types[1] = FIRST;
	host.passes_s[1] = 600;
	assert_int_equal(log_in(), PROMPT_THROTTLED);
	SEEN("No more codes for 65 min. The code already sent (ref ");
	LOGGED("event=limited user=alice rhost=192.0.2.7 ref=");
	LOGGED(" why=sends_per_source until=2027-01-15T09:05:00Z\n");
	assert_int_equal(host.loudest, PROMPT_NOTICE);
	/* The first code expired meanwhile, and no other one may be sent. */
	SEEN("No more codes for 55 min. Log in again after that.\n");
	LOGGED("event=denied user=alice rhost=192.0.2.7 ref=");
	assert_int_equal(host.delivered, 1);
}

static void prompts_used_up_at_a_limit_end_at_no_time(void **state)
{
	(void)state;
	w.core.policy.sends_per_source.count = 1;
	options.max_prompts = 1;
	host.types[0] = "";
	host.passes_s[0] = 30;
	assert_int_equal(log_in(), PROMPT_WRONG);
	LOGGED(" why=sends_per_source until=");
	LOGGED(" why=\"prompts used up\"\n");
}

static void C41_a_limit_of_the_host_is_an_error_that_an_admin_sees(void **state)
{
	(void)state;
	w.core.policy.sends_email.count = 1;
	assert_int_equal(login_from("198.51.100.1"), PROMPT_NO_CONVERSATION);
	assert_int_equal(host.loudest, PROMPT_INFO);
	assert_int_equal(log_in(), PROMPT_THROTTLED);
	LOGGED("why=sends_email until=");
	assert_int_equal(host.loudest, PROMPT_ERROR);
	assert_int_equal(host.delivered, 1);
}

static void C41_a_limit_of_the_address_says_so_in_the_log(void **state)
{
	(void)state;
	mem_limits_charge(&w.limits, &w.core.keys, "198.51.100.1", "alice@example.org", w.now, 5);
	assert_int_equal(log_in(), PROMPT_THROTTLED);
	LOGGED("why=sends_per_user per=address until=");
}

static void without_the_table_of_limits_the_log_says_why_and_a_code_already_sent_works(void **state)
{
	(void)state;
	host.types[0] = "";
	host.passes_s[0] = 30;
	host.types[1] = FIRST;
	host.before_answer = break_limits;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("No new code could be sent. The code already sent (ref ");
	LOGGED("event=error user=alice rhost=192.0.2.7 ref=");
	LOGGED("why=\"the table was told to fail\"\n");
	assert_int_equal(login_from("198.51.100.1"), PROMPT_NOT_DELIVERED);
	SEEN("Your code could not be sent. Try later.\n");
	assert_int_equal(host.delivered, 1);
}

static void a_store_that_fails_denies_and_says_whose_fault_it_is(void **state)
{
	(void)state;
	const enum otp_err errors[] = {OTP_ERR_IO, OTP_ERR_BUSY, OTP_ERR_CORRUPT, OTP_ERR_WRONG_STORE};

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		for (unsigned spared = 0; spared < 2; spared++) {
			setup(NULL);
			host.types[0] = CODE;
			w.mem.fail_update = errors[i];
			w.mem.spared = spared;
			assert_int_equal(log_in(), PROMPT_UNAVAILABLE);
			SEEN("Codes cannot be checked on this machine now. Try later.");
			LOGGED("event=error");
		}
	}
}

static void a_damaged_slot_is_logged(void **state)
{
	(void)state;
	w.mem.damaged = true;
	host.types[0] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	LOGGED("event=damaged");
}

static void C31_no_log_line_holds_a_code_or_an_address(void **state)
{
	(void)state;
	host.types[0] = WRONG;
	host.types[1] = "";
	host.types[2] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_null(strstr(host.log, host.codes[0]));
	assert_null(strchr(host.log, '@'));
	assert_null(strstr(host.seen, "alice@"));
}

static enum otp_err take_phone(
	void *ctx, struct record *record, bool exists, int64_t now, struct otp_why *why)
{
	(void)exists, (void)now;
	record->contacts_n = 2;
	return contact_parse(CHANNEL_SMS, "+15551234567", &record->contacts[*(unsigned *)ctx], why);
}

/* alice has a phone in place of this one of her email addresses. */
static void give_phone(unsigned index)
{
	struct otp_edit edit = {.run = take_phone, .ctx = &index};

	assert_int_equal(otp_change(&w.core, "alice", 1000, edit, NULL), OTP_OK);
	options.channels = (struct otp_channels){.list = {CHANNEL_EMAIL, CHANNEL_SMS}, .n = 2};
}

static void a_failed_channel_hands_over_to_the_other_and_the_line_says_so(void **state)
{
	(void)state;
	give_phone(1);
	host.outcomes[0] = VERDICT_LATER;
	host.types[0] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_string_equal(host.requests[1].contact.address, "+15551234567");
	SEEN("Email failed, so the code was texted to the phone ending 67 (ref ");
	LOGGED("event=sent user=alice rhost=192.0.2.7 ref=");
	LOGGED("channel=sms provider=relay");
	assert_null(strstr(host.log, "555123"));
	setup(NULL);
	give_phone(0);
	host.outcomes[0] = VERDICT_REFUSED;
	host.types[0] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("Texting failed, so the code was emailed to a***@e***.net (ref ");
}

static void C41_a_limit_of_one_channel_leaves_the_other(void **state)
{
	(void)state;
	give_phone(1);
	w.core.policy.sends_email.count = 1;
	mem_limits_charge(&w.limits, &w.core.keys, "198.51.100.1", "other@example.org", w.now, 1);
	host.types[0] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_int_equal(host.delivered, 1);
	assert_string_equal(host.requests[0].contact.address, "+15551234567");
	SEEN("Email failed, so the code was texted to the phone ending 67 (ref ");
	LOGGED("why=sends_email until=");
	assert_int_equal(host.loudest, PROMPT_ERROR);
}

static void C41_limits_of_both_channels_say_how_long_and_send_nothing(void **state)
{
	(void)state;
	give_phone(1);
	w.core.policy.sends_email.count = w.core.policy.sends_sms.count = 1;
	assert_int_equal(login_from("198.51.100.1"), PROMPT_NO_CONVERSATION);
	assert_int_equal(login_from("198.51.100.2"), PROMPT_NO_CONVERSATION);
	assert_int_equal(host.delivered, 2);
	assert_int_equal(log_in(), PROMPT_THROTTLED);
	assert_int_equal(host.delivered, 2);
	SEEN("No more codes for 6");
	LOGGED("why=sends_sms until=");
}

static void contacts_share_the_wait(void **state)
{
	(void)state;
	give_phone(1);
	host.outcomes[0] = VERDICT_REFUSED;
	host.types[0] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_int_equal(host.requests[0].wait_ms, 5000);
	assert_in_range(host.requests[1].wait_ms, 9000, 10000);
	setup(NULL);
	options.wait_ms = 2000;
	assert_int_equal(log_in(), PROMPT_NO_CONVERSATION);
	assert_int_equal(host.requests[0].wait_ms, 2000);
}

static void a_letter_alone_sends_to_the_other_channel_and_the_first_code_still_works(void **state)
{
	(void)state;
	const char *letters[] = {"s", "S"};

	for (size_t i = 0; i < 2; i++) {
		setup(NULL);
		give_phone(1);
		host.types[0] = letters[i];
		host.passes_s[0] = 30;
		host.types[1] = FIRST;
		assert_int_equal(log_in(), PROMPT_VERIFIED);
		assert_int_equal(host.delivered, 2);
		assert_int_equal(host.requests[1].contact.channel, CHANNEL_SMS);
		assert_string_equal(host.requests[0].ref, host.requests[1].ref);
		SEEN("A new code was texted to the phone ending 67 (ref ");
	}
}

static void a_switch_obeys_cooldown_and_budget_like_enter(void **state)
{
	(void)state;
	give_phone(0);
	host.types[0] = "e";
	host.types[1] = "E";
	host.passes_s[1] = 30;
	host.types[2] = "s";
	host.types[3] = WRONG;
	host.types[4] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("You can ask again in 30 s. The code already sent (ref ");
	SEEN("A new code was emailed to a***@e***.net (ref ");
	SEEN("You can ask again in 60 s.");
	SEEN("Wrong code. Use the one in message ");
	SEEN("4 tries left.");
	assert_int_equal(host.delivered, 2);
}

static void a_switch_to_where_nothing_is_registered_is_said_and_counts_nothing(void **state)
{
	(void)state;
	struct record before, after;

	host.types[0] = "s";
	host.passes_s[0] = 1;
	host.types[1] = FIRST;
	options.channels = (struct otp_channels){.list = {CHANNEL_EMAIL, CHANNEL_SMS}, .n = 2};
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("No code can be texted to you. The code already sent (ref ");
	assert_int_equal(host.delivered, 1);
	setup(NULL);
	give_phone(1); /* but this host cannot text */
	options.channels = (struct otp_channels){.list = {CHANNEL_EMAIL}, .n = 1};
	assert_int_equal(log_in(), PROMPT_NO_CONVERSATION);
	world_record(&w, &before);
	host.types[0] = "s";
	host.passes_s[0] = 60;
	assert_int_equal(log_in(), PROMPT_NO_CONVERSATION);
	SEEN("No code can be texted to you. The code already sent (ref ");
	world_record(&w, &after);
	assert_memory_equal(&before, &after, sizeof before);
}

static void only_the_letter_alone_is_a_switch(void **state)
{
	(void)state;
	const char *others[] = {"es", " s", "s ", "x", "sms"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		setup(NULL);
		give_phone(1);
		host.types[0] = others[i];
		host.passes_s[0] = 60;
		assert_int_equal(log_in(), PROMPT_NO_CONVERSATION);
		assert_int_equal(host.delivered, 1);
		SEEN("Not counted.");
	}
}

static void a_switch_that_is_refused_leaves_the_first_code_to_type(void **state)
{
	(void)state;
	give_phone(1);
	host.types[0] = "s";
	host.passes_s[0] = 30;
	host.outcomes[1] = VERDICT_REFUSED;
	host.types[1] = FIRST;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("No new code could be sent. The code already sent (ref ");
}

static void C50_both_channels_down_is_told_and_the_cooldown_runs(void **state)
{
	(void)state;
	give_phone(1);
	host.outcomes[0] = host.outcomes[1] = VERDICT_LATER;
	assert_int_equal(log_in(), PROMPT_NOT_DELIVERED);
	assert_string_equal(host.seen, "Your code could not be sent. Try later.\n");
	assert_int_equal(log_in(), PROMPT_NOT_DELIVERED);
	assert_int_equal(host.delivered, 2);
}

static void who_prefers_the_app_is_asked_for_it_and_enter_sends(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	host.types[0] = APP;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_string_equal(
		host.seen, "Enter your authenticator app's code. None? Press Enter to have one sent.\n");
	assert_int_equal(host.delivered, 0);
	LOGGED("event=waiting user=alice");
	LOGGED(" lane=stranger by=app\n");
	host.types[0] = "";
	host.types[1] = CODE;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("A 6-digit code was emailed to a***@e***.org (ref ");
	assert_int_equal(host.delivered, 1);
	LOGGED(" by=sent\n");
}

static void who_prefers_the_app_and_has_no_contact_is_not_told_of_enter(void **state)
{
	(void)state;
	struct otp_login login = world_login("192.0.2.7", NULL);

	world_keep_app(&w, 6, true);
	login.accept = OTP_ACCEPT_KEPT;
	(void)!prompt_login(&w.core, &login, &options, &person);
	assert_string_equal(host.seen, "Enter your authenticator app's code.\n");
	options.channels = (struct otp_channels){.list = {CHANNEL_SMS}, .n = 1};
	assert_int_equal(login_from("192.0.2.8"), PROMPT_NO_CONVERSATION);
	assert_string_equal(host.seen, "Enter your authenticator app's code.\n");
}

static void a_login_that_nothing_could_be_sent_for_goes_on_with_the_app(void **state)
{
	(void)state;
	world_keep_app(&w, 6, false);
	host.outcomes[0] = host.outcomes[1] = VERDICT_REFUSED;
	host.types[0] = APP;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	assert_string_equal(host.seen, "Your code could not be sent. Use your authenticator app's code.\n");
	LOGGED("event=refused");
	assert_null(strstr(host.log, "event=denied"));
}

static void a_login_at_the_send_limit_goes_on_with_backup_codes(void **state)
{
	(void)state;
	world_keep_backups(&w, 3, 0);
	mem_limits_charge(&w.limits, &w.core.keys, "198.51.100.1", "alice@example.org", w.now, 5);
	host.types[0] = BACKUP;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("No more codes for ");
	SEEN(" Use a backup code.\n");
	SEEN("That backup code is used up. 2 backup codes left.\n");
	LOGGED("event=limited");
	LOGGED(" by=backup backups_left=2\n");
}

static void a_login_without_a_contact_goes_on_with_what_the_person_keeps(void **state)
{
	(void)state;
	world_keep_app(&w, 6, false);
	world_keep_backups(&w, 3, 0);
	options.channels = (struct otp_channels){.list = {CHANNEL_SMS}, .n = 1};
	host.types[0] = WRONG;
	host.types[1] = APP;
	(void)log_in();
	SEEN("No code can be sent to you. Use your app's code or a backup code.\n");
	SEEN("Not counted.\n"); /* the empty code with a digit in front */
	LOGGED(" by=app\n");
}

static void a_used_backup_code_is_wrong_and_the_wrong_line_comes_first(void **state)
{
	(void)state;
	world_keep_backups(&w, 2, 0);
	host.types[0] = BACKUP;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	host.types[0] = BACKUP;
	host.types[1] = w.backups[1].text;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("Wrong code. Use the one in message ");
	SEEN("1 wrong code since your last login. No backup codes left.\n");
}

static void what_is_no_code_names_the_app_and_the_backup_codes(void **state)
{
	(void)state;
	world_keep_app(&w, 8, true);
	world_keep_backups(&w, 3, 0);
	host.types[0] = "12345";
	host.types[1] = "hello world";
	assert_int_equal(log_in(), PROMPT_NO_CONVERSATION);
	SEEN("The code is 8 digits, or a backup code; you typed 5. Not counted.\n");
	SEEN("The code is 8 digits, or a backup code: see your app. Not counted.\n");
	assert_null(strstr(host.log, "event=wrong"));
}

static void an_answer_that_comes_too_late_for_the_app_is_asked_for_again(void **state)
{
	(void)state;
	world_keep_app(&w, 6, true);
	host.types[0] = APP;
	host.passes_s[0] = 301;
	host.types[1] = APP;
	assert_int_equal(log_in(), PROMPT_VERIFIED);
	SEEN("That came too late and was not checked. Enter your authenticator app's code.\n");
	assert_null(strstr(host.log, "event=wrong"));
}

static void nothing_is_asked_where_the_device_is_known_and_the_log_says_why(void **state)
{
	(void)state;
	w.core.policy.remember_for_s = 86400;
	w.core.policy.remember_by = POLICY_REMEMBER_NETWORK;
	struct otp_login login = world_login("192.0.2.7", NULL);
	login.password_checked = true;
	host.types[0] = CODE;
	assert_int_equal(prompt_login(&w.core, &login, &options, &person), PROMPT_VERIFIED);
	host.seen[0] = host.log[0] = '\0';
	host.asked = 0;
	assert_int_equal(prompt_login(&w.core, &login, &options, &person), PROMPT_REMEMBERED);
	assert_int_equal(host.asked, 0);
	assert_string_equal(host.seen, "");
	LOGGED("event=remembered user=alice rhost=192.0.2.7 until=2027-01-16T08:00:00Z\n");
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_request_carries_what_the_message_must_say),
		T(C18_a_name_that_is_not_ascii_gets_its_code),
		T(enter_sends_again_only_after_the_cooldown),
		T(every_enter_uses_up_a_prompt),
		T(an_expired_code_is_replaced_and_that_is_said),
		T(a_refused_contact_hands_over_to_the_next),
		T(C50_when_every_contact_refuses_nobody_is_told_sent),
		T(a_hook_that_cannot_be_run_is_a_failed_send),
		T(a_slow_hook_keeps_the_code_and_says_so),
		T(a_code_that_is_not_known_to_be_sent_is_not_called_sent),
		T(a_failed_resend_leaves_the_first_code_to_type),
		T(after_a_failed_resend_enter_waits_for_the_cooldown),
		T(the_wrong_answer_that_locks_is_logged_as_wrong_too),
		T(a_lock_for_good_is_logged_with_whose_it_is),
		T(the_last_wrong_answer_is_logged_as_wrong_too),
		T(the_password_is_no_answer),
		T(C16_junk_is_no_answer_and_no_resend),
		T(junk_is_a_cyclic_prefix_and_nothing_else),
		T(who_is_not_enrolled_is_told_unless_nothing_is_to_be_noticed),
		T(the_send_limit_is_said_with_its_end),
		T(C41_a_limit_that_stops_a_send_is_said_and_named),
		T(prompts_used_up_at_a_limit_end_at_no_time),
		T(C41_a_limit_of_the_host_is_an_error_that_an_admin_sees),
		T(C41_a_limit_of_the_address_says_so_in_the_log),
		T(C41_a_limit_of_one_channel_leaves_the_other),
		T(C41_limits_of_both_channels_say_how_long_and_send_nothing),
		T(without_the_table_of_limits_the_log_says_why_and_a_code_already_sent_works),
		T(a_store_that_fails_denies_and_says_whose_fault_it_is),
		T(a_damaged_slot_is_logged),
		T(C31_no_log_line_holds_a_code_or_an_address),
		T(a_code_used_by_another_login_meanwhile_is_called_void_not_wrong),
		T(a_failed_channel_hands_over_to_the_other_and_the_line_says_so),
		T(contacts_share_the_wait),
		T(a_letter_alone_sends_to_the_other_channel_and_the_first_code_still_works),
		T(a_switch_obeys_cooldown_and_budget_like_enter),
		T(a_switch_to_where_nothing_is_registered_is_said_and_counts_nothing),
		T(only_the_letter_alone_is_a_switch),
		T(a_switch_that_is_refused_leaves_the_first_code_to_type),
		T(C50_both_channels_down_is_told_and_the_cooldown_runs),
		T(who_prefers_the_app_is_asked_for_it_and_enter_sends),
		T(who_prefers_the_app_and_has_no_contact_is_not_told_of_enter),
		T(a_login_that_nothing_could_be_sent_for_goes_on_with_the_app),
		T(a_login_at_the_send_limit_goes_on_with_backup_codes),
		T(a_login_without_a_contact_goes_on_with_what_the_person_keeps),
		T(a_used_backup_code_is_wrong_and_the_wrong_line_comes_first),
		T(what_is_no_code_names_the_app_and_the_backup_codes),
		T(an_answer_that_comes_too_late_for_the_app_is_asked_for_again),
		T(nothing_is_asked_where_the_device_is_known_and_the_log_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
