/* SPDX-License-Identifier: BSD-2-Clause */
/* A hook behind a socket: whom it is believed, what comes of all that may listen there, and that the host
 * does not notice. */
#include "deliver/deliver.h"
#include "tests/unit/hook_stage.h"
#include "tests/unit/host_state.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Set: connect comes back once the server has hung up, so that nothing can be sent any more. Stands in front
 * of libc's. */
static bool connect_awaits_hangup;
static int connected_fd;

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t);
	struct pollfd polled = {.fd = fd};

	*(void **)&real = dlsym(RTLD_NEXT, "connect");
	int result = real(fd, address, len);
	connected_fd = fd;
	while (result == 0 && connect_awaits_hangup && (polled.revents & POLLHUP) == 0)
		(void)poll(&polled, 1, -1);
	return result;
}

/* Who listens: what it does with a connection, given text; and how it listens. */
struct server {
	void (*serve)(int fd, const char *text, size_t len);
	const char *text;
	size_t len;  /* 0: that of the string */
	int backlog; /* 0: enough */
	bool not_root;
};

struct stage {
	struct hook_stage *hook;
	char path[96], option[104];
	int listener;
	pid_t server;
};

static struct stage *use(void **state)
{
	static struct stage stage;

	stage = (struct stage){.hook = hook_stage_use(state, "tests/hooks/sent.sh"), .listener = -1};
	(void)snprintf(stage.path, sizeof stage.path, "%s/socket", stage.hook->dir);
	(void)snprintf(stage.option, sizeof stage.option, "unix:%s", stage.path);
	stage.hook->options.hook = stage.option;
	stage.hook->options.hook_user = "no such user"; /* nor is one needed */
	return &stage;
}

static void listen_at(struct stage *stage, const struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)unlink(stage->path);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", stage->path);
	stage->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(stage->listener >= 0);
	assert_int_equal(bind(stage->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(chmod(stage->path, 0600), 0);
	if (server->not_root)
		assert_int_equal(seteuid(stage->hook->uid), 0);
	int result = listen(stage->listener, server->backlog > 0 ? server->backlog : 64);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(result, 0);
}

static void start(struct stage *stage, struct server server)
{
	listen_at(stage, &server);
	(void)fflush(NULL);
	stage->server = fork();
	assert_true(stage->server >= 0);
	if (stage->server > 0) {
		assert_int_equal(close(stage->listener), 0);
		return;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails stops nothing */
	for (;;) {
		int fd = accept(stage->listener, NULL, NULL);
		server.serve(fd, server.text,
			server.len == 0 && server.text != NULL ? strlen(server.text) : server.len);
		(void)close(fd);
	}
}

/* From now on it accepts nothing, until SIGCONT. */
static void hold(const struct stage *stage)
{
	int status = 0;

	assert_int_equal(kill(stage->server, SIGSTOP), 0);
	assert_int_equal(waitpid(stage->server, &status, WUNTRACED), stage->server);
	assert_true(WIFSTOPPED(status));
}

static void stop(struct stage *stage)
{
	assert_int_equal(kill(stage->server, SIGKILL), 0);
	assert_int_equal(waitpid(stage->server, NULL, 0), stage->server);
	assert_int_equal(unlink(stage->path), 0);
}

static void put(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Takes the text for a verdict and looks at nothing. */
static void say(int fd, const char *text, size_t len)
{
	put(fd, text, len);
}

static void say_in_pieces(int fd, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		put(fd, text + i, 1);
		(void)poll(NULL, 0, 1);
	}
}

static size_t read_whole(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, text + len, size - len)) > 0)
		len += (size_t)n;
	return len;
}

/* To the end, which the asker must make for it; then says whether it was the text. */
static void say_whether_it_was(int fd, const char *text, size_t len)
{
	char got[REQUEST_MAX + 1];
	size_t got_len = read_whole(fd, got, sizeof got);

	if (got_len == len && memcmp(got, text, len) == 0)
		put(fd, "sent whole 1\n", 13);
	else
		put(fd, "sent broken 1\n", 14);
}

static void sent(int fd, const char *text, size_t len)
{
	char got[REQUEST_MAX + 1];

	(void)text;
	(void)len;
	(void)read_whole(fd, got, sizeof got);
	put(fd, "sent fake 1\n", 12);
}

static void hang(int fd, const char *text, size_t len)
{
	(void)fd;
	(void)text;
	(void)len;
	(void)pause();
}

