/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * many_logins SERVICE COUNT USERS SOURCES: as many logins at the same instant, each in a process of its own,
 * the n'th as user n % USERS ("u0", "u1", ...) from source n % SOURCES (10.9.0.1, ...), another one in each
 * round. Nobody answers. Prints how often each PAM code came.
 */

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODES 64

static int say_nothing(int n, const struct pam_message **messages, struct pam_response **responses, void *ctx)
{
	(void)messages;
	(void)ctx;
	*responses = calloc((size_t)n, sizeof **responses);
	return *responses != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int log_in(const char *service, const char *user, const char *source)
{
	const struct pam_conv conv = {.conv = say_nothing};
	pam_handle_t *pamh = NULL;
	int code = pam_start(service, user, &conv, &pamh);

	if (code == PAM_SUCCESS)
		code = pam_set_item(pamh, PAM_RHOST, source);
	if (code == PAM_SUCCESS)
		code = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, code);
	return code;
}

static pid_t begin(const char *service, unsigned n, unsigned users, unsigned sources, const int barrier[2])
{
	char user[32], source[32], byte;
	pid_t child = fork();

	if (child != 0)
		return child;
	(void)close(barrier[1]);
	(void)snprintf(user, sizeof user, "u%u", n % users);
	(void)snprintf(source, sizeof source, "10.9.0.%u", 1 + (n + n / users) % sources);
	(void)!read(barrier[0], &byte, 1);
	_exit(log_in(service, user, source));
}

int main(int argc, char **argv)
{
	unsigned codes[CODES] = {0}, others = 0;
	int barrier[2], status;

	if (argc != 5 || pipe(barrier) != 0)
		return 2;
	unsigned count = (unsigned)strtoul(argv[2], NULL, 10), users = (unsigned)strtoul(argv[3], NULL, 10),
		 sources = (unsigned)strtoul(argv[4], NULL, 10);
	if (users == 0 || sources == 0)
		return 2;
	for (unsigned n = 0; n < count; n++)
		if (begin(argv[1], n, users, sources, barrier) < 0)
			return 1;
	(void)close(barrier[0]);
	(void)close(barrier[1]);
	while (wait(&status) > 0) {
		if (WIFEXITED(status) && WEXITSTATUS(status) < CODES)
			codes[WEXITSTATUS(status)]++;
		else
			others++;
	}
	for (int i = 0; i < CODES; i++)
		if (codes[i] > 0)
			(void)printf("%d %u\n", i, codes[i]);
	(void)printf("other %u\n", others);
	return 0;
}
