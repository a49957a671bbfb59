/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/record_sample.h"

#include "core/record_text.h"

#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1767238065)

static void copy(char *out, const char *text)
{
	memcpy(out, text, strlen(text) + 1);
}

static void fill_bytes(unsigned char *out, size_t n, unsigned start)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)(start + 29 * i);
}

/* Member by member: assigning a whole struct may leave anything in its padding, and tests compare bytes. */

static void sample_code(struct record_code *code, unsigned start)
{
	static const enum record_delivery deliveries[] = {RECORD_PENDING, RECORD_SENT, RECORD_SLOW};

	fill_bytes(code->seal.mac, sizeof code->seal.mac, start);
	code->issued = NOW - 40 + start;
	code->expires = NOW + 260 + start;
	code->delivery = deliveries[start % 3];
	code->channel = start % 2 == 0 ? CHANNEL_EMAIL : CHANNEL_SMS;
	copy(code->to, "a***@e***.org");
}

static void sample_challenge(struct record_challenge *challenge, unsigned start, const char *ref)
{
	copy(challenge->ref, ref);
	fill_bytes(challenge->id, sizeof challenge->id, start);
	fill_bytes(challenge->origin, sizeof challenge->origin, start + 100);
	copy(challenge->service, "sshd");
	copy(challenge->source, "fe80::1%eth0");
	challenge->opened = NOW - 90;
	challenge->last_send = NOW - 30;
	challenge->sends = 2;
	challenge->tries_used = start;
	challenge->send_failed = true;
	challenge->known = true;
	challenge->codes_n = 2;
	sample_code(&challenge->codes[0], start);
	sample_code(&challenge->codes[1], start + 1);
}

static void sample_lane(struct record_lane *lane, unsigned failures, int64_t lock_for_s)
{
	lane->consecutive = failures;
	lane->lock_since = NOW - 60;
	lane->lock_for_s = lock_for_s;
	lane->days_n = 2;
	lane->days[0].day = 20436;
	lane->days[0].wrong = 2;
	lane->days[1].day = 20454;
	lane->days[1].wrong = failures;
}

static void sample_send(struct record_send *send, enum lane lane, unsigned start)
{
	send->at = NOW - 90 + start;
	send->lane = lane;
	fill_bytes(send->challenge, sizeof send->challenge, start);
}

static void sample_network(struct record_network *network, const char *name, int64_t last_success)
{
	copy(network->network, name);
	network->last_success = last_success;
}

static void sample_contact(struct contact *contact, enum channel channel, const char *address)
{
	contact->channel = channel;
	copy(contact->address, address);
}

static void sample_totp(struct record_totp *totp)
{
	totp->form.algorithm = TOTP_SHA256;
	totp->form.digits = 8;
	totp->form.period_s = 60;
	totp->secret.len = TOTP_SEALED_MIN + 4;
	fill_bytes(totp->secret.bytes, totp->secret.len, 3);
	totp->since = NOW - 800000;
	totp->last_step = NOW / 60 - 1;
	totp->preferred = true;
}

static void sample_backup(struct record_backup *backup, int64_t until, unsigned start)
{
	fill_bytes(backup->seal.mac, sizeof backup->seal.mac, start);
	backup->until = until;
}

static void sample_device(struct record_device *device, const char *network, unsigned start)
{
	fill_bytes(device->id, sizeof device->id, start);
	copy(device->service, "sshd");
	copy(device->network, network);
	device->since = NOW - 70000 + start;
	device->until = NOW + 86400 + start;
}

static void sample_events(struct record *out)
{
	struct record_event *refused = &out->events[0], *damaged = &out->events[1];

	out->events_n = 2;
	refused->kind = EVENT_REFUSED;
	refused->first = NOW - 9;
	refused->last = NOW - 8;
	refused->count = 2;
	copy(refused->service, "sshd");
	copy(refused->source, "203.0.113.9");
	copy(refused->ref, "QFX");
	copy(refused->detail, "550 100% sender refused");
	damaged->kind = EVENT_DAMAGED;
	damaged->first = damaged->last = NOW;
	damaged->count = 1;
}

