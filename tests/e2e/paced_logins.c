/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * paced_logins SERVICE AT_ONCE < USERS: a login of each user, in this order, each in a process of its own, so
 * many at once, each from a source of its own. Every question is answered with 000000. Prints a line for
 * each: USER CODE BEGIN_US END_US TEXT, where BEGIN_US is from the begin to the first question, END_US from
 * the last answer to the end, and TEXT all that there was to read, a '|' after each message.
 */

#include <sched.h>
#include <security/pam_appl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME_SIZE 64

struct talk {
	int64_t began_us, asked_us, answered_us;
	char text[1024];
};

static int64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int answer(int n, const struct pam_message **messages, struct pam_response **responses, void *ctx)
{
	struct talk *talk = ctx;

	*responses = calloc((size_t)n, sizeof **responses);
	if (*responses == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		size_t len = strlen(talk->text);
		int style = messages[i]->msg_style;
		int64_t now = now_us();
		(void)snprintf(talk->text + len, sizeof talk->text - len, "%s|", messages[i]->msg);
		if (style != PAM_PROMPT_ECHO_ON && style != PAM_PROMPT_ECHO_OFF)
			continue;
		if (talk->asked_us == 0)
			talk->asked_us = now;
		(*responses)[i].resp = strdup("000000");
		talk->answered_us = now_us();
	}
	return PAM_SUCCESS;
}

/* One write of a short line to a pipe stays in one piece, whoever else writes there. */
static void log_in(const char *service, const char *user, unsigned index)
{
	struct talk talk = {0};
	const struct pam_conv conv = {.conv = answer, .appdata_ptr = &talk};
	pam_handle_t *pamh = NULL;
	char line[2048], source[32];

	(void)snprintf(source, sizeof source, "10.%u.%u.1", index / 200 + 1, index % 200 + 1);
	if (pam_start(service, user, &conv, &pamh) != PAM_SUCCESS ||
		pam_set_item(pamh, PAM_RHOST, source) != PAM_SUCCESS)
		_exit(1);
	talk.began_us = now_us();
	int code = pam_authenticate(pamh, 0);
	int64_t ended_us = now_us();
	(void)pam_end(pamh, code);
	int len = snprintf(line, sizeof line, "%s %d %lld %lld %s\n", user, code,
		(long long)(talk.asked_us - talk.began_us), (long long)(ended_us - talk.answered_us),
		talk.text);
	_exit(write(STDOUT_FILENO, line, (size_t)len) == len ? 0 : 1);
}

int main(int argc, char **argv)
{
	const struct pam_conv conv = {.conv = answer};
	const struct timespec pause = {.tv_nsec = 4000000}; /* so that they do not all begin together */
	const struct sched_param first = {.sched_priority = 1};
	pam_handle_t *pamh = NULL;
	char user[NAME_SIZE];
	unsigned running = 0, index = 0;
	int status, failed = 0;

	if (argc != 3)
		return 2;
	/* What else runs on a busy machine is not to be measured. Where this is not allowed, it is a little.
	 */
	(void)sched_setscheduler(0, SCHED_RR, &first);
	unsigned at_once = (unsigned)strtoul(argv[2], NULL, 10);
	/* With the modules loaded here, no child spends its time on that. */
	if (pam_start(argv[1], "nobody", &conv, &pamh) != PAM_SUCCESS)
		return 1;
	while (scanf("%63s", user) == 1) {
		if (running == at_once && wait(&status) > 0) {
			failed += status != 0;
			running--;
		}
		pid_t child = fork();
		if (child == 0)
			log_in(argv[1], user, index);
		running += child > 0;
		failed += child < 0;
		index++;
		(void)nanosleep(&pause, NULL);
	}
	while (wait(&status) > 0)
		failed += status != 0;
	(void)pam_end(pamh, PAM_SUCCESS);
	return failed == 0 ? 0 : 1;
}
