/* SPDX-License-Identifier: BSD-2-Clause */
/* NOLINTBEGIN(bugprone-suspicious-include): what only the command holds is in no library */
#include "cli/base32.c"
#include "cli/describe.c"
#include "cli/otpauth.c"
#include "cli/story.c"
#include "cli/story_login.c"
#include "cli/story_now.c"
/* NOLINTEND(bugprone-suspicious-include) */

#include "tests/unit/record_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1767239220) /* 2026-01-01 03:47:00 UTC */
#define MIN INT64_C(60)

static struct record record;
static struct policy policy;
static struct story_facts facts;
static struct story story;

static int setup(void **state)
{
	struct otp_why why;

	(void)state;
	record = (struct record){.user = "alice", .uid = 1000, .contacts_n = 1};
	policy = policy_default();
	assert_int_equal(
		contact_parse(CHANNEL_EMAIL, "alice@example.org", &record.contacts[0], &why), OTP_OK);
	facts = (struct story_facts){.state = STORY_ENROLLED,
		.user = "alice",
		.record = &record,
		.policy = &policy,
		.channels = {{CHANNEL_EMAIL, CHANNEL_SMS}, 2},
		.now = NOW,
		.user_exists = true,
		.uid = 1000};
	return setenv("TZ", "UTC", 1);
}

static void happen(enum record_event_kind kind, int64_t ago_s, const char *ref, const char *detail)
{
	record_add_event(
		&record, NOW - ago_s, &(struct record_event_facts){kind, "sshd", "203.0.113.9", ref, detail});
}

/* A code was made for alice, that long ago; it still lives if alive. */
static void issue(int64_t ago_s, const char *ref, bool alive)
{
	happen(EVENT_ISSUED, ago_s, ref, "a***@e***.org");
	if (!alive)
		return;
	struct record_challenge *challenge = &record.challenges[record.challenges_n++];
	(void)snprintf(challenge->ref, sizeof challenge->ref, "%s", ref);
	challenge->codes_n = 1;
	challenge->codes[0] =
		(struct record_code){.issued = NOW - ago_s, .expires = NOW - ago_s + policy.lifetime_s};
}

/* The paragraph about this, which must be there. */
static const struct story_paragraph *tell(const char *about)
{
	story_tell(&facts, &story);
	for (unsigned i = 0; i < story.n; i++)
		if (strcmp(story.list[i].about, about) == 0)
			return &story.list[i];
	fail_msg("nothing about %s; first: %s: %s", about, story.list[0].about, story.list[0].text);
	return &story.list[0];
}

static void assert_says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void assert_not_about(const char *about)
{
	story_tell(&facts, &story);
	for (unsigned i = 0; i < story.n; i++)
		assert_string_not_equal(story.list[i].about, about);
}

static void code_that_was_sent_is_told_with_where_by_whom_and_until_when(void **state)
{
	(void)state;
	issue(2 * MIN, "QFX", true);
	happen(EVENT_SENT, 2 * MIN, "QFX", "relay");
	const struct story_paragraph *told = tell("sent");
	assert_string_equal(told->text, "2026-01-01 03:45:00 UTC, 2 min ago, sshd from 203.0.113.9, ref QFX: "
					"A code for a***@e***.org was "
					"taken by provider relay. It works until 2026-01-01 03:50:00 UTC, in "
					"3 min; 5 tries are left.");
	assert_string_equal(told->advice, "");
	assert_int_equal(told->first, NOW - 2 * MIN);
	assert_string_equal(told->ref, "QFX");
}

static void times_are_local(void **state)
{
	(void)state;
	assert_int_equal(setenv("TZ", "CET-1", 1), 0);
	tzset();
	issue(2 * MIN, "QFX", true);
	assert_says(tell("no-verdict")->text, "2026-01-01 04:45:00 CET, 2 min ago");
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
}

static void refusal_is_told_in_the_relays_own_words(void **state)
{
	(void)state;
	issue(MIN, "QFX", false);
	happen(EVENT_REFUSED, MIN, "QFX", "550 5.1.1 no such user here");
	const struct story_paragraph *told = tell("refused");
	assert_says(told->text, "The code for a***@e***.org was refused: \"550 5.1.1 no such user here\".");
	assert_says(told->advice, "otpcode test alice --verbose");
	assert_null(strstr(told->text, "works"));
}

