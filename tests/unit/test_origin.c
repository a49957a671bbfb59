/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/origin.h"
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY_LINE                                                                                             \
	"publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH+HQmG8z708w0AN5WwgzJ/Kv0JDmDRDpCv6K3V+W+B4\n"
#define KEY_PRINT "SHA256:XIiP1oM8K+yPpEvWJnDooRE9R6qS/AoziqkwE7C4jac"

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

/* The source of a login that comes from rhost. */
static void source_of(const char *rhost, char out[ORIGIN_SOURCE_SIZE])
{
	struct origin origin = origin_of((struct origin_facts){.rhost = rhost});

	assert_false(origin.local);
	memcpy(out, origin.source, ORIGIN_SOURCE_SIZE);
}

static void assert_source(const char *rhost, const char *expected)
{
	char source[ORIGIN_SOURCE_SIZE];

	source_of(rhost, source);
	assert_string_equal(source, expected);
}

static void facts_of_an_ssh_login_become_its_origin(void **state)
{
	(void)state;
	struct origin origin = origin_of(ssh_facts);

	assert_string_equal(origin.host, "web1.example.org");
	assert_string_equal(origin.service, "sshd");
	assert_string_equal(origin.source, "192.0.2.7");
	assert_string_equal(origin.key, KEY_PRINT);
	assert_false(origin.local);
	assert_int_equal(origin.caller_uid, 0);
}

static void nothing_known_is_still_an_origin(void **state)
{
	(void)state;
	struct origin origin = origin_of((struct origin_facts){.caller_uid = 1000});

	assert_string_equal(origin.host, "-");
	assert_string_equal(origin.service, "-");
	assert_string_equal(origin.source, "local");
	assert_string_equal(origin.key, "-");
	assert_true(origin.local);
	assert_int_equal(origin.caller_uid, 1000);
	origin = origin_of((struct origin_facts){.host = "",
		.service = "",
		.ssh_connection = "",
		.ssh_auth_info = "",
		.rhost = "",
		.tty = ""});
	assert_string_equal(origin.host, "-");
	assert_string_equal(origin.service, "-");
	assert_string_equal(origin.source, "local");
	assert_string_equal(origin.key, "-");
	assert_true(origin.local);
}

static void source_is_the_first_that_is_known(void **state)
{
	(void)state;
	struct origin_facts facts = {.ssh_connection = "192.0.2.7 51234 198.51.100.1 22",
		.rhost = "203.0.113.9",
		.tty = "/dev/pts/3",
		.caller_uid = 1000};

	assert_string_equal(origin_of(facts).source, "192.0.2.7");
	facts.ssh_connection = "";
	assert_string_equal(origin_of(facts).source, "203.0.113.9");
	facts.ssh_connection = " 51234 198.51.100.1 22";
	assert_string_equal(origin_of(facts).source, "203.0.113.9");
	facts.ssh_connection = NULL;
	assert_string_equal(origin_of(facts).source, "203.0.113.9");
	assert_false(origin_of(facts).local);
	assert_int_equal(origin_of(facts).caller_uid, 0);
	facts.rhost = "";
	assert_string_equal(origin_of(facts).source, "tty:pts/3");
	facts.rhost = NULL;
	assert_string_equal(origin_of(facts).source, "tty:pts/3");
	assert_true(origin_of(facts).local);
	assert_int_equal(origin_of(facts).caller_uid, 1000);
	facts.tty = "";
	assert_string_equal(origin_of(facts).source, "local");
	assert_true(origin_of(facts).local);
	assert_int_equal(origin_of(facts).caller_uid, 1000);
}

static void terminal_is_named_without_dev(void **state)
{
	(void)state;

	assert_string_equal(origin_of((struct origin_facts){.tty = "/dev/tty1"}).source, "tty:tty1");
	assert_string_equal(origin_of((struct origin_facts){.tty = "tty1"}).source, "tty:tty1");
	assert_string_equal(origin_of((struct origin_facts){.tty = ":0"}).source, "tty::0");
	assert_string_equal(origin_of((struct origin_facts){.tty = "/dev/"}).source, "local");
	assert_string_equal(origin_of((struct origin_facts){.tty = "/dev/dev/x"}).source, "tty:dev/x");
}

