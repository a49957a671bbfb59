/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_PROVE_H
#define OTPCODE_CLI_PROVE_H

#include "cli/session.h"
#include "core/contact.h"
#include "core/record.h"

/*
 * Sends a code to an address and asks for it on standard input, as a login would: same texts, same tries and
 * cooldown, same limits of the host and of the address. All of it happens in a copy of the record, which is
 * forgotten afterwards: the user's own is neither written nor needed. record: as it stands, so that its locks
 * and sends hold here too; or with user and uid alone. Anything but CLI_DONE was reported.
 */
enum cli_exit prove_contact(
	const struct session *session, const struct record *record, const struct contact *contact);

#endif