/* Leaves a note of how many bytes came, at the path that is its text. */
static void note_length(int fd, const char *text, size_t len)
{
	char got[REQUEST_MAX + 1];

	(void)len;
	size_t got_len = read_whole(fd, got, sizeof got);
	FILE *out = fopen(text, "we");
	if (out == NULL || fprintf(out, "%zu\n", got_len) < 0 || fclose(out) != 0)
		abort();
}

struct outcome {
	enum otp_err err;
	enum deliver_end end;
	struct request_verdict verdict;
	struct otp_why why;
};

static struct outcome ask_for(const struct stage *stage, int wait_ms)
{
	struct request request = hook_stage_request();
	struct outcome outcome = {.end = DELIVER_SLOW};

	request.wait_ms = wait_ms;
	outcome.err =
		deliver_send(&stage->hook->options, &request, &outcome.end, &outcome.verdict, &outcome.why);
	return outcome;
}

static struct outcome ask(const struct stage *stage)
{
	return ask_for(stage, 20000);
}

static struct outcome ask_one_that(struct stage *stage, struct server server)
{
	start(stage, server);
	struct outcome outcome = ask(stage);
	stop(stage);
	return outcome;
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

/* It names the socket and where to look, and holds neither code nor address. */
static void assert_error(
	const struct stage *stage, const struct outcome *outcome, enum otp_err wanted, const char *text)
{
	char whole[WHY_TEXT_SIZE];

	(void)snprintf(whole, sizeof whole,
		"delivery.hook=%s (see systemctl status otpcode-deliver.socket): ", stage->option);
	if (outcome->err != wanted || strncmp(outcome->why.text, whole, strlen(whole)) != 0 ||
		strstr(outcome->why.text, text) == NULL)
		fail_msg("%d, '%s' does not say '%s%s'", outcome->err, outcome->why.text, whole, text);
	assert_null(strstr(outcome->why.text, "jane@"));
	assert_null(strstr(outcome->why.text, "482915"));
	assert_int_not_equal(outcome->end, DELIVER_VERDICT);
	assert_int_not_equal(outcome->verdict.outcome, VERDICT_SENT);
	assert_string_equal(outcome->verdict.reason, "");
}

static void whole_request_arrives_with_its_end_and_the_verdict_comes_back(void **state)
{
	struct stage *stage = use(state);
	struct request request = hook_stage_request();
	static char text[REQUEST_MAX];
	size_t len = 0;

	assert_int_equal(request_encode(&request, text, &len, NULL), OTP_OK);
	struct outcome outcome =
		ask_one_that(stage, (struct server){.serve = say_whether_it_was, .text = text, .len = len});
	assert_verdict(&outcome, VERDICT_SENT, "whole", "");
	assert_int_equal(outcome.verdict.ms, 1);
}

static void verdict_in_pieces_is_put_together(void **state)
{
	struct stage *stage = use(state);
	struct outcome outcome = ask_one_that(
		stage, (struct server){.serve = say_in_pieces, .text = "refused relay 550 no such user\n"});

	assert_verdict(&outcome, VERDICT_REFUSED, "relay", "550 no such user");
}

static void code_and_address_in_a_reason_are_blanked_here_too(void **state)
{
	struct stage *stage = use(state);
	struct outcome outcome =
		ask_one_that(stage, (struct server){.serve = say,
					    .text = "refused relay 550 <Jane@Example.org> 482915\nand more"});

	assert_verdict(&outcome, VERDICT_REFUSED, "relay", "550 <****************> ******");
}

static void end_without_a_whole_verdict_is_an_error(void **state)
{
	struct stage *stage = use(state);
	struct outcome outcome = ask_one_that(stage, (struct server){.serve = say, .text = ""});

	assert_error(stage, &outcome, OTP_ERR_DELIVERY, "): the hook ended without a verdict");
	outcome = ask_one_that(stage, (struct server){.serve = say, .text = "sent relay 412"});
	assert_error(stage, &outcome, OTP_ERR_DELIVERY, "): the hook ended in the middle of its verdict");
}

static void nonsense_is_an_error(void **state)
{
	struct stage *stage = use(state);
	static const char *const lines[] = {
		"\n", "hello\n", "sent\n", "sent relay soon\n", "sent relay 1\r\n", "refused relay a\tb\n"};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct outcome outcome = ask_one_that(stage, (struct server){.serve = say, .text = lines[i]});
		assert_error(stage, &outcome, OTP_ERR_DELIVERY, "): the hook: not a verdict: ");
	}
	/* What a child of our own would report, had there been one. */
	struct outcome outcome =
		ask_one_that(stage, (struct server){.serve = say, .text = "\0\1\1\0\0\0", .len = 6});
	assert_error(stage, &outcome, OTP_ERR_DELIVERY, "in the middle");
}

