/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_STORE_FILE_H
#define OTPCODE_STORE_FILE_H

#include "core/key.h"
#include "core/why.h"
#include "store/store.h"

#include <sys/types.h>

#define STORE_FILE_SLOT 8192
#define STORE_FILE_LOCK_MS 2000
#define STORE_FILE_DIR_SIZE 256

/* The file store: DIR/store.id, DIR/users/NAME; two slots a record, written in place (docs/state-format.md).
 */
struct store_file {
	char dir[STORE_FILE_DIR_SIZE];
	int users_fd; /* folder users/, verified, O_CLOEXEC; -1: closed */
	uid_t owner;  /* who must own every file: 0 in the product, a value for the tests' sake */
};

/*
 * Opens DIR after checking it, its parents and store.id against expected_id. OTP_ERR_WRONG_STORE where
 * store.id is missing or another's. On OTP_OK the caller ends with store_file_close.
 */
__attribute__((warn_unused_result)) enum otp_err store_file_open(struct store_file *file, const char *dir,
	uid_t owner, const unsigned char expected_id[KEY_MAC_LEN], struct otp_why *why);

/* The store interface over an open file store, valid as long as file is open. */
struct store store_file_interface(struct store_file *file);

void store_file_close(struct store_file *file);

/*
 * Makes DIR, DIR/users and DIR/store.id where missing (root 0700; 0600); sets FS_NOCOW_FL on btrfs, which
 * must happen before a file is there. *created says whether anything was made. A store.id of another host key
 * is OTP_ERR_WRONG_STORE, left alone.
 */
__attribute__((warn_unused_result)) enum otp_err store_file_create(const char *dir, uid_t owner,
	const unsigned char id[KEY_MAC_LEN], bool *created, struct otp_why *why);

/* Name encoding of section 5: percent-encoded (upper-case hex) outside [A-Za-z0-9_-]. */
#define STORE_FILE_NAME_SIZE 256
/* OTP_ERR_INVALID for an empty name, a leading '-', or over 255 bytes encoded. */
__attribute__((warn_unused_result)) enum otp_err store_file_name_encode(
	const char *user, char out[STORE_FILE_NAME_SIZE], struct otp_why *why);
/* False for a name that encode does not make. */
bool store_file_name_decode(const char *name, char out[STORE_FILE_NAME_SIZE]);

#endif
