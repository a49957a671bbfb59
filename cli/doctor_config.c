/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/config_fault.h"
#include "cli/doctor.h"
#include "cli/mend.h"
#include "contacts/contacts.h"
#include "contacts/people.h"

#include <errno.h>
#include <string.h>

static void mend_file(struct doctor *doctor, enum otp_err err, const struct otp_why *why)
{
	const struct mend *mend = mend_find(why->text);

	if (err == OTP_ERR_UNTRUSTED || (mend != NULL && strcmp(mend->cause, "trust") == 0))
		doctor_mend(doctor,
			"make it root's and writable by root alone: chown root FILE; chmod go-w FILE");
	else if (why->os_error == ENOENT)
		doctor_mend(doctor, "'make install' puts a first one there; the least that works stands in "
				    "otpcode.conf(5)");
	else if (why->os_error != 0)
		doctor_mend(
			doctor, "make it a file that root can read; 'otpcode config check' tries it again");
	else
		doctor_mend(doctor,
			"correct that line, then 'otpcode config check'; every login is denied until then");
}

static void check_file(struct doctor *doctor)
{
	const char *given = arguments_value(doctor->arguments, OPTION_CONFIG);
	struct config *config = &doctor->session.config;
	struct otp_why why = {0};
	enum otp_err err = session_config_path(given, doctor->config_path, &why);

	if (err == OTP_OK)
		err = config_fault_find(doctor->config_path, SESSION_OWNER, &why);
	if (err == OTP_OK)
		err = config_load(doctor->config_path, SESSION_OWNER, 0, NULL, config, &why);
	doctor->config_sound = err == OTP_OK;
	if (err == OTP_OK)
		return;
	config->policy = policy_default();
	doctor_say(doctor, DOCTOR_FAULT, "%s", why.text);
	mend_file(doctor, err, &why);
}

static void check_contacts(struct doctor *doctor)
{
	const struct config *config = doctor_config_of(doctor);
	struct otp_why why = {0};

	if (!contacts_are_elsewhere(config))
		return;
	enum otp_err err = contacts_check(config, SESSION_OWNER, &why);
	if (err == OTP_OK)
		return;
	doctor_say(doctor, DOCTOR_FAULT, "[users] contacts: %s", why.text);
	mend_file(doctor, err, &why);
}

static void check_people(struct doctor *doctor)
{
	const struct config *config = doctor_config_of(doctor);
	struct otp_why why = {0};

	if (config->users.people[0] == '\0')
		return;
	enum otp_err err = people_check(config->users.people, SESSION_OWNER, &why);
	if (err == OTP_OK)
		return;
	doctor_say(doctor, DOCTOR_FAULT, "[users] people: %s", why.text);
	mend_file(doctor, err, &why);
}

static const struct doctor_check checks[] = {
	{"config.file", "the configuration, its drop-ins, and who may write them", 0, check_file},
	{"config.contacts", "the file or command where contacts live", DOCTOR_NEEDS_CONFIG, check_contacts},
	{"config.people", "the file of people on shared accounts", DOCTOR_NEEDS_CONFIG, check_people},
};

const struct doctor_theme doctor_config = {checks, sizeof checks / sizeof *checks, false};
