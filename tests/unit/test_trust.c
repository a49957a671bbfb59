/* SPDX-License-Identifier: BSD-2-Clause */
#include "trust/trust.h"

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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define CONTENT "content\n"
#define OTHER_UID 65534

static struct trust_rule rule_for(enum trust_mode mode)
{
	return (struct trust_rule){.mode = mode, .owner = geteuid()};
}

static int stage(void **state)
{
	(void)state;
	if (staging_make() == NULL)
		return 0;
	staging_write("file", CONTENT, strlen(CONTENT));
	return mkdir(staging_path("folder"), 0700);
}

static int unstage(void **state)
{
	(void)state;
	staging_remove();
	return 0;
}

/* A user without a folder of their own below folders that nobody else writes to cannot try this. */
static void need_stage(void)
{
	struct stat st;

	if (stat(staging_path("folder"), &st) == 0)
		return;
	print_message("no folder here whose parents nobody else may write to\n");
	skip();
}

static void need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("only root can give files to others\n");
	skip();
}

static enum otp_err open_staged(const char *name, enum trust_mode mode, struct otp_why *why)
{
	int fd = -1;

	memset(why, 0, sizeof *why);
	enum otp_err err = trust_open_file(staging_path(name), O_RDONLY, rule_for(mode), &fd, why);
	if (err == OTP_OK)
		assert_int_equal(close(fd), 0);
	else
		assert_int_equal(fd, -1);
	return err;
}

static void assert_untrusted(const char *name, enum trust_mode mode)
{
	struct otp_why why;

	assert_int_equal(open_staged(name, mode, &why), OTP_ERR_UNTRUSTED);
	if (strstr(why.text, staging_path(name)) == NULL)
		fail_msg("%s does not name %s", why.text, staging_path(name));
}

static void a_file_that_obeys_the_rule_is_opened(void **state)
{
	char buf[sizeof CONTENT];
	size_t len = 0;
	int fd = -1;
	struct otp_why why;
	(void)state;

	need_stage();
	assert_int_equal(
		trust_open_file(staging_path("file"), O_RDONLY, rule_for(TRUST_SECRET), &fd, &why), OTP_OK);
	assert_true(fd > 2);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(trust_read(fd, "file", buf, sizeof buf, &len, &why), OTP_OK);
	assert_int_equal(len, strlen(CONTENT));
	assert_string_equal(buf, CONTENT);
	assert_int_equal(close(fd), 0);
}

static void a_secret_has_mode_0600_or_0400_and_no_other(void **state)
{
	struct otp_why why;
	(void)state;

	need_stage();
	for (mode_t mode = 0; mode <= 07777; mode++) {
		if ((mode & 0400) == 0 && geteuid() != 0)
			continue;
		assert_int_equal(chmod(staging_path("file"), mode), 0);
		enum otp_err wanted = mode == 0600 || mode == 0400 ? OTP_OK : OTP_ERR_UNTRUSTED;
		if (open_staged("file", TRUST_SECRET, &why) != wanted)
			fail_msg("mode %04o: %s", (unsigned)mode, why.text);
	}
}

static void what_is_readable_is_written_by_its_owner_alone(void **state)
{
	struct otp_why why;
	(void)state;

	need_stage();
	for (mode_t mode = 0400; mode <= 0777; mode++) {
		if ((mode & 0400) == 0)
			continue;
		assert_int_equal(chmod(staging_path("file"), mode), 0);
		enum otp_err wanted = (mode & 022) == 0 ? OTP_OK : OTP_ERR_UNTRUSTED;
		if (open_staged("file", TRUST_READABLE, &why) != wanted)
			fail_msg("mode %04o: %s", (unsigned)mode, why.text);
		wanted = (mode & 022) == 0 && (mode & 0100) != 0 ? OTP_OK : OTP_ERR_UNTRUSTED;
		if (open_staged("file", TRUST_PROGRAM, &why) != wanted)
			fail_msg("program of mode %04o: %s", (unsigned)mode, why.text);
	}
}

static void C04_a_symbolic_link_is_refused(void **state)
{
	(void)state;

	need_stage();
	assert_int_equal(symlink("file", staging_path("link")), 0);
	assert_untrusted("link", TRUST_SECRET);
	assert_int_equal(symlink("nothing", staging_path("dangling")), 0);
	assert_untrusted("dangling", TRUST_SECRET);
}

static void C04_a_second_name_of_a_file_is_refused(void **state)
{
	(void)state;

	need_stage();
	assert_int_equal(link(staging_path("file"), staging_path("second")), 0);
	assert_untrusted("second", TRUST_SECRET);
	assert_untrusted("file", TRUST_READABLE);
}

static void C04_a_folder_is_not_a_file(void **state)
{
	int fd = -1;
	struct otp_why why;
	(void)state;

	need_stage();
	assert_untrusted("folder", TRUST_SECRET);
	assert_int_equal(trust_open_file(staging_path("folder"), O_RDWR, rule_for(TRUST_SECRET), &fd, &why),
		OTP_ERR_UNTRUSTED);
}

