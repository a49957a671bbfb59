/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/record_json.h"

#include "cli/describe.h"
#include "cli/otpauth.h"
#include "core/challenge.h"
#include "core/lane.h"

static void put_text(struct report_json *json, json_t *object, const char *key, const char *text)
{
	report_json_put(json, object, key, *text != '\0' ? report_json_text(text) : json_null());
}

static void put_lock(
	struct report_json *json, json_t *object, const struct record *record, enum lane lane, int64_t now)
{
	int64_t locked_s = lane_locked_s(record, lane, now);
	bool ends = locked_s != 0 && locked_s != RECORD_LOCK_FOREVER;

	report_json_put(json, object, "locked", json_boolean(locked_s != 0));
	report_json_put(json, object, "until", ends ? report_json_time(now + locked_s) : json_null());
}

json_t *record_json_locks(struct report_json *json, const struct record *record, int64_t now)
{
	json_t *locks = json_object();

	report_json_put(json, locks, "admin", json_boolean(record->admin_locked));
	for (unsigned lane = 0; lane < LANES_N; lane++) {
		json_t *lock = json_object();
		put_lock(json, lock, record, (enum lane)lane, now);
		report_json_put(json, locks, lane_name((enum lane)lane), lock);
	}
	return locks;
}

static json_t *contacts(struct report_json *json, const struct record *record)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < record->contacts_n; i++) {
		json_t *contact = json_object();
		report_json_put(json, contact, "number", json_integer(i + 1));
		report_json_put(
			json, contact, "channel", json_string(channel_name(record->contacts[i].channel)));
		report_json_put(json, contact, "address", report_json_text(record->contacts[i].address));
		report_json_append(json, list, contact);
	}
	return list;
}

static json_t *lanes(
	struct report_json *json, const struct record *record, const struct policy *policy, int64_t now)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < LANES_N; i++) {
		enum lane lane = (enum lane)i;
		json_t *object = json_object();
		put_lock(json, object, record, lane, now);
		report_json_put(json, object, "failures", json_integer(record->lanes[i].consecutive));
		report_json_put(
			json, object, "wrong_30d", json_integer(lane_wrong_30d(&record->lanes[i], now)));
		report_json_put(json, object, "sends_left",
			json_integer(describe_sends_left(record, lane, policy, now)));
		report_json_put(json, all, lane_name(lane), object);
	}
	return all;
}

static json_t *challenges(
	struct report_json *json, const struct record *record, const struct policy *policy, int64_t now)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < record->challenges_n; i++) {
		const struct record_challenge *challenge = &record->challenges[i];
		const struct record_code *newest = challenge_newest_live(challenge, now);
		json_t *object = json_object();
		put_text(json, object, "ref", challenge->ref);
		put_text(json, object, "service", challenge->service);
		put_text(json, object, "source", challenge->source);
		report_json_put(json, object, "since", report_json_time(challenge->opened));
		report_json_put(
			json, object, "tries_left", json_integer(describe_tries_left(challenge, policy)));
		put_text(json, object, "sent_to", newest != NULL ? newest->to : "");
		report_json_put(
			json, object, "works_until", report_json_time(newest != NULL ? newest->expires : 0));
		report_json_append(json, list, object);
	}
	return list;
}

static json_t *networks(struct report_json *json, const struct record *record)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < record->networks_n; i++) {
		json_t *object = json_object();
		put_text(json, object, "network", record->networks[i].network);
		report_json_put(
			json, object, "last_success", report_json_time(record->networks[i].last_success));
		report_json_append(json, list, object);
	}
	return list;
}

json_t *record_json_devices(struct report_json *json, const struct record *record)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < record->devices_n; i++) {
		const struct record_device *device = &record->devices[i];
		json_t *object = json_object();
		report_json_put(json, object, "number", json_integer(i + 1));
		put_text(json, object, "service", device->service);
		put_text(json, object, "network", device->network);
		report_json_put(json, object, "since", report_json_time(device->since));
		report_json_put(json, object, "until", report_json_time(device->until));
		report_json_append(json, list, object);
	}
	return list;
}

static json_t *app(struct report_json *json, const struct record *record)
{
	const struct record_totp *totp = &record->totp[0];
	json_t *object = record->totp_n > 0 ? json_object() : json_null();

	if (record->totp_n == 0)
		return object;
	report_json_put(json, object, "since", report_json_time(totp->since));
	report_json_put(json, object, "algorithm", json_string(otpauth_algorithm_name(totp->form.algorithm)));
	report_json_put(json, object, "digits", json_integer(totp->form.digits));
	report_json_put(json, object, "period_s", json_integer(totp->form.period_s));
	report_json_put(json, object, "preferred", json_boolean(totp->preferred));
	return object;
}

static json_t *backup_codes(struct report_json *json, const struct record *record)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < record->backups_n; i++) {
		json_t *object = json_object();
		report_json_put(json, object, "until", report_json_time(record->backups[i].until));
		report_json_append(json, list, object);
	}
	return list;
}

static json_t *events(struct report_json *json, const struct record *record)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < record->events_n; i++) {
		const struct record_event *event = &record->events[i];
		json_t *object = json_object();
		put_text(json, object, "event", record_event_name(event->kind));
		report_json_put(json, object, "first", report_json_time(event->first));
		report_json_put(json, object, "last", report_json_time(event->last));
		report_json_put(json, object, "count", json_integer(event->count));
		put_text(json, object, "service", event->service);
		put_text(json, object, "source", event->source);
		put_text(json, object, "ref", event->ref);
		put_text(json, object, "detail", event->detail);
		report_json_append(json, list, object);
	}
	return list;
}

void record_json_put_all(struct report_json *json, json_t *object, const struct record *record,
	const struct policy *policy, int64_t now)
{
	put_text(json, object, "user", record->user);
	report_json_put(json, object, "uid", json_integer(record->uid));
	report_json_put(json, object, "enrolled", report_json_time(record->enrolled));
	report_json_put(json, object, "contacts", contacts(json, record));
	report_json_put(json, object, "last_success", report_json_time(record->last_success));
	report_json_put(json, object, "wrong_since_success", json_integer(record->wrong_since_success));
	put_text(json, object, "wrong_latest_source", record->wrong_latest_source);
	report_json_put(json, object, "admin_locked", json_boolean(record->admin_locked));
	report_json_put(json, object, "lanes", lanes(json, record, policy, now));
	report_json_put(json, object, "challenges", challenges(json, record, policy, now));
	report_json_put(json, object, "networks", networks(json, record));
	report_json_put(json, object, "app", app(json, record));
	report_json_put(json, object, "backup_codes", backup_codes(json, record));
	report_json_put(json, object, "devices", record_json_devices(json, record));
	report_json_put(json, object, "events", events(json, record));
}