static void addresses_have_one_spelling(void **state)
{
	(void)state;

	assert_source("192.0.2.7", "192.0.2.7");
	assert_source("::ffff:192.0.2.7", "192.0.2.7");
	assert_source("::FFFF:c000:207", "192.0.2.7");
	assert_source("0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7");
	assert_source("::ffff:192.0.2.7%eth0", "192.0.2.7");
	assert_source("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
	assert_source("2001:db8::1%eth0", "2001:db8::1");
	assert_source("::1%lo", "::1");
	assert_source("FE80::1%eth0", "fe80::1%eth0");
	assert_source("fe80:0::1%enp0s31f6.1234", "fe80::1%enp0s31f6.1234");
	assert_source("fe80::1", "fe80::1");
}

static void what_only_looks_like_an_address_is_a_name(void **state)
{
	(void)state;

	assert_source("192.0.2.07x", "192.0.2.07x");
	assert_source("192.0.2", "192.0.2");
	assert_source("3221225991", "3221225991");
	assert_source("192.0.2.7%eth0", "192.0.2.7%eth0");
	assert_source("fe80::1%", "fe80::1%");
	assert_source("fe80::1%0123456789abcdef", "fe80::1%0123456789abcdef");
	assert_source("2001:db8::1%", "2001:db8::1%");
	assert_source("2001:db8::1%0123456789abcdef", "2001:db8::1%0123456789abcdef");
	assert_source("localhost", "localhost");
	assert_source("Client.Example.ORG", "Client.Example.ORG");
}

/* Every byte of a fact, in the middle of it: what comes out is printable and differs from all the others. */
static void C18_odd_names_become_harmless_and_stay_different(void **state)
{
	(void)state;
	char sources[256][ORIGIN_SOURCE_SIZE];

	for (int byte = 1; byte < 256; byte++) {
		char rhost[] = "ab?cd";
		rhost[2] = (char)byte;
		source_of(rhost, sources[byte]);
		for (const char *c = sources[byte]; *c != '\0'; c++)
			assert_in_range(*c, '!', '~');
		for (int other = 1; other < byte; other++)
			assert_string_not_equal(sources[byte], sources[other]);
		if (byte > ' ' && byte < '~')
			assert_string_equal(sources[byte], rhost);
		else
			assert_memory_equal(sources[byte], "ab?cd~", 6);
	}
}

/* A name that imitates the hashed form of another is hashed itself. */
static void C18_hashed_form_cannot_be_imitated(void **state)
{
	(void)state;
	char odd[ORIGIN_SOURCE_SIZE], imitation[ORIGIN_SOURCE_SIZE];

	source_of("a b", odd);
	source_of(odd, imitation);
	assert_string_not_equal(odd, imitation);
	assert_memory_equal(odd, "a?b~", 4);
	assert_memory_equal(imitation, "a?b?", 4);
	assert_int_equal(strlen(odd), 3 + 1 + 16);
}

static void C18_remote_host_is_never_taken_for_a_local_place(void **state)
{
	(void)state;
	static const char *const names[] = {"local", "tty:pts/3", "tty:", "tty:x y"};
	char source[ORIGIN_SOURCE_SIZE];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		source_of(names[i], source);
		assert_string_not_equal(source, names[i]);
		assert_non_null(strchr(source, '~'));
	}
	assert_source("local.example.org", "local.example.org");
	assert_source("loca", "loca");
	struct origin origin = origin_of((struct origin_facts){.ssh_connection = "local 1 x 2"});
	assert_false(origin.local);
	assert_string_not_equal(origin.source, "local");
}

static const char *name_of(char *buf, size_t len, char last)
{
	memset(buf, 'n', len);
	buf[len - 1] = last;
	buf[len] = '\0';
	return buf;
}

/* Fields of every length around their size: kept whole or cut and hashed, and never equal for different ends.
 */
static void C19_facts_of_any_length_fit_and_stay_different(void **state)
{
	(void)state;
	char a[1100], b[1100];

	for (size_t len = 1; len <= 1025; len++) {
		(void)name_of(a, len, 'a');
		(void)name_of(b, len, 'b');
		struct origin first = origin_of((struct origin_facts){.host = a, .service = a, .rhost = a});
		struct origin second = origin_of((struct origin_facts){.host = b, .service = b, .rhost = b});
		assert_string_not_equal(first.host, second.host);
		assert_string_not_equal(first.service, second.service);
		assert_string_not_equal(first.source, second.source);
		assert_int_equal(strcmp(first.host, a) == 0, len < ORIGIN_HOST_SIZE);
		assert_int_equal(strcmp(first.service, a) == 0, len < ORIGIN_SERVICE_SIZE);
		assert_int_equal(strcmp(first.source, a) == 0, len < ORIGIN_SOURCE_SIZE);
		assert_true(strlen(first.host) < ORIGIN_HOST_SIZE);
		assert_true(strlen(first.service) < ORIGIN_SERVICE_SIZE);
		assert_true(strlen(first.source) < ORIGIN_SOURCE_SIZE);

		first = origin_of((struct origin_facts){.tty = a});
		second = origin_of((struct origin_facts){.tty = b});
		assert_memory_equal(first.source, "tty:", 4);
		assert_string_not_equal(first.source, second.source);
		assert_true(strlen(first.source) < ORIGIN_SOURCE_SIZE);
	}
}

