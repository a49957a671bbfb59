/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor.h"

#include "cli/command.h"
#include "cli/help.h"
#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE_DEFAULT "sshd"

/* What later themes need is read by earlier ones. */
#define THEMES_N 9
static const struct doctor_theme *const themes[THEMES_N] = {&doctor_config, &doctor_module, &doctor_store,
	&doctor_sshd, &doctor_pam, &doctor_delivery, &doctor_relay, &doctor_users, &doctor_host};

/* How a grade is named in JSON, and at the beginning of a line. */
static const struct grade {
	const char *name, *mark;
} grades[DOCTOR_GRADES_N] = {
	[DOCTOR_SOUND] = {"sound", "sound"},
	[DOCTOR_UNKNOWN] = {"unknown", "unknown"},
	[DOCTOR_WARNING] = {"warning", "WARNING"},
	[DOCTOR_FAULT] = {"fault", "FAULT"},
};

/* Where the results go. */
struct telling {
	bool as_json;
	struct report_json json;
	json_t *checks;
	unsigned checks_n, findings_n[DOCTOR_GRADES_N];
};

void doctor_say(struct doctor *doctor, enum doctor_grade grade, const char *format, ...)
{
	struct doctor_finding *findings =
		reallocarray(doctor->findings, doctor->findings_n + 1, sizeof *findings);
	va_list args;

	if (findings == NULL) {
		doctor->no_memory = true;
		return;
	}
	doctor->findings = findings;
	struct doctor_finding *finding = &findings[doctor->findings_n++];
	*finding = (struct doctor_finding){.grade = grade};
	va_start(args, format);
	(void)vsnprintf(finding->text, sizeof finding->text, format, args);
	va_end(args);
}

void doctor_mend(struct doctor *doctor, const char *format, ...)
{
	va_list args;

	if (doctor->findings_n == 0)
		return;
	struct doctor_finding *finding = &doctor->findings[doctor->findings_n - 1];
	va_start(args, format);
	(void)vsnprintf(finding->mend, sizeof finding->mend, format, args);
	va_end(args);
}

const struct config *doctor_config_of(const struct doctor *doctor)
{
	return &doctor->session.config;
}

static enum doctor_grade worst(const struct doctor *doctor)
{
	enum doctor_grade found = DOCTOR_SOUND;

	for (unsigned i = 0; i < doctor->findings_n; i++)
		if (doctor->findings[i].grade > found)
			found = doctor->findings[i].grade;
	return found;
}

static void tell_json(struct telling *telling, const struct doctor *doctor, const struct doctor_check *check)
{
	struct report_json *json = &telling->json;
	json_t *object = json_object(), *findings = json_array();

	report_json_put(json, object, "check", json_string(check->name));
	report_json_put(json, object, "looked_at", json_string(check->looks_at));
	report_json_put(json, object, "grade", json_string(grades[worst(doctor)].name));
	for (unsigned i = 0; i < doctor->findings_n; i++) {
		const struct doctor_finding *finding = &doctor->findings[i];
		json_t *told = json_object();
		report_json_put(json, told, "grade", json_string(grades[finding->grade].name));
		report_json_put(json, told, "text", report_json_text(finding->text));
		report_json_put(json, told, "mend",
			finding->mend[0] != '\0' ? report_json_text(finding->mend) : json_null());
		report_json_append(json, findings, told);
	}
	report_json_put(json, object, "findings", findings);
	report_json_append(json, telling->checks, object);
}

static void tell_text(const struct doctor *doctor, const struct doctor_check *check)
{
	if (doctor->findings_n == 0)
		report_line("%-8s %-22s %s", grades[DOCTOR_SOUND].mark, check->name, check->looks_at);
	for (unsigned i = 0; i < doctor->findings_n; i++) {
		const struct doctor_finding *finding = &doctor->findings[i];
		report_line("%-8s %-22s %s", grades[finding->grade].mark, check->name, finding->text);
		if (finding->mend[0] != '\0')
			report_line("%-8s %-22s -> %s", "", "", finding->mend);
	}
}

static bool is_met(const struct doctor *doctor, enum doctor_need need)
{
	switch (need) {
	case DOCTOR_NEEDS_CONFIG:
		return doctor->config_sound;
	case DOCTOR_NEEDS_KEYS:
		return doctor->keys_had;
	case DOCTOR_NEEDS_STORE:
		return doctor->store_open;
	case DOCTOR_NEEDS_SURVEY:
		return doctor->survey != NULL;
	case DOCTOR_NEEDS_SSHD:
		return doctor->sshd.known;
	case DOCTOR_NEEDS_SSHD_IN_PART:
		return doctor->sshd.known || doctor->sshd.unsatisfied;
	case DOCTOR_NEEDS_OURS:
		return doctor->ours != PAM_STACK_RULES_MAX;
	case DOCTOR_NEEDS_PROBES:
		return doctor->hook_answers;
	case DOCTOR_NEEDS_SEND:
		return arguments_value(doctor->arguments, OPTION_SEND) != NULL;
	}
	return false;
}

