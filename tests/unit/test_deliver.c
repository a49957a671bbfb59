/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes of running a hook: verdicts, silence, nonsense, and hooks that may not or cannot be run. */
#include "deliver/deliver.h"
#include "tests/unit/hook_stage.h"
#include "tests/unit/host_state.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Users that a test needs and no system has. Stands in front of libc's. */
int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result)
{
	static int interruptions = 3;
	int (*real)(const char *, struct passwd *, char *, size_t, struct passwd **);

	*result = NULL;
	if (strcmp(name, "unanswered") == 0)
		return EIO;
	if (strcmp(name, "vanished") == 0)
		return ENOENT;
	if (strcmp(name, "interrupted") == 0) {
		if (interruptions-- > 0)
			return EINTR;
		name = HOOK_STAGE_USER;
	}
	if (strcmp(name, "lengthy") == 0) {
		if (size < 100000)
			return ERANGE;
		name = HOOK_STAGE_USER;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getpwnam_r");
	bool in_group_of_root = strcmp(name, "wheel") == 0, other_name_of_root = strcmp(name, "toor") == 0;
	if (in_group_of_root || other_name_of_root)
		name = HOOK_STAGE_USER;
	int err = real(name, entry, buffer, size, result);
	if (in_group_of_root && *result != NULL)
		entry->pw_gid = 0;
	if (other_name_of_root && *result != NULL)
		entry->pw_uid = 0;
	return err;
}

static bool pipes_are_inherited;

/* A thread of the host may execute something at any moment, also between pipe2 and a later fcntl. */
int pipe2(int ends[2], int flags)
{
	if ((flags & O_CLOEXEC) == 0)
		pipes_are_inherited = true;
	return (int)syscall(SYS_pipe2, ends, flags);
}

struct outcome {
	enum otp_err err;
	enum deliver_end end;
	struct request_verdict verdict;
	struct otp_why why;
};

static struct outcome run_hook_with(const struct hook_stage *stage, const struct request *request)
{
	struct outcome outcome = {.end = DELIVER_SLOW};

	outcome.err = deliver_send(&stage->options, request, &outcome.end, &outcome.verdict, &outcome.why);
	return outcome;
}

static struct outcome run_hook_for(const struct hook_stage *stage, int wait_ms)
{
	struct request request = hook_stage_request();

	request.wait_ms = wait_ms;
	return run_hook_with(stage, &request);
}

static struct outcome run_hook(const struct hook_stage *stage)
{
	return run_hook_for(stage, 20000);
}

static void assert_verdict(
	const struct outcome *outcome, enum request_outcome wanted, const char *provider, const char *reason)
{
	if (outcome->err != OTP_OK)
		fail_msg("%s", outcome->why.text);
	assert_int_equal(outcome->end, DELIVER_VERDICT);
	assert_int_equal(outcome->verdict.outcome, wanted);
	assert_string_equal(outcome->verdict.provider, provider);
	assert_string_equal(outcome->verdict.reason, reason);
}

/* An error says what and why, leaves no verdict, and no address or code in the text. */
static void assert_error(const struct outcome *outcome, enum otp_err wanted, const char *text)
{
	assert_int_equal(outcome->err, wanted);
	if (strstr(outcome->why.text, text) == NULL)
		fail_msg("'%s' does not say '%s'", outcome->why.text, text);
	assert_null(strstr(outcome->why.text, "jane@"));
	assert_null(strstr(outcome->why.text, "482915"));
	assert_int_not_equal(outcome->end, DELIVER_VERDICT);
	assert_int_not_equal(outcome->verdict.outcome, VERDICT_SENT);
	assert_string_equal(outcome->verdict.reason, "");
}

static struct outcome say(const struct hook_stage *stage, const char *line)
{
	hook_stage_config(stage, line, strlen(line));
	return run_hook(stage);
}

static void verdict_of_a_hook_arrives(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");
	struct outcome outcome = run_hook(stage);

	assert_verdict(&outcome, VERDICT_SENT, "fake", "");
	assert_int_equal(outcome.verdict.ms, 1);
	assert_false(pipes_are_inherited);
}

static void note(void *self, const char *line)
{
	char *noted = self;

	assert_true(strlen(noted) + strlen(line) + 2 < 1024);
	size_t len = strlen(noted);
	(void)snprintf(noted + len, 1024 - len, "%s\n", line);
}

static void conversation_is_told_before_the_verdict_where_somebody_listens(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/say.sh");
	char noted[1024] = "";

	stage->options.trace = note;
	stage->options.trace_self = noted;
	struct outcome outcome = say(stage, "trace > EHLO web1\ntrace < 250 ok\nsent relay 7\ntrace late\n");
	assert_verdict(&outcome, VERDICT_SENT, "relay", "");
	assert_string_equal(noted, "> EHLO web1\n< 250 ok\n");
	outcome = say(stage, "trace only\n");
	assert_error(&outcome, OTP_ERR_DELIVERY, "without a verdict");
	outcome = say(stage, "traces > no\n");
	assert_error(&outcome, OTP_ERR_DELIVERY, "not a verdict");
}

static void check_is_answered_by_facts_and_ready_and_never_by_sent(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/say.sh");
	struct request request = hook_stage_request();
	char noted[1024] = "";
	struct outcome outcome = say(stage, "ready relay 7\n");

	assert_error(&outcome, OTP_ERR_DELIVERY, "answers another kind of request");
	request.kind = REQUEST_CHECK;
	request.contact.address[0] = request.code.text[0] = request.ref[0] = '\0';
	request.works_until = 0;
	stage->options.fact = note;
	stage->options.fact_self = noted;
	hook_stage_config(stage, "fact sms-parts 2\nready relay 7\n", 31);
	outcome = run_hook_with(stage, &request);
	assert_verdict(&outcome, VERDICT_READY, "relay", "");
	assert_string_equal(noted, "sms-parts 2\n");
	hook_stage_config(stage, "sent relay 7\n", 13);
	outcome = run_hook_with(stage, &request);
	assert_error(&outcome, OTP_ERR_DELIVERY, "says that it sent a message");
}

static void conversation_that_nobody_asked_for_is_no_verdict(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/say.sh");
	struct outcome outcome = say(stage, "trace > EHLO web1\nsent relay 7\n");

	assert_error(&outcome, OTP_ERR_DELIVERY, "not a verdict");
}

static void every_kind_of_verdict_arrives(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/say.sh");
	struct outcome outcome = say(stage, "refused relay 550 no such user\n");

	assert_verdict(&outcome, VERDICT_REFUSED, "relay", "550 no such user");
	outcome = say(stage, "later relay 421 busy\n");
	assert_verdict(&outcome, VERDICT_LATER, "relay", "421 busy");
	outcome = say(stage, "unknown relay connection lost\n");
	assert_verdict(&outcome, VERDICT_UNKNOWN, "relay", "connection lost");
	outcome = say(stage, "config otpcode.conf:3: no provider\n");
	assert_verdict(&outcome, VERDICT_CONFIG, "-", "otpcode.conf:3: no provider");
	outcome = say(stage, "sent relay 412\nand more, which is not looked at");
	assert_verdict(&outcome, VERDICT_SENT, "relay", "");
}

static void code_and_address_in_a_reason_are_blanked_here_too(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/say.sh");
	struct outcome outcome = say(stage, "refused relay 550 <Jane@Example.org> 482915 4829 15\n");

	assert_verdict(&outcome, VERDICT_REFUSED, "relay", "550 <****************> ****** *******");
}

static void end_without_a_whole_verdict_is_an_error(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/say.sh");
	struct outcome outcome = say(stage, "");

	assert_error(&outcome, OTP_ERR_DELIVERY, "/hook ended without a verdict");
	outcome = say(stage, "sent relay 412");
	assert_error(&outcome, OTP_ERR_DELIVERY, "/hook ended in the middle of its verdict");
}

static void nonsense_is_an_error(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/say.sh");
	static const char *const lines[] = {
		"\n", "hello\n", "sent\n", "sent relay soon\n", "sent relay 1\r\n", "refused relay a\tb\n"};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct outcome outcome = say(stage, lines[i]);
		assert_error(&outcome, OTP_ERR_DELIVERY, "/hook: not a verdict: ");
	}
	hook_stage_config(stage, "\0\1\2\3\4\5\6", 7);
	struct outcome outcome = run_hook(stage);
	assert_error(&outcome, OTP_ERR_DELIVERY, "in the middle");
	hook_stage_config(stage, "\0\x7f\2\3\4\5", 6);
	outcome = run_hook(stage);
	assert_error(&outcome, OTP_ERR_DELIVERY, "in the middle");
}

