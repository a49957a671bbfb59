/* SPDX-License-Identifier: BSD-2-Clause */

/* The table of limits as a file. */

#include "store/limits.h"

#include "tests/unit/staging.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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

#define NOW INT64_C(1800000000)
#define TABLE "store/shared/limits"

static struct limits_file file;
static struct quota_table table;
static struct keys keys;
static struct policy policy;
static struct otp_why why;

static int make(void **state)
{
	unsigned char host_key[KEY_HOST_LEN] = {7};
	bool created = false;

	(void)state;
	if (staging_make() == NULL)
		skip();
	policy = policy_default();
	policy.sends_per_source.count = 100;
	if (keys_derive(host_key, &keys, NULL) != OTP_OK || mkdir(staging_path("store"), 0700) != 0 ||
		limits_create(staging_path("store"), geteuid(), &created, &why) != OTP_OK || !created)
		return -1;
	limits_set(&file, staging_path("store"), geteuid());
	table = limits_interface(&file);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	staging_remove();
	return 0;
}

static enum otp_err take_from(const char *source, const char *address, enum quota_limit *limit)
{
	struct origin origin = {.local = false};
	struct contact contact = {.channel = CHANNEL_EMAIL};
	struct quota_verdict verdict = {.limit = QUOTA_NONE};

	(void)snprintf(origin.source, sizeof origin.source, "%s", source);
	(void)snprintf(contact.address, sizeof contact.address, "%s", address);
	why = (struct otp_why){0};
	enum otp_err err = quota_take(
		&table, &keys, &policy, (struct quota_send){&origin, &contact}, NOW, &verdict, &why);
	*limit = verdict.limit;
	return err;
}

static enum otp_err take(void)
{
	enum quota_limit limit;

	return take_from("192.0.2.7", "a@example.org", &limit);
}

static void assert_refused(enum otp_err expected, const char *says)
{
	assert_int_equal(take(), expected);
	if (strstr(why.text, says) == NULL)
		fail_msg("should say \"%s\": %s", says, why.text);
	assert_non_null(strstr(why.text, "/shared"));
}

static void what_is_taken_is_kept_for_the_next_process(void **state)
{
	(void)state;
	enum quota_limit limit;

	for (unsigned i = 0; i < 5; i++) {
		pid_t child = fork();
		if (child == 0)
			_exit(take() == OTP_OK ? 0 : 1);
		int status = -1;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	assert_int_equal(take_from("192.0.2.7", "a@example.org", &limit), OTP_OK);
	assert_int_equal(limit, QUOTA_ADDRESS);
}

/* Eight processes at once, each trying 50 sends. */
static void C41_processes_at_once_never_take_more_than_the_limit(void **state)
{
	(void)state;
	pid_t children[8];
	unsigned taken = 0;

	for (unsigned i = 0; i < 8; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] != 0)
			continue;
		unsigned mine = 0;
		for (unsigned n = 0; n < 50; n++) {
			char address[32];
			enum quota_limit limit;
			(void)snprintf(address, sizeof address, "u%u-%u@example.org", i, n);
			if (take_from("192.0.2.7", address, &limit) != OTP_OK)
				_exit(255);
			mine += limit == QUOTA_NONE;
		}
		_exit((int)mine);
	}
	for (unsigned i = 0; i < 8; i++) {
		int status = -1;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
		taken += (unsigned)WEXITSTATUS(status);
	}
	assert_int_equal(taken, 100);
}

/* Whether another process could so much as read the rows while they are changed. */
static bool try_to_share(void *ctx, struct quota_row *rows)
{
	bool *shared = ctx;
	int fd = open(staging_path(TABLE), O_RDWR | O_CLOEXEC);
	struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	(void)rows;
	assert_true(fd >= 0);
	*shared = fcntl(fd, F_OFD_SETLK, &whole) == 0;
	(void)close(fd);
	return true;
}

