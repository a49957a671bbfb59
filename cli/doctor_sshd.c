/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>

#define GRACE_MARGIN_S 30 /* for the message to arrive, and to be read and typed */
#define FIRST_FILE "/etc/ssh/sshd_config.d/00-otpcode.conf"
#define SHIPPED "publickey,keyboard-interactive:pam"

/* " (FILE:LINE)" where the setting is everybody's. */
static const char *place_of(
	const struct sshd_setting *setting, const char *keyword, char out[SSHD_PLACE_SIZE])
{
	out[0] = '\0';
	if (!setting->is_match)
		sshd_config_place(keyword, out);
	return out;
}

/* "for anybody", "for user root", "for Match Group x (FILE:LINE)" */
static const char *whom(const struct sshd_setting *setting)
{
	return setting->who[0] != '\0' ? setting->who : "anybody";
}

/* What anybody is told is not told again for root and for each Match block of which the same holds. */
static bool is_told(const struct doctor *doctor, unsigned i,
	bool (*holds)(const struct doctor *doctor, const struct sshd_setting *setting))
{
	return i > 0 && holds(doctor, &doctor->sshd.settings[0]);
}

/* Says where holds is true; say is given the setting. */
static void each_setting(struct doctor *doctor,
	bool (*holds)(const struct doctor *doctor, const struct sshd_setting *setting),
	void (*say)(struct doctor *doctor, const struct sshd_setting *setting))
{
	for (unsigned i = 0; i < doctor->sshd.n; i++)
		if (holds(doctor, &doctor->sshd.settings[i]) && !is_told(doctor, i, holds))
			say(doctor, &doctor->sshd.settings[i]);
}

static void check_answers(struct doctor *doctor)
{
	struct sshd_facts *facts = &doctor->sshd;

	sshd_ask(facts);
	if (!facts->here) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "there is no sshd here");
		return;
	}
	if (facts->known)
		return;
	if (strstr(facts->why, "privilege separation directory") != NULL) {
		doctor_say(doctor, DOCTOR_UNKNOWN,
			"sshd does not tell its settings while it does not run: %s", facts->why);
		return;
	}
	if (facts->unsatisfied && !facts->settings[0].kbdinteractive)
		return; /* sshd.kbdinteractive says so */
	doctor_say(doctor, DOCTOR_FAULT, "sshd does not take its own configuration: %s", facts->why);
	doctor_mend(doctor, "correct that line; 'sshd -t' tries it again");
}

static bool lacks_pam(const struct doctor *doctor, const struct sshd_setting *setting)
{
	(void)doctor;
	return !setting->use_pam;
}

static void say_use_pam(struct doctor *doctor, const struct sshd_setting *setting)
{
	char place[SSHD_PLACE_SIZE];

	doctor_say(doctor, DOCTOR_FAULT,
		"UsePAM is no%s for %s: sshd never runs the PAM stack, so no code is asked",
		place_of(setting, "UsePAM", place), whom(setting));
	doctor_mend(doctor, "set 'UsePAM yes' in " FIRST_FILE ", then 'sshd -t' and reload sshd");
}

static void check_use_pam(struct doctor *doctor)
{
	each_setting(doctor, lacks_pam, say_use_pam);
}

/* Some list wants it, or all are wanted where none is listed. */
static bool wants(const struct sshd_setting *setting, const char *method)
{
	char list[SSHD_METHODS_SIZE];

	for (const char *rest = setting->methods; sshd_methods_next(&rest, list);)
		if (strcmp(list, "any") == 0 || sshd_methods_has(list, method))
			return true;
	return false;
}

static bool lacks_questions(const struct doctor *doctor, const struct sshd_setting *setting)
{
	(void)doctor;
	return !setting->kbdinteractive && wants(setting, "keyboard-interactive");
}

static void say_questions(struct doctor *doctor, const struct sshd_setting *setting)
{
	char place[SSHD_PLACE_SIZE];

	doctor_say(doctor, DOCTOR_FAULT,
		"KbdInteractiveAuthentication is no%s for %s: sshd cannot ask for a code. Of several files "
		"that "
		"set it, the one that sorts first wins",
		place_of(setting, "KbdInteractiveAuthentication", place), whom(setting));
	doctor_mend(doctor, "set 'KbdInteractiveAuthentication yes' in a file that sorts before that one, "
			    "such as " FIRST_FILE ", or take the line out; then reload sshd");
}

