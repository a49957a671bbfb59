/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"

#include "cli/pam_kinds.h"
#include "cli/unenrolled.h"
#include "contacts/contacts.h"
#include "core/address.h"
#include "store/limits.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASTION_USERS 8 /* so many users of one source do not sit at one machine */
#define ASKED_MAX 64    /* so many are asked about at most: sshd is run for each */

static void check_records(struct doctor *doctor)
{
	struct otp_why why = {0};
	char names[DOCTOR_SOME_SIZE];

	doctor->survey = malloc(sizeof *doctor->survey);
	if (doctor->survey == NULL) {
		doctor->no_memory = true;
		return;
	}
	enum otp_err err =
		doctor_survey_make(&doctor->session.core, doctor_config_of(doctor), doctor->survey, &why);
	if (err != OTP_OK) {
		doctor_say(doctor, DOCTOR_FAULT, "%s", why.text);
		doctor_mend(doctor,
			err == OTP_ERR_CORRUPT
				? "move that file out of the folder, or give it back the name that it had"
				: "see why the folder cannot be read");
	}
	const struct doctor_some *bad = &doctor->survey->unreadable;
	if (bad->n == 0)
		return;
	doctor_some_name(bad, names);
	doctor_say(doctor, DOCTOR_FAULT, "the record of %s cannot be read: %s", names,
		doctor->survey->unreadable_why);
	doctor_mend(doctor,
		"restore it from a backup, or begin anew: otpcode unenroll %s --yes, then otpcode enroll",
		bad->names[0]);
}

/* The mend names the first of them, between its two parts. */
static void warn_of(struct doctor *doctor, const struct doctor_some *some, const char *what,
	const char *before, const char *behind)
{
	char names[DOCTOR_SOME_SIZE];

	if (some->n == 0)
		return;
	doctor_some_name(some, names);
	doctor_say(doctor, DOCTOR_WARNING, "%s: %s", what, names);
	doctor_mend(doctor, "%s%s%s", before, some->names[0], behind);
}

static void check_locked(struct doctor *doctor)
{
	warn_of(doctor, &doctor->survey->locked, "locked until an admin unlocks", "'otpcode why ",
		"' says what happened; 'otpcode unlock' opens the lanes");
}

