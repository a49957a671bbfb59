/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_SESSION_H
#define OTPCODE_CLI_SESSION_H

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/user.h"
#include "config/config.h"
#include "otp_core.h"
#include "store/file.h"

#define SESSION_OWNER 0 /* all that is opened must be root's */

/* What a command works with: the configuration and an open store. */
struct session {
	struct config config;
	struct store_file file;
	struct otp_core core;
	bool damaged; /* of the record that session_find_record found, an older copy had to be used */
};

/* The configuration's path, absolute, as the rules of trust want it. given may be NULL: the compiled-in one.
 */
__attribute__((warn_unused_result)) enum otp_err session_config_path(
	const char *given, char out[CONFIG_PATH_SIZE], struct otp_why *why);

/* Loads the configuration that --config names, or the compiled-in one. Anything but CLI_DONE was reported. */
enum cli_exit session_load_config(const struct arguments *arguments, struct config *config);

/* Loads the configuration and the host key, and opens the store. With CLI_DONE the caller ends with
 * session_close. */
enum cli_exit session_open(const struct arguments *arguments, struct session *session);
void session_close(struct session *session);

/* This host's name, as messages have it. */
void session_host_name(const struct config *config, char out[ORIGIN_HOST_SIZE]);

int64_t session_now(const struct session *session);

/* Reads a record and brings the copy up to now: what has ended is left out. */
__attribute__((warn_unused_result)) enum otp_err session_read(const struct session *session, const char *name,
	struct record *out, bool *damaged, struct otp_why *why);

/*
 * Finds the user whom a command is about, who must be enrolled, and reads the record as it stands. One who is
 * gone from the system is found by the name typed, with the record's uid.
 */
enum cli_exit session_find_record(
	struct session *session, const char *typed, struct user *user, struct record *record);

/*
 * The same, where contacts live elsewhere than in records with those that this place has. Who has some there
 * but no record yet has one of contacts alone.
 */
enum cli_exit session_find_followed(
	struct session *session, const char *typed, struct user *user, struct record *record);

/*
 * Where contacts live elsewhere than in records: gives the copy those that this place has. *known is whether
 * it has any. Elsewhere leaves both alone.
 */
__attribute__((warn_unused_result)) enum otp_err session_follow_contacts(
	const struct session *session, struct record *record, bool *known, struct otp_why *why);

/* "file:/etc/otpcode/contacts", as it is configured; NULL where contacts live in the records. */
const char *session_contacts_from(const struct session *session, char out[CONFIG_VALUE_SIZE]);

/* Reports that a command that enters contacts can do nothing where they live elsewhere. CLI_DONE: it can. */
enum cli_exit session_may_enter_contacts(const struct session *session);

/*
 * Finds a user of the system, enrolled or not: *enrolled is false, and record empty, for one who is not. One
 * whose record is of another uid is refused.
 */
enum cli_exit session_find_user(
	struct session *session, const char *typed, struct user *user, struct record *record, bool *enrolled);

/* otp_change, its errors reported. What edit leaves is what is kept. */
enum cli_exit session_change(struct session *session, const struct user *user, struct otp_edit edit);

/* Reports why a record could not be read or changed, and what to do. */
enum cli_exit session_explain(enum otp_err err, const char *user, const struct otp_why *why);

#endif
