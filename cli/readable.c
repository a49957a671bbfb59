/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/readable.h"

#include "cli/report.h"
#include "deliver/deliver.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the process that reads exits with. */
enum reader_end {
	READER_DONE,
	READER_REFUSED,
	READER_NOT_BEGUN,
};

struct reader {
	const struct config *config;
	const char *user;
	char group[64];
	bool warns; /* in place of a fault */
	bool refused;
	char last[WHY_TEXT_SIZE]; /* a folder keeps more than one file from being read */
};

__attribute__((format(printf, 2, 3))) static void complain(struct reader *reader, const char *format, ...)
{
	char text[2 * WHY_TEXT_SIZE + 4 * CONFIG_PATH_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (reader->warns)
		report_note("warning: %s", text);
	else
		report_error("%s", text);
	reader->refused = true;
}

/* Cuts path back to what is at fault: what cannot be looked at stands in a folder that cannot be searched. */
static bool find_fault(char *path, struct stat *facts)
{
	while (lstat(path, facts) != 0) {
		char *slash = strrchr(path, '/');
		if (errno != EACCES || slash == NULL || slash == path)
			return false;
		*slash = '\0';
	}
	return true;
}

/* key: what names the file; empty for the configuration itself. */
static void explain(struct reader *reader, const char *key, const struct otp_why *why)
{
	char path[WHY_TEXT_SIZE];
	size_t len = strlen(why->text), end = strlen(": ") + strlen(strerrordesc_np(EACCES));
	struct stat facts;

	(void)snprintf(path, sizeof path, "%.*s", len > end ? (int)(len - end) : 0, why->text);
	if (why->os_error != EACCES || !find_fault(path, &facts)) {
		complain(reader, "%s%s", key, why->text);
		return;
	}
	if (strcmp(path, reader->last) == 0)
		return;
	(void)snprintf(reader->last, sizeof reader->last, "%s", path);
	complain(reader, "%s%s: delivery.hook_user=%s must be able to %s it: chgrp %s %s && chmod %s %s", key,
		path, reader->user, S_ISDIR(facts.st_mode) ? "enter and list" : "read", reader->group, path,
		S_ISDIR(facts.st_mode) ? "g+rx" : "0640", path);
}

static void try_file(struct reader *reader, const char *section, const char *key, const char *path)
{
	char place[2 * CONFIG_NAME_SIZE + 32];
	struct otp_why why = {0};
	int fd = -1;

	if (path[0] == '\0')
		return;
	(void)snprintf(place, sizeof place, "[%s] %s: ", section, key);
	if (trust_open_file(path, O_RDONLY, (struct trust_rule){.mode = TRUST_READABLE, .owner = 0}, &fd,
		    &why) == OTP_OK)
		(void)close(fd);
	else
		explain(reader, place, &why);
}

static bool is_listed(const struct config_channel *channel, const char *provider)
{
	for (unsigned i = 0; i < channel->providers_n; i++)
		if (strcmp(channel->providers[i], provider) == 0)
			return true;
	return false;
}

static void try_all(struct reader *reader)
{
	const struct config *config = reader->config;
	struct config again;
	struct otp_why why = {0};

	if (config_load(config->path, 0, 0, NULL, &again, &why) != OTP_OK)
		explain(reader, "", &why);
	if (config->email.providers_n > 0)
		try_file(reader, "email", "template", config->email.template_file);
	if (config->sms.providers_n > 0)
		try_file(reader, "sms", "template", config->sms.template_file);
	for (unsigned i = 0; i < config->providers_n; i++) {
		const struct config_provider *provider = &config->providers[i];
		char section[CONFIG_NAME_SIZE + 16];
		if (!is_listed(&config->email, provider->name) && !is_listed(&config->sms, provider->name))
			continue;
		(void)snprintf(section, sizeof section, "provider %s", provider->name);
		try_file(reader, section, "password_file", provider->password_file);
		try_file(reader, section, "ca_file", provider->ca_file);
		try_file(reader, section, "client_cert", provider->client_cert);
		try_file(reader, section, "client_key", provider->client_key);
	}
}

/* The ids that deliver gives the hook. */
static _Noreturn void read_as(struct reader *reader, uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		_exit(READER_NOT_BEGUN);
	try_all(reader);
	_exit(reader->refused ? READER_REFUSED : READER_DONE);
}

static enum reader_end run_reader(struct reader *reader, uid_t uid, gid_t gid)
{
	int status = 0;
	pid_t ended, pid = fork();

	if (pid == 0)
		read_as(reader, uid, gid);
	if (pid < 0)
		return READER_NOT_BEGUN;
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == pid && WIFEXITED(status) ? (enum reader_end)WEXITSTATUS(status) : READER_NOT_BEGUN;
}

enum cli_exit readable_check(const struct config *config)
{
	struct reader reader = {.config = config,
		.user = config->delivery.hook_user,
		.warns = strncmp(config->delivery.hook, DELIVER_UNIX, strlen(DELIVER_UNIX)) == 0};
	const struct passwd *user = getpwnam(reader.user);

	if (user == NULL) {
		report_note("warning: there is no user %s (delivery.hook_user) yet: 'otpcode init' makes it, "
			    "and it must be able to read %s",
			reader.user, config->path);
		return CLI_DONE;
	}
	uid_t uid = user->pw_uid;
	gid_t gid = user->pw_gid;
	if (uid == 0 || gid == 0) {
		complain(&reader, "delivery.hook_user=%s must be neither root nor in root's group",
			reader.user);
		return reader.warns ? CLI_DONE : CLI_CONFIG;
	}
	const struct group *group = getgrgid(gid);
	(void)snprintf(reader.group, sizeof reader.group, "%s", group != NULL ? group->gr_name : "");
	if (group == NULL)
		(void)snprintf(reader.group, sizeof reader.group, "%u", (unsigned)gid);
	switch (run_reader(&reader, uid, gid)) {
	case READER_DONE:
		return CLI_DONE;
	case READER_REFUSED:
		return reader.warns ? CLI_DONE : CLI_CONFIG;
	case READER_NOT_BEGUN:
		break;
	}
	report_note("warning: whether %s (delivery.hook_user) can read the configuration could not be tried",
		reader.user);
	return CLI_DONE;
}