static void assert_network(const char *source, const char *expected)
{
	char network[ORIGIN_NETWORK_SIZE];

	memset(network, 'x', sizeof network);
	if (origin_network(source, network) != (*expected != '\0'))
		fail_msg("%s has %s network", source, *expected != '\0' ? "no" : "a");
	assert_string_equal(network, expected);
}

static void network_is_the_24_or_64_of_an_address(void **state)
{
	(void)state;

	assert_network("192.0.2.7", "192.0.2.0/24");
	assert_network("192.0.2.255", "192.0.2.0/24");
	assert_network("255.255.255.255", "255.255.255.0/24");
	assert_network("::ffff:192.0.2.7", "192.0.2.0/24");
	assert_network("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
	assert_network("2001:DB8:1:2::", "2001:db8:1:2::/64");
	assert_network("2001:db8::1", "2001:db8::/64");
	assert_network("2001:db8::1%eth0", "2001:db8::/64");
	assert_network("::1", "::/64");
	assert_network("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64");
}

/* The /64 of a link-local address is every link of the host: whoever sits on any of them would be known. */
static void link_local_address_has_no_network(void **state)
{
	(void)state;

	assert_network("fe80::1%eth0", "");
	assert_network("fe80::1", "");
	assert_network("febf:ffff::1", "");
	assert_network("fec0::1", "fec0::/64");
}

/* No name is looked up: localhost, which every system knows, has no network. */
static void name_is_never_resolved_and_has_no_network(void **state)
{
	(void)state;
	static const char *const sources[] = {"", "local", "localhost", "ip6-localhost", "tty:pts/3", "-",
		"example.org", "192.0.2", "192.0.2.7/24", "192.0.2.7 ", " 192.0.2.7", "192.0.2.256",
		"192.0.2.07", "0x7f.0.0.1", "2130706433", "127.1", "2001:db8::1::", "[2001:db8::1]",
		"2001:db8::1/64", "fe80::1%", ":", "192.0.2.7:22", "192.0.2.7%eth0",
		"192.0.2.7~0011223344556677"};

	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		assert_network(sources[i], "");
}

static void C19_network_of_a_source_of_any_length_is_bounded(void **state)
{
	(void)state;

	for (size_t len = 0; len <= 1025; len++) {
		char *source = malloc(len + 1);
		assert_non_null(source);
		memset(source, '1', len);
		source[len] = '\0';
		assert_network(source, "");
		memset(source, ':', len);
		assert_network(source, strcmp(source, "::") == 0 ? "::/64" : "");
		free(source);
	}
	assert_network("0000:0000:0000:0000:0000:ffff:255.255.255.255%123456789012345", "255.255.255.0/24");
}

static void the_hosts_error_queue_is_left_as_it_was(void **state)
{
	(void)state;

	error_queue_fill();
	(void)origin_of(ssh_facts);
	(void)origin_of((struct origin_facts){.rhost = "a b"});
	error_queue_assert_untouched();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_an_ssh_login_become_its_origin),
		cmocka_unit_test(nothing_known_is_still_an_origin),
		cmocka_unit_test(source_is_the_first_that_is_known),
		cmocka_unit_test(terminal_is_named_without_dev),
		cmocka_unit_test(addresses_have_one_spelling),
		cmocka_unit_test(what_only_looks_like_an_address_is_a_name),
		cmocka_unit_test(C18_odd_names_become_harmless_and_stay_different),
		cmocka_unit_test(C18_hashed_form_cannot_be_imitated),
		cmocka_unit_test(C18_remote_host_is_never_taken_for_a_local_place),
		cmocka_unit_test(C19_facts_of_any_length_fit_and_stay_different),
		cmocka_unit_test(network_is_the_24_or_64_of_an_address),
		cmocka_unit_test(link_local_address_has_no_network),
		cmocka_unit_test(name_is_never_resolved_and_has_no_network),
		cmocka_unit_test(C19_network_of_a_source_of_any_length_is_bounded),
		cmocka_unit_test(the_hosts_error_queue_is_left_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
