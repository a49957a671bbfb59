/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"

#include "cli/file_system.h"
#include "store/hostkey.h"
#include "store/limits.h"
#include "store/machine.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SPACE_MIN (16ULL << 20) /* of 16 KiB a user, and the host's own needs */
#define INODES_MIN 100

static const struct config *config_of(const struct doctor *doctor)
{
	return doctor_config_of(doctor);
}

static void check_key(struct doctor *doctor)
{
	struct otp_why why = {0};

	const char *path = config_of(doctor)->store.key;
	enum otp_err err = hostkey_load(path, SESSION_OWNER, &doctor->session.core.keys, &why);
	doctor->keys_had = err == OTP_OK;
	if (err == OTP_OK)
		return;
	doctor_say(doctor, DOCTOR_FAULT, "the host key: %s", why.text);
	if (why.os_error == ENOENT)
		doctor_mend(doctor, "restore it from the backup that the store came from; on a new host "
				    "'otpcode init' makes it");
	else if (err == OTP_ERR_UNTRUSTED)
		doctor_mend(doctor,
			"chown root:root %s; chmod 0600 %s. If somebody else could read it, they could make "
			"codes: "
			"move it and %s away, then 'otpcode init' and enrol anew",
			path, path, config_of(doctor)->store.path);
	else
		doctor_mend(doctor, "restore it from a backup");
}

/* What stands at the path, whatever its rights are; false where nothing does. */
static bool look_at_folder(const struct doctor *doctor, struct stat *facts)
{
	return lstat(config_of(doctor)->store.path, facts) == 0;
}

/* A folder of root's that others may enter tells who is enrolled; no login minds it. */
static void check_folder(struct doctor *doctor)
{
	static const char *const parts[] = {"", "/users", "/shared"};
	struct stat facts;
	char path[CONFIG_PATH_SIZE + 16];

	if (!look_at_folder(doctor, &facts))
		return; /* store.id says so */
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		(void)snprintf(path, sizeof path, "%s%s", config_of(doctor)->store.path, parts[i]);
		if (lstat(path, &facts) != 0)
			continue;
		bool wrong = !S_ISDIR(facts.st_mode) || facts.st_uid != SESSION_OWNER ||
			     (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0;
		if (!wrong)
			continue;
		doctor_say(doctor, DOCTOR_FAULT,
			"%s: owned by uid %lu, mode %04o: it must be root's alone, 0700", path,
			(unsigned long)facts.st_uid, (unsigned)facts.st_mode & 07777U);
		doctor_mend(doctor, "chown root:root %s; chmod 0700 %s", path, path);
	}
}

static bool is_folders_fault(struct doctor *doctor, const struct otp_why *why)
{
	const char *path = config_of(doctor)->store.path;
	struct stat facts;
	char users[CONFIG_PATH_SIZE + 16];

	(void)why;
	(void)snprintf(users, sizeof users, "%s/users", path);
	return (lstat(path, &facts) == 0 && facts.st_uid != SESSION_OWNER) ||
	       (lstat(path, &facts) == 0 && (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) ||
	       (lstat(users, &facts) == 0 && facts.st_uid != SESSION_OWNER) ||
	       (lstat(users, &facts) == 0 && (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0);
}

static void open_store(struct doctor *doctor)
{
	struct session *session = &doctor->session;

	session->core.clock = clock_system();
	session->core.random = random_system();
	session->core.policy = session->config.policy;
	session->core.store = store_file_interface(&session->file);
	doctor->store_open = true;
}

static void check_id(struct doctor *doctor)
{
	unsigned char id[KEY_MAC_LEN];
	struct session *session = &doctor->session;
	struct otp_why why = {0};

	enum otp_err err = key_store_id(&session->core.keys, id, &why);
	if (err == OTP_OK)
		err = store_file_open(&session->file, session->config.store.path, SESSION_OWNER, id, &why);
	if (err == OTP_OK) {
		open_store(doctor);
		return;
	}
	if (err == OTP_ERR_UNTRUSTED && is_folders_fault(doctor, &why))
		return; /* told already */
	doctor_say(doctor, DOCTOR_FAULT, "the state folder: %s", why.text);
	if (err == OTP_ERR_WRONG_STORE)
		doctor_mend(doctor,
			"it belongs to another host key, or is not mounted: restore the key that it was made "
			"with "
			"(%s), or mount it; on a new host move it away and 'otpcode init'",
			session->config.store.key);
	else if (why.os_error == ENOENT)
		doctor_mend(doctor, "mount it if it should be there; on a new host 'otpcode init' makes it");
	else
		doctor_mend(doctor, "make it and all above it root's, writable by root alone");
}

static void check_machine(struct doctor *doctor)
{
	const struct session *session = &doctor->session;
	enum machine found;
	struct otp_why why = {0};

	enum otp_err err =
		machine_compare(session->config.store.path, SESSION_OWNER, &session->core.keys, &found, &why);
	if (err != OTP_OK) {
		doctor_say(doctor, DOCTOR_FAULT, "%s", why.text);
		doctor_mend(doctor, "remove %s/" MACHINE_NAME ", then 'otpcode init'",
			session->config.store.path);
	} else if (found == MACHINE_OTHER) {
		doctor_say(doctor, DOCTOR_FAULT,
			"the host key and the store were made on a machine with another machine-id: where "
			"this is a "
			"clone, each of the two takes the other's codes");
		doctor_mend(doctor,
			"on the clone: move %s and %s away, then 'otpcode init' and enrol anew; where the "
			"machine only "
			"moved: rm %s/" MACHINE_NAME ", then 'otpcode init'",
			session->config.store.key, session->config.store.path, session->config.store.path);
	} else if (found == MACHINE_UNNOTED) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "on which machine the store was made was not noted");
		doctor_mend(doctor, "'otpcode init' notes it");
	}
}

