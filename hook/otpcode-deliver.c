/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The hook: reads one request, hands one message to a provider, says one verdict. Never runs as root, uses no
 * environment, and leaves no core. Code and address come by standard input only, a pipe or a socket, and go
 * nowhere but into the message.
 */

#include "hook/asker.h"
#include "hook/check.h"
#include "hook/report.h"
#include "hook/send.h"

#include "config/config.h"
#include "deliver/request.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_WAIT_MS 5000
#define BACKSTOP_S 80 /* the request, the time in the background, and a little */

static const char usage[] =
	"usage: otpcode-deliver [--config PATH] < REQUEST\n"
	"\n"
	"Reads one request to deliver a message, hands it to a provider, writes one line:\n"
	"the verdict. It is run by pam_otpcode and otpcode; otpcode-deliver(8) describes\n"
	"it.\n"
	"\n"
	"  --config PATH  configuration (" OTPCODE_SYSCONFDIR "/otpcode.conf)\n"
	"  --help         show this\n";

/* A socket unit gives it more than the module does: the connection a second time, a session and a mask of
 * signals of its manager's. A leader of a session has one of its own already. */
static bool leave_surroundings(void)
{
	sigset_t none;

	(void)umask(077);
	(void)setsid();
	return syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0 && chdir("/") == 0 &&
	       sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* What runs it may have left open a door: a traced process, a core file, a variable that libcurl or OpenSSL
 * obeys. And with SIGCHLD ignored, nobody would learn how a command ended. */
static bool harden(void)
{
	const struct rlimit none = {0, 0};

	(void)alarm(BACKSTOP_S);
	return clearenv() == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       setrlimit(RLIMIT_CORE, &none) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
	       signal(SIGALRM, SIG_DFL) != SIG_ERR && signal(SIGCHLD, SIG_DFL) != SIG_ERR &&
	       leave_surroundings();
}

static int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads until the empty line that ends a request, or the end of input. */
static enum otp_err read_text(char text[REQUEST_MAX + 1], size_t *len, struct otp_why *why)
{
	const int64_t end = clock_ms() + REQUEST_WAIT_MS;

	*len = 0;
	while (*len <= REQUEST_MAX) {
		struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
		int64_t left = end - clock_ms();
		if (left <= 0 || poll(&in, 1, (int)left) == 0)
			return why_set(why, OTP_ERR_INVALID, 0, "request: not there within %d s",
				REQUEST_WAIT_MS / 1000);
		ssize_t got = read(STDIN_FILENO, text + *len, REQUEST_MAX + 1 - *len);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return why_set(why, OTP_ERR_IO, errno, "request");
		if (got == 0)
			return OTP_OK;
		*len += got > 0 ? (size_t)got : 0;
		if (memmem(text, *len, "\n\n", 2) != NULL)
			return OTP_OK;
	}
	return OTP_OK; /* too long: request_decode says so */
}

static enum otp_err read_request(struct request *request, struct otp_why *why)
{
	char text[REQUEST_MAX + 1];
	size_t len = 0;
	enum otp_err err = read_text(text, &len, why);

	if (err == OTP_OK)
		err = request_decode(text, len, request, why);
	OPENSSL_cleanse(text, sizeof text);
	return err;
}

/* Says on standard output why nothing was tried. */
static int give_up(struct request *request, const struct otp_why *why, int status)
{
	struct request_verdict verdict = {.outcome = VERDICT_CONFIG};

	(void)snprintf(
		verdict.reason, sizeof verdict.reason, "%.*s", (int)sizeof verdict.reason - 1, why->text);
	report_end(request, &verdict, false);
	request_wipe(request);
	return status;
}

static int deliver(const char *config_path)
{
	struct request request = {0};
	struct config config;
	struct otp_why why = {0};
	struct request_verdict verdict;

	if (getuid() == 0 || geteuid() == 0) {
		(void)why_set(&why, OTP_ERR_CONFIG, 0,
			"otpcode-deliver does not run as root: set hook_user, or User= of its unit");
		return give_up(&request, &why, EX_NOPERM);
	}
	if (asker_check(&why) != OTP_OK) {
		report_provider(&request, "", VERDICT_CONFIG, why.text); /* who asked may tell nobody */
		return give_up(&request, &why, EX_NOPERM);
	}
	if (read_request(&request, &why) != OTP_OK)
		return give_up(&request, &why, EX_DATAERR);
	if (config_load(config_path, 0, 0, NULL, &config, &why) != OTP_OK)
		return give_up(&request, &why, EX_CONFIG);
	if (!send_needs_new_privileges(&config, &request) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		(void)why_set(&why, OTP_ERR_IO, errno, "PR_SET_NO_NEW_PRIVS");
		return give_up(&request, &why, EX_OSERR);
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)why_set(&why, OTP_ERR_IO, 0, "libcurl could not be set up");
		return give_up(&request, &why, EX_OSERR);
	}
	bool background = false;
	if (request.kind == REQUEST_CHECK)
		check_request(&config, &request, &verdict);
	else
		background = send_request(&config, &request, clock_ms(), &verdict);
	curl_global_cleanup();
	int status = report_end(&request, &verdict, background);
	request_wipe(&request);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
	const char *config_path = NULL;

	if (!harden())
		return EX_OSERR;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'h')
			return fputs(usage, stdout) == EOF || fflush(stdout) != 0 ? EX_IOERR : EX_OK;
		if (option != 'c')
			return EX_USAGE;
		config_path = optarg;
	}
	if (optind != argc || isatty(STDIN_FILENO)) {
		(void)fputs(usage, stderr);
		return EX_USAGE;
	}
	return deliver(config_path);
}
