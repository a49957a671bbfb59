/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PAM_LOGIN_H
#define OTPCODE_PAM_LOGIN_H

/* One call of the module that may ask for a code. Inner part of pam_otpcode.c. */

#include "config/config.h"
#include "deliver/deliver.h"
#include "otp_core.h"
#include "prompt/prompt.h"

#include <pwd.h>
#include <security/pam_modules.h>
#include <stdbool.h>

/* Memory of the user database's answer; the names in it are used until the login is over. */
struct pam_user {
	struct passwd entry;
	char buffer[16384];
};

struct pam_login {
	pam_handle_t *pamh;
	unsigned flags; /* PAM_SILENT: no line but in a prompt */
	/* For a change of the password, where no device is known: true, and logged, for a user who is not
	 * asked. NULL: a login. */
	bool (*passes)(struct pam_login *pam, const struct passwd *user);
	enum prompt_result result; /* of the prompt, where somebody was at it */
	struct config config;
	struct deliver_options deliver;
	struct otp_login login;
	struct pam_user person;       /* of a shared account */
	struct otp_contacts contacts; /* where they are not in the record */
	struct prompt_hidden hidden;  /* its clock began before anything was looked up */
};

/*
 * Reads the configuration, finds the user, asks. Everything that is not set is to be zero but for pamh,
 * flags, hidden, and passes where it is wanted.
 */
int pam_login_run(struct pam_login *pam, int argc, const char **argv);

/* One log line. self: the struct pam_login. */
void pam_login_log(void *self, enum prompt_level level, const char *line);

#endif
