/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/command.h"
#include "cli/help.h"
#include "cli/nearest.h"
#include "cli/report.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct command commands[] = {
	{"init", "[--json]", "makes the host key, the state folder and the hook's user",
		"What is there already is left as it is.\n", "init", {NULL}, 0, 0, OPTION_BIT(OPTION_JSON),
		true, command_init},
	{"enroll", "USER {--email ADDRESS | --sms NUMBER} ... [--prove]",
		"registers a user with the addresses that get the codes",
		"The addresses are tried in the order given. Nothing is sent to them: you vouch\n"
		"for them. With --prove a code is sent to each of them and asked for first.\n",
		"enroll alice --email alice@example.org --sms +12025550123", {"USER"}, 1, 1,
		OPTION_BIT(OPTION_EMAIL) | OPTION_BIT(OPTION_SMS) | OPTION_BIT(OPTION_PROVE), true,
		command_enroll},
	{"unenroll", "USER [--yes]", "removes a user's record: addresses, locks and history",
		"Works also for a user who is gone from the system. Asks first; without a\n"
		"terminal it needs --yes.\n",
		"unenroll alice --yes", {"USER"}, 1, 1, OPTION_BIT(OPTION_YES), true, command_unenroll},
	{"contact add", "USER {--email ADDRESS | --sms NUMBER} [--prove]",
		"adds an address at the end of a user's order",
		"With --prove a code is sent to it and asked for first.\n",
		"contact add alice --sms +12025550123", {"USER"}, 1, 1,
		OPTION_BIT(OPTION_EMAIL) | OPTION_BIT(OPTION_SMS) | OPTION_BIT(OPTION_PROVE), true,
		command_contact_add},
	{"contact remove", "USER NUMBER", "removes an address of a user",
		"NUMBER is the one that 'otpcode show USER' prints. Codes that are on their way\n"
		"stop working.\n",
		"contact remove alice 2", {"USER", "NUMBER"}, 2, 2, 0, true, command_contact_remove},
	{"contact order", "USER NUMBER NUMBER ...", "changes the order in which a user's addresses are tried",
		"The numbers are those that 'otpcode show USER' prints; each is given once, the\n"
		"first to be tried first. Codes that are on their way stop working.\n",
		"contact order alice 2 1", {"USER", "NUMBER"}, 2, 1 + RECORD_CONTACTS_MAX, 0, true,
		command_contact_order},
	{"show", "USER [--json]", "shows all that is known of a user, addresses in full", "", "show alice",
		{"USER"}, 1, 1, OPTION_BIT(OPTION_JSON), true, command_show},
	{"why", "USER [--json]", "tells what happened to a user's logins, and what to do next",
		"The last events, each login in one paragraph; then how it stands now. Times are\n"
		"local. Addresses are masked.\n",
		"why alice", {"USER"}, 1, 1, OPTION_BIT(OPTION_JSON), true, command_why},
	{"list", "[--locked | --unenrolled] [--json]", "lists the enrolled users, addresses masked",
		"A login shell is one of /etc/shells; uids 1 to 999 are system users and are left\nout.\n",
		"list --locked", {NULL}, 0, 0,
		OPTION_BIT(OPTION_LOCKED) | OPTION_BIT(OPTION_UNENROLLED) | OPTION_BIT(OPTION_JSON), true,
		command_list},
	{"lock", "USER", "refuses every code of a user until unlocked",
		"Codes that are on their way stop working.\n", "lock alice", {"USER"}, 1, 1, 0, true,
		command_lock},
	{"unlock", "USER | --all", "clears a user's locks, failures and 30-day counts", "", "unlock alice",
		{"USER"}, 0, 1, OPTION_BIT(OPTION_ALL), true, command_unlock},
	{"totp",
		"USER [--prefer] [--algorithm NAME] [--digits N] [--period T]\n"
		"               [--uri] [--remove] [--yes]",
		"enrols a user's authenticator app",
		"Shows a QR code on the terminal for the app to scan, and takes one code of the\n"
		"app before it counts. A new secret takes the place of the one before; it asks\n"
		"first.\n",
		"totp alice", {"USER"}, 1, 1,
		OPTION_BIT(OPTION_PREFER) | OPTION_BIT(OPTION_ALGORITHM) | OPTION_BIT(OPTION_DIGITS) |
			OPTION_BIT(OPTION_PERIOD) | OPTION_BIT(OPTION_URI) | OPTION_BIT(OPTION_REMOVE) |
			OPTION_BIT(OPTION_YES),
		true, command_totp},
	{"backup-codes", "USER [--count N] [--expires T] [--yes]", "makes backup codes for a user",
		"Ten, in place of those that there are; it asks first. They are printed this\n"
		"once. With --expires they stand beside the others and end then: the help desk's\n"
		"way to let somebody in.\n",
		"backup-codes alice --count 1 --expires 15min", {"USER"}, 1, 1,
		OPTION_BIT(OPTION_COUNT) | OPTION_BIT(OPTION_EXPIRES) | OPTION_BIT(OPTION_YES), true,
		command_backup_codes},
	{"devices", "USER [--revoke N] [--json]", "lists the devices from which a user is not asked",
		"What is revoked is asked again at its next login.\n", "devices alice --revoke all", {"USER"},
		1, 1, OPTION_BIT(OPTION_REVOKE) | OPTION_BIT(OPTION_JSON), true, command_devices},
	{"import",
		"{FILE [--dry-run] [--update] |\n"
		"                --google-authenticator FILE USER |\n"
		"                --pam-oath FILE [USER]} [--yes]",
		"registers a file's users, or takes over another module's",
		"FILE is CSV, whose first line names the columns (user, and email, sms or\n"
		"contact as often as there are addresses), or JSON lines; '-' is standard input.\n"
		"What is wrong with a line is told with its number, and touches no other user.\n"
		"Users who are enrolled with these facts are passed over, so that a run that was\n"
		"cut short is run again; with other facts they are refused, but with --update.\n"
		"Of another module's file the app goes on as it is, and scratch codes become\n"
		"backup codes. It must be the user's own or root's, and nobody else's to read,\n"
		"and stays as it is: remove it once nothing reads it any more.\n",
		"import users.csv --dry-run", {"FILE"}, 0, 1,
		OPTION_BIT(OPTION_DRY_RUN) | OPTION_BIT(OPTION_UPDATE) |
			OPTION_BIT(OPTION_GOOGLE_AUTHENTICATOR) | OPTION_BIT(OPTION_PAM_OATH) |
			OPTION_BIT(OPTION_YES),
		true, command_import},
	{"test", "USER | --to ADDRESS [--provider NAME] [--verbose] [--json]",
		"sends a real test message, without a code",
		"To the address where the user's codes go first, or to ADDRESS. Says what became\n"
		"of it, and what to do where it was not taken. --verbose tells the conversation\n"
		"with the provider on standard error, as it goes on; logins, keys and addresses\n"
		"are blanked.\n",
		"test alice", {"USER"}, 0, 1,
		OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_PROVIDER) | OPTION_BIT(OPTION_VERBOSE) |
			OPTION_BIT(OPTION_JSON),
		true, command_test},
	{"export", "[FILE] [--json-lines] [--with-secrets]", "writes the enrolled users as import reads them",
		"CSV, or JSON lines. To standard output, or to FILE, which must not be there yet\n"
		"and is made with mode 0600. Addresses stand in it in full. --with-secrets puts\n"
		"the secrets of authenticator apps and the seals of backup codes in it too, and\n"
		"needs FILE.\n",
		"export users.csv", {"FILE"}, 0, 1,
		OPTION_BIT(OPTION_JSON_LINES) | OPTION_BIT(OPTION_WITH_SECRETS), true, command_export},
	{"restored", "{USER ... | --all} [--yes]", "makes records that came back from a backup safe to use",
		"What may have been used or revoked since the backup goes: waiting logins,\n"
		"devices and backup codes; codes that an app has shown until now are not\n"
		"accepted. Asks first; without a terminal it needs --yes.\n",
		"restored --all --yes", {"USER"}, 0, ARGUMENTS_WORDS_MAX - 1,
		OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_YES), true, command_restored},
	{"passwd", "[USER]", "replaces a forgotten password",
		"The user gives a code that was sent and, where there is an app or a backup\n"
		"code, one of those too. Only where the configuration has forgotten=yes in\n"
		"[passwd]; never for uid 0.\n",
		"passwd alice", {"USER"}, 0, 1, 0, true, command_passwd},
	{"doctor", "[--service NAME] [--send ADDRESS] [--json]",
		"looks for what keeps codes from working, and for its mend",
		"Looks at the module, the configuration, the store, sshd's effective settings,\n"
		"the PAM stack of the service, the hook and the way to each provider, the users\n"
		"and the host. Changes nothing; sends nothing without --send. Exits 1 where\n"
		"something is wrong.\n",
		"doctor --service sshd", {NULL}, 0, 0,
		OPTION_BIT(OPTION_SERVICE) | OPTION_BIT(OPTION_SEND) | OPTION_BIT(OPTION_JSON), true,
		command_doctor},
	{"config check", "[FILE]", "checks the configuration, or FILE, without using it",
		"Reads the templates that it names too. Exits 78 where something is wrong.\n"
		"Without FILE, root is also told what the hook's user cannot read; whether\n"
		"messages get through, 'otpcode test' tries.\n",
		"config check /etc/otpcode/otpcode.conf", {"FILE"}, 0, 1, 0, false, command_config_check},
	{"config show", "[--json]", "shows every key, its value and where it comes from", "", "config show",
		{NULL}, 0, 0, OPTION_BIT(OPTION_JSON), false, command_config_show},
};