void record_sample_full(struct record *out)
{
	memset(out, 0, sizeof *out);
	copy(out->user, "alice");
	out->uid = 1000;
	out->enrolled = NOW - 900000;
	out->admin_locked = true;
	out->last_success = NOW - 80000;
	out->wrong_since_success = 7;
	copy(out->wrong_latest_source, "203.0.113.9");
	out->contacts_n = 2;
	sample_contact(&out->contacts[0], CHANNEL_EMAIL, "al%ice+x=y@example.org");
	sample_contact(&out->contacts[1], CHANNEL_SMS, "+12025550123");
	sample_lane(&out->lanes[LANE_KNOWN], 3, 900);
	sample_lane(&out->lanes[LANE_STRANGER], 4, RECORD_LOCK_FOREVER);
	out->challenges_n = 2;
	sample_challenge(&out->challenges[0], 1, "QFX");
	sample_challenge(&out->challenges[1], 4, "KTM");
	out->sends_n = 2;
	sample_send(&out->sends[0], LANE_KNOWN, 1);
	sample_send(&out->sends[1], LANE_STRANGER, 4);
	out->networks_n = 2;
	sample_network(&out->networks[0], "192.0.2.0/24", NOW - 80000);
	sample_network(&out->networks[1], "2001:db8:1:2::/64", NOW - 7);
	out->totp_n = 1;
	sample_totp(&out->totp[0]);
	out->backups_n = 2;
	sample_backup(&out->backups[0], 0, 5);
	sample_backup(&out->backups[1], NOW + 900, 6);
	out->devices_n = 2;
	sample_device(&out->devices[0], "192.0.2.0/24", 7);
	sample_device(&out->devices[1], "2001:db8:1:2::/64", 8);
	sample_events(out);
}

/* n bytes of c and a NUL. */
static void fill(char *out, char c, size_t n)
{
	memset(out, c, n);
	out[n] = '\0';
}

/* As long as an origin has it, with as many bytes that take three as then fit. */
static void fill_source(char out[ORIGIN_SOURCE_SIZE])
{
	fill(out, 's', ORIGIN_SOURCE_SIZE - 1);
	memset(out, '%', (RECORD_SOURCE_WRITTEN - (ORIGIN_SOURCE_SIZE - 1)) / 2);
}

static void longest_code(struct record_code *code)
{
	code->issued = code->expires = RECORD_TIME_MAX;
	code->delivery = RECORD_PENDING;
	code->channel = CHANNEL_EMAIL;
	fill(code->to, 'x', RECORD_TO_WRITTEN);
}

static void longest_challenge(struct record_challenge *challenge, unsigned index)
{
	fill(challenge->ref, "BCDF"[index], CODE_REF_LEN);
	memset(challenge->id, (int)index, sizeof challenge->id);
	fill(challenge->service, 's', sizeof challenge->service - 1);
	fill_source(challenge->source);
	challenge->opened = challenge->last_send = RECORD_TIME_MAX;
	challenge->sends = RECORD_COUNT_MAX;
	challenge->tries_used = POLICY_TRIES_MAX;
	challenge->send_failed = challenge->known = true;
	challenge->codes_n = POLICY_LIVE_CODES;
	for (unsigned i = 0; i < POLICY_LIVE_CODES; i++)
		longest_code(&challenge->codes[i]);
}

static void longest_lane(struct record_lane *lane)
{
	lane->consecutive = RECORD_COUNT_MAX;
	lane->lock_since = RECORD_TIME_MAX;
	lane->lock_for_s = RECORD_LOCK_FOREVER;
	lane->days_n = RECORD_DAYS_MAX;
	for (unsigned i = 0; i < RECORD_DAYS_MAX; i++) {
		lane->days[i].day = RECORD_DAY_MAX - RECORD_DAYS_MAX + 1 + i;
		lane->days[i].wrong = RECORD_DAY_WRONG_MAX;
	}
}

