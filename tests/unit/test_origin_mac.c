/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/origin.h"
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define KEY_LINE                                                                                             \
	"publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH+HQmG8z708w0AN5WwgzJ/Kv0JDmDRDpCv6K3V+W+B4\n"
#define KEY_PRINT "SHA256:XIiP1oM8K+yPpEvWJnDooRE9R6qS/AoziqkwE7C4jac"
#define OTHER_KEY_LINE                                                                                       \
	"publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMFrqgLoI+GrZbrTu9C91ugqN4YUNy2lB/G4DjwvfO6F\n"

/* A login over ssh with a key, which the tests then change in one place. */
static const struct origin_facts ssh_facts = {
	.host = "web1.example.org",
	.service = "sshd",
	.ssh_connection = "192.0.2.7 51234 198.51.100.1 22",
	.ssh_auth_info = KEY_LINE,
	.rhost = "203.0.113.9",
	.tty = "ssh",
	.caller_uid = 0,
};

static struct origin origin_of(struct origin_facts facts)
{
	struct origin origin;

	memset(&origin, 'x', sizeof origin);
	origin_from_facts(&facts, &origin);
	return origin;
}

static struct keys some_keys(unsigned char seed)
{
	unsigned char host_key[KEY_HOST_LEN] = {seed};
	struct keys keys;

	assert_int_equal(keys_derive(host_key, &keys, NULL), OTP_OK);
	return keys;
}

static void assert_macs(struct origin_facts a, struct origin_facts b, bool equal)
{
	struct keys keys = some_keys(1);
	struct origin origin_a = origin_of(a), origin_b = origin_of(b);
	unsigned char mac_a[KEY_MAC_LEN], mac_b[KEY_MAC_LEN];

	assert_int_equal(origin_mac(&keys, &origin_a, mac_a, NULL), OTP_OK);
	assert_int_equal(origin_mac(&keys, &origin_b, mac_b, NULL), OTP_OK);
	assert_int_equal(memcmp(mac_a, mac_b, KEY_MAC_LEN) == 0, equal);
}

static void same_place_has_the_same_name(void **state)
{
	(void)state;
	struct origin_facts later = ssh_facts;

	later.ssh_connection = "192.0.2.7 60000 198.51.100.1 22"; /* another port of the same client */
	later.tty = "pts/4";
	later.caller_uid = 5;
	assert_macs(ssh_facts, later, true);
	later.ssh_connection = "::ffff:192.0.2.7 60000 ::1 22";
	assert_macs(ssh_facts, later, true);
}

static void C55_another_host_service_source_or_key_is_another_place(void **state)
{
	(void)state;
	struct origin_facts other = ssh_facts;

	other.host = "web2.example.org";
	assert_macs(ssh_facts, other, false);
	other = ssh_facts;
	other.service = "sudo";
	assert_macs(ssh_facts, other, false);
	other = ssh_facts;
	other.ssh_connection = "192.0.2.8 51234 198.51.100.1 22";
	assert_macs(ssh_facts, other, false);
	other = ssh_facts;
	other.ssh_auth_info = OTHER_KEY_LINE;
	assert_macs(ssh_facts, other, false);
	other.ssh_auth_info = NULL;
	assert_macs(ssh_facts, other, false);
}

static void C55_a_shared_account_is_another_place(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	struct origin own = origin_of(ssh_facts), shared = own, other = own, odd = own;
	unsigned char mac[4][KEY_MAC_LEN];

	origin_set_account(&shared, "deploy");
	origin_set_account(&other, "deploy2");
	origin_set_account(&odd, "a name that cannot stand as it is");
	assert_string_equal(shared.account, "deploy");
	assert_int_equal(origin_mac(&keys, &own, mac[0], NULL), OTP_OK);
	assert_int_equal(origin_mac(&keys, &shared, mac[1], NULL), OTP_OK);
	assert_int_equal(origin_mac(&keys, &other, mac[2], NULL), OTP_OK);
	assert_int_equal(origin_mac(&keys, &odd, mac[3], NULL), OTP_OK);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(mac[i], mac[j], KEY_MAC_LEN);
}

static void C55_another_caller_on_the_same_terminal_is_another_place(void **state)
{
	(void)state;
	struct origin_facts mine = {.host = "h", .service = "su", .tty = "/dev/pts/3", .caller_uid = 1000};
	struct origin_facts theirs = mine;

	assert_macs(mine, theirs, true);
	theirs.caller_uid = 1001;
	assert_macs(mine, theirs, false);
	theirs.caller_uid = 1000 + (1U << 24);
	assert_macs(mine, theirs, false);
	theirs = mine;
	theirs.tty = "/dev/pts/4";
	assert_macs(mine, theirs, false);
	mine.tty = theirs.tty = NULL;
	theirs.caller_uid = 1001;
	assert_macs(mine, theirs, false);
}