#define COMMANDS_N (sizeof commands / sizeof commands[0])

const struct command *command_at(size_t index)
{
	return index < COMMANDS_N ? &commands[index] : NULL;
}

/* The command that the words begin with; *words_used of them are its name. */
static const struct command *find_command(const struct arguments *arguments, unsigned *words_used)
{
	char two[2 * NEAREST_WORD_MAX] = "";

	if (arguments->words_n > 1)
		(void)snprintf(two, sizeof two, "%s %s", arguments->words[0], arguments->words[1]);
	for (size_t i = 0; i < COMMANDS_N; i++) {
		*words_used = strchr(commands[i].name, ' ') != NULL ? 2 : 1;
		if (strcmp(commands[i].name, *words_used == 2 ? two : arguments->words[0]) == 0)
			return &commands[i];
	}
	return NULL;
}

static bool is_group(const char *word)
{
	for (size_t i = 0; i < COMMANDS_N; i++)
		if (strncmp(commands[i].name, word, strlen(word)) == 0 &&
			commands[i].name[strlen(word)] == ' ')
			return true;
	return false;
}

static enum cli_exit complain_group(const struct arguments *arguments)
{
	const char *group = arguments->words[0];
	const char *names[COMMANDS_N];
	size_t names_n = 0;

	for (size_t i = 0; i < COMMANDS_N; i++)
		if (strncmp(commands[i].name, group, strlen(group)) == 0 &&
			commands[i].name[strlen(group)] == ' ')
			names[names_n++] = commands[i].name + strlen(group) + 1;
	const char *nearest =
		arguments->words_n > 1 ? nearest_word(arguments->words[1], names, names_n) : NULL;
	if (arguments->words_n < 2)
		report_error("'%s' needs one word more", group);
	else if (nearest != NULL)
		report_error("there is no command '%s %s'; did you mean '%s %s'?", group, arguments->words[1],
			group, nearest);
	else
		report_error("there is no command '%s %s'", group, arguments->words[1]);
	help_print_overview(stderr, group, strlen(group));
	return CLI_USAGE;
}

