/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_SSHD_CONFIG_H
#define OTPCODE_CLI_SSHD_CONFIG_H

#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>

/* What sshd would do with a login, as 'sshd -T -C' tells, and where its configuration says so. */

#define SSHD_METHODS_SIZE 512
#define SSHD_WORD_SIZE 40
#define SSHD_WHO_SIZE 300
#define SSHD_PLACE_SIZE 300
#define SSHD_SETTINGS_MAX 24 /* the rest of Match blocks is not tried */
#define SSHD_CONFIG "/etc/ssh/sshd_config"

/* Of one login, or of all that no Match block is about. */
struct sshd_setting {
	char who[SSHD_WHO_SIZE]; /* "": anybody; "user alice"; "Match Group otp-exempt (FILE:LINE)" */
	bool is_match;           /* it stands for a Match block: what gets by us there does so on purpose */
	bool use_pam, kbdinteractive, password, pubkey, hostbased;
	char root[SSHD_WORD_SIZE]; /* PermitRootLogin */
	long grace_s;              /* 0: for ever */
	char methods[SSHD_METHODS_SIZE];
};

struct sshd_facts {
	bool here;     /* there is an sshd */
	bool known;    /* and it told */
	char why[400]; /* why not */
	/* Because AuthenticationMethods wants what is switched off: the first setting is known all the same,
	 * but for its methods. */
	bool unsatisfied;
	struct sshd_setting settings[SSHD_SETTINGS_MAX]; /* the first is everybody's */
	unsigned n;
};

/* Asks sshd about everybody, root, and each Match block of its configuration. */
void sshd_ask(struct sshd_facts *out);

/* Asks about a login of this user. False: sshd did not tell. */
bool sshd_ask_user(const char *user, struct sshd_setting *out);

/* The lines "keyword value" that sshd -T prints. */
void sshd_setting_read(char *text, struct sshd_setting *out);

/* Where the configuration first sets keyword outside any Match block, " (FILE:LINE)"; empty where it does
 * not. */
void sshd_config_place(const char *keyword, char out[SSHD_PLACE_SIZE]);

/* The lists of AuthenticationMethods, one after the other; *rest begins at methods. False past the last. */
bool sshd_methods_next(const char **rest, char list[SSHD_METHODS_SIZE]);
/* Whether a list has the method, whatever stands behind its colon. */
bool sshd_methods_has(const char *list, const char *method);

/* Whether some login of this setting comes to the questions of PAM. */
bool sshd_reaches_pam(const struct sshd_setting *setting);

#endif
