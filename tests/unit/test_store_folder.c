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

static const unsigned char other_id[KEY_MAC_LEN] = "32 bytes of some other host key";
static struct store_file again;

static enum otp_err open_again(struct otp_why *why)
{
	memset(why, 0, sizeof *why);
	enum otp_err err = store_file_open(&again, staging_path("store"), geteuid(), counter_store_id, why);
	if (err != OTP_OK)
		assert_int_equal(again.users_fd, -1);
	store_file_close(&again);
	assert_int_equal(again.users_fd, -1);
	return err;
}

static enum otp_err create(
	const char *name, const unsigned char id[KEY_MAC_LEN], bool *created, struct otp_why *why)
{
	return store_file_create(staging_path(name), geteuid(), id, created, why);
}

static void assert_mode(const char *name, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(staging_path(name), &st), 0);
	assert_int_equal(st.st_mode, mode);
	assert_int_equal(st.st_uid, geteuid());
}

static void a_store_is_made_once(void **state)
{
	bool created = true;
	struct otp_why why;
	(void)state;

	counter_need_stage();
	assert_mode("store", S_IFDIR | 0700);
	assert_mode("store/users", S_IFDIR | 0700);
	assert_mode("store/store.id", S_IFREG | 0600);
	assert_int_equal(open_again(&why), OTP_OK);
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	assert_int_equal(create("store", counter_store_id, &created, &why), OTP_OK);
	assert_false(created);
	long count;
	bool damaged;
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_OK);
	assert_int_equal(count, 1);
	assert_int_equal(create("second", counter_store_id, &created, &why), OTP_OK);
	assert_true(created);
}

static void what_is_missing_of_a_store_is_made(void **state)
{
	bool created = false;
	struct otp_why why;
	(void)state;

	counter_need_stage();
	assert_int_equal(rmdir(staging_path("store/users")), 0);
	assert_int_equal(open_again(&why), OTP_ERR_IO);
	assert_int_equal(create("store", counter_store_id, &created, &why), OTP_OK);
	assert_true(created);
	assert_int_equal(unlink(staging_path("store/store.id")), 0);
	created = false;
	assert_int_equal(create("store", counter_store_id, &created, &why), OTP_OK);
	assert_true(created);
	assert_int_equal(open_again(&why), OTP_OK);
}

static void a_store_of_another_host_key_is_left_alone(void **state)
{
	bool created = true;
	struct otp_why why;
	char id[KEY_MAC_LEN + 1];
	(void)state;

	counter_need_stage();
	assert_int_equal(rmdir(staging_path("store/users")), 0);
	assert_int_equal(create("store", other_id, &created, &why), OTP_ERR_WRONG_STORE);
	assert_false(created);
	assert_int_equal(access(staging_path("store/users"), F_OK), -1);
	assert_int_equal(staging_read("store/store.id", id, sizeof id), KEY_MAC_LEN);
	assert_memory_equal(id, counter_store_id, KEY_MAC_LEN);
}

static void the_callers_umask_does_not_reach_what_is_made(void **state)
{
	bool created = false;
	struct otp_why why;
	(void)state;

	counter_need_stage();
	mode_t old = umask(0777);
	enum otp_err err = create("strict", counter_store_id, &created, &why);
	enum otp_err add_err = counter_add(&counter_file, "alice", 5, NULL);
	(void)umask(0);
	enum otp_err loose_err = create("loose", counter_store_id, &created, &why);
	(void)umask(old);
	assert_int_equal(err, OTP_OK);
	assert_int_equal(add_err, OTP_OK);
	assert_int_equal(loose_err, OTP_OK);
	assert_mode("strict", S_IFDIR | 0700);
	assert_mode("strict/users", S_IFDIR | 0700);
	assert_mode("strict/store.id", S_IFREG | 0600);
	assert_mode("store/users/alice", S_IFREG | 0600);
	assert_mode("loose", S_IFDIR | 0700);
	assert_mode("loose/store.id", S_IFREG | 0600);
}

static void C54_a_store_without_or_with_another_id_is_not_ours(void **state)
{
	char longer[KEY_MAC_LEN + 1] = "";
	struct otp_why why;
	(void)state;

	counter_need_stage();
	assert_int_equal(open_again(&why), OTP_OK);
	staging_write("store/store.id", other_id, sizeof other_id);
	assert_int_equal(open_again(&why), OTP_ERR_WRONG_STORE);
	memcpy(longer, counter_store_id, KEY_MAC_LEN);
	staging_write("store/store.id", longer, sizeof longer);
	assert_int_equal(open_again(&why), OTP_ERR_WRONG_STORE);
	staging_write("store/store.id", longer, KEY_MAC_LEN - 1);
	assert_int_equal(open_again(&why), OTP_ERR_WRONG_STORE);
	staging_write("store/store.id", "", 0);
	assert_int_equal(open_again(&why), OTP_ERR_WRONG_STORE);
	assert_int_equal(unlink(staging_path("store/store.id")), 0);
	assert_int_equal(open_again(&why), OTP_ERR_WRONG_STORE);
	assert_non_null(strstr(why.text, staging_path("store")));
}

