/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * C38: what is secret does not outlive its use in the host's memory. The host is a child that holds still
 * after the login; it never had the code itself: what is typed comes by a pipe, straight into the answer that
 * the module wipes.
 */

#include "core/key.h"
#include "tests/module/site.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ANSWER_SIZE 900 /* nothing else allocates so much: what is left in it once freed stays */
#define BLANKS 32       /* in front of an answer: free() writes over the first bytes */
#define SECRETS_MAX 12

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static bool have_site;

static int make(void **state)
{
	(void)state;
	/* A sanitizer's own memory is without end, and keeps what was freed. */
	have_site = !SANITIZED && site_make();
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	if (have_site)
		site_remove();
	return 0;
}

static int setup(void **state)
{
	(void)state;
	if (have_site) {
		/* Six digits may stand anywhere by chance. */
		site_configure("[code]\nalphabet=letters\nlength=10\n");
		site_reset();
	}
	return 0;
}

/* In the host: says that it asks, and takes the answer. */
static int converse(int n, const struct pam_message **messages, struct pam_response **responses, void *ctx)
{
	(void)ctx;
	*responses = calloc((size_t)n, sizeof **responses);
	for (int i = 0; i < n; i++) {
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		char *answer = calloc(1, ANSWER_SIZE);
		if (answer == NULL)
			return PAM_BUF_ERR;
		memset(answer, ' ', BLANKS);
		(*responses)[i].resp = answer;
		if (write(STDOUT_FILENO, "?", 1) != 1 ||
			read(STDIN_FILENO, answer + BLANKS, ANSWER_SIZE - BLANKS - 1) < 1)
			return PAM_CONV_ERR;
	}
	return PAM_SUCCESS;
}

/*
 * argv: "host", the module, its argument, the folder of services. It asks on descriptor 1 and is answered on
 * 0. The module is called past libpam, whose work after the module's would cover what the module left on the
 * stack.
 */
static int be_host(char **argv)
{
	struct pam_conv conv = {.conv = converse};
	pam_handle_t *pamh = NULL;
	const char *argument = argv[2];
	int (*authenticate)(pam_handle_t *, int, int, const char **);
	void *module = dlopen(argv[1], RTLD_NOW);

	if (module == NULL ||
		pam_start_confdir(SITE_SERVICE, SITE_USER, &conv, argv[3], &pamh) != PAM_SUCCESS ||
		pam_set_item(pamh, PAM_RHOST, "192.0.2.7") != PAM_SUCCESS)
		return 1;
	*(void **)&authenticate = dlsym(module, "pam_sm_authenticate");
	char code = (char)('0' + authenticate(pamh, 0, 1, &argument));
	if (write(STDOUT_FILENO, &code, 1) == 1)
		(void)pause();
	return 1;
}

/* A program of its own: a fork of this one would have its memory, which has seen the keys. */
static pid_t start_host(int *asked, int *answered)
{
	int ask[2], answer[2];
	char argument[512];

	(void)snprintf(argument, sizeof argument, "conf=%s", site_path("otpcode.conf"));
	assert_int_equal(pipe2(ask, O_CLOEXEC), 0);
	assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
	pid_t host = fork();
	if (host == 0) {
		if (dup2(answer[0], STDIN_FILENO) < 0 || dup2(ask[1], STDOUT_FILENO) < 0)
			_exit(1);
		(void)execl(
			"/proc/self/exe", "host", site_module(), argument, site_path("pam.d"), (char *)NULL);
		_exit(1);
	}
	(void)close(answer[0]);
	(void)close(ask[1]);
	*asked = ask[0];
	*answered = answer[1];
	return host;
}

struct secret {
	const char *what;
	char bytes[64];
	size_t len;
};

/* Every writable page of the host. What was found, or NULL. */
static const char *look_through(pid_t host, const struct secret *secrets, unsigned secrets_n)
{
	char path[64], line[512];
	const char *found = NULL;
	unsigned regions = 0;

	(void)snprintf(path, sizeof path, "/proc/%d/maps", (int)host);
	FILE *maps = fopen(path, "re");
	assert_non_null(maps);
	(void)snprintf(path, sizeof path, "/proc/%d/mem", (int)host);
	int mem = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(mem >= 0);
	while (fgets(line, sizeof line, maps) != NULL) {
		char *at; /* FROM-TO rw-p ... */
		unsigned long from = strtoul(line, &at, 16), to = strtoul(at + 1, &at, 16);
		if (at[2] != 'w')
			continue;
		char *bytes = malloc(to - from);
		assert_non_null(bytes);
		ssize_t len = pread(mem, bytes, to - from, (off_t)from);
		for (unsigned i = 0; len > 0 && i < secrets_n; i++)
			if (memmem(bytes, (size_t)len, secrets[i].bytes, secrets[i].len) != NULL)
				found = secrets[i].what;
		regions += len > 0;
		free(bytes);
	}
	assert_true(regions > 10);
	(void)close(mem);
	(void)fclose(maps);
	return found;
}

static void add_secret(struct secret *secrets, unsigned *n, const char *what, const void *bytes, size_t len)
{
	assert_true(*n < SECRETS_MAX && len <= sizeof secrets->bytes);
	secrets[*n].what = what;
	memcpy(secrets[*n].bytes, bytes, len);
	secrets[(*n)++].len = len;
}