static void C41_rows_are_alone_with_whoever_changes_them(void **state)
{
	(void)state;
	bool shared = true;
	const struct quota_key key = {.name = "a name", .set = 7};
	const struct quota_edit edit = {.run = try_to_share, .ctx = &shared, .now = NOW};

	assert_int_equal(table.update(table.self, &key, 1, edit, &why), OTP_OK);
	assert_false(shared);
}

static void a_missing_table_sends_nothing_and_init_makes_it(void **state)
{
	(void)state;
	bool created;

	assert_int_equal(unlink(staging_path(TABLE)), 0);
	assert_refused(OTP_ERR_IO, "missing; until 'otpcode init' has mended it, nothing is sent");
	assert_int_equal(rmdir(staging_path("store/shared")), 0);
	assert_refused(OTP_ERR_IO, "'otpcode init'");
	assert_int_equal(limits_create(staging_path("store"), geteuid(), &created, NULL), OTP_OK);
	assert_true(created);
	assert_int_equal(take(), OTP_OK);
}

static void a_table_that_is_whole_is_left_as_it_is(void **state)
{
	(void)state;
	static unsigned char before[LIMITS_SIZE + 1], after[LIMITS_SIZE + 1];
	struct stat st;
	bool created;

	assert_int_equal(take(), OTP_OK);
	assert_int_equal(staging_read(TABLE, before, sizeof before), LIMITS_SIZE);
	assert_int_equal(limits_create(staging_path("store"), geteuid(), &created, NULL), OTP_OK);
	assert_false(created);
	assert_int_equal(staging_read(TABLE, after, sizeof after), LIMITS_SIZE);
	assert_memory_equal(before, after, LIMITS_SIZE);
	assert_int_equal(stat(staging_path(TABLE), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(st.st_blocks * 512 >= (blkcnt_t)LIMITS_SIZE);
	assert_int_equal(stat(staging_path("store/shared"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void write_at(off_t offset, const void *data, size_t len)
{
	int fd = open(staging_path(TABLE), O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, offset), len);
	assert_int_equal(close(fd), 0);
}

static void assert_init_mends(void)
{
	bool created = false;

	assert_int_equal(limits_create(staging_path("store"), geteuid(), &created, NULL), OTP_OK);
	assert_true(created);
	assert_int_equal(take(), OTP_OK);
}

static void a_damaged_table_sends_nothing_and_init_mends_it(void **state)
{
	(void)state;
	assert_int_equal(take(), OTP_OK);
	write_at(0, "x", 1);
	assert_refused(OTP_ERR_CORRUPT, "is no table of limits; until 'otpcode init'");
	assert_init_mends();
	assert_int_equal(truncate(staging_path(TABLE), LIMITS_SIZE - 1), 0);
	assert_refused(OTP_ERR_CORRUPT, "bytes, must be 2101248; until 'otpcode init'");
	assert_init_mends();
	assert_int_equal(truncate(staging_path(TABLE), 0), 0);
	assert_refused(OTP_ERR_CORRUPT, "'otpcode init'");
	assert_init_mends();
	/* A row of the host's set, which every send is charged to; and one that no send here looks at. */
	write_at(LIMITS_HEADER_LEN + 5, "x", 1);
	assert_refused(OTP_ERR_CORRUPT, "damaged; until 'otpcode init'");
	assert_init_mends();
	write_at(LIMITS_SIZE - 1, "x", 1);
	assert_init_mends();
}

static void C04_a_table_that_others_could_have_made_is_refused(void **state)
{
	(void)state;
	char path[512];
	bool created;

	(void)snprintf(path, sizeof path, "%s", staging_path(TABLE));
	assert_int_equal(chmod(path, 0644), 0);
	assert_refused(OTP_ERR_UNTRUSTED, "limits");
	assert_int_equal(limits_create(staging_path("store"), geteuid(), &created, NULL), OTP_ERR_UNTRUSTED);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(link(path, staging_path("other")), 0);
	assert_refused(OTP_ERR_UNTRUSTED, "limits");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(staging_path("other"), path), 0);
	assert_int_not_equal(take(), OTP_OK);
	assert_int_not_equal(limits_create(staging_path("store"), geteuid(), &created, NULL), OTP_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_not_equal(take(), OTP_OK);
	assert_int_equal(chmod(staging_path("store/shared"), 0777), 0);
	assert_refused(OTP_ERR_UNTRUSTED, "shared");
}

/* A process that holds the lock of all rows until its pipe closes. */
static pid_t hold_all(int *release)
{
	int ready[2], go[2];
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		int fd = open(staging_path(TABLE), O_RDWR | O_CLOEXEC);
		(void)close(go[1]);
		if (fd < 0 || fcntl(fd, F_OFD_SETLK, &all) != 0 || write(ready[1], &byte, 1) != 1)
			_exit(1);
		(void)!read(go[0], &byte, 1);
		_exit(0);
	}
	(void)close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	*release = go[1];
	return child;
}

static void C06_a_table_that_is_held_sends_nothing_within_its_time(void **state)
{
	(void)state;
	int release;
	pid_t child = hold_all(&release);

	(void)alarm(60); /* a wait without end is a failure */
	assert_refused(OTP_ERR_BUSY, "locked by others for 200 ms, so nothing is sent");
	(void)alarm(0);
	assert_int_equal(close(release), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(take(), OTP_OK);
}

static void C25_no_descriptor_and_no_lock_is_left(void **state)
{
	(void)state;
	int first = dup(0);
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	assert_int_equal(close(first), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(take(), OTP_OK);
	write_at(0, "x", 1);
	assert_int_equal(take(), OTP_ERR_CORRUPT);
	assert_int_equal(dup(0), first);
	assert_int_equal(close(first), 0);
	int fd = open(staging_path(TABLE), O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &all), 0);
	assert_int_equal(close(fd), 0);
}

/* The caller of su chooses these. */
static void C30_no_file_size_limit_of_the_caller_lets_a_send_go_uncounted(void **state)
{
	(void)state;
	static const rlim_t sizes[] = {0, 1, 16384, 100000, 2000000};
	unsigned sent = 0;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			const struct rlimit limit = {sizes[i], sizes[i]};
			enum quota_limit stopped;
			if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
				_exit(100);
			_exit(take_from("192.0.2.7", "a@example.org", &stopped) == OTP_OK &&
				stopped == QUOTA_NONE);
		}
		int status = -1;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		sent += (unsigned)WEXITSTATUS(status);
	}
	policy.sends_per_user.count = sent + 1;
	enum quota_limit limit;
	assert_int_equal(take_from("192.0.2.7", "a@example.org", &limit), OTP_OK);
	assert_int_equal(limit, QUOTA_NONE);
	assert_int_equal(take_from("192.0.2.7", "a@example.org", &limit), OTP_OK);
	assert_int_equal(limit, QUOTA_ADDRESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_taken_is_kept_for_the_next_process, make, unmake),
		cmocka_unit_test_setup_teardown(
			C41_processes_at_once_never_take_more_than_the_limit, make, unmake),
		cmocka_unit_test_setup_teardown(C41_rows_are_alone_with_whoever_changes_them, make, unmake),
		cmocka_unit_test_setup_teardown(
			a_missing_table_sends_nothing_and_init_makes_it, make, unmake),
		cmocka_unit_test_setup_teardown(a_table_that_is_whole_is_left_as_it_is, make, unmake),
		cmocka_unit_test_setup_teardown(
			a_damaged_table_sends_nothing_and_init_mends_it, make, unmake),
		cmocka_unit_test_setup_teardown(
			C04_a_table_that_others_could_have_made_is_refused, make, unmake),
		cmocka_unit_test_setup_teardown(
			C06_a_table_that_is_held_sends_nothing_within_its_time, make, unmake),
		cmocka_unit_test_setup_teardown(C25_no_descriptor_and_no_lock_is_left, make, unmake),
		cmocka_unit_test_setup_teardown(
			C30_no_file_size_limit_of_the_caller_lets_a_send_go_uncounted, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
