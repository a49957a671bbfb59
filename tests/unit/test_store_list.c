/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/file.h"

#include "tests/unit/counter.h"
#include "tests/unit/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE "store/users/alice"

static struct store store;
static const struct store_key alice = {.user = "alice"};

static int stage(void **state)
{
	store = store_file_interface(&counter_file);
	return counter_stage(state);
}

struct names {
	unsigned n;
	unsigned stop_at;
	char list[16][STORE_FILE_NAME_SIZE];
};

static bool names_take(void *ctx, const char *user)
{
	struct names *names = ctx;

	(void)snprintf(names->list[names->n++ % 16], STORE_FILE_NAME_SIZE, "%s", user);
	return names->n != names->stop_at;
}

static bool names_hold(const struct names *names, const char *user)
{
	for (unsigned i = 0; i < names->n; i++)
		if (strcmp(names->list[i], user) == 0)
			return true;
	return false;
}

static void C18_names_stay_inside_the_folder_and_are_listed_as_they_are(void **state)
{
	static const char *const users[] = {"alice", ".", "..", "a/b", "../../etc/passwd", "new\nline",
		"%s%n", "DOM\\user", "J\xc3\xb6rg", "\xff\x01", "store.id", " ", ".new-0123456789abcdef"};
	const size_t users_n = sizeof users / sizeof users[0];
	struct names names = {0};
	struct otp_why why;
	(void)state;

	counter_need_stage();
	for (size_t i = 0; i < users_n; i++)
		assert_int_equal(counter_add(&counter_file, users[i], 5, NULL), OTP_OK);
	assert_int_equal(store.list(store.self, (struct store_visit){names_take, &names}, &why), OTP_OK);
	assert_int_equal(names.n, users_n);
	for (size_t i = 0; i < users_n; i++)
		assert_true(names_hold(&names, users[i]));
	struct counter counter = {.action = STORE_WRITE};
	char long_name[301];
	memset(long_name, 'a', 300);
	long_name[300] = '\0';
	assert_int_equal(counter_add(&counter_file, long_name, 5, NULL), OTP_ERR_INVALID);
	assert_int_equal(counter_add(&counter_file, "", 5, NULL), OTP_ERR_INVALID);
	assert_int_equal(counter_add(&counter_file, "-rf", 5, NULL), OTP_ERR_INVALID);
	assert_int_equal(counter.runs, 0);
	names = (struct names){.stop_at = 4};
	assert_int_equal(store.list(store.self, (struct store_visit){names_take, &names}, &why), OTP_OK);
	assert_int_equal(names.n, 4);
}

static void a_leftover_of_a_killed_creation_is_nobody_and_not_in_the_way(void **state)
{
	struct names names = {0};
	struct otp_why why;
	(void)state;

	counter_need_stage();
	staging_write("store/users/.new-0123456789abcdef", "half", 4);
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	assert_int_equal(store.list(store.self, (struct store_visit){names_take, &names}, &why), OTP_OK);
	assert_int_equal(names.n, 1);
	assert_true(names_hold(&names, "alice"));
}

static void a_name_that_no_user_has_is_reported_after_all_users_were_listed(void **state)
{
	static const char *const strays[] = {"alice.bak", "alice~", "#alice#", "%2f", "%", "%61", "-x",
		".alice.swp", ".new-0123456789ABCDEF", ".new-0123", "al ice"};
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	for (size_t i = 0; i < sizeof strays / sizeof strays[0]; i++) {
		struct names names = {0};
		struct otp_why why;
		char path[64];
		(void)snprintf(path, sizeof path, "store/users/%s", strays[i]);
		staging_write(path, "", 0);
		assert_int_equal(store.list(store.self, (struct store_visit){names_take, &names}, &why),
			OTP_ERR_CORRUPT);
		assert_non_null(strstr(why.text, path));
		assert_int_equal(names.n, 1);
		assert_true(names_hold(&names, "alice"));
		assert_int_equal(unlink(staging_path(path)), 0);
	}
}

static void a_host_with_its_standard_descriptors_closed_keeps_them_out_of_the_record(void **state)
{
	int kept[3];
	(void)state;

	counter_need_stage();
	for (int i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		(void)close(i);
	}
	enum otp_err errs[3];
	for (int i = 0; i < 3; i++)
		errs[i] = counter_add(&counter_file, "alice", 100, NULL);
	struct names names = {0};
	enum otp_err list_err = store.list(store.self, (struct store_visit){names_take, &names}, NULL);
	bool used = fcntl(0, F_GETFD) >= 0 || fcntl(1, F_GETFD) >= 0 || fcntl(2, F_GETFD) >= 0;
	for (int i = 0; i < 3; i++) {
		if (kept[i] >= 0)
			(void)dup2(kept[i], i);
		(void)close(kept[i]);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(errs[i], OTP_OK);
	assert_int_equal(list_err, OTP_OK);
	assert_int_equal(names.n, 1);
	assert_false(used);
	long count;
	bool damaged;
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_OK);
	assert_int_equal(count, 3);
}

static void C25_no_call_leaves_a_descriptor_open(void **state)
{
	struct names names = {0};
	struct otp_why why;
	(void)state;

	counter_need_stage();
	int before = dup(0);
	assert_int_equal(close(before), 0);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(counter_add(&counter_file, "alice", 100, NULL), OTP_OK);
		assert_int_equal(
			store.list(store.self, (struct store_visit){names_take, &names}, &why), OTP_OK);
		assert_int_equal(store.remove(store.self, alice, &why), OTP_OK);
		assert_int_equal(counter_add(&counter_file, "", 0, NULL), OTP_ERR_INVALID);
		staging_write(ALICE, "short", 5);
		assert_int_equal(counter_add(&counter_file, "alice", 0, NULL), OTP_ERR_CORRUPT);
		assert_int_equal(store.remove(store.self, alice, &why), OTP_OK);
	}
	int after = dup(0);
	assert_int_equal(close(after), 0);
	assert_int_equal(after, before);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage, counter_unstage)
	const struct CMUnitTest tests[] = {
		STAGED(C18_names_stay_inside_the_folder_and_are_listed_as_they_are),
		STAGED(a_leftover_of_a_killed_creation_is_nobody_and_not_in_the_way),
		STAGED(a_name_that_no_user_has_is_reported_after_all_users_were_listed),
		STAGED(a_host_with_its_standard_descriptors_closed_keeps_them_out_of_the_record),
		STAGED(C25_no_call_leaves_a_descriptor_open),
	};

	return cmocka_run_group_tests_name("store_list", tests, NULL, NULL);
}
