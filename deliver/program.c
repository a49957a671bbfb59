/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/program.h"

#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define PASSWD_BUFFER_MAX (1U << 20)

/*
 * getpwnam_r with a buffer that is large enough; its result is an errno, or 0 with *found telling whether
 * there is one.
 */
static int passwd_find(const char *name, struct passwd *entry, bool *found)
{
	int err = ERANGE;

	*found = false;
	for (size_t size = 1024; err == ERANGE && size <= PASSWD_BUFFER_MAX; size *= 2) {
		struct passwd *result = NULL;
		char *buffer = malloc(size);

		if (buffer == NULL)
			return ENOMEM;
		do
			err = getpwnam_r(name, entry, buffer, size, &result);
		while (err == EINTR);
		*found = err == 0 && result != NULL;
		free(buffer); /* entry's strings are not looked at */
	}
	return err == ENOENT || err == ESRCH ? 0 : err;
}

/* Before there is a child: NSS allocates, locks, opens and connects. */
enum otp_err program_find_user(const struct program *program, uid_t *uid, gid_t *gid, struct otp_why *why)
{
	struct passwd entry = {0};
	bool found;
	int err = passwd_find(program->user, &entry, &found);

	if (err != 0)
		return why_set(why, OTP_ERR_NSS, err, "looking up %s %s", program->user_key, program->user);
	if (!found)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: %s=%s: no such user%s", program->config,
			program->user_key, program->user, program->user_hint);
	if (entry.pw_uid == 0 || entry.pw_gid == 0)
		return why_set(why, OTP_ERR_CONFIG, 0, "%s: %s=%s: must be neither root nor in root's group",
			program->config, program->user_key, program->user);
	*uid = entry.pw_uid;
	*gid = entry.pw_gid;
	return OTP_OK;
}

enum otp_err program_check(const struct program *program, struct otp_why *why)
{
	int fd = -1;
	enum otp_err err = trust_open_file(
		program->path, O_RDONLY, (struct trust_rule){.mode = TRUST_PROGRAM, .owner = 0}, &fd, why);

	if (err == OTP_OK)
		(void)close(fd);
	else
		why_prefix(why, "%s: ", program->path_key);
	return err == OTP_OK || err == OTP_ERR_UNTRUSTED ? err : program->failed;
}

void program_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/*
 * With 0 and 1 closed in the host a pipe would take their places, and putting it at 0 and 1 of the child
 * would mix it up.
 */
enum otp_err program_pipe(const struct program *program, int *read_fd, int *write_fd, struct otp_why *why)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return why_set(why, program->failed, errno, "%s: cannot make a pipe", program->path_key);
	*read_fd = trust_fd_above_standard(ends[0]);
	int saved = errno;
	*write_fd = trust_fd_above_standard(ends[1]);
	if (*read_fd >= 0 && *write_fd >= 0)
		return OTP_OK;
	saved = *read_fd < 0 ? saved : errno;
	program_close(read_fd);
	program_close(write_fd);
	return why_set(why, program->failed, saved, "%s: cannot make a pipe", program->path_key);
}