static void longest_contact(struct contact *out, char local, size_t local_len, size_t domain_len)
{
	out->channel = CHANNEL_EMAIL;
	memset(out->address, local, local_len);
	out->address[local_len] = '@';
	for (size_t i = 0; i < domain_len; i++)
		out->address[local_len + 1 + i] = i % 60 == 59 ? '.' : 'd';
}

/* The longest address that can be, and what then is left for the others. */
static void longest_contacts(struct record *out)
{
	out->contacts_n = RECORD_CONTACTS_MAX;
	longest_contact(&out->contacts[0], '%', 64, 189);
	longest_contact(&out->contacts[1], 'x', 1, 31);
	longest_contact(&out->contacts[2], 'x', 1, 31);
	longest_contact(&out->contacts[3], 'x', 1, 30);
}

static void longest_kept(struct record *out)
{
	out->totp_n = 1;
	out->totp[0].form.algorithm = TOTP_SHA512;
	out->totp[0].form.digits = 8;
	out->totp[0].form.period_s = 60;
	out->totp[0].secret.len = TOTP_SEALED_MAX;
	out->totp[0].since = out->totp[0].last_step = RECORD_TIME_MAX;
	out->totp[0].preferred = true;
	out->backups_n = RECORD_BACKUPS_MAX;
	for (unsigned i = 0; i < RECORD_BACKUPS_MAX; i++)
		out->backups[i].until = RECORD_TIME_MAX;
	out->devices_n = POLICY_DEVICES_MAX;
	for (unsigned i = 0; i < POLICY_DEVICES_MAX; i++) {
		fill(out->devices[i].service, 's', sizeof out->devices[i].service - 1);
		fill(out->devices[i].network, 'f', RECORD_NETWORK_WRITTEN);
		out->devices[i].since = out->devices[i].until = RECORD_TIME_MAX;
	}
}

static void longest_event(struct record_event *event, unsigned index)
{
	event->kind = EVENT_CONTACTS_FOLLOWED;
	event->first = RECORD_TIME_MAX - index;
	event->last = RECORD_TIME_MAX;
	event->count = RECORD_COUNT_MAX;
	fill(event->service, 's', sizeof event->service - 1);
	fill_source(event->source);
	fill(event->ref, 'Q', CODE_REF_LEN);
	fill(event->detail, 'd', sizeof event->detail - 1);
	memset(event->detail, ' ', (RECORD_DETAIL_WRITTEN - (RECORD_DETAIL_SIZE - 1)) / 2);
}

void record_sample_longest(struct record *out)
{
	memset(out, 0, sizeof *out);
	fill(out->user, 'u', RECORD_NAME_WRITTEN);
	out->uid = UINT32_MAX - 1;
	out->enrolled = out->last_success = RECORD_TIME_MAX;
	out->admin_locked = true;
	out->wrong_since_success = RECORD_COUNT_MAX;
	fill_source(out->wrong_latest_source);
	longest_contacts(out);
	for (unsigned i = 0; i < LANES_N; i++)
		longest_lane(&out->lanes[i]);
	out->challenges_n = POLICY_LIVE_CHALLENGES;
	for (unsigned i = 0; i < POLICY_LIVE_CHALLENGES; i++)
		longest_challenge(&out->challenges[i], i);
	out->sends_n = POLICY_SENDS_MAX;
	for (unsigned i = 0; i < POLICY_SENDS_MAX; i++) {
		out->sends[i].at = RECORD_TIME_MAX;
		out->sends[i].lane = LANE_STRANGER;
	}
	out->networks_n = RECORD_NETWORKS_MAX;
	for (unsigned i = 0; i < RECORD_NETWORKS_MAX; i++) {
		fill(out->networks[i].network, 'f', RECORD_NETWORK_WRITTEN);
		out->networks[i].last_success = RECORD_TIME_MAX;
	}
	longest_kept(out);
	out->events_n = RECORD_EVENTS_MAX;
	for (unsigned i = 0; i < RECORD_EVENTS_MAX; i++)
		longest_event(&out->events[i], i);
}
