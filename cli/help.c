/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/help.h"

#include "cli/report.h"

#include <stdarg.h>
#include <string.h>

#define COLUMNS 80

static bool is_of_group(const struct command *command, const char *group, size_t group_len)
{
	return group_len == 0 ||
	       (strncmp(command->name, group, group_len) == 0 && command->name[group_len] == ' ');
}

/* Of a group, each command's; of all, those of a new host's first steps. */
static void print_examples(FILE *out, const char *group, size_t group_len)
{
	static const char *const first_steps[] = {"init", "enroll", "show"};
	const struct command *command;

	for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
		bool wanted = group_len > 0 && is_of_group(command, group, group_len);
		for (size_t n = 0; group_len == 0 && n < sizeof first_steps / sizeof first_steps[0]; n++)
			wanted = wanted || strcmp(command->name, first_steps[n]) == 0;
		if (wanted)
			(void)fprintf(out, "  otpcode %s\n", command->example);
	}
}

void help_print_overview(FILE *out, const char *group, size_t group_len)
{
	const struct command *command;

	(void)fprintf(out, "usage: otpcode COMMAND [ARGUMENT ...] [OPTION ...]\n\ncommands:\n");
	for (size_t i = 0; (command = command_at(i)) != NULL; i++)
		if (is_of_group(command, group, group_len))
			(void)fprintf(out, "  %-15s  %s\n", command->name, command->summary);
	(void)fprintf(out, "\nexamples:\n");
	print_examples(out, group, group_len);
	(void)fprintf(out, "\n'otpcode COMMAND --help' explains one of them, otpcode(8) all.\n");
}

static void print_synopsis(FILE *out, const struct command *command)
{
	const char *gap = *command->synopsis != '\0' ? " " : "";
	char line[2 * COLUMNS];

	(void)snprintf(line, sizeof line, "usage: otpcode %s%s%s", command->name, gap, command->synopsis);
	const char *last = strrchr(line, '\n') != NULL ? strrchr(line, '\n') + 1 : line;
	(void)fprintf(out, "%s%s[--config FILE]\n", line,
		strlen(last) + strlen(" [--config FILE]") < COLUMNS ? " " : "\n               ");
}

static void print_option(FILE *out, enum option_id id)
{
	const struct option_facts *facts = arguments_option(id);
	char name[40];

	(void)snprintf(name, sizeof name, "--%s%s%s", facts->name, facts->value != NULL ? " " : "",
		facts->value != NULL ? facts->value : "");
	(void)fprintf(out, "  %-17s  %s\n", name, facts->help);
}

void help_print_command(FILE *out, const struct command *command)
{
	unsigned shown = command->options | OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_HELP);

	print_synopsis(out, command);
	(void)fprintf(out, "\notpcode %s %s.\n%s", command->name, command->summary, command->detail);
	(void)fprintf(out, "\noptions:\n");
	for (unsigned i = 0; i < OPTIONS_N; i++)
		if ((shown & OPTION_BIT(i)) != 0)
			print_option(out, (enum option_id)i);
	(void)fprintf(out, "\nexample:\n  otpcode %s\n", command->example);
}

enum cli_exit help_complain(const char *command_name, const char *format, ...)
{
	const struct command *command = command_at(0);
	char fault[ARGUMENTS_FAULT_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(fault, sizeof fault, format, args);
	va_end(args);
	report_error("%s: %s", command_name, fault);
	for (size_t i = 0; command != NULL && strcmp(command->name, command_name) != 0; i++)
		command = command_at(i);
	if (command != NULL) {
		print_synopsis(stderr, command);
		(void)fprintf(stderr, "example: otpcode %s\n", command->example);
	}
	return CLI_USAGE;
}