static void C54_a_folder_that_is_not_there_is_not_ours(void **state)
{
	struct otp_why why;
	(void)state;

	counter_need_stage();
	assert_int_equal(rename(staging_path("store"), staging_path("elsewhere")), 0);
	assert_int_equal(open_again(&why), OTP_ERR_WRONG_STORE);
	assert_int_equal(mkdir(staging_path("store"), 0700), 0); /* the bare mount point */
	assert_int_equal(open_again(&why), OTP_ERR_WRONG_STORE);
	assert_int_equal(mkdir(staging_path("store/users"), 0700), 0);
	assert_int_equal(open_again(&why), OTP_ERR_WRONG_STORE);
}

static void C54_a_folder_removed_under_us_does_not_make_anybody_unenrolled(void **state)
{
	long count;
	bool damaged;
	struct counter seen;
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_ERR_NOT_ENROLLED);
	assert_int_equal(rmdir(staging_path("store/users")), 0);
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), OTP_ERR_WRONG_STORE);
	assert_int_equal(counter_add(&counter_file, "alice", 5, &seen), OTP_ERR_WRONG_STORE);
	assert_int_equal(seen.runs, 0);
}

static void C04_links_and_loose_modes_within_a_store_are_refused(void **state)
{
	struct otp_why why;
	bool created = false;
	(void)state;

	counter_need_stage();
	assert_int_equal(chmod(staging_path("store/store.id"), 0640), 0);
	assert_int_equal(open_again(&why), OTP_ERR_UNTRUSTED);
	assert_int_equal(create("store", counter_store_id, &created, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(chmod(staging_path("store/store.id"), 0600), 0);
	assert_int_equal(chmod(staging_path("store/users"), 0770), 0);
	assert_int_equal(open_again(&why), OTP_ERR_UNTRUSTED);
	assert_int_equal(create("store", counter_store_id, &created, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(chmod(staging_path("store/users"), 0700), 0);
	assert_int_equal(chmod(staging_path("store"), 0707), 0);
	assert_int_equal(open_again(&why), OTP_ERR_UNTRUSTED);
	assert_int_equal(chmod(staging_path("store"), 0700), 0);
	assert_int_equal(open_again(&why), OTP_OK);

	assert_int_equal(rename(staging_path("store/users"), staging_path("moved")), 0);
	assert_int_equal(symlink("../moved", staging_path("store/users")), 0);
	assert_int_equal(open_again(&why), OTP_ERR_UNTRUSTED);
	assert_int_equal(create("store", counter_store_id, &created, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(unlink(staging_path("store/users")), 0);
	assert_int_equal(rename(staging_path("moved"), staging_path("store/users")), 0);
	assert_int_equal(rename(staging_path("store/store.id"), staging_path("moved")), 0);
	assert_int_equal(symlink("../moved", staging_path("store/store.id")), 0);
	assert_int_equal(open_again(&why), OTP_ERR_UNTRUSTED);
	assert_int_equal(create("store", counter_store_id, &created, &why), OTP_ERR_UNTRUSTED);
}

static void a_path_that_cannot_be_a_store_is_refused(void **state)
{
	static char path[STORE_FILE_DIR_SIZE + 1];
	bool created = false;
	struct otp_why why;
	(void)state;

	counter_need_stage();
	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	assert_int_equal(
		store_file_create(path, geteuid(), counter_store_id, &created, &why), OTP_ERR_INVALID);
	assert_int_equal(store_file_open(&again, path, geteuid(), counter_store_id, &why), OTP_ERR_INVALID);
	assert_int_equal(store_file_create("var/lib/otpcode", geteuid(), counter_store_id, &created, &why),
		OTP_ERR_INVALID);
	assert_int_equal(store_file_open(&again, "var/lib/otpcode", geteuid(), counter_store_id, &why),
		OTP_ERR_INVALID);
	assert_int_equal(create("missing/store", counter_store_id, &created, &why), OTP_ERR_IO);
	assert_int_equal(why.os_error, ENOENT);
	staging_write("file", "", 0);
	assert_int_equal(create("file", counter_store_id, &created, &why), OTP_ERR_UNTRUSTED);
	assert_false(created);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, counter_stage, counter_unstage)
	const struct CMUnitTest tests[] = {
		STAGED(a_store_is_made_once),
		STAGED(what_is_missing_of_a_store_is_made),
		STAGED(a_store_of_another_host_key_is_left_alone),
		STAGED(the_callers_umask_does_not_reach_what_is_made),
		STAGED(C54_a_store_without_or_with_another_id_is_not_ours),
		STAGED(C54_a_folder_that_is_not_there_is_not_ours),
		STAGED(C54_a_folder_removed_under_us_does_not_make_anybody_unenrolled),
		STAGED(C04_links_and_loose_modes_within_a_store_are_refused),
		STAGED(a_path_that_cannot_be_a_store_is_refused),
	};

	return cmocka_run_group_tests_name("store_folder", tests, NULL, NULL);
}