/* What is missing for a check; NULL: nothing. */
static const char *unmet(const struct doctor *doctor, unsigned needs)
{
	static const struct {
		enum doctor_need need;
		const char *text;
	} rows[] = {
		{DOCTOR_NEEDS_CONFIG, "the configuration must be sound first"},
		{DOCTOR_NEEDS_KEYS, "the host key must be sound first"},
		{DOCTOR_NEEDS_STORE, "the state folder must be sound first"},
		{DOCTOR_NEEDS_SURVEY, "the records must be readable first"},
		{DOCTOR_NEEDS_SSHD, "sshd did not tell its settings"},
		{DOCTOR_NEEDS_SSHD_IN_PART, "sshd did not tell its settings"},
		{DOCTOR_NEEDS_OURS, "there is no line of ours to look at"},
		{DOCTOR_NEEDS_PROBES, "the hook must answer first"},
		{DOCTOR_NEEDS_SEND, "nothing is sent without --send ADDRESS"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if ((needs & rows[i].need) != 0 && !is_met(doctor, rows[i].need))
			return rows[i].text;
	return NULL;
}

static void run_check(struct doctor *doctor, const struct doctor_check *check, struct telling *telling)
{
	const char *missing = unmet(doctor, check->needs);

	doctor->findings_n = 0;
	if (missing == NULL)
		check->run(doctor);
	else
		doctor_say(doctor, DOCTOR_UNKNOWN, "%s: %s", check->looks_at, missing);
	telling->checks_n++;
	for (unsigned i = 0; i < doctor->findings_n; i++)
		telling->findings_n[doctor->findings[i].grade]++;
	if (telling->as_json)
		tell_json(telling, doctor, check);
	else
		tell_text(doctor, check);
}

static enum cli_exit finish(struct telling *telling, const struct doctor *doctor)
{
	const unsigned *n = telling->findings_n;
	enum cli_exit printed = CLI_DONE;

	if (telling->as_json) {
		report_json_put(&telling->json, telling->json.root, "faults", json_integer(n[DOCTOR_FAULT]));
		report_json_put(
			&telling->json, telling->json.root, "warnings", json_integer(n[DOCTOR_WARNING]));
		report_json_put(
			&telling->json, telling->json.root, "unknown", json_integer(n[DOCTOR_UNKNOWN]));
		printed = report_json_print(&telling->json);
	} else {
		report_line("%u checks: %u fault%s, %u warning%s, %u not looked at", telling->checks_n,
			n[DOCTOR_FAULT], n[DOCTOR_FAULT] == 1 ? "" : "s", n[DOCTOR_WARNING],
			n[DOCTOR_WARNING] == 1 ? "" : "s", n[DOCTOR_UNKNOWN]);
	}
	if (doctor->no_memory) {
		report_error("there is not enough memory");
		return CLI_FAILED;
	}
	return n[DOCTOR_FAULT] + n[DOCTOR_WARNING] > 0 ? CLI_FAILED : printed;
}

static void begin(struct doctor *doctor, const struct arguments *arguments)
{
	const char *service = arguments_value(arguments, OPTION_SERVICE);

	doctor->arguments = arguments;
	doctor->service = service != NULL ? service : SERVICE_DEFAULT;
	doctor->is_sshd = strcmp(doctor->service, SERVICE_DEFAULT) == 0;
	doctor->session.file.users_fd = -1;
	doctor->ours = PAM_STACK_RULES_MAX;
}

static void end(struct doctor *doctor)
{
	if (doctor->store_open) {
		store_file_close(&doctor->session.file);
	}
	keys_wipe(&doctor->session.core.keys);
	if (doctor->stack != NULL)
		pam_stack_free(doctor->stack);
	free(doctor->stack);
	free(doctor->survey);
	free(doctor->findings);
	free(doctor);
}

enum cli_exit command_doctor(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	struct telling telling = {.as_json = arguments->given[OPTION_JSON] > 0};
	const char *service = arguments_value(arguments, OPTION_SERVICE);
	(void)operands;
	(void)operands_n;

	if (service != NULL && strchr(service, '/') != NULL)
		return help_complain(
			"doctor", "--service '%s' is a path: give the name of a PAM service", service);
	struct doctor *doctor = calloc(1, sizeof *doctor);
	if (doctor == NULL) {
		report_error("there is not enough memory");
		return CLI_FAILED;
	}
	begin(doctor, arguments);
	if (telling.as_json) {
		telling.json = report_json_new();
		telling.checks = json_array();
		report_json_put(
			&telling.json, telling.json.root, "service", report_json_text(doctor->service));
		report_json_put(&telling.json, telling.json.root, "checks", telling.checks);
	}
	for (size_t t = 0; t < THEMES_N; t++)
		for (size_t c = 0; c < themes[t]->checks_n && (doctor->is_sshd || !themes[t]->of_sshd); c++)
			run_check(doctor, &themes[t]->checks[c], &telling);
	enum cli_exit status = finish(&telling, doctor);
	end(doctor);
	return status;
}
