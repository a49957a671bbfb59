/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/pam_kinds.h"

#include <stddef.h>

static const struct row {
	const char *module;
	enum pam_kind kind;
} rows[] = {
	{"pam_unix.so", PAM_KIND_PASSWORD},
	{"pam_unix2.so", PAM_KIND_PASSWORD},
	{"pam_pwdb.so", PAM_KIND_PASSWORD},
	{"pam_tcb.so", PAM_KIND_PASSWORD},
	{"pam_sss.so", PAM_KIND_PASSWORD},
	{"pam_ldap.so", PAM_KIND_PASSWORD},
	{"pam_krb5.so", PAM_KIND_PASSWORD},
	{"pam_winbind.so", PAM_KIND_PASSWORD},
	{"pam_radius_auth.so", PAM_KIND_PASSWORD},
	{"pam_tacplus.so", PAM_KIND_PASSWORD},
	{"pam_userdb.so", PAM_KIND_PASSWORD},
	{"pam_mysql.so", PAM_KIND_PASSWORD},
	{"pam_pgsql.so", PAM_KIND_PASSWORD},
	{"pam_systemd_home.so", PAM_KIND_PASSWORD},
	{"pam_himmelblau.so", PAM_KIND_PASSWORD},
	{"pam_u2f.so", PAM_KIND_OTHER_FACTOR},
	{"pam_fprintd.so", PAM_KIND_OTHER_FACTOR},
	{"pam_google_authenticator.so", PAM_KIND_OTHER_FACTOR},
	{"pam_oath.so", PAM_KIND_OTHER_FACTOR},
	{"pam_yubico.so", PAM_KIND_OTHER_FACTOR},
	{"pam_duo.so", PAM_KIND_OTHER_FACTOR},
	{"pam_pkcs11.so", PAM_KIND_OTHER_FACTOR},
	{"pam_ssh_agent_auth.so", PAM_KIND_OTHER_FACTOR},
	{"pam_succeed_if.so", PAM_KIND_CONDITION},
	{"pam_rootok.so", PAM_KIND_CONDITION},
	{"pam_access.so", PAM_KIND_CONDITION},
	{"pam_listfile.so", PAM_KIND_CONDITION},
	{"pam_wheel.so", PAM_KIND_CONDITION},
	{"pam_time.so", PAM_KIND_CONDITION},
	{"pam_localuser.so", PAM_KIND_CONDITION},
	{"pam_usertype.so", PAM_KIND_CONDITION},
	{"pam_exec.so", PAM_KIND_CONDITION},
	{"pam_deny.so", PAM_KIND_DENY},
	{"pam_permit.so", PAM_KIND_PERMIT},
};

enum pam_kind pam_kind_of(const struct pam_rule *rule)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (pam_rule_is(rule, rows[i].module))
			return rows[i].kind;
	return PAM_KIND_UNKNOWN;
}

bool pam_kind_skips(const struct pam_stack *stack, unsigned rule, unsigned past)
{
	const struct pam_rule *condition = &stack->rules[rule];

	if (pam_kind_of(condition) != PAM_KIND_CONDITION)
		return false;
	for (unsigned answer = 0; answer < PAM_ANSWERS_N; answer++)
		if (condition->actions[answer] > 0 && rule + (unsigned)condition->actions[answer] >= past)
			return true;
	return false;
}