/* Whether files made in the folder are written in place all the same. */
static bool is_told_not_to_copy(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), flags = 0;
	bool told = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_NOCOW_FL) != 0;

	if (fd >= 0)
		(void)close(fd);
	return told;
}

static void check_file_system(struct doctor *doctor)
{
	struct stat facts;
	struct statfs system;
	char users[CONFIG_PATH_SIZE + 16];

	if (!look_at_folder(doctor, &facts))
		return;
	const char *path = config_of(doctor)->store.path;
	if (statfs(path, &system) != 0) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "%s: %s", path, strerror(errno));
		return;
	}
	struct file_system what = file_system_of((uint32_t)system.f_type);
	(void)snprintf(users, sizeof users, "%s/users", path);
	if (what.kind == FILE_SYSTEM_PLAIN || (what.kind == FILE_SYSTEM_BTRFS && is_told_not_to_copy(users)))
		return;
	if (what.kind == FILE_SYSTEM_NETWORK)
		doctor_say(doctor, DOCTOR_FAULT,
			"%s is on a network file system (%s): its locks do not hold as ours need them, and "
			"when it is "
			"away nobody can log in",
			path, what.name);
	else if (what.kind == FILE_SYSTEM_OVERLAY)
		doctor_say(doctor, DOCTOR_FAULT,
			"%s is on %s: what is written there is gone with the container, used codes and "
			"failures too",
			path, what.name);
	else
		doctor_say(doctor, DOCTOR_WARNING,
			"%s is on %s, which copies what it changes: on a full disk nobody could log in", path,
			what.name);
	doctor_mend(doctor, what.kind == FILE_SYSTEM_BTRFS
				    ? "chattr +C holds for new files only: stop logins, move the folder "
				      "away, 'otpcode init' with "
				      "the same host key, copy users/ back with cp -p --reflink=never"
				    : "put it on a local ext4 or xfs, and set [store] path to it");
}

static void check_space(struct doctor *doctor)
{
	struct stat facts;
	struct statvfs space;

	if (!look_at_folder(doctor, &facts) || statvfs(config_of(doctor)->store.path, &space) != 0)
		return;
	unsigned long long left = (unsigned long long)space.f_bavail * space.f_frsize;
	bool few_files = space.f_files > 0 && space.f_favail < INODES_MIN;
	if (left >= SPACE_MIN && !few_files)
		return;
	doctor_say(doctor, DOCTOR_WARNING,
		"there is no space below %s: %llu KiB and %llu files left; who is enrolled can log in, but "
		"nobody can "
		"be enrolled",
		config_of(doctor)->store.path, left / 1024, (unsigned long long)space.f_favail);
	doctor_mend(doctor, "make room on that file system");
}

static void check_limits(struct doctor *doctor)
{
	struct session *session = &doctor->session;
	struct limits_file file;
	struct origin origin;
	struct contact contact = {.channel = CHANNEL_EMAIL, .address = "doctor@example.org"};
	struct quota_verdict verdict;
	struct otp_why why = {0};

	origin_from_facts(&(struct origin_facts){.host = "doctor", .service = "otpcode"}, &origin);
	limits_set(&file, session->config.store.path, SESSION_OWNER);
	struct quota_table table = limits_interface(&file);
	enum otp_err err = quota_look(&table, &session->core.keys, &session->core.policy,
		(struct quota_send){&origin, &contact}, session_now(session), &verdict, &why);
	if (err == OTP_OK || err == OTP_ERR_BUSY)
		return;
	doctor_say(doctor, DOCTOR_FAULT, "nothing can be sent: %s", why.text);
	if (err == OTP_ERR_UNTRUSTED)
		doctor_mend(doctor, "make %s and all in it root's alone", file.folder);
	else
		doctor_mend(
			doctor, "'otpcode init' makes the table of limits where it is missing or damaged");
}

static const struct doctor_check checks[] = {
	{"store.key", "the host key, and who may read it", DOCTOR_NEEDS_CONFIG, check_key},
	{"store.folder", "owner and mode of the state folder", DOCTOR_NEEDS_CONFIG, check_folder},
	{"store.id", "that the state folder belongs to the host key", DOCTOR_NEEDS_KEYS, check_id},
	{"store.machine", "that both were made on this machine", DOCTOR_NEEDS_STORE, check_machine},
	{"store.filesystem", "the file system of the state folder", DOCTOR_NEEDS_CONFIG, check_file_system},
	{"store.space", "room on it", DOCTOR_NEEDS_CONFIG, check_space},
	{"store.limits", "the table of limits", DOCTOR_NEEDS_STORE, check_limits},
};

const struct doctor_theme doctor_store = {checks, sizeof checks / sizeof *checks, false};