static void C45_a_fifo_or_a_socket_is_refused_at_once(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = -1;
	struct otp_why why;
	(void)state;

	need_stage();
	assert_int_equal(mkfifo(staging_path("fifo"), 0600), 0);
	assert_untrusted("fifo", TRUST_SECRET);
	assert_int_equal(trust_open_file(staging_path("fifo"), O_RDWR, rule_for(TRUST_SECRET), &fd, &why),
		OTP_ERR_UNTRUSTED);
	assert_true(snprintf(address.sun_path, sizeof address.sun_path, "%s", staging_path("socket")) <
		    (int)sizeof address.sun_path);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
	assert_untrusted("socket", TRUST_SECRET);
	assert_int_equal(close(listener), 0);
}

static void C04_a_file_of_another_user_is_refused(void **state)
{
	(void)state;

	need_stage();
	need_root();
	assert_int_equal(chown(staging_path("file"), OTHER_UID, (gid_t)-1), 0);
	assert_untrusted("file", TRUST_SECRET);
	assert_untrusted("file", TRUST_READABLE);
}

static void C04_a_folder_that_others_may_write_to_is_refused_wherever_it_stands(void **state)
{
	struct otp_why why;
	(void)state;

	need_stage();
	assert_int_equal(mkdir(staging_path("folder/below"), 0700), 0);
	staging_write("folder/below/file", CONTENT, strlen(CONTENT));
	assert_int_equal(open_staged("folder/below/file", TRUST_SECRET, &why), OTP_OK);
	static const mode_t modes[] = {0720, 0702, 0777, 01777, 02770};
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		assert_int_equal(chmod(staging_path("folder"), modes[i]), 0);
		assert_int_equal(open_staged("folder/below/file", TRUST_SECRET, &why), OTP_ERR_UNTRUSTED);
		assert_non_null(strstr(why.text, staging_path("folder")));
		assert_null(strstr(why.text, "below"));
		assert_int_equal(chmod(staging_path("folder"), 0711), 0);
		assert_int_equal(chmod(staging_path("folder/below"), modes[i]), 0);
		assert_int_equal(open_staged("folder/below/file", TRUST_SECRET, &why), OTP_ERR_UNTRUSTED);
		assert_int_equal(chmod(staging_path("folder/below"), 0755), 0);
		assert_int_equal(open_staged("folder/below/file", TRUST_SECRET, &why), OTP_OK);
	}
}

