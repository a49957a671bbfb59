/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sshkey.h"
#include "tests/unit/error_queue.h"
#include "tests/unit/key_blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY_A_TYPE "ssh-ed25519"
#define KEY_A_BLOB "AAAAC3NzaC1lZDI1NTE5AAAAIH+HQmG8z708w0AN5WwgzJ/Kv0JDmDRDpCv6K3V+W+B4"
#define KEY_A_PRINT "SHA256:XIiP1oM8K+yPpEvWJnDooRE9R6qS/AoziqkwE7C4jac"
#define KEY_A_LINE "publickey " KEY_A_TYPE " " KEY_A_BLOB
#define KEY_B_LINE                                                                                           \
	"publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMFrqgLoI+GrZbrTu9C91ugqN4YUNy2lB/G4DjwvfO6F"
#define KEY_B_PRINT "SHA256:Ckeg5TKPvokvNoJo/mH+n6apLqRB9H7HB0dJw/ePY9M"

static void key_of_a_type_yet_unknown_is_taken_whole(void **state)
{
	(void)state;
	struct key_blob blob = {.len = 0};
	char line[KEY_BLOB_LINE_SIZE], print[64];

	key_blob_add_text(&blob, "ssh-future@example.org");
	key_blob_add_text(&blob, "whatever it holds");
	key_blob_print(&blob, print);
	key_blob_line(&blob, blob.len, "ssh-future@example.org", line);
	key_blob_assert_print(line, print);

	struct key_blob empty = {.len = 0};
	key_blob_add_text(&empty, "ssh-future@example.org");
	key_blob_line(&empty, empty.len, "ssh-future@example.org", line);
	key_blob_assert_print(line, "");
}

/* RFC 4251 6. */
static void name_of_a_type_has_1_to_64_characters(void **state)
{
	(void)state;

	for (size_t len = 0; len <= 80; len++) {
		struct key_blob blob = {.len = 0};
		char line[KEY_BLOB_LINE_SIZE], print[64], type[81] = "";
		memset(type, 't', len);
		key_blob_add_text(&blob, type);
		key_blob_add_text(&blob, "whatever it holds");
		key_blob_print(&blob, print);
		key_blob_line(&blob, blob.len, type, line);
		key_blob_assert_print(line, len >= 1 && len <= 64 ? print : "");
	}
}

/* Its nonce and serial make every renewal another key. */
static void certificate_of_a_type_yet_unknown_is_not_taken(void **state)
{
	(void)state;
	static const char *const types[] = {
		"ssh-future-cert-v01@openssh.com", "ssh-ed25519-cert-v02@openssh.com"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct key_blob blob = {.len = 0};
		char line[KEY_BLOB_LINE_SIZE];
		key_blob_add_text(&blob, types[i]);
		key_blob_add_text(&blob, "nonce");
		key_blob_add_text(&blob, "key");
		key_blob_line(&blob, blob.len, types[i], line);
		key_blob_assert_print(line, "");
	}
}

static void blob_of_another_type_than_its_line_is_not_taken(void **state)
{
	(void)state;

	key_blob_assert_print("publickey ssh-rsa " KEY_A_BLOB, "");
	key_blob_assert_print("publickey ssh-ed2551 " KEY_A_BLOB, "");
	key_blob_assert_print("publickey ssh-ed25519-cert-v01@openssh.com " KEY_A_BLOB, "");
	key_blob_assert_print("publickey ssh-ed25519x " KEY_A_BLOB, "");
	key_blob_assert_print("publickey SSH-ED25519 " KEY_A_BLOB, "");
}

/* Whatever its end, a blob cut short or with a byte too many is refused, and nothing is read behind it. */
static void C19_blob_of_any_other_length_is_refused(void **state)
{
	(void)state;
	static const char type[] = "ssh-ed25519-cert-v01@openssh.com";
	struct key_blob blob = {.len = 0}, key = {.len = 0};
	char line[KEY_BLOB_LINE_SIZE], print[64];

	key_blob_add_text(&blob, type);
	key_blob_add_text(&blob, "nonce");
	key_blob_add_text(&blob, "the key");
	key_blob_add(&blob, "serial..type", 12);
	key_blob_add_text(&blob, "key id");
	key_blob_add_text(&blob, "principals");
	key_blob_add(&blob, "after...before..", 16);
	for (int i = 0; i < 5; i++)
		key_blob_add_text(&blob, "more");
	key_blob_add_text(&key, "ssh-ed25519");
	key_blob_add_text(&key, "the key");
	key_blob_print(&key, print);

	key_blob_line(&blob, blob.len, type, line);
	key_blob_assert_print(line, print);
	for (size_t len = 0; len < blob.len; len++) {
		key_blob_line(&blob, len, type, line);
		key_blob_assert_print(line, "");
	}
	key_blob_add(&blob, "", 1);
	key_blob_line(&blob, blob.len, type, line);
	key_blob_assert_print(line, "");

	for (size_t len = 0; len < key.len; len++) {
		key_blob_line(&key, len, "ssh-ed25519", line);
		key_blob_assert_print(line, "");
	}
	key_blob_add(&key, "", 1);
	key_blob_line(&key, key.len, "ssh-ed25519", line);
	key_blob_assert_print(line, "");
}