static void local_and_remote_of_the_same_name_are_two_places(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	struct origin local = origin_of((struct origin_facts){.tty = "x"}), remote = local;
	unsigned char mac_a[KEY_MAC_LEN], mac_b[KEY_MAC_LEN];

	remote.local = false;
	assert_int_equal(origin_mac(&keys, &local, mac_a, NULL), OTP_OK);
	assert_int_equal(origin_mac(&keys, &remote, mac_b, NULL), OTP_OK);
	assert_memory_not_equal(mac_a, mac_b, KEY_MAC_LEN);
}

static void C18_one_part_does_not_flow_into_the_next(void **state)
{
	(void)state;
	struct origin_facts a = {.host = "ab", .service = "c", .rhost = "x"};
	struct origin_facts b = {.host = "a", .service = "bc", .rhost = "x"};

	assert_macs(a, b, false);
	a = (struct origin_facts){.host = "h", .service = "ab", .rhost = "c"};
	b = (struct origin_facts){.host = "h", .service = "a", .rhost = "bc"};
	assert_macs(a, b, false);
}

/* Records hold these: computed elsewhere, they must stay what they are. */
static void name_of_a_place_stays_what_it_is(void **state)
{
	(void)state;
	struct keys keys = some_keys(1);
	struct origin remote = origin_of(ssh_facts);
	struct origin local = origin_of(
		(struct origin_facts){.host = "h", .service = "su", .tty = "pts/3", .caller_uid = 1000});
	unsigned char mac[KEY_MAC_LEN];
	static const unsigned char expected_remote[KEY_MAC_LEN] = {0xa4, 0x52, 0xc9, 0xfb, 0xec, 0x39, 0xcc,
		0x96, 0x06, 0xb8, 0x32, 0x2a, 0xd5, 0x2f, 0xbb, 0xc7, 0x08, 0x80, 0xd4, 0xf9, 0xf1, 0xaa,
		0x2c, 0x2d, 0xb0, 0x6f, 0x16, 0xed, 0x51, 0x13, 0x47, 0xf9};
	static const unsigned char expected_local[KEY_MAC_LEN] = {0xd8, 0xc3, 0xfd, 0x82, 0x2b, 0xd9, 0x8c,
		0xf9, 0x58, 0xc5, 0x16, 0xf6, 0x10, 0xf3, 0xd4, 0xeb, 0xe0, 0x1f, 0xa2, 0x7c, 0xe4, 0x3c,
		0xa5, 0xd7, 0xc8, 0x76, 0x9e, 0xf4, 0xef, 0x55, 0x68, 0xc9};

	assert_int_equal(origin_mac(&keys, &remote, mac, NULL), OTP_OK);
	assert_memory_equal(mac, expected_remote, KEY_MAC_LEN);
	assert_int_equal(origin_mac(&keys, &local, mac, NULL), OTP_OK);
	assert_memory_equal(mac, expected_local, KEY_MAC_LEN);
}

/* Two odd names must not become one place because they could not be hashed. */
static void C01_failing_libcrypto_gives_no_place(void **state)
{
	(void)state;
	static const unsigned char zeros[KEY_MAC_LEN];
	struct keys keys = some_keys(1);
	unsigned char mac[KEY_MAC_LEN];
	struct otp_why why = {0};

	error_queue_break_libcrypto();
	error_queue_fill();
	struct origin odd_source = origin_of((struct origin_facts){.rhost = "a b"});
	struct origin odd_tty = origin_of((struct origin_facts){.tty = "a b"});
	struct origin odd_host = origin_of((struct origin_facts){.host = "a b"});
	struct origin plain = origin_of(ssh_facts);
	assert_int_equal(origin_mac(&keys, &plain, mac, &why), OTP_ERR_CRYPTO);
	error_queue_assert_untouched();
	error_queue_mend_libcrypto();

	const struct origin odd[] = {odd_source, odd_tty, odd_host};
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		memset(mac, 0x5a, sizeof mac);
		why.text[0] = '\0';
		assert_int_equal(origin_mac(&keys, &odd[i], mac, &why), OTP_ERR_CRYPTO);
		assert_memory_equal(mac, zeros, KEY_MAC_LEN);
		assert_true(why.text[0] != '\0');
	}
	assert_string_equal(plain.key, "-");
	assert_int_equal(origin_mac(&keys, &plain, mac, NULL), OTP_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_place_has_the_same_name),
		cmocka_unit_test(C55_another_host_service_source_or_key_is_another_place),
		cmocka_unit_test(C55_a_shared_account_is_another_place),
		cmocka_unit_test(C55_another_caller_on_the_same_terminal_is_another_place),
		cmocka_unit_test(local_and_remote_of_the_same_name_are_two_places),
		cmocka_unit_test(C18_one_part_does_not_flow_into_the_next),
		cmocka_unit_test(name_of_a_place_stays_what_it_is),
		cmocka_unit_test(C01_failing_libcrypto_gives_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
