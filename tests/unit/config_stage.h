/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_CONFIG_STAGE_H
#define OTPCODE_TESTS_CONFIG_STAGE_H

#include "config/config.h"
#include "core/why.h"

/* A folder whose every parent is trusted, for files that must be: /tmp is not, others may write there. */
#define CONFIG_STAGE_PATH 200
#define CONFIG_STAGE_MAIN "otpcode.conf"

/* cmocka's setup and teardown of one test: *state is the folder's path, NULL where this user has no such
 * place. */
int config_stage_make(void **state);
int config_stage_remove(void **state);

/* The path of name in the stage; good for 15 further calls. */
const char *config_stage_path(void **state, const char *name);

/* Writes a file of mode 0644, with the folder that name may hold, 0755. */
const char *config_stage_write(void **state, const char *name, const char *text);

/* What came of the last load. */
extern struct config config_stage_config;
extern struct otp_why config_stage_why;

/* Loads it as this user's. */
enum otp_err config_stage_load(const char *path);
enum otp_err config_stage_load_with(const char *path, int args_n, const char *const *args);
/* The same as the hook does it: under an id that may not read everything. */
enum otp_err config_stage_load_as_nobody(const char *path);

/* err is a fault, its text starts with the path of what is at fault and holds rest, and nothing is left
 * half-read. */
void config_stage_refused(enum otp_err err, const char *path, const char *rest);
void config_stage_zeroed(void);

#define CONFIG_STAGE_TEST(test) cmocka_unit_test_setup_teardown(test, config_stage_make, config_stage_remove)

#endif