static void C19_lengths_inside_a_blob_cannot_reach_outside(void **state)
{
	(void)state;
	static const unsigned char lengths[][4] = {{0xff, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0xfb},
		{0x7f, 0xff, 0xff, 0xff}, {0, 0, 1, 0}, {0, 0, 0, 33}};

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct key_blob blob = {.len = 0};
		char line[KEY_BLOB_LINE_SIZE];
		key_blob_add_text(&blob, "ssh-ed25519");
		key_blob_add(&blob, lengths[i], 4);
		key_blob_add(&blob, "0123456789abcdef0123456789abcdef", 32);
		key_blob_line(&blob, blob.len, "ssh-ed25519", line);
		key_blob_assert_print(line, "");
		memcpy(blob.bytes, lengths[i], 4);
		key_blob_line(&blob, blob.len, "ssh-ed25519", line);
		key_blob_assert_print(line, "");
	}
}

static void first_publickey_line_counts(void **state)
{
	(void)state;

	key_blob_assert_print(KEY_A_LINE, KEY_A_PRINT);
	key_blob_assert_print(KEY_A_LINE "\n", KEY_A_PRINT);
	key_blob_assert_print(KEY_A_LINE "\n" KEY_B_LINE "\n", KEY_A_PRINT);
	key_blob_assert_print(KEY_B_LINE "\n" KEY_A_LINE "\n", KEY_B_PRINT);
	key_blob_assert_print("password\n" KEY_A_LINE "\n", KEY_A_PRINT);
	key_blob_assert_print("keyboard-interactive/pam\n\n" KEY_A_LINE, KEY_A_PRINT);
}

static void only_two_words_after_the_method_count(void **state)
{
	(void)state;

	key_blob_assert_print(KEY_A_LINE " ", KEY_A_PRINT);
	key_blob_assert_print(KEY_A_LINE " signature count = 7\n", KEY_A_PRINT);
	key_blob_assert_print(KEY_A_LINE " publickey ssh-rsa AAAA", KEY_A_PRINT);
}

static void other_methods_prove_no_key(void **state)
{
	(void)state;
	static const char key[] = KEY_A_TYPE " " KEY_A_BLOB "\n";
	static const char *const methods[] = {"hostbased ", "publickeyx ", "publicke ", "Publickey ",
		" publickey ", "publickey/x ", "publickey  ", "publickey\t", "x publickey ",
		"keyboard-interactive/pam publickey ", ""};

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		char line[512];
		(void)snprintf(line, sizeof line, "%s%s", methods[i], key);
		key_blob_assert_print(line, "");
		(void)snprintf(line, sizeof line, "%s%s%s\n", methods[i], key, KEY_B_LINE);
		key_blob_assert_print(line, KEY_B_PRINT);
	}
}

static void lines_without_a_key_are_passed_over(void **state)
{
	(void)state;

	key_blob_assert_print("", "");
	key_blob_assert_print("\n", "");
	key_blob_assert_print("\n\n\n", "");
	key_blob_assert_print("publickey", "");
	key_blob_assert_print("publickey ", "");
	key_blob_assert_print("publickey ssh-ed25519", "");
	key_blob_assert_print("publickey ssh-ed25519 ", "");
	key_blob_assert_print("publickey ssh-ed25519\n" KEY_A_BLOB, "");
	key_blob_assert_print("publickey\n" KEY_A_TYPE " " KEY_A_BLOB, "");
	key_blob_assert_print("publickey ssh-ed25519 AAAA\n" KEY_A_LINE, KEY_A_PRINT);
}