static void C27_replies_of_any_size_end_in_time(void **state)
{
	struct stage *stage = use(state);
	static const size_t sizes[] = {1, 511, 512, 513, 65536, 1 << 20};
	static char text[1 << 20];

	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct outcome outcome =
			ask_one_that(stage, (struct server){.serve = say, .text = text, .len = sizes[i]});
		assert_error(stage, &outcome, OTP_ERR_DELIVERY,
			sizes[i] < 512 ? "in the middle" : "over 512 bytes and no verdict");
	}
}

static void C27_hook_that_says_nothing_is_slow_not_a_hang(void **state)
{
	struct stage *stage = use(state);

	start(stage, (struct server){.serve = hang});
	struct outcome outcome = ask_for(stage, 200);
	assert_int_equal(outcome.err, OTP_OK);
	assert_int_equal(outcome.end, DELIVER_SLOW);
	stop(stage);
}

static void patience_ends_before_the_wait(void **state)
{
	struct stage *stage = use(state);

	stage->hook->options.patience_ms = 100;
	(void)alarm(30); /* kills who waits for all of the wait */
	start(stage, (struct server){.serve = hang});
	struct outcome outcome = ask_for(stage, 60000);
	(void)alarm(0);
	stage->hook->options.patience_ms = 0;
	assert_int_equal(outcome.err, OTP_OK);
	assert_int_equal(outcome.end, DELIVER_SLOW);
	stop(stage);
}

static void C27_request_that_nobody_ever_accepts_is_slow_not_a_hang(void **state)
{
	struct stage *stage = use(state);

	start(stage, (struct server){.serve = hang});
	hold(stage);
	struct outcome outcome = ask_for(stage, 200);
	assert_int_equal(outcome.err, OTP_OK);
	assert_int_equal(outcome.end, DELIVER_SLOW);
	stop(stage);
}

/* Takes every place in the queue; gives the connections back. */
static size_t fill_queue(const struct stage *stage, int fds[8])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t n = 0;

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", stage->path);
	for (; n < 8; n++) {
		fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_true(fds[n] >= 0);
		if (connect(fds[n], (struct sockaddr *)&address, sizeof address) != 0)
			break;
	}
	assert_true(n < 8 && errno == EAGAIN);
	return n + 1;
}

/* A handler of the host's runs all the while. */
static void ask_often_interrupted(const void *arg)
{
	const struct stage *stage = arg;
	const struct sigaction action = {.sa_handler = host_state_count};
	const struct itimerval often = {{0, 10000}, {0, 10000}};

	HOST_CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
	struct outcome outcome = ask_for(stage, 300);
	HOST_CHECK(outcome.err == OTP_ERR_DELIVERY && host_state_handled() > 0);
	if (strstr(outcome.why.text, "its queue was full for the whole wait") == NULL)
		host_state_fail("%s", outcome.why.text);
	HOST_CHECK(kill(stage->server, SIGCONT) == 0);
	outcome = ask(stage);
	if (outcome.err != OTP_OK)
		host_state_fail("%s", outcome.why.text);
	HOST_CHECK(outcome.end == DELIVER_VERDICT && outcome.verdict.outcome == VERDICT_SENT);
}

static void full_queue_is_waited_for_no_longer_than_the_wait(void **state)
{
	struct stage *stage = use(state);
	int fds[8];

	start(stage, (struct server){.serve = sent, .backlog = 1});
	hold(stage);
	size_t n = fill_queue(stage, fds);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(shutdown(fds[i], SHUT_WR) == 0 || errno == ENOTCONN, 1);
	host_state_run((struct host_body){ask_often_interrupted, stage});
	for (size_t i = 0; i < n; i++)
		assert_int_equal(close(fds[i]), 0);
	stop(stage);
}

static void socket_that_is_not_there_is_named_with_the_reason(void **state)
{
	struct stage *stage = use(state);
	struct outcome outcome = ask(stage);

	assert_error(stage, &outcome, OTP_ERR_DELIVERY, "nobody listens: No such file or directory");
	listen_at(stage, &(struct server){0});
	assert_int_equal(close(stage->listener), 0);
	outcome = ask(stage);
	assert_error(stage, &outcome, OTP_ERR_DELIVERY, "nobody listens: Connection refused");
	assert_int_equal(unlink(stage->path), 0);
	(void)strcpy(stage->option, "unix:/run/otpcode-test-none/socket");
	outcome = ask(stage);
	assert_error(stage, &outcome, OTP_ERR_DELIVERY, "/run/otpcode-test-none: No such file or directory");
}

