/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_USER_H
#define OTPCODE_CLI_USER_H

#include "core/record.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct user {
	char name[RECORD_USER_SIZE]; /* canonical pw_name; as typed where the system has no such user */
	uint32_t uid;                /* meant only where exists */
	bool exists;                 /* in the user database */
};

/* Looks a user up. Not to be found is no error; OTP_ERR_NSS where the user database did not answer. */
__attribute__((warn_unused_result)) enum otp_err user_find(
	const char *typed, struct user *out, struct otp_why *why);

/* The name of a uid; "uid:N" where it has none. */
void user_name_of(uid_t uid, char out[RECORD_USER_SIZE]);

#endif
