/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/device.h"

#include <stdio.h>
#include <string.h>

/* An SSH key proved in this login, or a password that was checked in it: what the place stands for must have
 * been shown again, each time. */
static bool place_is_proved(const struct policy *policy, const struct otp_login *login)
{
	if (policy->remember_by == POLICY_REMEMBER_NETWORK)
		return login->password_checked;
	return strcmp(login->origin.key, "-") != 0;
}

enum otp_err device_place(const struct keys *keys, const struct policy *policy, const struct otp_login *login,
	struct device_place *out, struct otp_why *why)
{
	const struct origin *origin = &login->origin;
	const bool by_key = policy->remember_by == POLICY_REMEMBER_KEY_AND_NETWORK;
	const unsigned char uid[4] = {(unsigned char)(login->uid >> 24), (unsigned char)(login->uid >> 16),
		(unsigned char)(login->uid >> 8), (unsigned char)login->uid};
	const unsigned char by = (unsigned char)policy->remember_by;
	unsigned char mac[KEY_MAC_LEN];

	*out = (struct device_place){.can_be_remembered = false};
	if (policy->remember_for_s <= 0 || origin->local || !place_is_proved(policy, login) ||
		!origin_network(origin->source, out->network))
		return OTP_OK;
	const struct key_part parts[] = {
		{login->user, strlen(login->user)},
		{uid, sizeof uid},
		{origin->account, strlen(origin->account)},
		{origin->host, strlen(origin->host)},
		{origin->service, strlen(origin->service)},
		{&by, sizeof by},
		{origin->key, by_key ? strlen(origin->key) : 0},
		{out->network, strlen(out->network)},
	};
	enum otp_err err = key_mac(keys->device, parts, sizeof parts / sizeof *parts, mac, why);
	if (err != OTP_OK)
		return err;
	memcpy(out->id, mac, sizeof out->id);
	out->can_be_remembered = true;
	return OTP_OK;
}

/* POLICY_DEVICES_MAX if there is none. */
static unsigned find_index(const struct record *record, const struct device_place *place)
{
	for (unsigned i = 0; i < record->devices_n; i++)
		if (memcmp(record->devices[i].id, place->id, sizeof place->id) == 0)
			return i;
	return POLICY_DEVICES_MAX;
}

static void forget(struct record *record, unsigned index)
{
	record->devices_n--;
	memmove(record->devices + index, record->devices + index + 1,
		(record->devices_n - index) * sizeof record->devices[0]);
}

const struct record_device *device_find(const struct record *record, const struct policy *policy,
	const struct device_place *place, int64_t now)
{
	if (!place->can_be_remembered)
		return NULL;
	unsigned i = find_index(record, place);
	if (i == POLICY_DEVICES_MAX)
		return NULL;
	const struct record_device *device = &record->devices[i];
	/* Who shortens remember_for means the devices that there are, too. */
	bool holds =
		device->since <= now && now < device->until && now - device->since < policy->remember_for_s;
	return holds ? device : NULL;
}

void device_remember(struct record *record, const struct policy *policy, const struct otp_login *login,
	const struct device_place *place, int64_t now)
{
	struct record_device device = {.since = now, .until = now + policy->remember_for_s};

	if (!place->can_be_remembered)
		return;
	memcpy(device.id, place->id, sizeof device.id);
	memcpy(device.network, place->network, sizeof device.network);
	(void)snprintf(device.service, sizeof device.service, "%.*s", RECORD_DEVICE_SERVICE_SIZE - 1,
		login->origin.service);
	unsigned same = find_index(record, place);
	if (same != POLICY_DEVICES_MAX)
		forget(record, same);
	else if (record->devices_n == POLICY_DEVICES_MAX)
		forget(record, 0);
	record->devices[record->devices_n++] = device;
}

bool device_settle(struct record *record, int64_t now)
{
	bool from_the_future = false;

	for (unsigned i = 0; i < record->devices_n;) {
		from_the_future |= record->devices[i].since > now;
		if (record->devices[i].since > now || record->devices[i].until <= now)
			forget(record, i);
		else
			i++;
	}
	return from_the_future;
}