static void next_address_after_a_refusal_is_the_one_that_was_sent_to(void **state)
{
	(void)state;
	issue(MIN, "QFX", true);
	happen(EVENT_REFUSED, MIN, "QFX", "550 no");
	happen(EVENT_ISSUED, MIN, "QFX", "the phone ending 67");
	happen(EVENT_SENT, MIN, "QFX", "gateway");
	const struct story_paragraph *told = tell("sent");
	assert_says(told->text, "The code for a***@e***.org was refused");
	assert_says(told->text, "A code for the phone ending 67 was taken by provider gateway.");
}

static void missing_verdict_is_told_apart_from_a_slow_one(void **state)
{
	(void)state;
	issue(MIN, "QFX", true);
	assert_says(tell("no-verdict")->text, "No verdict is on record");
	assert_says(tell("no-verdict")->advice, "ref=QFX");
	happen(EVENT_SLOW, MIN, "QFX", "-");
	assert_says(tell("slow")->text, "no verdict within the wait");
	assert_says(tell("slow")->text, "It works until");
}

static void code_that_nobody_typed_expired_unused(void **state)
{
	(void)state;
	issue(10 * MIN, "QFX", false);
	happen(EVENT_SENT, 10 * MIN, "QFX", "relay");
	const struct story_paragraph *told = tell("unused");
	assert_says(told->text, "Nothing that could be a code was typed before it expired at 2026-01-01 "
				"03:42:00 UTC, 5 min ago.");
	assert_says(told->advice, "otpcode test alice");
}

static void code_that_was_taken_away_before_its_time_did_not_expire(void **state)
{
	(void)state;
	issue(MIN, "QFX", false);
	happen(EVENT_SENT, MIN, "QFX", "relay");
	assert_says(tell("withdrawn")->text, "does not work any more");
}

static void wrong_codes_are_counted(void **state)
{
	(void)state;
	issue(2 * MIN, "QFX", true);
	record.challenges[0].tries_used = 3;
	for (int i = 0; i < 3; i++)
		happen(EVENT_WRONG, MIN, "QFX", NULL);
	const struct story_paragraph *told = tell("wrong");
	assert_says(told->text, "A wrong code was typed 3 times, last at 03:46:00.");
	assert_says(told->text, "2 tries are left");
	assert_says(told->advice, "whose ref stands at the prompt");
}

static void last_tries_used_up_are_told_with_until_when(void **state)
{
	(void)state;
	issue(2 * MIN, "QFX", true);
	record.challenges[0].tries_used = 5;
	happen(EVENT_WRONG, MIN, "QFX", NULL);
	assert_says(tell("spent")->text,
		"All tries of this login are used up until 2026-01-01 03:50:00 UTC, in 3 min.");
	assert_says(tell("spent")->advice, "otpcode unlock alice");
}

static void ref_typed_for_the_code_is_told_with_what_to_type(void **state)
{
	(void)state;
	issue(2 * MIN, "QFX", true);
	happen(EVENT_REF_TYPED, MIN, "QFX", NULL);
	const struct story_paragraph *told = tell("ref-typed");
	assert_says(told->text, "The ref QFX was typed in place of the code");
	assert_says(told->advice, "type the 6 digits");
}

static void older_code_is_told_apart_from_one_that_came_too_late(void **state)
{
	(void)state;
	issue(7 * MIN, "QFX", false);
	happen(EVENT_EXPIRED, MIN, "QFX", NULL);
	assert_says(tell("too-late")->text, "The right code was typed after it had expired");
	issue(4 * MIN, "QFX", true);
	assert_says(tell("older-code")->text, "An older code of this login");
	assert_says(tell("older-code")->advice, "use the latest");
}

static void code_of_another_login_is_told_with_its_ref(void **state)
{
	(void)state;
	issue(2 * MIN, "QFX", true);
	issue(2 * MIN, "KTM", true);
	happen(EVENT_WRONG, MIN, "QFX", "KTM");
	const struct story_paragraph *told = tell("other-login");
	assert_string_equal(told->ref, "QFX");
	assert_says(told->text, "The code of message KTM, which belongs to another login, was typed");
	assert_says(told->advice, "here QFX, not KTM");
}