static enum cli_exit complain_command(const char *typed)
{
	char firsts[COMMANDS_N][NEAREST_WORD_MAX];
	const char *names[COMMANDS_N];

	for (size_t i = 0; i < COMMANDS_N; i++) {
		(void)snprintf(firsts[i], sizeof firsts[i], "%.*s", (int)strcspn(commands[i].name, " "),
			commands[i].name);
		names[i] = firsts[i];
	}
	const char *nearest = nearest_word(typed, names, COMMANDS_N);
	if (nearest != NULL)
		report_error("there is no command '%s'; did you mean '%s'? 'otpcode --help' lists them",
			typed, nearest);
	else
		report_error("there is no command '%s'; 'otpcode --help' lists them", typed);
	return CLI_USAGE;
}

/* Checks what was given against what the command takes; an empty fault is none. */
static void check_arguments(const struct command *command, const struct arguments *arguments,
	unsigned operands_n, const char *const *operands, char fault[ARGUMENTS_FAULT_SIZE])
{
	unsigned taken = command->options | OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_HELP);

	fault[0] = '\0';
	for (unsigned i = 0; i < OPTIONS_N; i++)
		if (arguments->given[i] > 0 && (taken & OPTION_BIT(i)) == 0) {
			(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "takes no --%s",
				arguments_option((enum option_id)i)->name);
			return;
		}
	if (operands_n < command->operands_min) {
		unsigned missing = operands_n < COMMAND_OPERANDS_MAX ? operands_n : COMMAND_OPERANDS_MAX - 1;
		(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "%s is missing", command->operands[missing]);
	} else if (operands_n > command->operands_max) {
		(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "'%s' is one argument too many",
			operands[command->operands_max]);
	}
	for (unsigned i = 0; fault[0] == '\0' && i < operands_n; i++)
		if (operands[i][0] == '\0')
			(void)snprintf(fault, ARGUMENTS_FAULT_SIZE, "%s is empty",
				command->operands[i < COMMAND_OPERANDS_MAX ? i : COMMAND_OPERANDS_MAX - 1]);
}

