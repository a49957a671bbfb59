/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_USERS_FILE_H
#define OTPCODE_CLI_USERS_FILE_H

#include "cli/roster.h"

#include <stdio.h>

/*
 * Reads a users file (docs/import.md) line by line: comma-separated values of RFC 4180 whose first line names
 * the columns, or, where its first character is a brace, an object of JSON a line.
 */

#define USERS_FILE_LINE_MAX 16384
#define USERS_FILE_COLUMNS_MAX 32

struct users_file {
	FILE *in;
	struct lines where; /* the file's name for messages, and the number of the line last read */
	bool is_json;
	enum roster_field columns[USERS_FILE_COLUMNS_MAX];
	unsigned columns_n;
	char line[USERS_FILE_LINE_MAX + 2]; /* may hold secrets: users_file_end */
	size_t line_len;
};

enum users_file_next {
	USERS_FILE_ENTRY,
	USERS_FILE_FAULT, /* this line is wrong, as why says with its place; the next may be right */
	USERS_FILE_END,
};

/*
 * Begins to read in, which stays the caller's. name is what messages call it. OTP_ERR_CONFIG where its first
 * line names no columns, with what would be right. Ended with users_file_end, whatever this gives.
 */
__attribute__((warn_unused_result)) enum otp_err users_file_begin(
	struct users_file *file, FILE *in, const char *name, struct otp_why *why);

/* The next user; lines that hold nothing are passed over. Once the file cannot be read on: OTP_ERR_IO in
 * *error. */
enum users_file_next users_file_read(
	struct users_file *file, struct roster_entry *entry, enum otp_err *error, struct otp_why *why);

void users_file_end(struct users_file *file);

/*
 * Cuts a record of RFC 4180 into its fields, in place; no field spans lines. NULL, or what is wrong with
 * field number *n (from 1).
 */
const char *users_file_split(char *line, char *fields[USERS_FILE_COLUMNS_MAX], unsigned *n);

#endif
