/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_COMMAND_H
#define OTPCODE_CLI_COMMAND_H

#include "cli/arguments.h"

#include <stdbool.h>
#include <stddef.h>

/* What the program exits with. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1, /* refused or failed */
	CLI_USAGE = 2,
	CLI_CONFIG = 78, /* EX_CONFIG of sysexits */
};

#define COMMAND_OPERANDS_MAX 2

/* One command; otpcode.c holds the table of them. */
struct command {
	const char *name;     /* one word or two */
	const char *synopsis; /* what follows the name; --config and --help are understood */
	const char *summary;  /* one line */
	const char *detail;   /* sentences for its --help; may be empty */
	const char *example;  /* what follows the program's name */
	const char *operands[COMMAND_OPERANDS_MAX]; /* their names; the last may repeat up to operands_max */
	unsigned operands_min, operands_max;
	unsigned options; /* OPTION_BITs besides --config and --help */
	bool root;        /* only root can do this */

	/* operands: the words after the name, as many as the numbers above allow. */
	enum cli_exit (*run)(
		const struct arguments *arguments, const char *const *operands, unsigned operands_n);
};

/* The table in the order of the help; NULL past its end. */
const struct command *command_at(size_t index);

enum cli_exit command_init(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_enroll(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_unenroll(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_contact_add(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_contact_remove(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_contact_order(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_totp(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_backup_codes(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_devices(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_import(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_passwd(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_show(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_why(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_list(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_lock(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_unlock(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_test(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_export(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_restored(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_doctor(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_config_check(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);
enum cli_exit command_config_show(
	const struct arguments *arguments, const char *const *operands, unsigned operands_n);

#endif