static enum cli_exit run_command(const struct arguments *arguments)
{
	char fault[ARGUMENTS_FAULT_SIZE];
	unsigned words_used;
	const struct command *command = find_command(arguments, &words_used);

	if (command == NULL && is_group(arguments->words[0])) {
		if (arguments->given[OPTION_HELP] == 0)
			return complain_group(arguments);
		help_print_overview(stdout, arguments->words[0], strlen(arguments->words[0]));
		return CLI_DONE;
	}
	if (command == NULL)
		return complain_command(arguments->words[0]);
	if (arguments->given[OPTION_HELP] > 0) {
		help_print_command(stdout, command);
		return CLI_DONE;
	}
	const char *const *operands = arguments->words + words_used;
	unsigned operands_n = arguments->words_n - words_used;
	check_arguments(command, arguments, operands_n, operands, fault);
	if (fault[0] != '\0')
		return help_complain(command->name, "%s", fault);
	if (command->root && geteuid() != 0) {
		report_error("%s: must be root: sudo otpcode %s ...", command->name, command->name);
		return CLI_FAILED;
	}
	report_json_schema(command->name);
	return command->run(arguments, operands, operands_n);
}

/* A file that we open must never land on a closed 0, 1 or 2; what is then written to 1 fails, as it should.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	char fault[ARGUMENTS_FAULT_SIZE];
	enum cli_exit status;

	fill_standard_descriptors();
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of writing, told at the end */
	(void)setlocale(LC_CTYPE, "");
	(void)umask(077);
	if (!arguments_parse(argc > 0 ? argc - 1 : 0, argv + 1, &arguments, fault)) {
		report_error("%s", fault);
		status = CLI_USAGE;
	} else if (arguments.words_n > 0) {
		status = run_command(&arguments);
	} else {
		bool asked = arguments.given[OPTION_HELP] > 0;
		help_print_overview(asked ? stdout : stderr, "", 0);
		status = asked ? CLI_DONE : CLI_USAGE;
	}
	return (int)report_finish(status);
}
