/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/quota.h"

#include "core/address.h"

#include <assert.h>
#include <string.h>

#define CHARGES_MAX 3 /* source, address, host */
#define HOST_SET 0    /* only the host's rows are in it: no other one ever takes their place */

static_assert(CHARGES_MAX <= QUOTA_ROWS_MAX, "a send's rows are changed together");

/* A row that a send concerns, and its limits. */
struct charge {
	struct quota_key key;
	struct {
		enum quota_limit limit;
		struct policy_rate rate;
	} limits[2];
	unsigned limits_n;
};

struct charges {
	struct charge list[CHARGES_MAX];
	unsigned n;
};

static enum otp_err make_key(const struct keys *keys, const char *kind, const char *name,
	struct quota_key *out, struct otp_why *why)
{
	unsigned char mac[KEY_MAC_LEN];
	const struct key_part parts[] = {{kind, strlen(kind)}, {name, strlen(name)}};
	enum otp_err err = key_mac(keys->limits, parts, 2, mac, why);

	if (err != OTP_OK)
		return err;
	memcpy(out->name, mac, QUOTA_NAME_LEN);
	out->set = 1 + (unsigned)(mac[KEY_MAC_LEN - 2] << 8 | mac[KEY_MAC_LEN - 1]) % (QUOTA_SETS - 1);
	return OTP_OK;
}

/* An IPv6 source counts as its /64: whoever has one address of it has them all. So do link-local ones, zone
 * or not. */
static enum otp_err key_of_source(
	const struct keys *keys, const struct origin *origin, struct quota_key *out, struct otp_why *why)
{
	char name[ORIGIN_SOURCE_SIZE];
	struct address address;

	memcpy(name, origin->source, sizeof name);
	if (address_parse(name, strlen(name), &address) && !address.is_ipv4) {
		memset(address.bytes + 8, 0, 8);
		address.zone[0] = '\0';
		address_print(&address, "/64", name, sizeof name);
	}
	return make_key(keys, "source", name, out, why);
}