static void lock_is_told_with_its_lane_its_end_and_the_addresses(void **state)
{
	(void)state;
	issue(2 * MIN, "QFX", true);
	for (int i = 0; i < 10; i++)
		happen(EVENT_WRONG, MIN, "QFX", NULL);
	happen(EVENT_LOCKED, MIN, "QFX", "stranger");
	record_add_event(&record, NOW - MIN,
		&(struct record_event_facts){EVENT_WRONG, "sshd", "198.51.100.7", "KTM", NULL});
	happen(EVENT_WRONG, MIN, "KTM", NULL);
	record.lanes[LANE_STRANGER] = (struct record_lane){.lock_since = NOW - MIN, .lock_for_s = 900};
	assert_says(tell("locked")->text, "That locked the stranger lane.");
	const struct story_paragraph *told = tell("lane-locked");
	assert_says(told->text,
		"since 2026-01-01 03:46:00 UTC, 60 s ago, until 2026-01-01 04:01:00 UTC, in 14 min; "
		"the wrong codes came from 203.0.113.9 (11), 198.51.100.7 (1).");
	assert_says(told->advice, "otpcode unlock alice");
	record.lanes[LANE_STRANGER].lock_for_s = RECORD_LOCK_FOREVER;
	assert_says(tell("lane-locked")->text, "until an admin unlocks");
	facts.now = NOW + 900;
	record.lanes[LANE_STRANGER].lock_for_s = 900;
	assert_not_about("lane-locked");
}

static void admins_lock_is_told_in_place_of_the_lanes(void **state)
{
	(void)state;
	record.admin_locked = true;
	assert_says(tell("admin-locked")->text, "An admin locked alice");
	assert_not_about("lane-locked");
	assert_not_about("open");
}

static void known_device_was_not_asked(void **state)
{
	(void)state;
	happen(EVENT_REMEMBERED, MIN, NULL, NULL);
	assert_says(tell("remembered")->text,
		"sshd from 203.0.113.9: the device is known, so nobody was asked for a code.");
}

static void success_ends_the_advice_of_its_login_and_of_those_before(void **state)
{
	(void)state;
	issue(9 * MIN, "KTM", false);
	happen(EVENT_WRONG, 8 * MIN, "KTM", NULL);
	issue(3 * MIN, "QFX", false);
	happen(EVENT_WRONG, 2 * MIN, "QFX", NULL);
	happen(EVENT_VERIFIED, MIN, "QFX", NULL);
	record.last_success = NOW - MIN;
	assert_string_equal(tell("wrong")->advice, "");
	assert_string_equal(tell("verified")->advice, "");
	assert_says(tell("verified")->text, "The right code was typed at 03:46:00, and the login went on.");
	assert_says(tell("open")->text, "codes go to a***@e***.org.");
}

static void app_and_backup_codes_are_told_apart(void **state)
{
	(void)state;
	happen(EVENT_VERIFIED, MIN, "QFX", "app");
	assert_says(tell("verified")->text, "A code of the authenticator app was typed");
	record.events_n = 0;
	happen(EVENT_VERIFIED, MIN, "QFX", "backup code");
	assert_says(tell("verified")->text, "A backup code was typed");
}

static void limits_that_stop_sends_are_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		record.sends[record.sends_n++] = (struct record_send){.at = NOW - MIN, .lane = LANE_STRANGER};
	const struct story_paragraph *told = tell("send-limit");
	assert_says(told->text,
		"(the stranger lane) get no new code until 2026-01-01 04:46:00 UTC, in 59 min: 3 in 60 min");
	assert_not_about("open");
	record.sends_n = 0;
	facts.stopped[0] = (struct quota_verdict){QUOTA_EMAIL, 600};
	assert_says(tell("shared-limit")->text, "Nothing is sent to a***@e***.org until 2026-01-01 03:57:00 "
						"UTC, in 10 min: the limit sends_email");
	assert_says(tell("shared-limit")->advice, "stops everybody");
	facts.stopped[0].limit = QUOTA_NONE;
	facts.limits_fault = "shared/limits: is missing";
	assert_says(tell("limits-fault")->text, "nothing is sent: shared/limits: is missing.");
	issue(MIN, "QFX", false);
	happen(EVENT_REFUSED, MIN, "QFX", "sends_per_source");
	assert_says(tell("limit")->text, "the limit sends_per_source of [limits] was reached");
}