static void C27_replies_of_any_size_end_in_time(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/say.sh");
	static const size_t sizes[] = {0, 1, 511, 512, 513, 4096, 65535, 65536, 65537, 1 << 20};
	char *text = malloc(1 << 20);

	assert_non_null(text);
	memset(text, 'x', 1 << 20);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		hook_stage_config(stage, text, sizes[i]);
		struct outcome outcome = run_hook(stage);
		assert_error(&outcome, OTP_ERR_DELIVERY,
			sizes[i] == 0    ? "without a verdict"
			: sizes[i] < 512 ? "in the middle"
					 : "over 512 bytes and no verdict");
	}
	text[snprintf(text, 64, "sent relay 1\n")] = 'x';
	hook_stage_config(stage, text, 1 << 20);
	free(text);
	struct outcome outcome = run_hook(stage);
	assert_verdict(&outcome, VERDICT_SENT, "relay", "");
}

static void C27_hook_that_says_nothing_is_slow_not_a_hang(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");
	struct outcome outcome = run_hook_for(stage, 200);

	assert_int_equal(outcome.err, OTP_OK);
	assert_int_equal(outcome.end, DELIVER_SLOW);
	hook_stage_end_process(stage);
}

static void C27_hook_that_never_ends_its_line_is_slow(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/trickle.sh");
	struct outcome outcome = run_hook_for(stage, 300);

	assert_int_equal(outcome.err, OTP_OK);
	assert_int_equal(outcome.end, DELIVER_SLOW);
	hook_stage_end_process(stage);
}

