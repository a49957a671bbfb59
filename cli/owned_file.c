/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/owned_file.h"

#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT_UID 0
#define GROUPS_MAX 64

static enum otp_err absolute_path(const char *path, char out[PATH_MAX], struct otp_why *why)
{
	char here[PATH_MAX] = "";

	if (path[0] != '/' && getcwd(here, sizeof here) == NULL)
		return why_set(why, OTP_ERR_IO, errno, "%s", path);
	int len = snprintf(out, PATH_MAX, "%s%s%s", here, here[0] != '\0' ? "/" : "", path);
	if (len < 0 || len >= PATH_MAX)
		return why_set(why, OTP_ERR_INVALID, 0, "%s: the path is too long", path);
	return OTP_OK;
}

/* Who is asked to open it. That the file is theirs is checked on what they opened. */
static uid_t reader_of(const char *path, uid_t uid)
{
	struct stat facts;

	return lstat(path, &facts) == 0 && facts.st_uid == ROOT_UID ? ROOT_UID : uid;
}

static gid_t group_of(uid_t uid)
{
	char buffer[4096];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
		return found->pw_gid;
	return (gid_t)uid;
}

/* Root's real and saved uid stay: the user can neither stop this process nor look into it. */
static enum otp_err become(uid_t uid, gid_t gid, const gid_t *groups, int groups_n, struct otp_why *why)
{
	bool rises = uid == ROOT_UID;

	if ((rises && seteuid(uid) != 0) || setegid(gid) != 0 || setgroups((size_t)groups_n, groups) != 0 ||
		(!rises && seteuid(uid) != 0))
		return why_set(why, OTP_ERR_IO, errno, "the rights of uid %lu cannot be taken on",
			(unsigned long)uid);
	return OTP_OK;
}

static enum otp_err open_as(const char *path, uid_t uid, int *fd, struct otp_why *why)
{
	struct trust_rule rule = {.mode = TRUST_SECRET, .owner = uid};
	gid_t groups[GROUPS_MAX], group = getegid();
	struct otp_why back;

	if (uid == ROOT_UID)
		return trust_open_file(path, O_RDONLY, rule, fd, why);
	int groups_n = getgroups(GROUPS_MAX, groups);
	if (groups_n < 0)
		return why_set(why, OTP_ERR_IO, errno, "the groups of this process cannot be read");
	enum otp_err err = become(uid, group_of(uid), NULL, 0, why);
	if (err == OTP_OK)
		err = trust_open_file(path, O_RDONLY, rule, fd, why);
	if (become(ROOT_UID, group, groups, groups_n, &back) == OTP_OK)
		return err;
	*why = back;
	if (err == OTP_OK)
		(void)close(*fd);
	return OTP_ERR_IO;
}

enum otp_err owned_file_read(
	const char *path, uid_t uid, char *buf, size_t size, size_t *len, struct otp_why *why)
{
	char whole[PATH_MAX];
	int fd = -1;
	enum otp_err err = absolute_path(path, whole, why);

	if (err == OTP_OK)
		err = open_as(whole, reader_of(whole, uid), &fd, why);
	if (err != OTP_OK)
		return err;
	/* No core file with secrets in it; a change of ids had made this what fs.suid_dumpable says. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	err = trust_read(fd, whole, buf, size, len, why);
	if (err != OTP_OK)
		OPENSSL_cleanse(buf, size);
	(void)close(fd);
	return err;
}