/* Mailboxes that differ in case are one almost everywhere. */
static enum otp_err key_of_contact(
	const struct keys *keys, const struct contact *contact, struct quota_key *out, struct otp_why *why)
{
	char address[CONTACT_ADDRESS_SIZE];
	size_t i = 0;

	for (; i < sizeof address - 1 && contact->address[i] != '\0'; i++) {
		unsigned char c = (unsigned char)contact->address[i];
		address[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	address[i] = '\0';
	return make_key(keys, channel_name(contact->channel), address, out, why);
}

static enum otp_err key_of_host(
	const struct keys *keys, enum channel channel, struct quota_key *out, struct otp_why *why)
{
	enum otp_err err = make_key(keys, "host", channel_name(channel), out, why);

	out->set = HOST_SET;
	return err;
}

static bool source_is_limited(const struct origin *origin, const struct policy *policy)
{
	struct address address;

	if (origin->local)
		return false;
	if (!address_parse(origin->source, strlen(origin->source), &address))
		return true;
	for (unsigned i = 0; i < policy->trusted_sources.n; i++)
		if (address_range_holds(&policy->trusted_sources.list[i], &address))
			return false;
	return true;
}

static void add_limit(struct charge *charge, enum quota_limit limit, struct policy_rate rate)
{
	charge->limits[charge->limits_n].limit = limit;
	charge->limits[charge->limits_n++].rate = rate;
}

static enum otp_err find_charges(const struct keys *keys, const struct policy *policy, struct quota_send send,
	struct charges *out, struct otp_why *why)
{
	struct charge *charge = out->list;
	enum channel channel = send.contact->channel;
	enum otp_err err = key_of_host(keys, channel, &charge->key, why);

	add_limit(charge, channel == CHANNEL_EMAIL ? QUOTA_EMAIL : QUOTA_SMS,
		channel == CHANNEL_EMAIL ? policy->sends_email : policy->sends_sms);
	if (channel == CHANNEL_SMS)
		add_limit(charge, QUOTA_SMS_DAILY, policy->sends_sms_daily);
	charge++;
	if (err == OTP_OK)
		err = key_of_contact(keys, send.contact, &charge->key, why);
	add_limit(charge++, QUOTA_ADDRESS, policy->sends_per_user);
	if (err == OTP_OK && source_is_limited(send.origin, policy)) {
		err = key_of_source(keys, send.origin, &charge->key, why);
		add_limit(charge++, QUOTA_SOURCE, policy->sends_per_source);
	}
	out->n = (unsigned)(charge - out->list);
	return err;
}

struct taking {
	const struct charges *charges;
	int64_t now;
	bool look_only;
	struct quota_verdict *verdict;
};

static bool run_taking(void *ctx, struct quota_row *rows)
{
	const struct taking *taking = ctx;
	struct quota_verdict *verdict = taking->verdict;

	*verdict = (struct quota_verdict){.limit = QUOTA_NONE};
	for (unsigned i = 0; i < taking->charges->n; i++) {
		const struct charge *charge = &taking->charges->list[i];
		for (unsigned l = 0; l < charge->limits_n; l++) {
			int64_t wait_s = quota_row_wait_s(&rows[i], charge->limits[l].rate, taking->now);
			if (wait_s > verdict->wait_s)
				*verdict = (struct quota_verdict){charge->limits[l].limit, wait_s};
		}
	}
	if (taking->look_only || verdict->limit != QUOTA_NONE)
		return false;
	for (unsigned i = 0; i < taking->charges->n; i++)
		quota_row_add(&rows[i]);
	return true;
}

static enum otp_err run_on_table(const struct quota_table *table, const struct keys *keys,
	const struct policy *policy, struct quota_send send, struct taking taking, struct otp_why *why)
{
	struct charges charges = {.n = 0};
	struct quota_key names[CHARGES_MAX];
	enum otp_err err = find_charges(keys, policy, send, &charges, why);

	*taking.verdict = (struct quota_verdict){.limit = QUOTA_NONE};
	if (err != OTP_OK)
		return err;
	for (unsigned i = 0; i < charges.n; i++)
		names[i] = charges.list[i].key;
	taking.charges = &charges;
	struct quota_edit edit = {.run = run_taking, .ctx = &taking, .now = taking.now};
	return table->update(table->self, names, charges.n, edit, why);
}

enum otp_err quota_take(const struct quota_table *table, const struct keys *keys, const struct policy *policy,
	struct quota_send send, int64_t now, struct quota_verdict *out, struct otp_why *why)
{
	struct taking taking = {.now = now, .verdict = out};

	return run_on_table(table, keys, policy, send, taking, why);
}

enum otp_err quota_look(const struct quota_table *table, const struct keys *keys, const struct policy *policy,
	struct quota_send send, int64_t now, struct quota_verdict *out, struct otp_why *why)
{
	struct taking taking = {.now = now, .look_only = true, .verdict = out};

	return run_on_table(table, keys, policy, send, taking, why);
}

/* One row for each contact, then that of the source. */
struct returning {
	const struct quota_returns *returns;
	bool to_source;
};

static bool run_returning(void *ctx, struct quota_row *rows)
{
	const struct returning *returning = ctx;
	const struct quota_returns *returns = returning->returns;

	for (unsigned i = 0; i < returns->sends_n; i++) {
		if (returns->sends[i].contact < returns->contacts_n)
			quota_row_return(&rows[returns->sends[i].contact], returns->sends[i].at);
		if (returning->to_source)
			quota_row_return(&rows[returns->contacts_n], returns->sends[i].at);
	}
	return true;
}

enum otp_err quota_return(const struct quota_table *table, const struct keys *keys,
	const struct policy *policy, const struct quota_returns *returns, int64_t now, struct otp_why *why)
{
	struct returning returning = {.returns = returns};
	struct quota_key names[QUOTA_ROWS_MAX];
	unsigned names_n = 0;
	enum otp_err err = OTP_OK;

	if (returns->sends_n == 0)
		return OTP_OK;
	for (; err == OTP_OK && names_n < returns->contacts_n; names_n++)
		err = key_of_contact(keys, &returns->contacts[names_n], &names[names_n], why);
	returning.to_source = returns->origin != NULL && source_is_limited(returns->origin, policy);
	if (err == OTP_OK && returning.to_source)
		err = key_of_source(keys, returns->origin, &names[names_n++], why);
	if (err != OTP_OK)
		return err;
	struct quota_edit edit = {.run = run_returning, .ctx = &returning, .now = now};
	return table->update(table->self, names, names_n, edit, why);
}

const char *quota_limit_name(enum quota_limit limit)
{
	static const char *const names[] = {
		[QUOTA_NONE] = "",
		[QUOTA_COOLDOWN] = "resend_after",
		[QUOTA_USER] = "sends_per_user",
		[QUOTA_ADDRESS] = "sends_per_user",
		[QUOTA_SOURCE] = "sends_per_source",
		[QUOTA_EMAIL] = "sends_email",
		[QUOTA_SMS] = "sends_sms",
		[QUOTA_SMS_DAILY] = "sends_sms_daily",
	};

	return names[limit];
}

bool quota_limit_is_of_host(enum quota_limit limit)
{
	return limit == QUOTA_EMAIL || limit == QUOTA_SMS || limit == QUOTA_SMS_DAILY;
}