/* Who is let in by sshd without PAM, or skipped by a line above ours, needs no contact. */
static bool is_exempt_group(
	const struct doctor *doctor, const struct pam_rule *rule, const struct passwd *entry)
{
	const char *group_name = NULL;
	gid_t groups[64];
	int groups_n = 64;
	(void)doctor;

	for (unsigned i = 0; i + 1 < rule->arguments_n; i++)
		if (strcmp(rule->arguments[i], "ingroup") == 0)
			group_name = rule->arguments[i + 1];
	const struct group *group = group_name != NULL ? getgrnam(group_name) : NULL;
	if (group == NULL)
		return false;
	gid_t gid = group->gr_gid;
	(void)getgrouplist(entry->pw_name, entry->pw_gid, groups, &groups_n);
	for (int i = 0; i < groups_n && i < 64; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static bool is_exempt(const struct doctor *doctor, const char *name)
{
	struct sshd_setting setting = {.grace_s = 0};
	const struct passwd *entry = getpwnam(name);

	if (doctor->is_sshd && doctor->sshd.known && sshd_ask_user(name, &setting) &&
		!sshd_reaches_pam(&setting) && sshd_reaches_pam(&doctor->sshd.settings[0]))
		return true;
	if (entry == NULL || !doctor->stack_read || doctor->ours >= doctor->stack->rules_n)
		return false;
	for (unsigned i = 0; i < doctor->ours; i++)
		if (pam_rule_is(&doctor->stack->rules[i], "pam_succeed_if.so") &&
			pam_kind_skips(doctor->stack, i, doctor->ours) &&
			is_exempt_group(doctor, &doctor->stack->rules[i], entry))
			return true;
	return false;
}

static bool has_contact(const struct doctor *doctor, const char *name)
{
	struct otp_contacts found = {.n = 0};
	struct record record;
	struct otp_why why;
	const struct config *config = doctor_config_of(doctor);

	if (config->users.contacts.from == CONFIG_CONTACTS_COMMAND)
		return true; /* as many runs of it as there are users would be no look */
	if (config->users.contacts.from == CONFIG_CONTACTS_FILE)
		return contacts_find(config, SESSION_OWNER, name, &found, &why) != OTP_OK || found.n > 0;
	enum otp_err err = otp_read(&doctor->session.core, name, &record, NULL, &why);
	return err != OTP_ERR_NOT_ENROLLED && err != OTP_ERR_INVALID;
}

/* Names first: what is asked about them looks into the same databases. */
static unsigned collect_people(char names[ASKED_MAX][RECORD_USER_SIZE], const struct doctor *doctor)
{
	const struct passwd *entry;
	unsigned n = 0;

	setpwent();
	while (n < ASKED_MAX && (entry = getpwent()) != NULL) {
		if (entry->pw_uid == 0 || !unenrolled_can_log_in(entry))
			continue;
		(void)snprintf(names[n], RECORD_USER_SIZE, "%s", entry->pw_name);
		if (!has_contact(doctor, names[n]))
			n++;
	}
	endpwent();
	return n;
}

/* root is not among them: see sshd.root. */
static void check_contacts(struct doctor *doctor)
{
	struct doctor_some some = {.n = 0};
	char(*names)[RECORD_USER_SIZE];

	if (doctor_config_of(doctor)->users.unenrolled == CONFIG_UNENROLLED_IGNORE)
		return;
	names = malloc(sizeof(char[ASKED_MAX][RECORD_USER_SIZE]));
	if (names == NULL) {
		doctor->no_memory = true;
		return;
	}
	unsigned n = collect_people(names, doctor);
	for (unsigned i = 0; i < n; i++)
		if (!is_exempt(doctor, names[i]))
			doctor_some_add(&some, names[i]);
	free(names);
	warn_of(doctor, &some, "users with a login shell and no address: every login is denied",
		"otpcode enroll ", " --email ADDRESS; 'otpcode list --unenrolled' lists them all");
}

static void check_reached(struct doctor *doctor)
{
	warn_of(doctor, &doctor->survey->unreachable, "no address that this host sends to",
		"otpcode contact add ",
		" --email ADDRESS; 'otpcode config show' has [delivery] channels and [sms] "
		"allow_prefixes");
}

/* Near: four of five. A limit of a few is never near before it is reached. */
static void check_sends(struct doctor *doctor)
{
	const struct session *session = &doctor->session;
	struct policy policy = session->core.policy;
	struct limits_file file;
	struct quota_verdict verdict;
	struct origin origin;
	struct otp_why why = {0};

	policy.sends_email.count -= policy.sends_email.count / 5;
	policy.sends_sms.count -= policy.sends_sms.count / 5;
	policy.sends_sms_daily.count -= policy.sends_sms_daily.count / 5;
	limits_set(&file, session->config.store.path, SESSION_OWNER);
	struct quota_table table = limits_interface(&file);
	origin_from_facts(&(struct origin_facts){.host = "doctor", .service = "otpcode"}, &origin);
	for (unsigned c = 0; c < CHANNELS_N; c++) {
		struct contact contact = {.channel = (enum channel)c};
		(void)snprintf(contact.address, sizeof contact.address, "%s",
			contact.channel == CHANNEL_SMS ? "+12025550100" : "doctor@example.org");
		enum otp_err err = quota_look(&table, &session->core.keys, &policy,
			(struct quota_send){&origin, &contact}, session_now(session), &verdict, &why);
		if (err != OTP_OK || !quota_limit_is_of_host(verdict.limit))
			continue;
		doctor_say(doctor, DOCTOR_WARNING,
			"this host has sent over four of five of what [limits] %s allows: at the limit "
			"nobody gets a code",
			quota_limit_name(verdict.limit));
		doctor_mend(doctor,
			"the log has who causes them (event=sent); where they are all right, raise %s in "
			"[limits]",
			quota_limit_name(verdict.limit));
	}
	if (doctor->survey != NULL)
		warn_of(doctor, &doctor->survey->out_of_sends, "no sends left in [limits] sends_per_user",
			"'otpcode show ", "' says since when; the codes already sent still work");
}

static bool is_trusted(const struct policy_networks *networks, const char *source)
{
	struct address address;

	if (!address_parse(source, strlen(source), &address))
		return true;
	for (unsigned i = 0; i < networks->n; i++)
		if (address_range_holds(&networks->list[i], &address))
			return true;
	return false;
}

static void check_bastion(struct doctor *doctor)
{
	const struct policy *policy = &doctor->session.core.policy;
	for (unsigned i = 0; i < doctor->survey->sources_n; i++) {
		const char *source = doctor->survey->sources[i].source;
		unsigned users = doctor->survey->sources[i].users;
		if (users < BASTION_USERS || is_trusted(&policy->trusted_sources, source))
			continue;
		doctor_say(doctor, DOCTOR_WARNING,
			"%u users came from %s, which is not in [limits] trusted_sources: as a bastion it "
			"would soon be "
			"at sends_per_source, for all of them",
			users, source);
		doctor_mend(doctor,
			"if it is a bastion or a gateway of yours: trusted_sources=%s in [limits]", source);
	}
}

static const struct doctor_check checks[] = {
	{"users.records", "the records of all users", DOCTOR_NEEDS_STORE, check_records},
	{"users.contacts", "users with a login shell and no address", DOCTOR_NEEDS_STORE, check_contacts},
	{"users.reached", "that every user has an address that this host sends to", DOCTOR_NEEDS_SURVEY,
		check_reached},
	{"users.locked", "lanes that are locked until an admin unlocks", DOCTOR_NEEDS_SURVEY, check_locked},
	{"limits.sends", "how near sends are to their limits", DOCTOR_NEEDS_STORE, check_sends},
	{"limits.bastion", "sources of many users that are not in trusted_sources", DOCTOR_NEEDS_SURVEY,
		check_bastion},
};

const struct doctor_theme doctor_users = {checks, sizeof checks / sizeof *checks, false};