/* As a terminal is that cannot keep up. */
static void note_slowly(void *self, const char *line)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	(void)self;
	(void)line;
	(void)nanosleep(&pause, NULL);
}

static void C27_hook_that_tells_without_end_is_slow(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/flood.sh");

	stage->options.trace = note_slowly;
	struct outcome outcome = run_hook_for(stage, 300);
	assert_int_equal(outcome.err, OTP_OK);
	assert_int_equal(outcome.end, DELIVER_SLOW);
	hook_stage_end_process(stage);
}

static void hook_goes_on_in_the_background_after_the_wait(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/late.sh");
	struct outcome outcome = run_hook_for(stage, 100);
	char path[128], note[64];

	assert_int_equal(outcome.err, OTP_OK);
	assert_int_equal(outcome.end, DELIVER_SLOW);
	(void)snprintf(path, sizeof path, "%s/go", stage->dir);
	FILE *go = fopen(path, "w");
	assert_non_null(go);
	assert_int_equal(fclose(go), 0);
	hook_stage_await_out(stage, note, sizeof note);
	assert_string_equal(note, "went on\n");
	assert_int_equal(unlink(path), 0);
}

static void patience_ends_before_the_wait_and_the_hook_goes_on(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/late.sh");
	char path[128], note[64];

	stage->options.patience_ms = 100;
	(void)alarm(30); /* kills who waits for all of the wait */
	struct outcome outcome = run_hook_for(stage, 60000);
	(void)alarm(0);
	stage->options.patience_ms = 0;
	assert_int_equal(outcome.err, OTP_OK);
	assert_int_equal(outcome.end, DELIVER_SLOW);
	(void)snprintf(path, sizeof path, "%s/go", stage->dir);
	FILE *go = fopen(path, "w");
	assert_non_null(go);
	assert_int_equal(fclose(go), 0);
	hook_stage_await_out(stage, note, sizeof note);
	assert_string_equal(note, "went on\n");
	assert_int_equal(unlink(path), 0);
}

/* What the hook must be, and what it is here: each change alone makes it unfit, and it is not run. */
static void assert_unfit(struct hook_stage *stage, enum otp_err wanted, const char *text)
{
	char note[64];
	struct outcome outcome = run_hook_for(stage, 3000);

	assert_error(&outcome, wanted, text);
	assert_int_equal(hook_stage_read_out(stage, note, sizeof note), 0);
}

static void hook_that_others_could_change_is_not_run(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");

	assert_int_equal(chmod(stage->hook, 0775), 0);
	assert_unfit(stage, OTP_ERR_UNTRUSTED, "delivery.hook: ");
	assert_int_equal(chmod(stage->hook, 0757), 0);
	assert_unfit(stage, OTP_ERR_UNTRUSTED, "/hook: ");
	assert_int_equal(chmod(stage->hook, 0755), 0);
	assert_int_equal(chown(stage->hook, stage->uid, (gid_t)-1), 0);
	assert_unfit(stage, OTP_ERR_UNTRUSTED, "/hook: ");
	assert_int_equal(chown(stage->hook, 0, (gid_t)-1), 0);
	assert_int_equal(chmod(stage->dir, 0777), 0);
	assert_unfit(stage, OTP_ERR_UNTRUSTED, stage->dir);
	assert_int_equal(chmod(stage->dir, 0755), 0);
	assert_int_equal(chown(stage->dir, stage->uid, (gid_t)-1), 0);
	assert_unfit(stage, OTP_ERR_UNTRUSTED, stage->dir);
	assert_int_equal(chown(stage->dir, 0, (gid_t)-1), 0);
}