static void C04_a_link_to_a_folder_is_refused(void **state)
{
	struct otp_why why;
	int fd = -1;
	(void)state;

	need_stage();
	staging_write("folder/file", CONTENT, strlen(CONTENT));
	assert_int_equal(symlink("folder", staging_path("link")), 0);
	assert_int_equal(open_staged("link/file", TRUST_SECRET, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(trust_open_folder(staging_path("link"), geteuid(), &fd, &why), OTP_ERR_UNTRUSTED);
	assert_int_equal(open_staged("file/file", TRUST_SECRET, &why), OTP_ERR_UNTRUSTED);
}

static void C04_a_folder_of_another_user_is_refused(void **state)
{
	struct otp_why why;
	(void)state;

	need_stage();
	need_root();
	staging_write("folder/file", CONTENT, strlen(CONTENT));
	assert_int_equal(chown(staging_path("folder"), OTHER_UID, (gid_t)-1), 0);
	assert_int_equal(open_staged("folder/file", TRUST_SECRET, &why), OTP_ERR_UNTRUSTED);
}

static void C02_what_is_missing_is_an_error_with_enoent_and_nothing_else_is(void **state)
{
	struct otp_why why;
	int fd = -1;
	(void)state;

	need_stage();
	assert_int_equal(open_staged("missing", TRUST_SECRET, &why), OTP_ERR_IO);
	assert_int_equal(why.os_error, ENOENT);
	assert_int_equal(open_staged("missing/file", TRUST_SECRET, &why), OTP_ERR_IO);
	assert_int_equal(why.os_error, ENOENT);
	assert_int_equal(trust_open_folder(staging_path("missing"), geteuid(), &fd, &why), OTP_ERR_IO);
	assert_int_equal(why.os_error, ENOENT);
}

static void C02_a_host_without_descriptors_gets_an_error(void **state)
{
	struct rlimit old;
	struct otp_why why;
	(void)state;

	need_stage();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (rlim_t limit = 0; limit < 16; limit++) {
		struct rlimit low = {limit, old.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
		enum otp_err err = open_staged("file", TRUST_SECRET, &why);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		if (err == OTP_OK)
			return;
		assert_int_equal(err, OTP_ERR_IO);
		assert_int_equal(why.os_error, EMFILE);
	}
	fail_msg("16 descriptors are enough for anything here");
}

static void only_absolute_paths_without_dots_are_walked(void **state)
{
	static const char *const paths[] = {"", "file", "./file", "../file", "etc/passwd"};
	struct otp_why why;
	int fd = -1;
	(void)state;

	need_stage();
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		assert_int_equal(trust_open_file(paths[i], O_RDONLY, rule_for(TRUST_READABLE), &fd, &why),
			OTP_ERR_INVALID);
		assert_int_equal(trust_open_folder(paths[i], geteuid(), &fd, &why), OTP_ERR_INVALID);
	}
	assert_int_equal(open_staged("folder/../file", TRUST_SECRET, &why), OTP_ERR_INVALID);
	assert_int_equal(open_staged("./file", TRUST_SECRET, &why), OTP_ERR_INVALID);
	assert_int_equal(open_staged("folder/", TRUST_SECRET, &why), OTP_ERR_INVALID);
	assert_int_equal(open_staged("folder/.", TRUST_SECRET, &why), OTP_ERR_INVALID);
	assert_int_equal(open_staged("folder/..", TRUST_SECRET, &why), OTP_ERR_INVALID);
	assert_int_equal(open_staged("/file", TRUST_SECRET, &why), OTP_OK);
	int folder_fd = -1;
	assert_int_equal(trust_open_folder(staging_path("folder//"), geteuid(), &folder_fd, &why), OTP_OK);
	assert_int_equal(
		trust_open_at(folder_fd, "../file", O_RDONLY, rule_for(TRUST_SECRET), "file", &fd, &why),
		OTP_ERR_INVALID);
	assert_int_equal(
		trust_open_folder_at(folder_fd, "..", geteuid(), "folder", &fd, &why), OTP_ERR_INVALID);
	assert_int_equal(close(folder_fd), 0);
}

static void C19_a_path_of_any_length_is_opened_or_refused(void **state)
{
	static char path[10000];
	struct otp_why why;
	int fd = -1;
	(void)state;

	for (size_t len = 2; len < sizeof path; len += len < 5000 ? 1 : 97) {
		memset(path, 'a', len);
		path[0] = '/';
		path[len] = '\0';
		assert_int_not_equal(trust_open_folder(path, 0, &fd, &why), OTP_OK);
		assert_int_equal(fd, -1);
	}
}

static void a_host_with_its_standard_descriptors_closed_gets_higher_ones(void **state)
{
	struct otp_why why;
	int kept[3];
	int fd = -1;
	int folder_fd = -1;
	(void)state;

	need_stage();
	for (int i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		(void)close(i);
	}
	enum otp_err err = trust_open_folder(staging_path("folder"), geteuid(), &folder_fd, &why);
	enum otp_err file_err =
		trust_open_file(staging_path("file"), O_RDONLY, rule_for(TRUST_SECRET), &fd, &why);
	bool standard_used = fcntl(0, F_GETFD) >= 0 || fcntl(1, F_GETFD) >= 0 || fcntl(2, F_GETFD) >= 0;
	for (int i = 0; i < 3; i++) {
		if (kept[i] >= 0)
			(void)dup2(kept[i], i);
		(void)close(kept[i]);
	}
	assert_int_equal(err, OTP_OK);
	assert_int_equal(file_err, OTP_OK);
	assert_false(standard_used);
	assert_true(fd > 2 && folder_fd > 2);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true((fcntl(folder_fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(folder_fd), 0);
}

static void a_file_that_does_not_fit_the_buffer_is_too_large(void **state)
{
	char buf[sizeof CONTENT];
	size_t len = 0;
	struct otp_why why;
	(void)state;

	need_stage();
	for (size_t size = 1; size <= sizeof buf; size++) {
		int fd = -1;
		assert_int_equal(
			trust_open_file(staging_path("file"), O_RDONLY, rule_for(TRUST_SECRET), &fd, &why),
			OTP_OK);
		enum otp_err wanted = size == sizeof CONTENT ? OTP_OK : OTP_ERR_TOO_LARGE;
		assert_int_equal(trust_read(fd, "file", buf, size, &len, &why), wanted);
		assert_int_equal(close(fd), 0);
	}
}

int main(void)
{
#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage, unstage)
	const struct CMUnitTest tests[] = {
		STAGED(a_file_that_obeys_the_rule_is_opened),
		STAGED(a_secret_has_mode_0600_or_0400_and_no_other),
		STAGED(what_is_readable_is_written_by_its_owner_alone),
		STAGED(C04_a_symbolic_link_is_refused),
		STAGED(C04_a_second_name_of_a_file_is_refused),
		STAGED(C04_a_folder_is_not_a_file),
		STAGED(C45_a_fifo_or_a_socket_is_refused_at_once),
		STAGED(C04_a_file_of_another_user_is_refused),
		STAGED(C04_a_folder_that_others_may_write_to_is_refused_wherever_it_stands),
		STAGED(C04_a_link_to_a_folder_is_refused),
		STAGED(C04_a_folder_of_another_user_is_refused),
		STAGED(C02_what_is_missing_is_an_error_with_enoent_and_nothing_else_is),
		STAGED(C02_a_host_without_descriptors_gets_an_error),
		STAGED(only_absolute_paths_without_dots_are_walked),
		STAGED(C19_a_path_of_any_length_is_opened_or_refused),
		STAGED(a_host_with_its_standard_descriptors_closed_gets_higher_ones),
		STAGED(a_file_that_does_not_fit_the_buffer_is_too_large),
	};

	return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