static void add_codes(struct secret *secrets, unsigned *n)
{
	for (unsigned i = 0; i < site_mails(); i++)
		add_secret(secrets, n, "a code that was sent", site_code(i), strlen(site_code(i)));
}

static void add_keys(struct secret *secrets, unsigned *n)
{
	unsigned char host_key[KEY_HOST_LEN];
	struct keys keys;
	int fd = open(site_path("key"), O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(fd, host_key, sizeof host_key), sizeof host_key);
	(void)close(fd);
	assert_int_equal(keys_derive(host_key, &keys, NULL), OTP_OK);
	add_secret(secrets, n, "the host key", host_key, sizeof host_key);
	add_secret(secrets, n, "the key of seals", keys.code, sizeof keys.code);
	add_secret(secrets, n, "the key of origins", keys.origin, sizeof keys.origin);
}

/* At a prompt, where a host may sit for minutes, only the keys are still needed. NULL is the code. */
static const char *look_and_answer(pid_t host, int answered, const char *own)
{
	struct secret secrets[SECRETS_MAX];
	unsigned secrets_n = 0;
	const char *typed = own != NULL ? own : site_code(site_mails() - 1);

	add_codes(secrets, &secrets_n);
	const char *found = look_through(host, secrets, secrets_n);
	assert_int_equal(write(answered, typed, strlen(typed)), strlen(typed));
	return found;
}

/* One login; each answer is typed in turn, NULL is the code. */
static void login_and_look(const char *const *answers, unsigned answers_n, char wanted)
{
	struct secret secrets[SECRETS_MAX];
	unsigned secrets_n = 0, typed_n = 0;
	const char *at_prompt = NULL;
	int asked, answered;
	char said = '?';

	if (!have_site) {
		print_message(SANITIZED ? "a sanitizer keeps what was freed\n" : "needs root\n");
		skip();
	}
	pid_t host = start_host(&asked, &answered);
	while (read(asked, &said, 1) == 1 && said == '?') {
		const char *own = typed_n < answers_n ? answers[typed_n] : NULL;
		assert_true(typed_n++ < answers_n);
		const char *found = look_and_answer(host, answered, own);
		at_prompt = found != NULL ? found : at_prompt;
		if (own != NULL)
			add_secret(secrets, &secrets_n, "a typed answer", own, strlen(own));
	}
	add_secret(secrets, &secrets_n, "a typed answer, cleaned", "ZXWVTSRQPN", strlen("ZXWVTSRQPN"));
	add_codes(secrets, &secrets_n);
	add_keys(secrets, &secrets_n);
	const char *found = look_through(host, secrets, secrets_n);
	assert_int_equal(kill(host, SIGKILL), 0);
	assert_int_equal(waitpid(host, NULL, 0), host);
	(void)close(asked);
	(void)close(answered);
	if (at_prompt != NULL)
		fail_msg("in the host's memory at a prompt: %s", at_prompt);
	assert_int_equal(said, wanted);
	if (found != NULL)
		fail_msg("in the host's memory at the end: %s", found);
}

static void C38_a_right_code_leaves_nothing_in_memory(void **state)
{
	(void)state;
	login_and_look((const char *const[]){NULL}, 1, '0' + PAM_SUCCESS);
}

static void C38_a_wrong_answer_and_its_codes_leave_nothing_in_memory(void **state)
{
	(void)state;
	login_and_look((const char *const[]){"hunter2 hunter2", "zxwvt-srqpn", NULL}, 3, '0' + PAM_SUCCESS);
}

static void C38_a_refused_mail_leaves_no_code_in_memory(void **state)
{
	(void)state;
	if (have_site)
		site_hook_says("refused relay 550 no");
	login_and_look((const char *const[]){NULL}, 0, '0' + PAM_AUTHINFO_UNAVAIL);
}

static void C38_a_mail_that_may_still_come_leaves_no_code_in_memory(void **state)
{
	(void)state;
	if (have_site)
		site_hook_says("unknown relay connection lost");
	login_and_look((const char *const[]){NULL}, 1, '0' + PAM_SUCCESS);
}

static void C38_a_mail_that_nobody_waits_for_leaves_no_code_in_memory(void **state)
{
	(void)state;
	if (!have_site)
		skip();
	site_configure("[code]\nalphabet=letters\nlength=10\n[prompt]\nreveal=none\n");
	/* The hook has the code, and does not come to its verdict. */
	assert_int_equal(unlink(site_path("mailbox/say")), 0);
	assert_int_equal(mkfifo(site_path("mailbox/say"), 0644), 0);
	login_and_look((const char *const[]){"zxwvt-srqpn", NULL}, 2, '0' + PAM_SUCCESS);
	int let_go = open(site_path("mailbox/say"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(let_go >= 0);
	assert_int_equal(close(let_go), 0);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(C38_a_right_code_leaves_nothing_in_memory),
		T(C38_a_wrong_answer_and_its_codes_leave_nothing_in_memory),
		T(C38_a_refused_mail_leaves_no_code_in_memory),
		T(C38_a_mail_that_may_still_come_leaves_no_code_in_memory),
		T(C38_a_mail_that_nobody_waits_for_leaves_no_code_in_memory),
	};

	if (argc == 4 && strcmp(argv[0], "host") == 0)
		return be_host(argv);
	return cmocka_run_group_tests(tests, make, unmake);
}
