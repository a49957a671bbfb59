/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/networks.h"

#include "config/list.h"
#include "config/value.h"
#include "core/address.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static_assert(CONFIG_VALUE_SIZE >= POLICY_TRUSTED_MAX * (ADDRESS_RANGE_SIZE + 1), "a full list fits");

enum otp_err networks_parse(const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	struct policy_networks *networks = field;
	char item[ADDRESS_RANGE_SIZE];

	networks->n = 0;
	while (*text != '\0') {
		if (!list_take(&text, item, sizeof item))
			return value_refuse(key, text, "must be", why);
		if (networks->n == POLICY_TRUSTED_MAX)
			return why_set(why, OTP_ERR_CONFIG, 0, "%s takes at most %d networks", key->key,
				POLICY_TRUSTED_MAX);
		if (!address_range_parse(item, strlen(item), &networks->list[networks->n++]))
			return value_refuse(key, item, "must be", why);
	}
	return OTP_OK;
}

void networks_format(const struct config_key *key, const void *field, char *out, size_t size)
{
	const struct policy_networks *networks = field;
	size_t len = 0;

	(void)key;
	out[0] = '\0';
	for (unsigned i = 0; i < networks->n && len < size; i++) {
		char item[ADDRESS_RANGE_SIZE];
		address_range_print(&networks->list[i], item);
		len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? "," : "", item);
	}
}

void networks_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	(void)key;
	(void)snprintf(out, CONFIG_RANGE_SIZE,
		"networks such as 10.0.0.0/8 (not 10.0.0.1/8) or 2001:db8::/32, commas between");
}