static void assert_unfit(const struct stage *stage, const char *text)
{
	struct outcome outcome = ask(stage);

	assert_error(stage, &outcome, OTP_ERR_UNTRUSTED, text);
}

/* What the socket must be, and what it is here: each change alone makes it unfit. */
static void socket_that_others_could_change_or_use_is_not_used(void **state)
{
	struct stage *stage = use(state);
	const char *dir = stage->hook->dir;

	start(stage, (struct server){.serve = sent});
	assert_int_equal(chmod(stage->path, 0620), 0);
	assert_unfit(stage, "mode 0620 lets others than root connect");
	assert_int_equal(chmod(stage->path, 0602), 0);
	assert_unfit(stage, "mode 0602 lets others than root connect");
	assert_int_equal(chmod(stage->path, 0600), 0);
	assert_int_equal(chown(stage->path, stage->hook->uid, (gid_t)-1), 0);
	assert_unfit(stage, "must be owned by uid 0");
	assert_int_equal(chown(stage->path, 0, (gid_t)-1), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_unfit(stage, dir);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chown(dir, stage->hook->uid, (gid_t)-1), 0);
	assert_unfit(stage, dir);
	assert_int_equal(chown(dir, 0, (gid_t)-1), 0);
	struct outcome outcome = ask(stage);
	assert_verdict(&outcome, VERDICT_SENT, "fake", "");
	stop(stage);
}

static void what_is_no_socket_is_not_used(void **state)
{
	struct stage *stage = use(state);

	start(stage, (struct server){.serve = sent});
	(void)snprintf(stage->option, sizeof stage->option, "unix:%s/link", stage->hook->dir);
	assert_int_equal(symlink(stage->path, stage->option + strlen("unix:")), 0);
	assert_unfit(stage, "not a socket");
	(void)snprintf(stage->option, sizeof stage->option, "unix:%s", stage->hook->hook);
	assert_unfit(stage, "not a socket");
	stop(stage);
}

static void listener_that_is_not_root_gets_no_request(void **state)
{
	struct stage *stage = use(state);
	char note[32], text[64];

	start(stage, (struct server){.serve = note_length, .text = stage->hook->out, .not_root = true});
	(void)snprintf(text, sizeof text, "uid %u listens there, must be uid 0", (unsigned)stage->hook->uid);
	assert_unfit(stage, text);
	hook_stage_await_out(stage->hook, note, sizeof note);
	assert_string_equal(note, "0\n");
	stop(stage);
}

static void ask_one_that_hung_up(const void *arg)
{
	const struct stage *stage = arg;

	HOST_CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	connect_awaits_hangup = true;
	struct outcome outcome = ask(stage);
	HOST_CHECK(outcome.err == OTP_ERR_DELIVERY);
	HOST_CHECK(strstr(outcome.why.text, "): the hook ended without a verdict") != NULL);
}

static void C29_hook_that_hangs_up_before_the_request_sends_the_host_no_signal(void **state)
{
	struct stage *stage = use(state);

	start(stage, (struct server){.serve = say, .text = ""});
	host_state_run((struct host_body){ask_one_that_hung_up, stage});
	stop(stage);
}

static void verdict_of_a_hook_that_read_no_request_is_heard(void **state)
{
	struct stage *stage = use(state);

	connect_awaits_hangup = true;
	struct outcome outcome =
		ask_one_that(stage, (struct server){.serve = say, .text = "config only root may ask\n"});
	connect_awaits_hangup = false;
	assert_verdict(&outcome, VERDICT_CONFIG, "-", "only root may ask");
}

static void check_unchanged(const char *before)
{
	static char after[HOST_STATE_SIZE];

	host_state_take(after);
	const char *differs = host_state_differs(before, after);
	if (differs != NULL)
		host_state_fail("changed: %s", differs);
}

static void check_sent(const struct stage *stage)
{
	struct outcome outcome = ask(stage);

	if (outcome.err != OTP_OK)
		host_state_fail("%s", outcome.why.text);
	HOST_CHECK(outcome.end == DELIVER_VERDICT && strcmp(outcome.verdict.provider, "fake") == 0);
}