static void check_questions(struct doctor *doctor)
{
	const struct sshd_facts *facts = &doctor->sshd;

	if (facts->unsatisfied && !facts->settings[0].kbdinteractive)
		say_questions(doctor, &facts->settings[0]);
	each_setting(doctor, lacks_questions, say_questions);
}

/* What a list says of the way in: no code, an impossible pair, a code that PAM is not asked for. */
static bool is_open(const struct sshd_setting *setting, const char *list)
{
	if (strcmp(list, "any") == 0)
		return setting->pubkey || setting->hostbased;
	return !sshd_methods_has(list, "keyboard-interactive") && !sshd_methods_has(list, "password");
}

static bool is_impossible(const char *list)
{
	return sshd_methods_has(list, "password") && sshd_methods_has(list, "keyboard-interactive");
}

static bool goes_elsewhere(const char *list)
{
	return strstr(list, "keyboard-interactive:bsdauth") != NULL ||
	       strstr(list, "keyboard-interactive:skey") != NULL;
}

static void judge_list(struct doctor *doctor, const struct sshd_setting *setting, const char *list)
{
	char place[SSHD_PLACE_SIZE];

	place_of(setting, "AuthenticationMethods", place);
	if (is_impossible(list)) {
		doctor_say(doctor, DOCTOR_FAULT,
			"AuthenticationMethods has %s%s for %s: sshd would run the PAM stack twice and "
			"answer our "
			"prompt with the password, which we refuse: nobody can log in",
			list, place, whom(setting));
		doctor_mend(doctor,
			"for password and code: 'AuthenticationMethods keyboard-interactive:pam' and "
			"'PasswordAuthentication no'; the PAM stack asks both");
	} else if (goes_elsewhere(list)) {
		doctor_say(doctor, DOCTOR_FAULT, "AuthenticationMethods has %s%s for %s: that is not PAM",
			list, place, whom(setting));
		doctor_mend(doctor, "AuthenticationMethods " SHIPPED);
	} else if (is_open(setting, list) && setting->who[0] == '\0') {
		doctor_say(doctor, DOCTOR_FAULT,
			"AuthenticationMethods is %s%s for %s: a key alone opens the login, and no code is "
			"asked",
			setting->methods, place, whom(setting));
		doctor_mend(doctor, "set 'AuthenticationMethods " SHIPPED "' in " FIRST_FILE
				    "; who needs no code belongs into a Match block");
	}
}

static bool equal_methods(const struct sshd_setting *a, const struct sshd_setting *b)
{
	return strcmp(a->methods, b->methods) == 0 && a->pubkey == b->pubkey && a->hostbased == b->hostbased;
}

static void check_methods(struct doctor *doctor)
{
	const struct sshd_setting *settings = doctor->sshd.settings;
	char list[SSHD_METHODS_SIZE];

	for (unsigned i = 0; i < doctor->sshd.n; i++) {
		/* Root who may not log in at all needs no code. */
		if ((i > 0 && equal_methods(&settings[i], &settings[0])) ||
			(i == 1 && strcmp(settings[i].root, "no") == 0))
			continue;
		for (const char *rest = settings[i].methods; sshd_methods_next(&rest, list);)
			judge_list(doctor, &settings[i], list);
	}
}

/* sshd's password method is tried, where our stack refuses whatever it says. Beside "keyboard-interactive" in
 * the same list it is judged above. */
static bool answers_blindly(const struct doctor *doctor, const struct sshd_setting *setting)
{
	char list[SSHD_METHODS_SIZE];
	(void)doctor;

	if (!setting->password)
		return false;
	for (const char *rest = setting->methods; sshd_methods_next(&rest, list);)
		if (strcmp(list, "any") == 0 || (sshd_methods_has(list, "password") && !is_impossible(list)))
			return true;
	return false;
}

static void say_password(struct doctor *doctor, const struct sshd_setting *setting)
{
	char place[SSHD_PLACE_SIZE];

	doctor_say(doctor, DOCTOR_FAULT,
		"PasswordAuthentication is yes%s for %s, and AuthenticationMethods lets it be tried: sshd "
		"answers "
		"our prompt with the password, unseen, and we refuse it",
		place_of(setting, "PasswordAuthentication", place), whom(setting));
	doctor_mend(doctor, "set 'PasswordAuthentication no' in " FIRST_FILE ", then reload sshd");
}

static void check_password(struct doctor *doctor)
{
	each_setting(doctor, answers_blindly, say_password);
}

