/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "cli/command.h"
#include "cli/config_fault.h"
#include "cli/help.h"
#include "cli/listing.h"
#include "cli/readable.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/templates.h"
#include "contacts/contacts.h"
#include "contacts/people.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Root's files are checked under the rules that logins have for them; a draft of somebody else must be that
 * person's own. */
static uid_t owner_of(const char *path)
{
	struct stat facts;

	if (geteuid() == SESSION_OWNER || (lstat(path, &facts) == 0 && facts.st_uid == SESSION_OWNER))
		return SESSION_OWNER;
	return geteuid();
}

/* The files that it names, as a login and the hook open them: whose they are matters only where the
 * configuration is in use, and not yet in a draft. */
static enum cli_exit check_files(const char *path, uid_t owner, bool in_use)
{
	struct config config;
	struct otp_why why;
	enum otp_err err = config_load(path, owner, 0, NULL, &config, &why);

	if (err == OTP_OK)
		err = templates_check(&config, owner_of, &why);
	if (err == OTP_OK)
		err = contacts_check(&config, owner_of(config.users.contacts.where), &why);
	if (err == OTP_OK && config.users.people[0] != '\0')
		err = people_check(config.users.people, owner_of(config.users.people), &why);
	if (err == OTP_OK)
		return in_use && geteuid() == SESSION_OWNER ? readable_check(&config) : CLI_DONE;
	(void)report_failure(err, &why);
	return CLI_CONFIG;
}

enum cli_exit command_config_check(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	const char *given = operands_n > 0 ? operands[0] : arguments_value(arguments, OPTION_CONFIG);
	char path[CONFIG_PATH_SIZE];
	struct otp_why why = {0};
	enum otp_err err = session_config_path(given, path, &why);

	if (operands_n > 0 && arguments->given[OPTION_CONFIG] > 0)
		return help_complain("config check", "either FILE or --config FILE, not both");
	uid_t owner = err == OTP_OK && operands_n > 0 ? owner_of(path) : SESSION_OWNER;
	if (err == OTP_OK)
		err = config_fault_find(path, owner, &why);
	if (err != OTP_OK) {
		(void)report_failure(err, &why);
		return CLI_CONFIG;
	}
	enum cli_exit status = check_files(path, owner, operands_n == 0);
	if (status != CLI_DONE)
		return status;
	report_line("%s is sound", path);
	return CLI_DONE;
}

static void add_value(void *ctx, const char *section, const char *key, const char *value, const char *source)
{
	struct listing *listing = ctx;

	if (!listing->as_json) {
		listing_add_cells(listing, (const char *[]){section, key, value, source});
		return;
	}
	json_t *object = listing_add_object(listing);
	report_json_put(&listing->json, object, "section", report_json_text(section));
	report_json_put(&listing->json, object, "key", report_json_text(key));
	report_json_put(&listing->json, object, "value", report_json_text(value));
	report_json_put(&listing->json, object, "from", report_json_text(source));
}

enum cli_exit command_config_show(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n)
{
	static const char *const headings[] = {"SECTION", "KEY", "VALUE", "FROM"};
	struct listing listing = listing_new(arguments->given[OPTION_JSON] > 0, "values", headings, 4);
	char path[CONFIG_PATH_SIZE];
	struct otp_why why;
	(void)operands;
	(void)operands_n;

	enum otp_err err = session_config_path(arguments_value(arguments, OPTION_CONFIG), path, &why);
	if (err == OTP_OK)
		err = config_show(path, SESSION_OWNER, add_value, &listing, &why);
	if (err == OTP_OK)
		return listing_print(&listing, "");
	listing_drop(&listing);
	(void)report_failure(err, &why);
	return CLI_CONFIG;
}