static void damaged_base64_is_refused(void **state)
{
	(void)state;
	static const char good[] = KEY_A_LINE;
	char line[sizeof good];

	for (size_t at = sizeof good - 69; at < sizeof good - 1; at++) {
		static const char bad[] = "=-_.\t\r*\x80\xff";
		for (size_t i = 0; i < sizeof bad - 1; i++) {
			memcpy(line, good, sizeof good);
			line[at] = bad[i];
			key_blob_assert_print(line, "");
		}
		memcpy(line, good, sizeof good);
		line[at] = '\0'; /* cut short */
		key_blob_assert_print(line, "");
	}
	key_blob_assert_print(KEY_A_LINE "=", "");
	key_blob_assert_print(KEY_A_LINE "====", "");
	key_blob_assert_print(KEY_A_LINE "AAAA", "");
	key_blob_assert_print(KEY_A_LINE "A===", "");
	key_blob_assert_print(KEY_A_LINE "AA==", "");
}

/* RFC 4648 3.5: a key has one spelling. */
static void bits_behind_the_last_byte_must_be_zero(void **state)
{
	(void)state;
	struct key_blob blob = {.len = 0};
	char line[KEY_BLOB_LINE_SIZE], print[64];

	key_blob_add_text(&blob, "t");
	key_blob_add_text(&blob, "key"); /* 12 bytes: no padding */
	key_blob_add(&blob, "x", 1);     /* 13: two signs of padding */
	key_blob_print(&blob, print);
	key_blob_line(&blob, blob.len, "t", line);
	assert_string_equal(line + strlen(line) - 4, "eA==");
	key_blob_assert_print(line, print);
	line[strlen(line) - 3] = 'B';
	key_blob_assert_print(line, "");

	key_blob_add(&blob, "x", 1);
	key_blob_print(&blob, print);
	key_blob_line(&blob, blob.len, "t", line);
	assert_string_equal(line + strlen(line) - 4, "eHg=");
	key_blob_assert_print(line, print);
	line[strlen(line) - 2] = 'h';
	key_blob_assert_print(line, "");
}

static void C19_line_of_any_length_is_bounded(void **state)
{
	(void)state;
	enum { SIZE = 600000 };
	char *line = malloc(SIZE + 1);

	assert_non_null(line);
	memset(line, 'A', SIZE);
	line[SIZE] = '\0';
	memcpy(line, "publickey ssh-ed25519 ", strlen("publickey ssh-ed25519 "));
	key_blob_assert_print(line, "");
	memcpy(line, "publickey AAAAAAAAAAA ", strlen("publickey AAAAAAAAAAA "));
	key_blob_assert_print(line, "");
	memset(line, 'A', SIZE);
	memcpy(line, "publickey ", strlen("publickey "));
	memcpy(line + SIZE - 10, " AAAA\nabcd", 10);
	key_blob_assert_print(line, "");
	memset(line, '\n', SIZE);
	key_blob_assert_print(line, "");
	free(line);
}

static void the_hosts_error_queue_is_left_as_it_was(void **state)
{
	(void)state;

	error_queue_fill();
	key_blob_assert_print(KEY_A_LINE, KEY_A_PRINT);
	key_blob_assert_print("publickey ssh-ed25519 ====", "");
	error_queue_assert_untouched();
	error_queue_empty();
	key_blob_assert_print(KEY_A_LINE, KEY_A_PRINT);
	error_queue_assert_empty();
}

static void C01_failing_libcrypto_gives_no_key(void **state)
{
	(void)state;

	error_queue_break_libcrypto();
	error_queue_fill();
	key_blob_assert_print(KEY_A_LINE, "");
	error_queue_assert_untouched();
	error_queue_mend_libcrypto();
	key_blob_assert_print(KEY_A_LINE, KEY_A_PRINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_of_a_type_yet_unknown_is_taken_whole),
		cmocka_unit_test(name_of_a_type_has_1_to_64_characters),
		cmocka_unit_test(certificate_of_a_type_yet_unknown_is_not_taken),
		cmocka_unit_test(blob_of_another_type_than_its_line_is_not_taken),
		cmocka_unit_test(C19_blob_of_any_other_length_is_refused),
		cmocka_unit_test(C19_lengths_inside_a_blob_cannot_reach_outside),
		cmocka_unit_test(first_publickey_line_counts),
		cmocka_unit_test(only_two_words_after_the_method_count),
		cmocka_unit_test(other_methods_prove_no_key),
		cmocka_unit_test(lines_without_a_key_are_passed_over),
		cmocka_unit_test(damaged_base64_is_refused),
		cmocka_unit_test(bits_behind_the_last_byte_must_be_zero),
		cmocka_unit_test(C19_line_of_any_length_is_bounded),
		cmocka_unit_test(the_hosts_error_queue_is_left_as_it_was),
		cmocka_unit_test(C01_failing_libcrypto_gives_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
