/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/unenrolled.h"

#include "cli/listing.h"
#include "cli/report.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UID_FIRST_PERSON 1000 /* UID_MIN of login.defs; below it are the system's own users */

/* Some systems list nologin in /etc/shells, for the sake of ftp. */
static bool is_login_shell(const char *shell)
{
	const char *name = strrchr(shell, '/');
	const char *known;
	bool found = false;

	if (name == NULL || strcmp(name, "/nologin") == 0 || strcmp(name, "/false") == 0)
		return false;
	setusershell();
	while (!found && (known = getusershell()) != NULL)
		found = strcmp(known, shell) == 0;
	endusershell();
	return found;
}

bool unenrolled_can_log_in(const struct passwd *entry)
{
	/* An empty shell means /bin/sh: passwd(5). */
	const char *shell = entry->pw_shell != NULL && *entry->pw_shell != '\0' ? entry->pw_shell : "/bin/sh";

	return (entry->pw_uid == 0 || entry->pw_uid >= UID_FIRST_PERSON) && is_login_shell(shell);
}

/* A name that no record can have is not enrolled; a record that cannot be read is one. */
static bool is_enrolled(struct session *session, const char *user)
{
	char bytes[STORE_RECORD_MAX];
	struct store *store = &session->core.store;
	struct store_bytes found;
	struct otp_why why;
	enum otp_err err = store->read(store->self, (struct store_key){user}, bytes, &found, &why);

	OPENSSL_cleanse(bytes, sizeof bytes);
	return err != OTP_ERR_NOT_ENROLLED && err != OTP_ERR_INVALID;
}

static void add_user(struct listing *listing, const struct passwd *entry)
{
	char uid[16];

	if (listing->as_json) {
		json_t *user = listing_add_object(listing);
		report_json_put(&listing->json, user, "user", report_json_text(entry->pw_name));
		report_json_put(&listing->json, user, "uid", json_integer(entry->pw_uid));
		report_json_put(&listing->json, user, "shell", report_json_text(entry->pw_shell));
		return;
	}
	(void)snprintf(uid, sizeof uid, "%lu", (unsigned long)entry->pw_uid);
	listing_add_cells(listing, (const char *[]){entry->pw_name, uid, entry->pw_shell});
}

/* Where contacts live elsewhere, who has some there is enrolled by the first login. */
static enum cli_exit add_unless_known(
	struct listing *listing, const struct session *session, const struct passwd *entry)
{
	struct record record = {.uid = (uint32_t)entry->pw_uid};
	bool known = false;
	struct otp_why why;

	(void)snprintf(record.user, sizeof record.user, "%s", entry->pw_name);
	enum otp_err err = session_follow_contacts(session, &record, &known, &why);
	if (err != OTP_OK) {
		report_error("%s is left out:", entry->pw_name);
		return report_failure(err, &why);
	}
	if (!known)
		add_user(listing, entry);
	return CLI_DONE;
}

/* A name service that fails half way must not make the list look whole. */
static enum cli_exit add_users(struct listing *listing, struct session *session)
{
	const struct passwd *entry;
	enum cli_exit status = CLI_DONE;
	int error;

	setpwent();
	while (status == CLI_DONE && (errno = 0, entry = getpwent()) != NULL)
		if (unenrolled_can_log_in(entry) && !is_enrolled(session, entry->pw_name))
			status = add_unless_known(listing, session, entry);
	error = errno;
	endpwent();
	if (status != CLI_DONE)
		return status;
	if (error == 0 || error == ENOENT)
		return CLI_DONE;
	report_error("the list is not whole: the user database did not answer: %s", strerror(error));
	return CLI_FAILED;
}

enum cli_exit unenrolled_list(struct session *session, bool as_json)
{
	static const char *const headings[] = {"USER", "UID", "SHELL"};
	struct listing listing = listing_new(as_json, "users", headings, 3);
	enum cli_exit status = add_users(&listing, session);
	enum cli_exit printed = listing_print(&listing, "every user with a login shell is enrolled");
	return status != CLI_DONE ? status : printed;
}
