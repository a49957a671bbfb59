/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/file.h"

#include "store/slot.h"
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE "store/users/alice"
#define OTHER_UID 65534

static void assert_pair_is(const char *name, const char pair[SLOT_PAIR_LEN])
{
	char now[SLOT_PAIR_LEN];

	assert_int_equal(staging_read(name, now, sizeof now), sizeof now);
	assert_memory_equal(now, pair, sizeof now);
}

/* No call gives anything of it, the edit never sees it, and it is not "not enrolled". */
static void assert_refused(enum otp_err wanted)
{
	struct store store = store_file_interface(&counter_file);
	struct otp_why why = {0};
	struct counter seen;
	long count;
	bool damaged;

	assert_int_equal(counter_add(&counter_file, "alice", 5, &seen), wanted);
	assert_int_equal(seen.runs, 0);
	assert_int_equal(counter_get(&counter_file, "alice", &count, &damaged), wanted);
	assert_int_equal(store.remove(store.self, (struct store_key){.user = "alice"}, &why), wanted);
	assert_non_null(strstr(why.text, "users/alice"));
}

/* A good record under another name. */
static void stage_target(char pair[SLOT_PAIR_LEN])
{
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	assert_int_equal(rename(staging_path(ALICE), staging_path("target")), 0);
	assert_int_equal(staging_read("target", pair, SLOT_PAIR_LEN), SLOT_PAIR_LEN);
}

static void C04_a_symbolic_link_is_no_record_and_its_target_stays(void **state)
{
	char pair[SLOT_PAIR_LEN];
	(void)state;

	counter_need_stage();
	stage_target(pair);
	assert_int_equal(symlink("../../target", staging_path(ALICE)), 0);
	assert_refused(OTP_ERR_UNTRUSTED);
	assert_pair_is("target", pair);
	assert_int_equal(unlink(staging_path(ALICE)), 0);
	assert_int_equal(symlink("../../nothing", staging_path(ALICE)), 0);
	assert_refused(OTP_ERR_UNTRUSTED);
	assert_int_equal(access(staging_path("nothing"), F_OK), -1);
}

static void C04_a_second_name_makes_it_no_record_and_it_stays(void **state)
{
	char pair[SLOT_PAIR_LEN];
	(void)state;

	counter_need_stage();
	stage_target(pair);
	assert_int_equal(link(staging_path("target"), staging_path(ALICE)), 0);
	assert_refused(OTP_ERR_UNTRUSTED);
	assert_pair_is("target", pair);
	assert_int_equal(unlink(staging_path("target")), 0);
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
}

static void C04_a_loose_mode_makes_it_no_record(void **state)
{
	static const mode_t modes[] = {0644, 0640, 0660, 0606, 0700, 04600, 01600, 0777};
	char pair[SLOT_PAIR_LEN];
	(void)state;

	counter_need_stage();
	stage_target(pair);
	assert_int_equal(rename(staging_path("target"), staging_path(ALICE)), 0);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		assert_int_equal(chmod(staging_path(ALICE), modes[i]), 0);
		assert_refused(OTP_ERR_UNTRUSTED);
		assert_pair_is(ALICE, pair);
	}
}

static void C04_a_record_of_another_owner_is_none(void **state)
{
	char pair[SLOT_PAIR_LEN];
	(void)state;

	counter_need_stage();
	if (geteuid() != 0) {
		print_message("only root can give files to others\n");
		skip();
	}
	stage_target(pair);
	assert_int_equal(rename(staging_path("target"), staging_path(ALICE)), 0);
	assert_int_equal(chown(staging_path(ALICE), OTHER_UID, (gid_t)-1), 0);
	assert_refused(OTP_ERR_UNTRUSTED);
	assert_pair_is(ALICE, pair);
}

static void C04_a_folder_is_no_record(void **state)
{
	(void)state;

	counter_need_stage();
	assert_int_equal(mkdir(staging_path(ALICE), 0600), 0);
	assert_refused(OTP_ERR_UNTRUSTED);
	assert_int_equal(rmdir(staging_path(ALICE)), 0);
}

static void C45_a_fifo_is_no_record_and_nobody_waits_for_it(void **state)
{
	(void)state;

	counter_need_stage();
	assert_int_equal(mkfifo(staging_path(ALICE), 0600), 0);
	assert_refused(OTP_ERR_UNTRUSTED);
}

static void C02_without_descriptors_nobody_is_unenrolled(void **state)
{
	struct rlimit old;
	struct counter seen = {0};
	(void)state;

	counter_need_stage();
	assert_int_equal(counter_add(&counter_file, "alice", 5, NULL), OTP_OK);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	enum otp_err err = OTP_ERR_IO;
	for (rlim_t limit = 0; limit < 64 && err != OTP_OK; limit++) {
		struct rlimit low = {limit, old.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
		err = counter_add(&counter_file, "alice", 5, &seen);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		if (err != OTP_OK) {
			assert_int_equal(err, OTP_ERR_IO);
			assert_int_equal(seen.runs, 0);
		}
	}
	assert_int_equal(err, OTP_OK);
	assert_int_equal(seen.seen, 1);
}

/* What a process that may not search the folder is told. */
static int search_forbidden(void)
{
	long count;
	bool damaged;
	struct counter seen;

	if (geteuid() == 0 && setresuid(OTHER_UID, OTHER_UID, OTHER_UID) != 0)
		return 2;
	if (counter_add(&counter_file, "alice", 5, &seen) != OTP_ERR_IO || seen.runs != 0)
		return 3;
	return counter_get(&counter_file, "alice", &count, &damaged) == OTP_ERR_IO ? 0 : 4;
}

static void C02_a_folder_that_may_not_be_searched_unenrolls_nobody(void **state)
{
	int status = -1;
	(void)state;

	counter_need_stage();
	assert_int_equal(chmod(staging_path("store/users"), 0), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(search_forbidden());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(staging_path("store/users"), 0700), 0);
	assert_int_equal(status, 0);
}

static void a_link_that_loops_unenrolls_nobody(void **state)
{
	(void)state;

	counter_need_stage();
	assert_int_equal(symlink("alice", staging_path(ALICE)), 0);
	assert_refused(OTP_ERR_UNTRUSTED);
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, counter_stage, counter_unstage)
	const struct CMUnitTest tests[] = {
		STAGED(C04_a_symbolic_link_is_no_record_and_its_target_stays),
		STAGED(C04_a_second_name_makes_it_no_record_and_it_stays),
		STAGED(C04_a_loose_mode_makes_it_no_record),
		STAGED(C04_a_record_of_another_owner_is_none),
		STAGED(C04_a_folder_is_no_record),
		STAGED(C45_a_fifo_is_no_record_and_nobody_waits_for_it),
		STAGED(C02_without_descriptors_nobody_is_unenrolled),
		STAGED(C02_a_folder_that_may_not_be_searched_unenrolls_nobody),
		STAGED(a_link_that_loops_unenrolls_nobody),
	};

	return cmocka_run_group_tests_name("store_refused", tests, NULL, NULL);
}