static void state_that_cannot_be_read_denies(void **state)
{
	(void)state;
	facts.state = STORY_UNREADABLE;
	facts.unreadable = "both slots are damaged";
	const struct story_paragraph *told = tell("unreadable");
	assert_int_equal(story.n, 1);
	assert_says(told->text, "every login is denied: both slots are damaged.");
	assert_says(told->advice, "otpcode unenroll alice --yes");
}

static void who_is_not_enrolled_is_told_what_that_means(void **state)
{
	(void)state;
	record = (struct record){.user = "alice", .uid = 1000};
	facts.state = STORY_NOT_ENROLLED;
	assert_says(tell("not-enrolled")->text, "logins are denied");
	assert_says(tell("not-enrolled")->advice, "otpcode enroll alice");
	facts.unenrolled_pass = true;
	assert_says(tell("not-enrolled")->text, "ask for no code");
}

static void addresses_that_live_elsewhere_are_told_with_where(void **state)
{
	(void)state;
	facts.contacts_from = "file:/etc/otpcode/contacts";
	assert_says(tell("open")->text, "codes go to a***@e***.org, as in file:/etc/otpcode/contacts.");
	facts.state = STORY_NOT_ENROLLED;
	assert_says(tell("not-enrolled")->text, "the first login makes it, and sends to a***@e***.org");
	facts.state = STORY_ENROLLED;
	facts.contacts_fault = "file:/etc/otpcode/contacts:3: no address";
	assert_says(
		tell("contacts-fault")->text, "logins are denied: file:/etc/otpcode/contacts:3: no address.");
}

static void missing_address_is_told_with_how_to_add_one(void **state)
{
	(void)state;
	facts.channels.n = 0;
	assert_says(tell("no-contact")->text, "on a channel that delivers");
	record.contacts_n = 0;
	assert_says(tell("no-contact")->text, "No address is registered for alice: no code can be sent.");
	assert_says(tell("no-contact")->advice, "otpcode contact add alice");
	record.backups_n = 1;
	assert_says(tell("no-contact")->text, "only an app or backup codes");
}

static void record_of_another_uid_damage_and_a_user_who_is_gone_are_told(void **state)
{
	(void)state;
	facts.uid = 1001;
	facts.damaged = true;
	assert_says(tell("other-uid")->text, "of uid 1000, while alice has uid 1001");
	assert_says(tell("damaged")->advice, "Log in again");
	facts.user_exists = false;
	assert_says(tell("no-such-user")->advice, "otpcode unenroll alice");
}

static void fullest_record_is_told_whole_and_names_no_address(void **state)
{
	(void)state;
	record_sample_longest(&record);
	facts.user = record.user;
	facts.now = record.events[0].last;
	story_tell(&facts, &story);
	assert_true(story.n < STORY_PARAGRAPHS_MAX);
	for (unsigned i = 0; i < story.n; i++)
		for (unsigned c = 0; c < record.contacts_n; c++)
			assert_null(strstr(story.list[i].text, record.contacts[c].address));
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(code_that_was_sent_is_told_with_where_by_whom_and_until_when),
		T(times_are_local),
		T(refusal_is_told_in_the_relays_own_words),
		T(next_address_after_a_refusal_is_the_one_that_was_sent_to),
		T(missing_verdict_is_told_apart_from_a_slow_one),
		T(code_that_nobody_typed_expired_unused),
		T(code_that_was_taken_away_before_its_time_did_not_expire),
		T(wrong_codes_are_counted),
		T(last_tries_used_up_are_told_with_until_when),
		T(ref_typed_for_the_code_is_told_with_what_to_type),
		T(older_code_is_told_apart_from_one_that_came_too_late),
		T(code_of_another_login_is_told_with_its_ref),
		T(lock_is_told_with_its_lane_its_end_and_the_addresses),
		T(admins_lock_is_told_in_place_of_the_lanes),
		T(known_device_was_not_asked),
		T(success_ends_the_advice_of_its_login_and_of_those_before),
		T(app_and_backup_codes_are_told_apart),
		T(limits_that_stop_sends_are_named),
		T(state_that_cannot_be_read_denies),
		T(who_is_not_enrolled_is_told_what_that_means),
		T(addresses_that_live_elsewhere_are_told_with_where),
		T(missing_address_is_told_with_how_to_add_one),
		T(record_of_another_uid_damage_and_a_user_who_is_gone_are_told),
		T(fullest_record_is_told_whole_and_names_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
