/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"
#include "cli/module_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULE "pam_otpcode.so"
#define PATH_SIZE 320

/* Where the stack says that the module is, or libpam's own folder. False: not known. */
static bool module_path(const struct doctor *doctor, char out[PATH_SIZE])
{
	char folder[MODULE_FOLDER_SIZE];

	(void)doctor;
	if (!module_folder_find(folder))
		return false;
	(void)snprintf(out, PATH_SIZE, "%s/" MODULE, folder);
	return true;
}

static void say_missing(struct doctor *doctor, const char *path)
{
	char elsewhere[PATH_SIZE];

	if (module_find_elsewhere(MODULE, path, elsewhere)) {
		doctor_say(doctor, DOCTOR_FAULT,
			"the module stands in the wrong folder: %s; libpam looks for %s", elsewhere, path);
		doctor_mend(doctor, "install it where libpam looks: make install PAMDIR=%.*s",
			(int)(strrchr(path, '/') - path), path);
		return;
	}
	doctor_say(doctor, DOCTOR_FAULT, "there is no %s: a PAM file that names it denies everybody", path);
	doctor_mend(doctor, "make install");
}

static void check_file(struct doctor *doctor)
{
	char path[PATH_SIZE];
	struct stat facts;

	if (!module_path(doctor, path)) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "no folder of PAM modules was found");
		return;
	}
	if (stat(path, &facts) != 0) {
		say_missing(doctor, path);
		return;
	}
	if (facts.st_uid != SESSION_OWNER || (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		doctor_say(doctor, DOCTOR_FAULT, "%s can be written by others than root", path);
		doctor_mend(doctor, "chown root:root %s; chmod 0644 %s", path, path);
	}
}

static void check_architecture(struct doctor *doctor)
{
	char path[PATH_SIZE];
	struct module_kind ours, own;

	if (!module_path(doctor, path) || access(path, F_OK) != 0)
		return; /* told already */
	if (!module_kind_of("/proc/self/exe", &own)) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "what this machine runs is not known: /proc is not there");
		return;
	}
	if (!module_kind_of(path, &ours)) {
		doctor_say(doctor, DOCTOR_FAULT, "%s is no shared object: nothing can load it", path);
		doctor_mend(doctor, "make install");
	} else if (memcmp(&ours, &own, sizeof ours) != 0) {
		doctor_say(doctor, DOCTOR_FAULT,
			"%s was built for another architecture (ELF machine %u, %u bits; here: %u, %u bits)",
			path, ours.machine, ours.bits, own.machine, own.bits);
		doctor_mend(doctor, "build it on this machine: make clean && make && make install");
	}
}

static const struct doctor_check checks[] = {
	{"module.file", "pam_otpcode.so where libpam looks for it", 0, check_file},
	{"module.architecture", "that it was built for this machine", 0, check_architecture},
};

const struct doctor_theme doctor_module = {checks, sizeof checks / sizeof *checks, false};