static void hook_that_is_no_program_is_not_run(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");
	char link[80];

	(void)snprintf(link, sizeof link, "%s/link", stage->dir);
	assert_int_equal(symlink(stage->hook, link), 0);
	stage->options.hook = link;
	assert_unfit(stage, OTP_ERR_UNTRUSTED, "/link: ");
	assert_int_equal(unlink(link), 0);
	stage->options.hook = stage->dir;
	assert_unfit(stage, OTP_ERR_UNTRUSTED, stage->dir);
	stage->options.hook = "hook";
	assert_unfit(stage, OTP_ERR_DELIVERY, "absolute path");
	stage->options.hook = "/var/lib/otpcode-test-none/hook";
	assert_unfit(stage, OTP_ERR_DELIVERY, "No such file or directory");
	stage->options.hook = stage->hook;
	assert_int_equal(chmod(stage->hook, 0644), 0);
	assert_unfit(stage, OTP_ERR_UNTRUSTED, "executable");
}

static void hook_that_its_user_may_not_run_is_named_with_the_reason(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");
	char text[256];

	assert_int_equal(chmod(stage->hook, 0700), 0);
	(void)snprintf(text, sizeof text, "cannot run %s as nobody: execve: Permission denied", stage->hook);
	assert_unfit(stage, OTP_ERR_DELIVERY, text);
	hook_stage_hook(stage, "tests/unit/test_deliver.c");
	(void)snprintf(text, sizeof text, "cannot run %s as nobody: execve: Exec format error", stage->hook);
	assert_unfit(stage, OTP_ERR_DELIVERY, text);
}

static void hook_is_never_run_as_root(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");

	stage->options.hook_user = "root";
	assert_unfit(stage, OTP_ERR_CONFIG, "/config: delivery.hook_user=root: must be neither root");
	stage->options.hook_user = "toor";
	assert_unfit(
		stage, OTP_ERR_CONFIG, "delivery.hook_user=toor: must be neither root nor in root's group");
	stage->options.hook_user = "wheel";
	assert_unfit(
		stage, OTP_ERR_CONFIG, "delivery.hook_user=wheel: must be neither root nor in root's group");
}

static void hook_user_that_is_not_found_is_an_error(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");

	stage->options.hook_user = "no such user";
	assert_unfit(stage, OTP_ERR_CONFIG,
		"delivery.hook_user=no such user: no such user; 'otpcode init' makes it");
	stage->options.hook_user = "vanished";
	assert_unfit(stage, OTP_ERR_CONFIG, "no such user");
	stage->options.hook_user = "unanswered";
	assert_unfit(stage, OTP_ERR_NSS, "hook_user unanswered: Input/output error");
}

static void user_database_may_interrupt_and_be_wordy(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");

	stage->options.hook_user = "interrupted";
	struct outcome outcome = run_hook(stage);
	assert_verdict(&outcome, VERDICT_SENT, "fake", "");
	stage->options.hook_user = "lengthy";
	outcome = run_hook(stage);
	assert_verdict(&outcome, VERDICT_SENT, "fake", "");
}

static void request_that_cannot_be_written_is_not_sent(void **state)
{
	struct hook_stage *stage = hook_stage_use(state, "tests/hooks/hang.sh");
	struct request request = hook_stage_request();
	struct outcome outcome = {.err = OTP_OK};

	(void)strcpy(request.user, "jane\nprovider other");
	outcome.err = deliver_send(&stage->options, &request, &outcome.end, &outcome.verdict, &outcome.why);
	assert_error(&outcome, OTP_ERR_INVALID, "user must be printable ASCII");
	request = hook_stage_request();
	request.wait_ms = INT32_MAX;
	outcome.err = deliver_send(&stage->options, &request, &outcome.end, &outcome.verdict, &outcome.why);
	assert_error(&outcome, OTP_ERR_INVALID, "wait-ms");
	char note[64];
	assert_int_equal(hook_stage_read_out(stage, note, sizeof note), 0);
}