static void be_odd_and_ask(const void *arg)
{
	struct stage stage = *(const struct stage *)arg;
	static char before[HOST_STATE_SIZE];

	host_state_be_odd(stage.hook->dir);
	host_state_take(before);
	check_sent(&stage);
	check_unchanged(before);
	HOST_CHECK(chmod(stage.path, 0666) == 0);
	HOST_CHECK(ask(&stage).err == OTP_ERR_UNTRUSTED);
	check_unchanged(before);
	HOST_CHECK(unlink(stage.path) == 0);
	HOST_CHECK(ask(&stage).err == OTP_ERR_DELIVERY);
	check_unchanged(before);
	HOST_CHECK(host_state_handled() == 0);
	HOST_CHECK(close(creat(stage.path, 0600)) == 0); /* what the test takes away */
}

static void C29_host_is_the_same_after_a_verdict_and_after_every_failure(void **state)
{
	struct stage *stage = use(state);

	start(stage, (struct server){.serve = sent});
	host_state_run((struct host_body){be_odd_and_ask, stage});
	stop(stage);
}

static void ask_with_standard_descriptors_closed(const void *arg)
{
	for (int which = 0; which < 8; which++) {
		for (int fd = 0; fd <= 2; fd++)
			if ((which & 1 << fd) != 0)
				(void)close(fd);
		check_sent(arg);
		HOST_CHECK(connected_fd > 2); /* what the host prints must not land there */
	}
}

static void C60_host_without_standard_descriptors_gets_its_verdict(void **state)
{
	struct stage *stage = use(state);

	start(stage, (struct server){.serve = sent});
	host_state_run((struct host_body){ask_with_standard_descriptors_closed, stage});
	stop(stage);
}

static void ask_a_thousand_times(const void *arg)
{
	static char before[HOST_STATE_SIZE];

	check_sent(arg);
	host_state_take(before);
	for (int i = 0; i < 1000; i++)
		check_sent(arg);
	check_unchanged(before);
}

static void C25_a_thousand_requests_leave_no_descriptor_behind(void **state)
{
	struct stage *stage = use(state);

	start(stage, (struct server){.serve = sent});
	host_state_run((struct host_body){ask_a_thousand_times, stage});
	stop(stage);
}

static void request_that_cannot_be_written_is_not_sent(void **state)
{
	struct stage *stage = use(state);
	struct request request = hook_stage_request();
	struct outcome outcome = {0};

	(void)strcpy(request.user, "jane\nprovider other");
	outcome.err =
		deliver_send(&stage->hook->options, &request, &outcome.end, &outcome.verdict, &outcome.why);
	assert_int_equal(outcome.err, OTP_ERR_INVALID);
	assert_string_equal(outcome.why.text, "request: user must be printable ASCII");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_request_arrives_with_its_end_and_the_verdict_comes_back),
		cmocka_unit_test(verdict_in_pieces_is_put_together),
		cmocka_unit_test(code_and_address_in_a_reason_are_blanked_here_too),
		cmocka_unit_test(end_without_a_whole_verdict_is_an_error),
		cmocka_unit_test(nonsense_is_an_error),
		cmocka_unit_test(C27_replies_of_any_size_end_in_time),
		cmocka_unit_test(C27_hook_that_says_nothing_is_slow_not_a_hang),
		cmocka_unit_test(patience_ends_before_the_wait),
		cmocka_unit_test(C27_request_that_nobody_ever_accepts_is_slow_not_a_hang),
		cmocka_unit_test(full_queue_is_waited_for_no_longer_than_the_wait),
		cmocka_unit_test(socket_that_is_not_there_is_named_with_the_reason),
		cmocka_unit_test(socket_that_others_could_change_or_use_is_not_used),
		cmocka_unit_test(what_is_no_socket_is_not_used),
		cmocka_unit_test(listener_that_is_not_root_gets_no_request),
		cmocka_unit_test(C29_hook_that_hangs_up_before_the_request_sends_the_host_no_signal),
		cmocka_unit_test(verdict_of_a_hook_that_read_no_request_is_heard),
		cmocka_unit_test(C29_host_is_the_same_after_a_verdict_and_after_every_failure),
		cmocka_unit_test(C60_host_without_standard_descriptors_gets_its_verdict),
		cmocka_unit_test(C25_a_thousand_requests_leave_no_descriptor_behind),
		cmocka_unit_test(request_that_cannot_be_written_is_not_sent),
	};
	return cmocka_run_group_tests(tests, hook_stage_make, hook_stage_remove);
}
