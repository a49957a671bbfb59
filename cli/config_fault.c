/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/config_fault.h"

#include "config/config.h"

#include <jansson.h>
#include <string.h>

/* why is filled at the first fault. */
static void check_value(
	void *ctx, const char *section, const char *key, const char *value, const char *source)
{
	struct otp_why *why = ctx;
	json_error_t error;

	if (why->text[0] != '\0' || strcmp(key, "json") != 0 || value[0] == '\0')
		return;
	json_t *json = json_loads(value, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		(void)why_set(why, OTP_ERR_CONFIG, 0, "%s: [%s] json is not JSON at character %d: %s", source,
			section, error.position, error.text);
	json_decref(json);
}

enum otp_err config_fault_find(const char *path, uid_t owner, struct otp_why *why)
{
	struct otp_why fault = {0};
	enum otp_err err = config_show(path, owner, check_value, &fault, why);

	if (err != OTP_OK || fault.text[0] == '\0')
		return err;
	if (why != NULL)
		*why = fault;
	return OTP_ERR_CONFIG;
}