static void *send_often(void *arg)
{
	const struct hook_stage *stage = arg;
	static unsigned next;
	char letter = (char)('A' + __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED));
	struct request request = hook_stage_request();

	memset(request.ref, letter, CODE_REF_LEN);
	for (int i = 0; i < 10; i++) {
		enum deliver_end end;
		struct request_verdict verdict;
		struct otp_why why;
		if (deliver_send(&stage->options, &request, &end, &verdict, &why) != OTP_OK)
			host_state_fail("%s", why.text);
		HOST_CHECK(end == DELIVER_VERDICT && verdict.outcome == VERDICT_SENT);
		HOST_CHECK(strcmp(verdict.provider, request.ref) == 0);
	}
	return NULL;
}

static void send_from_eight_threads(const void *arg)
{
	pthread_t threads[8];

	for (size_t i = 0; i < 8; i++)
		HOST_CHECK(pthread_create(&threads[i], NULL, send_often, (void *)(uintptr_t)arg) == 0);
	for (size_t i = 0; i < 8; i++)
		HOST_CHECK(pthread_join(threads[i], NULL) == 0);
}

static void threads_that_send_at_once_get_each_their_own_verdict(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/ref.sh");

	host_state_run((struct host_body){send_from_eight_threads, stage});
}

#define STACK_SEEN 65536

/* Looks below its own frame, where the calls before it have been. The needle is never there in one piece. */
__attribute__((noinline, no_sanitize("address"), no_sanitize("undefined"))) static bool stack_below_holds(
	const unsigned char *hidden, size_t len)
{
	const volatile unsigned char *here = __builtin_frame_address(0);

	for (size_t down = 256; down < STACK_SEEN; down++) {
		size_t i = 0;
		while (i < len && (here[(ptrdiff_t)i - (ptrdiff_t)down] ^ 0x5a) == hidden[i])
			i++;
		if (i == len)
			return true;
	}
	return false;
}

static void secrets_are_wiped_from_the_stack(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");
	static struct request request;
	static struct request_verdict verdict;
	static struct otp_why why;
	enum deliver_end end;
	unsigned char hidden[6];

	request = hook_stage_request();
	(void)strcpy(request.code.text, "731946");
	for (size_t i = 0; i < sizeof hidden; i++)
		hidden[i] = (unsigned char)request.code.text[i] ^ 0x5a;
	assert_int_equal(deliver_send(&stage->options, &request, &end, &verdict, &why), OTP_OK);
	assert_false(stack_below_holds(hidden, sizeof hidden));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdict_of_a_hook_arrives),
		cmocka_unit_test(conversation_is_told_before_the_verdict_where_somebody_listens),
		cmocka_unit_test(check_is_answered_by_facts_and_ready_and_never_by_sent),
		cmocka_unit_test(conversation_that_nobody_asked_for_is_no_verdict),
		cmocka_unit_test(every_kind_of_verdict_arrives),
		cmocka_unit_test(code_and_address_in_a_reason_are_blanked_here_too),
		cmocka_unit_test(end_without_a_whole_verdict_is_an_error),
		cmocka_unit_test(nonsense_is_an_error),
		cmocka_unit_test(C27_replies_of_any_size_end_in_time),
		cmocka_unit_test(C27_hook_that_says_nothing_is_slow_not_a_hang),
		cmocka_unit_test(C27_hook_that_never_ends_its_line_is_slow),
		cmocka_unit_test(C27_hook_that_tells_without_end_is_slow),
		cmocka_unit_test(hook_goes_on_in_the_background_after_the_wait),
		cmocka_unit_test(patience_ends_before_the_wait_and_the_hook_goes_on),
		cmocka_unit_test(hook_that_others_could_change_is_not_run),
		cmocka_unit_test(hook_that_is_no_program_is_not_run),
		cmocka_unit_test(hook_that_its_user_may_not_run_is_named_with_the_reason),
		cmocka_unit_test(hook_is_never_run_as_root),
		cmocka_unit_test(hook_user_that_is_not_found_is_an_error),
		cmocka_unit_test(user_database_may_interrupt_and_be_wordy),
		cmocka_unit_test(request_that_cannot_be_written_is_not_sent),
		cmocka_unit_test(threads_that_send_at_once_get_each_their_own_verdict),
		cmocka_unit_test(secrets_are_wiped_from_the_stack),
	};
	return cmocka_run_group_tests(tests, hook_stage_make, hook_stage_remove);
}
