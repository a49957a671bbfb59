/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_NOTICE_H
#define OTPCODE_CLI_NOTICE_H

#include "cli/session.h"
#include "core/origin.h"
#include "deliver/request.h"

/*
 * Tells every contact of a user what was done: a notice holds no code. What could not be sent is logged, and
 * changes nothing: it is done.
 */
void notice_send(
	struct session *session, const char *user, enum request_kind kind, const struct origin *origin);

#endif
