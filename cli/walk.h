/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_WALK_H
#define OTPCODE_CLI_WALK_H

#include "cli/session.h"

/*
 * Every user with a record, in the order of their names' bytes. Takes the same memory however many there are:
 * the store, which gives them in no order, is gone through as often as that needs. Who is enrolled or removed
 * meanwhile may be left out; nobody comes twice. ctx is visit's own; false ends the walk. What kept it from
 * going on is reported.
 */
struct walk_visit {
	bool (*user)(void *ctx, const char *user);
	void *ctx;
};
enum cli_exit walk_users(struct session *session, struct walk_visit visit);

#endif
