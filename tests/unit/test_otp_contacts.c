/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Contacts that a login brings along from where they live. */

static struct world w;
static struct otp_login login;
static struct otp_contacts contacts;
static struct otp_step step;
static struct record record;

static void bring(unsigned n, const char *const *addresses)
{
	memset(&contacts, 0, sizeof contacts);
	for (contacts.n = 0; contacts.n < n; contacts.n++)
		assert_int_equal(
			contact_parse(CHANNEL_EMAIL, addresses[contacts.n], &contacts.list[contacts.n], NULL),
			OTP_OK);
	login.contacts = &contacts;
}
#define BRING(...)                                                                                           \
	bring(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static int setup(void **state)
{
	(void)state;
	world_make(&w);
	login = world_login("192.0.2.7", NULL);
	memset(&step, 0, sizeof step);
	return 0;
}

static enum otp_situation begin(void)
{
	world_begin(&w, &login, &step);
	return step.situation;
}

static const struct record_event *find_event(enum record_event_kind kind)
{
	world_record(&w, &record);
	for (unsigned i = 0; i < record.events_n; i++)
		if (record.events[i].kind == kind)
			return &record.events[i];
	return NULL;
}

static void the_first_login_makes_the_record(void **state)
{
	(void)state;
	assert_true(mem_store_put(&w.mem, "alice", NULL, 0));
	BRING("a@example.org", "b@example.net");

	assert_int_equal(begin(), OTP_SEND);
	assert_string_equal(step.contact.address, "a@example.org");
	assert_int_equal(w.mem.writes, 1);
	const struct code code = step.code;
	world_record(&w, &record);
	assert_int_equal(record.uid, 1000);
	assert_int_equal(record.enrolled, w.now);
	assert_int_equal(record.contacts_n, 2);
	assert_non_null(find_event(EVENT_ENROLLED));
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static void who_has_neither_contacts_nor_a_record_is_not_enrolled(void **state)
{
	(void)state;
	assert_true(mem_store_put(&w.mem, "alice", NULL, 0));
	bring(0, NULL);

	assert_int_equal(begin(), OTP_NOT_ENROLLED);
	assert_null(mem_store_find(&w.mem, "alice"));
}

static void who_has_a_record_is_enrolled_without_contacts_too(void **state)
{
	(void)state;
	bring(0, NULL);

	assert_int_equal(begin(), OTP_NO_CONTACT);
	world_record(&w, &record);
	assert_int_equal(record.contacts_n, 0);
	world_keep_app(&w, 6, false);
	assert_int_equal(begin(), OTP_NO_CONTACT);
	assert_true(step.has_totp);
	world_answer(&w, &login, world_app_code(&w, 0).text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

static enum otp_err add_device(void *ctx, struct record *out, bool exists, int64_t now, struct otp_why *why)
{
	(void)ctx;
	(void)exists;
	(void)why;
	out->devices[0] = (struct record_device){.since = now, .until = now + 1000};
	memcpy(out->devices[0].network, "10.0.0.0/24", sizeof "10.0.0.0/24");
	out->devices_n = 1;
	return OTP_OK;
}

static void other_contacts_end_challenges_and_devices(void **state)
{
	(void)state;
	struct otp_login other = world_login("198.51.100.1", NULL);
	struct otp_step theirs;
	const struct code code = world_receive(&w, &other, &theirs);
	world_change(&w, add_device, NULL);
	BRING("alice@example.net", "alice@example.org"); /* another order is another first one */

	assert_int_equal(begin(), OTP_SEND);
	assert_string_equal(step.contact.address, "alice@example.net");
	assert_non_null(find_event(EVENT_CONTACTS_FOLLOWED));
	assert_string_equal(find_event(EVENT_CONTACTS_FOLLOWED)->detail, "a***@e***.net, a***@e***.org");
	assert_int_equal(record.devices_n, 0);
	assert_int_equal(record.challenges_n, 1);
	world_answer(&w, &other, code.text, &theirs);
	assert_int_equal(theirs.situation, OTP_EXPIRED);
}

static void the_same_contacts_change_nothing(void **state)
{
	(void)state;
	world_change(&w, add_device, NULL);
	struct code code = world_receive(&w, &login, &step);
	BRING("alice@example.org", "alice@example.net");
	const unsigned writes = w.mem.writes;

	assert_int_equal(begin(), OTP_WAITING);
	assert_int_equal(w.mem.writes, writes);
	assert_null(find_event(EVENT_CONTACTS_FOLLOWED));
	assert_int_equal(record.devices_n, 1);
	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_VERIFIED);
}

/* What a login read at its start must not undo what another one read after it. */
static void a_login_under_way_does_not_bring_old_contacts_back(void **state)
{
	(void)state;
	struct otp_contacts newer = {.n = 1};
	struct otp_login later = world_login("198.51.100.1", NULL);
	struct otp_step theirs;
	assert_int_equal(contact_parse(CHANNEL_EMAIL, "new@example.org", &newer.list[0], NULL), OTP_OK);
	later.contacts = &newer;
	BRING("alice@example.org");

	assert_int_equal(begin(), OTP_SEND);
	world_sent(&w, &login, OTP_DELIVERY_SENT, &step);
	world_begin(&w, &later, &theirs);
	assert_int_equal(theirs.situation, OTP_SEND);
	world_answer(&w, &login, "000000", &step);
	assert_int_equal(step.situation, OTP_EXPIRED);
	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, NULL), OTP_OK);
	assert_int_equal(step.situation, OTP_SEND);
	assert_string_equal(step.contact.address, "new@example.org");
	world_record(&w, &record);
	assert_int_equal(record.challenges_n, 2);
}

static void a_record_that_goes_under_way_is_not_made_again(void **state)
{
	(void)state;
	BRING("alice@example.org");
	const struct code code = world_receive(&w, &login, &step);
	assert_true(mem_store_put(&w.mem, "alice", NULL, 0));
	struct otp_step asked = step;

	world_answer(&w, &login, code.text, &step);
	assert_int_equal(step.situation, OTP_NOT_ENROLLED);
	step = asked;
	world_resend(&w, &login, &step);
	assert_int_equal(step.situation, OTP_NOT_ENROLLED);
	assert_null(mem_store_find(&w.mem, "alice"));
}

static void contacts_that_no_record_can_hold_are_an_error(void **state)
{
	(void)state;
	struct otp_why why = {0};
	assert_true(mem_store_put(&w.mem, "alice", NULL, 0));
	BRING("a@example.org", "a@EXAMPLE.org");

	assert_int_equal(otp_begin(&w.core, &login, &w.channels, &step, &why), OTP_ERR_INVALID);
	assert_null(mem_store_find(&w.mem, "alice"));
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_login_makes_the_record),
		T(who_has_neither_contacts_nor_a_record_is_not_enrolled),
		T(who_has_a_record_is_enrolled_without_contacts_too),
		T(other_contacts_end_challenges_and_devices),
		T(the_same_contacts_change_nothing),
		T(a_login_under_way_does_not_bring_old_contacts_back),
		T(a_record_that_goes_under_way_is_not_made_again),
		T(contacts_that_no_record_can_hold_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
