/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"

#include "cli/processes.h"
#include "deliver/deliver.h"
#include "deliver/program.h"

#include <string.h>
#include <unistd.h>

static const struct config *config_of(const struct doctor *doctor)
{
	return doctor_config_of(doctor);
}

static bool is_behind_socket(const struct doctor *doctor)
{
	return strncmp(config_of(doctor)->delivery.hook, DELIVER_UNIX, strlen(DELIVER_UNIX)) == 0;
}

static struct program program_of(const struct config *config)
{
	return (struct program){.path = config->delivery.hook,
		.path_key = "delivery.hook",
		.user = config->delivery.hook_user,
		.user_key = "delivery.hook_user",
		.user_hint = "",
		.config = config->path,
		.failed = OTP_ERR_DELIVERY};
}

static void check_user(struct doctor *doctor)
{
	struct otp_why why = {0};
	uid_t uid;
	gid_t gid;

	if (is_behind_socket(doctor))
		return;
	const struct program program = program_of(config_of(doctor));
	enum otp_err err = program_find_user(&program, &uid, &gid, &why);
	if (err == OTP_OK)
		return;
	doctor_say(doctor, DOCTOR_FAULT, "the user that the hook runs as: %s", why.text);
	doctor_mend(
		doctor, "'otpcode init' makes the user %s; leave hook_user out for _otpcode", program.user);
}

/* Who runs as the hook's user can read its memory, and the passwords of relays. */
static void check_processes(struct doctor *doctor)
{
	struct otp_why why = {0};
	struct processes found;
	uid_t uid;
	gid_t gid;

	if (is_behind_socket(doctor))
		return;
	const struct program program = program_of(config_of(doctor));
	if (program_find_user(&program, &uid, &gid, &why) != OTP_OK)
		return; /* told already */
	if (!processes_find(uid, program.path, &found)) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "who else runs as %s: /proc is not there", program.user);
		return;
	}
	if (found.n == 0)
		return;
	doctor_say(doctor, DOCTOR_FAULT,
		"%u other process%s run%s as %s, such as %s (%ld): they can see the codes and the relay's "
		"password",
		found.n, found.n == 1 ? "" : "es", found.n == 1 ? "s" : "", program.user, found.name,
		found.pid);
	doctor_mend(doctor,
		"give the hook a user of its own: leave hook_user out for _otpcode, then 'otpcode init'");
}

static void say_hook(struct doctor *doctor, enum otp_err err, const struct otp_why *why)
{
	doctor_say(doctor, DOCTOR_FAULT, "%s", why->text);
	if (is_behind_socket(doctor) && err == OTP_ERR_UNTRUSTED)
		doctor_mend(doctor, "the socket, all folders above it and who listens there must be root's: "
				    "'systemctl restart "
				    "otpcode-deliver.socket' makes it so");
	else if (is_behind_socket(doctor))
		doctor_mend(doctor, "systemctl enable --now otpcode-deliver.socket");
	else if (err == OTP_ERR_UNTRUSTED)
		doctor_mend(doctor, "make it and every folder above it root's: chown root, chmod go-w");
	else
		doctor_mend(doctor, "'make install' puts it where [delivery] hook says, or correct that");
}

/* Asks it about every provider; what they say is for the checks below. */
static void check_hook(struct doctor *doctor)
{
	const struct config *config = config_of(doctor);
	struct otp_why why = {0};
	uid_t uid;
	gid_t gid;

	if (!is_behind_socket(doctor)) {
		const struct program program = program_of(config);
		enum otp_err err = program_check(&program, &why);
		if (err != OTP_OK) {
			say_hook(doctor, err, &why);
			return;
		}
		if (program_find_user(&program, &uid, &gid, &why) != OTP_OK)
			return; /* told already */
	}
	doctor_probe_all(config, &doctor->probes);
	doctor->hook_answers = true;
	for (unsigned i = 0; i < doctor->probes.n && doctor->hook_answers; i++)
		if (doctor->probes.list[i].err != OTP_OK) {
			doctor->hook_answers = false;
			say_hook(doctor, doctor->probes.list[i].err, &doctor->probes.list[i].why);
			return;
		}
}

static const struct doctor_check checks[] = {
	{"delivery.user", "the user that the hook runs as", DOCTOR_NEEDS_CONFIG, check_user},
	{"delivery.processes", "who else runs as that user", DOCTOR_NEEDS_CONFIG, check_processes},
	{"delivery.hook", "the hook, and who may write it", DOCTOR_NEEDS_CONFIG, check_hook},
};

const struct doctor_theme doctor_delivery = {checks, sizeof checks / sizeof *checks, false};