/* Also behind a key: sshd takes no answer of root's to any question of PAM. */
static bool is_in_trap(const struct sshd_setting *root)
{
	return strcmp(root->root, "yes") != 0 && strcmp(root->root, "no") != 0 && sshd_reaches_pam(root);
}

static bool is_enrolled(const struct doctor *doctor, const char *user)
{
	struct record record;
	struct otp_why why;

	return otp_read(&doctor->session.core, user, &record, NULL, &why) == OTP_OK;
}

static void check_root(struct doctor *doctor)
{
	const struct sshd_setting *root = &doctor->sshd.settings[1];
	char place[SSHD_PLACE_SIZE];

	if (!is_in_trap(root) || !is_enrolled(doctor, "root"))
		return;
	doctor_say(doctor, DOCTOR_FAULT,
		"PermitRootLogin is %s%s and root is enrolled: sshd puts junk in the place of whatever root "
		"types at "
		"our prompt, so no code of root's is ever right",
		root->root, place_of(root, "PermitRootLogin", place));
	doctor_mend(doctor, "'PermitRootLogin yes' (the key and the code still stand before it); or log in "
			    "as a user and use sudo: "
			    "'PermitRootLogin no', and 'otpcode unenroll root'");
}

static bool is_hostbased(const struct doctor *doctor, const struct sshd_setting *setting)
{
	return setting->hostbased && doctor_config_of(doctor)->policy.remember_for_s > 0;
}

static void say_hostbased(struct doctor *doctor, const struct sshd_setting *setting)
{
	char place[SSHD_PLACE_SIZE];

	doctor_say(doctor, DOCTOR_FAULT,
		"HostbasedAuthentication is yes%s for %s, and [devices] remember_for is on: whoever is root "
		"on a "
		"trusted host can come as anybody, from a place that is remembered",
		place_of(setting, "HostbasedAuthentication", place), whom(setting));
	doctor_mend(
		doctor, "'HostbasedAuthentication no' in " FIRST_FILE ", or remember_for=off in [devices]");
}

static void check_hostbased(struct doctor *doctor)
{
	each_setting(doctor, is_hostbased, say_hostbased);
}

static bool is_short(const struct doctor *doctor, const struct sshd_setting *setting)
{
	int wait_s = doctor_config_of(doctor)->delivery.wait_s;

	return setting->grace_s > 0 && setting->grace_s < wait_s + GRACE_MARGIN_S;
}

static void say_short(struct doctor *doctor, const struct sshd_setting *setting)
{
	int wait_s = doctor_config_of(doctor)->delivery.wait_s;
	char place[SSHD_PLACE_SIZE];

	doctor_say(doctor, DOCTOR_FAULT,
		"LoginGraceTime is %ld s%s: sshd hangs up then, and [delivery] wait alone may take %d s",
		setting->grace_s, place_of(setting, "LoginGraceTime", place), wait_s);
	doctor_mend(doctor, "'LoginGraceTime 120' (sshd's default) leaves time for a message to arrive");
}

static void check_grace(struct doctor *doctor)
{
	each_setting(doctor, is_short, say_short);
}

static const struct doctor_check checks[] = {
	{"sshd.settings", "sshd's effective settings, Match blocks and drop-ins with them", 0, check_answers},
	{"sshd.usepam", "UsePAM", DOCTOR_NEEDS_SSHD, check_use_pam},
	{"sshd.kbdinteractive", "KbdInteractiveAuthentication", DOCTOR_NEEDS_SSHD_IN_PART, check_questions},
	{"sshd.methods", "AuthenticationMethods: whether every way in leads to PAM", DOCTOR_NEEDS_SSHD,
		check_methods},
	{"sshd.password", "PasswordAuthentication", DOCTOR_NEEDS_SSHD, check_password},
	{"sshd.root", "PermitRootLogin, where root is enrolled", DOCTOR_NEEDS_SSHD | DOCTOR_NEEDS_STORE,
		check_root},
	{"sshd.hostbased", "HostbasedAuthentication beside devices", DOCTOR_NEEDS_SSHD | DOCTOR_NEEDS_CONFIG,
		check_hostbased},
	{"sshd.gracetime", "LoginGraceTime beside [delivery] wait", DOCTOR_NEEDS_SSHD | DOCTOR_NEEDS_CONFIG,
		check_grace},
};

const struct doctor_theme doctor_sshd = {checks, sizeof checks / sizeof *checks, true};
