/* SPDX-License-Identifier: BSD-2-Clause */

/* What the user keeps, through the module and the store on disk. */

#include "tests/module/site.h"

#include <fcntl.h>
#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SLOT_SIZE 8192

static int setup(void **state)
{
	(void)state;
	if (site_made) {
		site_reset();
		site_keep();
	}
	return 0;
}

static int type(const char *text)
{
	struct site_login login = {.user = SITE_USER, .rhost = "192.0.2.7", .replies = {{.text = text}}};

	return site_run(&login);
}

static void flip_a_bit(off_t at)
{
	int fd = open(site_path("state/users/" SITE_USER), O_RDWR | O_CLOEXEC);
	unsigned char byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

/* In the header, in the text, in the text's end: a flipped bit anywhere in the rest of 8192 bytes is damage
 * too. */
static void C59_a_bit_flipped_in_either_slot_brings_nothing_back(void **state)
{
	(void)state;
	static const off_t places[] = {0, 20, 100, 400, SLOT_SIZE - 1};

	if (!site_made)
		skip();
	for (size_t i = 0; i < 4 * sizeof places / sizeof places[0]; i++) {
		const off_t slot = i % 2 == 0 ? 0 : SLOT_SIZE, place = places[i / 4];
		(void)setup(NULL);
		const struct code code = site_app_code();
		const char *const used[] = {code.text, SITE_BACKUP};
		const size_t first = i / 2 % 2;
		assert_int_equal(type(used[first]), PAM_SUCCESS);
		assert_int_equal(type(used[1 - first]), PAM_SUCCESS); /* the write that is lost */
		flip_a_bit(slot + place);
		assert_int_not_equal(type(used[1 - first]), PAM_SUCCESS);
		assert_int_not_equal(type(used[first]), PAM_SUCCESS);
	}
}

static void each_of_what_is_kept_opens_and_the_log_says_by_what(void **state)
{
	(void)state;

	if (!site_made)
		skip();
	const struct code code = site_app_code();
	assert_int_equal(type(code.text), PAM_SUCCESS);
	assert_int_equal(type(SITE_BACKUP), PAM_SUCCESS);
	assert_int_equal(site_mails(), 0);
	assert_non_null(strstr(site_log(), "lane=stranger by=app"));
	assert_non_null(strstr(site_log(), "by=backup backups_left=0"));
	assert_null(strstr(site_log(), code.text));
	assert_null(strstr(site_log(), SITE_BACKUP));
	assert_int_not_equal(type(code.text), PAM_SUCCESS);
	assert_non_null(strstr(site_log(), "event=wrong user=" SITE_USER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_of_what_is_kept_opens_and_the_log_says_by_what, setup),
		cmocka_unit_test_setup(C59_a_bit_flipped_in_either_slot_brings_nothing_back, setup),
	};

	return cmocka_run_group_tests(tests, site_make_group, site_remove_group);
}
