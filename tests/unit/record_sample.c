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

static struct record_code sample_code(unsigned start)
{
	struct record_code code = {.issued = NOW - 40 + start,
		.expires = NOW + 260 + start,
		.delivery = start % 3 == 0   ? RECORD_SLOW
			    : start % 3 == 1 ? RECORD_SENT
					     : RECORD_PENDING,
		.channel = start % 2 == 0 ? CHANNEL_EMAIL : CHANNEL_SMS,
		.to = "a***@e***.org"};

	fill_bytes(code.seal.mac, sizeof code.seal.mac, start);
	return code;
}

static struct record_challenge sample_challenge(unsigned start, const char *ref)
{
	struct record_challenge challenge = {.service = "sshd",
		.source = "fe80::1%eth0",
		.opened = NOW - 90,
		.last_send = NOW - 30,
		.sends = 2,
		.tries_used = start,
		.send_failed = true,
		.codes_n = 2,
		.codes = {sample_code(start), sample_code(start + 1)}};

	copy(challenge.ref, ref);
	fill_bytes(challenge.id, sizeof challenge.id, start);
	fill_bytes(challenge.origin, sizeof challenge.origin, start + 100);
	return challenge;
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
	out->contacts[0] = (struct contact){.channel = CHANNEL_EMAIL, .address = "al%ice+x=y@example.org"};
	out->contacts[1] = (struct contact){.channel = CHANNEL_SMS, .address = "+12025550123"};
	for (unsigned i = 0; i < LANES_N; i++)
		out->lanes[i] = (struct record_lane){.consecutive = 3 + i,
			.lock_since = NOW - 60,
			.lock_for_s = i == LANE_KNOWN ? 900 : RECORD_LOCK_FOREVER,
			.days = {{20436, 2}, {20454, 1 + i}},
			.days_n = 2};
	out->challenges_n = 2;
	out->challenges[0] = sample_challenge(1, "QFX");
	out->challenges[1] = sample_challenge(4, "KTM");
	out->sends_n = 2;
	out->sends[0] =
		(struct record_send){.at = NOW - 90, .lane = LANE_KNOWN, .challenge = {1, 30, 59, 88}};
	out->sends[1] = (struct record_send){.at = NOW - 30, .lane = LANE_STRANGER, .challenge = {4, 0xff}};
	out->networks_n = 2;
	out->networks[0] = (struct record_network){.network = "192.0.2.0/24", .last_success = NOW - 80000};
	out->networks[1] = (struct record_network){.network = "2001:db8:1:2::/64", .last_success = NOW - 7};
	out->events_n = 2;
	out->events[0] = (struct record_event){.kind = EVENT_REFUSED,
		.first = NOW - 9,
		.last = NOW - 8,
		.count = 2,
		.service = "sshd",
		.source = "203.0.113.9",
		.ref = "QFX",
		.detail = "550 100% sender refused"};
	out->events[1] = (struct record_event){.kind = EVENT_DAMAGED, .first = NOW, .last = NOW, .count = 1};
}

/* n bytes of c and a NUL. */
static void fill(char *out, char c, size_t n)
{
	memset(out, c, n);
	out[n] = '\0';
}

static struct record_challenge longest_challenge(unsigned index)
{
	struct record_challenge challenge = {.opened = RECORD_TIME_MAX,
		.last_send = RECORD_TIME_MAX,
		.sends = RECORD_COUNT_MAX,
		.tries_used = POLICY_TRIES_MAX,
		.send_failed = true,
		.codes_n = POLICY_LIVE_CODES};

	fill(challenge.ref, "BCDF"[index], CODE_REF_LEN);
	memset(challenge.id, (int)index, sizeof challenge.id);
	fill(challenge.service, 's', sizeof challenge.service - 1);
	fill(challenge.source, 's', sizeof challenge.source - 1);
	challenge.source[0] = challenge.source[1] = '%';
	for (unsigned i = 0; i < POLICY_LIVE_CODES; i++) {
		challenge.codes[i] = (struct record_code){.issued = RECORD_TIME_MAX,
			.expires = RECORD_TIME_MAX,
			.delivery = RECORD_PENDING,
			.channel = CHANNEL_EMAIL};
		fill(challenge.codes[i].to, 'x', RECORD_TO_WRITTEN);
	}
	return challenge;
}

static void longest_lane(struct record_lane *lane)
{
	*lane = (struct record_lane){.consecutive = RECORD_COUNT_MAX,
		.lock_since = RECORD_TIME_MAX,
		.lock_for_s = RECORD_LOCK_FOREVER,
		.days_n = RECORD_DAYS_MAX};
	for (unsigned i = 0; i < RECORD_DAYS_MAX; i++)
		lane->days[i] = (struct record_day){
			.day = RECORD_DAY_MAX - RECORD_DAYS_MAX + 1 + i, .wrong = RECORD_DAY_WRONG_MAX};
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

static struct record_event longest_event(unsigned index)
{
	struct record_event event = {.kind = EVENT_CONTACT_REMOVED,
		.first = RECORD_TIME_MAX - index,
		.last = RECORD_TIME_MAX,
		.count = RECORD_COUNT_MAX,
		.ref = "QFX"};

	fill(event.service, 's', sizeof event.service - 1);
	fill(event.source, '.', sizeof event.source - 1);
	event.source[0] = event.source[1] = '%';
	fill(event.detail, ' ', sizeof event.detail - 1);
	return event;
}

void record_sample_longest(struct record *out)
{
	memset(out, 0, sizeof *out);
	fill(out->user, 'u', RECORD_NAME_WRITTEN);
	out->uid = UINT32_MAX - 1;
	out->enrolled = out->last_success = RECORD_TIME_MAX;
	out->admin_locked = true;
	out->wrong_since_success = RECORD_COUNT_MAX;
	fill(out->wrong_latest_source, 's', sizeof out->wrong_latest_source - 1);
	out->wrong_latest_source[0] = out->wrong_latest_source[1] = '%';
	longest_contacts(out);
	for (unsigned i = 0; i < LANES_N; i++)
		longest_lane(&out->lanes[i]);
	out->challenges_n = POLICY_LIVE_CHALLENGES;
	for (unsigned i = 0; i < POLICY_LIVE_CHALLENGES; i++)
		out->challenges[i] = longest_challenge(i);
	out->sends_n = POLICY_SENDS_MAX;
	for (unsigned i = 0; i < POLICY_SENDS_MAX; i++)
		out->sends[i] = (struct record_send){.at = RECORD_TIME_MAX, .lane = LANE_STRANGER};
	out->networks_n = RECORD_NETWORKS_MAX;
	for (unsigned i = 0; i < RECORD_NETWORKS_MAX; i++) {
		fill(out->networks[i].network, 'f', RECORD_NETWORK_WRITTEN);
		out->networks[i].last_success = RECORD_TIME_MAX;
	}
	out->events_n = RECORD_EVENTS_MAX;
	for (unsigned i = 0; i < RECORD_EVENTS_MAX; i++)
		out->events[i] = longest_event(i);
}
