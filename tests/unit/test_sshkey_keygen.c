/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sshkey.h"
#include "tests/unit/key_blob.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

/* Against keys and certificates made by the real ssh-keygen, in a folder of their own. */
static char folder[] = "/tmp/otpcode-sshkey-XXXXXX";

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *ftw)
{
	(void)facts;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Runs ssh-keygen in the folder; true if it ended well. Its first line of output goes to out. */
static bool keygen(char *out, size_t size, const char *const args[])
{
	char *argv[20] = {"ssh-keygen"};
	posix_spawn_file_actions_t actions;
	int ends[2], status = -1;
	pid_t pid = -1;
	size_t len = 0;

	for (size_t i = 0; args[i] != NULL; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addchdir_np(&actions, folder), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0), 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0)
		fail_msg("ssh-keygen (package openssh-client) is needed");
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(ends[1]);
	for (;;) {
		ssize_t n = read(ends[0], out + len, size - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	(void)close(ends[0]);
	out[len] = '\0';
	out[strcspn(out, "\n")] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int make_folder(void **state)
{
	(void)state;
	char unused[256];

	if (mkdtemp(folder) == NULL)
		return -1;
	static const char *const args[] = {"-q", "-t", "ed25519", "-N", "", "-f", "ca", NULL};
	return keygen(unused, sizeof unused, args) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;

	return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The fingerprint that ssh-keygen -l prints: its second word. */
static void keygen_fingerprint(const char *file, char *out, size_t size)
{
	char line[512];

	assert_true(keygen(line, sizeof line, (const char *[]){"-l", "-E", "sha256", "-f", file, NULL}));
	const char *begin = strchr(line, ' ');
	assert_non_null(begin);
	(void)snprintf(out, size, "%.*s", (int)strcspn(begin + 1, " "), begin + 1);
}

static FILE *open_file(const char *file, const char *mode)
{
	char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", folder, file);
	FILE *f = fopen(path, mode);
	assert_non_null(f);
	return f;
}

/* "TYPE BLOB" of a public key file. */
static void read_public(const char *file, char *out, size_t size)
{
	FILE *f = open_file(file, "re");

	assert_non_null(fgets(out, (int)size, f));
	assert_int_equal(fclose(f), 0);
	char *blob = strchr(out, ' ');
	assert_non_null(blob);
	blob[1 + strcspn(blob + 1, " \n")] = '\0';
}

static void assert_file_as_keygen(const char *file, const char *certified)
{
	char public[8192], line[8300], print[64];

	read_public(file, public, sizeof public);
	keygen_fingerprint(file, print, sizeof print);
	(void)snprintf(line, sizeof line, "publickey %s\n", public);
	key_blob_assert_print(line, print);
	if (certified != NULL) {
		char certified_print[64];
		keygen_fingerprint(certified, certified_print, sizeof certified_print);
		key_blob_assert_print(line, certified_print);
		assert_non_null(strstr(public, "-cert-v01@openssh.com "));
	}
}

/* Signs NAME.pub with options and principals, as an authority would; both files must read as ssh-keygen has
 * it. */
static void assert_key_and_certificate(const char *name)
{
	char public[64], certificate[64], unused[256];

	(void)snprintf(public, sizeof public, "%s.pub", name);
	(void)snprintf(certificate, sizeof certificate, "%s-cert.pub", name);
	assert_file_as_keygen(public, NULL);
	assert_true(keygen(unused, sizeof unused,
		(const char *[]){"-q", "-s", "ca", "-I", "an identity", "-n", "alice,deploy", "-z", "7", "-O",
			"source-address=192.0.2.0/24", "-V", "+1h", public, NULL}));
	assert_file_as_keygen(certificate, public);
}

/* False where this ssh-keygen makes no such keys any more. */
static bool make_key(const char *name, const char *type, const char *bits)
{
	char unused[256];

	return keygen(unused, sizeof unused,
		(const char *[]){
			"-q", "-t", type, "-b", bits, "-N", "", "-C", "a comment", "-f", name, NULL});
}

static void ed25519_reads_as_ssh_keygen_reads_it(void **state)
{
	(void)state;

	assert_true(make_key("ed25519", "ed25519", "256"));
	assert_key_and_certificate("ed25519");
}

static void rsa_reads_as_ssh_keygen_reads_it(void **state)
{
	(void)state;

	assert_true(make_key("rsa2048", "rsa", "2048"));
	assert_key_and_certificate("rsa2048");
	assert_true(make_key("rsa3071", "rsa", "3071")); /* a modulus without a leading zero byte */
	assert_key_and_certificate("rsa3071");
}

static void ecdsa_reads_as_ssh_keygen_reads_it(void **state)
{
	(void)state;

	assert_true(make_key("ecdsa256", "ecdsa", "256"));
	assert_key_and_certificate("ecdsa256");
	assert_true(make_key("ecdsa384", "ecdsa", "384"));
	assert_key_and_certificate("ecdsa384");
	assert_true(make_key("ecdsa521", "ecdsa", "521"));
	assert_key_and_certificate("ecdsa521");
}

static void dsa_reads_as_ssh_keygen_reads_it(void **state)
{
	(void)state;

	if (!make_key("dsa", "dsa", "1024"))
		skip(); /* OpenSSH 10 has none any more */
	assert_key_and_certificate("dsa");
}

static void write_public(const char *file, const struct key_blob *blob, const char *type)
{
	char line[KEY_BLOB_LINE_SIZE];
	FILE *f = open_file(file, "we");

	key_blob_line(blob, blob->len, type, line);
	assert_true(fprintf(f, "%s made by hand\n", line + strlen("publickey ")) > 0);
	assert_int_equal(fclose(f), 0);
}

/* A security key cannot be had without hardware, but its public half can be written down, and an authority
 * can sign it. */
static void security_keys_read_as_ssh_keygen_reads_them(void **state)
{
	(void)state;
	struct key_blob ed = {.len = 0}, ecdsa = {.len = 0};
	char public[1024], line[KEY_BLOB_LINE_SIZE];
	unsigned char source[1024];

	read_public("ca.pub", public, sizeof public);
	assert_int_equal(EVP_DecodeBlock(source, (unsigned char *)strchr(public, ' ') + 1, 68), 51);
	key_blob_add_text(&ed, "sk-ssh-ed25519@openssh.com");
	key_blob_add_string(&ed, source + 19, 32);
	key_blob_add_text(&ed, "ssh:");
	write_public("sk-ed25519.pub", &ed, "sk-ssh-ed25519@openssh.com");
	assert_key_and_certificate("sk-ed25519");

	assert_true(make_key("for-sk", "ecdsa", "256"));
	read_public("for-sk.pub", public, sizeof public);
	assert_int_equal(EVP_DecodeBlock(source, (unsigned char *)strchr(public, ' ') + 1, 140), 105);
	key_blob_add_text(&ecdsa, "sk-ecdsa-sha2-nistp256@openssh.com");
	key_blob_add(&ecdsa, source + 4 + 19, 4 + 8 + 4 + 65);
	key_blob_add_text(&ecdsa, "ssh:");
	write_public("sk-ecdsa.pub", &ecdsa, "sk-ecdsa-sha2-nistp256@openssh.com");
	assert_key_and_certificate("sk-ecdsa");

	key_blob_line(&ed, ed.len, "sk-ssh-ed25519@openssh.com", line);
	char print[64], with_counter[KEY_BLOB_LINE_SIZE + 32];
	key_blob_print(&ed, print);
	(void)snprintf(with_counter, sizeof with_counter, "%s signature count = 41", line);
	key_blob_assert_print(with_counter, print);
	(void)snprintf(with_counter, sizeof with_counter, "%s signature count = 42", line);
	key_blob_assert_print(with_counter, print);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ed25519_reads_as_ssh_keygen_reads_it),
		cmocka_unit_test(rsa_reads_as_ssh_keygen_reads_it),
		cmocka_unit_test(ecdsa_reads_as_ssh_keygen_reads_it),
		cmocka_unit_test(dsa_reads_as_ssh_keygen_reads_it),
		cmocka_unit_test(security_keys_read_as_ssh_keygen_reads_them),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
