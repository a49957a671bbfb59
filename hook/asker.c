/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/asker.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* -1 where the system does not tell. */
static int socket_fact(int option)
{
	int value = -1;
	socklen_t len = sizeof value;

	return getsockopt(STDIN_FILENO, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static bool verdict_goes_back(const struct stat *in)
{
	struct stat out;

	return fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == in->st_dev && out.st_ino == in->st_ino;
}

enum otp_err asker_check(struct otp_why *why)
{
	struct ucred asker = {.uid = (uid_t)-1};
	socklen_t len = sizeof asker;
	struct stat in;

	if (fstat(STDIN_FILENO, &in) != 0)
		return why_set(why, OTP_ERR_CONFIG, errno, "standard input");
	if (!S_ISSOCK(in.st_mode))
		return OTP_OK;
	if (socket_fact(SO_DOMAIN) != AF_UNIX || socket_fact(SO_TYPE) != SOCK_STREAM)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "requests come by a unix stream socket only");
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &asker, &len) != 0 || len != sizeof asker ||
		asker.uid != 0)
		return why_set(why, OTP_ERR_UNTRUSTED, 0, "uid %u asked for a message: only root may",
			(unsigned)asker.uid);
	if (!verdict_goes_back(&in))
		return why_set(why, OTP_ERR_CONFIG, 0,
			"standard output is not the socket of the request: set StandardOutput=socket");
	return OTP_OK;
}
