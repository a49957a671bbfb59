/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"

#include "cli/module_file.h"
#include "deliver/deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SELINUX "/sys/fs/selinux"
#define LABEL_SIZE 256
#define TYPE_SIZE 96

static void check_clock(struct doctor *doctor)
{
	struct timex clock = {.modes = 0};
	int state = adjtimex(&clock);

	if (state < 0) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "whether the clock is right: %s", strerror(errno));
		return;
	}
	if (state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0)
		return;
	doctor_say(doctor, DOCTOR_WARNING,
		"the clock is not synchronised: times in messages are wrong, and codes of authenticator apps "
		"fail");
	doctor_mend(doctor, "run chrony or systemd-timesyncd: timedatectl set-ntp true");
}

/* The first character of a file of the kernel's; 0: there is none. */
static char read_switch(const char *path)
{
	char value = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd >= 0 ? read(fd, &value, 1) : 0;

	if (fd >= 0)
		(void)close(fd);
	return (char)(got == 1 ? value : 0);
}

static bool is_enforcing(struct doctor *doctor)
{
	char enforce = read_switch(SELINUX "/enforce");

	if (enforce == 0)
		doctor_say(doctor, DOCTOR_UNKNOWN, "there is no SELinux here");
	return enforce == '1';
}

static bool is_behind_socket(const struct config *config)
{
	return strncmp(config->delivery.hook, DELIVER_UNIX, strlen(DELIVER_UNIX)) == 0;
}

/* What sshd runs stays in sshd's domain, which may not open connections of its own. */
static void check_booleans(struct doctor *doctor)
{
	const struct config *config = doctor_config_of(doctor);

	if (!is_enforcing(doctor) || !doctor->config_sound || !doctor->is_sshd || is_behind_socket(config) ||
		read_switch(SELINUX "/booleans/nis_enabled") == '1')
		return;
	doctor_say(doctor, DOCTOR_FAULT,
		"SELinux is enforcing and the hook is run by sshd, which may not connect to a relay or "
		"gateway "
		"(nis_enabled is off)");
	doctor_mend(doctor, "systemctl enable --now otpcode-deliver.socket, and "
			    "hook=unix:/run/otpcode/deliver.sock in [delivery]; or "
			    "setsebool -P nis_enabled on");
}

/* The type of user:role:type:level. */
static bool type_of(const char *path, char out[TYPE_SIZE])
{
	char label[LABEL_SIZE];
	ssize_t len = getxattr(path, "security.selinux", label, sizeof label - 1);
	char *rest = label;

	if (len <= 0)
		return false;
	label[len] = '\0';
	(void)strsep(&rest, ":");
	(void)strsep(&rest, ":");
	const char *type = strsep(&rest, ":");
	if (type == NULL)
		return false;
	(void)snprintf(out, TYPE_SIZE, "%s", type);
	return true;
}

/* What sshd's domain may read, run or change. */
static const struct expected {
	const char *what;
	const char *types[6];
	const char *rule; /* for semanage fcontext */
} expectations[] = {
	{"the module", {"lib_t", "textrel_shlib_t"}, "lib_t"},
	{"the configuration", {"etc_t", "otpcode_conf_t"}, "etc_t"},
	{"the hook", {"bin_t", "lib_t", "usr_t", "otpcode_exec_t"}, "bin_t"},
	{"the state folder", {"var_auth_t", "otpcode_var_lib_t"}, "var_auth_t"},
};

static bool is_one_of(const char *type, const char *const *types)
{
	for (; *types != NULL; types++)
		if (strcmp(type, *types) == 0)
			return true;
	return false;
}

static void judge_label(struct doctor *doctor, const char *path, const struct expected *expected)
{
	char type[TYPE_SIZE];

	if (path[0] == '\0' || access(path, F_OK) != 0)
		return;
	if (!type_of(path, type)) {
		doctor_say(doctor, DOCTOR_FAULT, "%s has no SELinux label: %s", expected->what, path);
	} else if (!is_one_of(type, expected->types)) {
		doctor_say(doctor, DOCTOR_FAULT, "%s is labelled %s, which sshd may not use: %s",
			expected->what, type, path);
	} else {
		return;
	}
	doctor_mend(doctor, "semanage fcontext -a -t %s '%s(/.*)?'; restorecon -R %s", expected->rule, path,
		path);
}

static void check_contexts(struct doctor *doctor)
{
	const struct config *config = doctor_config_of(doctor);
	char folder[MODULE_FOLDER_SIZE], module[MODULE_FOLDER_SIZE + 32] = "";

	if (!is_enforcing(doctor))
		return;
	if (module_folder_find(folder))
		(void)snprintf(module, sizeof module, "%s/pam_otpcode.so", folder);
	const char *const paths[] = {module, doctor->config_path,
		doctor->config_sound && !is_behind_socket(config) ? config->delivery.hook : "",
		doctor->config_sound ? config->store.path : ""};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		judge_label(doctor, paths[i], &expectations[i]);
}

static const struct doctor_check checks[] = {
	{"host.clock", "that the clock is synchronised", 0, check_clock},
	{"selinux.booleans", "what SELinux lets sshd's hook do", 0, check_booleans},
	{"selinux.contexts", "SELinux labels of our files", 0, check_contexts},
};

const struct doctor_theme doctor_host = {checks, sizeof checks / sizeof *checks, false};
