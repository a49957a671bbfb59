/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/record_text.h"

/* docs/state-format.md describes each word and key below; tests/unit/test_record.c compares the two. */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define NAMES(array) .names = (array), .names_n = COUNT_OF(array)
#define AT(type, member) .offset = offsetof(struct type, member), .size = sizeof((struct type *)NULL)->member

static const char *const channels[] = {[CHANNEL_EMAIL] = "email", [CHANNEL_SMS] = "sms"};
static const char *const lanes[] = {[LANE_KNOWN] = "known", [LANE_STRANGER] = "stranger"};
static const char *const deliveries[] = {
	[RECORD_PENDING] = "pending", [RECORD_SENT] = "sent", [RECORD_SLOW] = "slow"};
static const char *const algorithms[] = {
	[TOTP_SHA1] = "sha1", [TOTP_SHA256] = "sha256", [TOTP_SHA512] = "sha512"};
static const char *const events[] = {
	[EVENT_ENROLLED] = "enrolled",
	[EVENT_CONTACT_ADDED] = "contact-added",
	[EVENT_CONTACT_REMOVED] = "contact-removed",
	[EVENT_CONTACT_ORDER] = "contact-order",
	[EVENT_ADMIN_LOCK] = "admin-lock",
	[EVENT_ADMIN_UNLOCK] = "admin-unlock",
	[EVENT_ISSUED] = "issued",
	[EVENT_SENT] = "sent",
	[EVENT_SLOW] = "slow",
	[EVENT_REFUSED] = "refused",
	[EVENT_WRONG] = "wrong",
	[EVENT_EXPIRED] = "expired",
	[EVENT_LOCKED] = "locked",
	[EVENT_VERIFIED] = "verified",
	[EVENT_DAMAGED] = "damaged",
	[EVENT_CONTACTS_FOLLOWED] = "contacts-followed",
	[EVENT_TOTP_ADDED] = "totp-added",
	[EVENT_TOTP_REMOVED] = "totp-removed",
	[EVENT_BACKUP_CODES] = "backup-codes",
	[EVENT_REMEMBERED] = "remembered",
	[EVENT_DEVICES_REVOKED] = "devices-revoked",
	[EVENT_PASSWORD] = "password",
	[EVENT_REF_TYPED] = "ref-typed",
	[EVENT_RESTORED] = "restored",
};
_Static_assert(COUNT_OF(lanes) == LANES_N && COUNT_OF(events) == EVENT_KINDS_N, "each has a name");

static const struct record_field user_fields[] = {
	{"name", RECORD_AS_NAME, AT(record, user), .min = 1, .max = RECORD_NAME_WRITTEN},
	{"uid", RECORD_AS_NUMBER, AT(record, uid), .max = UINT32_MAX - 1},
	{"enrolled", RECORD_AS_TIME, AT(record, enrolled)},
	{"locked", RECORD_AS_FLAG, AT(record, admin_locked)},
	{"last_success", RECORD_AS_TIME, AT(record, last_success)},
	{"wrong", RECORD_AS_COUNT, AT(record, wrong_since_success), .max = RECORD_COUNT_MAX},
	{"wrong_from", RECORD_AS_TEXT, AT(record, wrong_latest_source), .max = RECORD_SOURCE_WRITTEN},
};

static const struct record_field contact_fields[] = {
	{"channel", RECORD_AS_CHOICE, AT(contact, channel), NAMES(channels)},
	{"address", RECORD_AS_ADDRESS, AT(contact, address), .min = 1, .max = RECORD_ADDRESSES_MAX},
};

static const struct record_field lane_fields[] = {
	{"failures", RECORD_AS_COUNT, AT(record_lane, consecutive), .max = RECORD_COUNT_MAX},
	{"lock_since", RECORD_AS_TIME, AT(record_lane, lock_since)},
	{"lock_for", RECORD_AS_SPAN, AT(record_lane, lock_for_s), .max = POLICY_LOCK_MAX_S},
	{"days", RECORD_AS_DAYS, AT(record_lane, days)},
};

static const struct record_field challenge_fields[] = {
	{"ref", RECORD_AS_REF, AT(record_challenge, ref), .min = CODE_REF_LEN, .max = CODE_REF_LEN},
	{"id", RECORD_AS_HEX, AT(record_challenge, id)},
	{"origin", RECORD_AS_HEX, AT(record_challenge, origin)},
	{"service", RECORD_AS_TEXT, AT(record_challenge, service), .max = RECORD_SERVICE_WRITTEN},
	{"source", RECORD_AS_TEXT, AT(record_challenge, source), .max = RECORD_SOURCE_WRITTEN},
	{"opened", RECORD_AS_TIME, AT(record_challenge, opened)},
	{"last_send", RECORD_AS_TIME, AT(record_challenge, last_send)},
	{"sends", RECORD_AS_COUNT, AT(record_challenge, sends), .max = RECORD_COUNT_MAX},
	{"tries", RECORD_AS_NUMBER, AT(record_challenge, tries_used), .max = POLICY_TRIES_MAX},
	{"failed", RECORD_AS_FLAG, AT(record_challenge, send_failed)},
	{"known", RECORD_AS_FLAG, AT(record_challenge, known)},
};

static const struct record_field code_fields[] = {
	{"seal", RECORD_AS_HEX, AT(record_code, seal)},
	{"issued", RECORD_AS_TIME, AT(record_code, issued)},
	{"expires", RECORD_AS_TIME, AT(record_code, expires)},
	{"delivery", RECORD_AS_CHOICE, AT(record_code, delivery), NAMES(deliveries)},
	{"channel", RECORD_AS_CHOICE, AT(record_code, channel), NAMES(channels)},
	{"to", RECORD_AS_TEXT, AT(record_code, to), .max = RECORD_TO_WRITTEN},
};

static const struct record_field send_fields[] = {
	{"at", RECORD_AS_TIME, AT(record_send, at)},
	{"lane", RECORD_AS_CHOICE, AT(record_send, lane), NAMES(lanes)},
	{"id", RECORD_AS_HEX, AT(record_send, challenge)},
};

static const struct record_field network_fields[] = {
	{"name", RECORD_AS_NETWORK, AT(record_network, network), .min = 1, .max = RECORD_NETWORK_WRITTEN},
	{"last_success", RECORD_AS_TIME, AT(record_network, last_success)},
};

static const struct record_field totp_fields[] = {
	{"secret", RECORD_AS_SEALED, AT(record_totp, secret)},
	{"algorithm", RECORD_AS_CHOICE, AT(record_totp, form.algorithm), NAMES(algorithms)},
	{"digits", RECORD_AS_DIGITS, AT(record_totp, form.digits)},
	{"period", RECORD_AS_PERIOD, AT(record_totp, form.period_s)},
	{"since", RECORD_AS_TIME, AT(record_totp, since)},
	{"last_step", RECORD_AS_TIME, AT(record_totp, last_step)},
	{"preferred", RECORD_AS_FLAG, AT(record_totp, preferred)},
};

static const struct record_field backup_fields[] = {
	{"seal", RECORD_AS_HEX, AT(record_backup, seal)},
	{"until", RECORD_AS_TIME, AT(record_backup, until)},
};

static const struct record_field device_fields[] = {
	{"id", RECORD_AS_HEX, AT(record_device, id)},
	{"service", RECORD_AS_TEXT, AT(record_device, service), .max = RECORD_DEVICE_SERVICE_SIZE - 1},
	{"network", RECORD_AS_NETWORK, AT(record_device, network), .min = 1, .max = RECORD_NETWORK_WRITTEN},
	{"since", RECORD_AS_TIME, AT(record_device, since)},
	{"until", RECORD_AS_TIME, AT(record_device, until)},
};

static const struct record_field event_fields[] = {
	{"kind", RECORD_AS_CHOICE, AT(record_event, kind), NAMES(events)},
	{"first", RECORD_AS_TIME, AT(record_event, first)},
	{"last", RECORD_AS_TIME, AT(record_event, last)},
	{"count", RECORD_AS_COUNT, AT(record_event, count), .min = 1, .max = RECORD_COUNT_MAX},
	{"service", RECORD_AS_TEXT, AT(record_event, service), .max = RECORD_SERVICE_WRITTEN},
	{"source", RECORD_AS_TEXT, AT(record_event, source), .max = RECORD_SOURCE_WRITTEN},
	{"ref", RECORD_AS_REF, AT(record_event, ref), .max = CODE_REF_LEN},
	{"detail", RECORD_AS_TEXT, AT(record_event, detail), .max = RECORD_DETAIL_WRITTEN},
};

#define FIELDS(array) .fields = (array), .fields_n = COUNT_OF(array)
#define ONE(start) .offset = (start), .count_offset = RECORD_COUNT_NONE, .max = 1
#define MANY(type, array)                                                                                    \
	.offset = offsetof(struct type, array), .stride = sizeof((struct type *)NULL)->array[0],             \
	.count_offset = offsetof(struct type, array##_n), .max = COUNT_OF(((struct type *)NULL)->array)

const struct record_word record_words[RECORD_WORDS_N] = {
	[RECORD_WORD_USER] = {"user", FIELDS(user_fields), ONE(0)},
	[RECORD_WORD_CONTACT] = {"contact", FIELDS(contact_fields), MANY(record, contacts)},
	[RECORD_WORD_KNOWN_LANE] = {"known_lane", FIELDS(lane_fields),
		ONE(offsetof(struct record, lanes) + LANE_KNOWN * sizeof(struct record_lane))},
	[RECORD_WORD_STRANGER_LANE] = {"stranger_lane", FIELDS(lane_fields),
		ONE(offsetof(struct record, lanes) + LANE_STRANGER * sizeof(struct record_lane))},
	[RECORD_WORD_CHALLENGE] = {"challenge", FIELDS(challenge_fields), MANY(record, challenges)},
	[RECORD_WORD_CODE] = {"code", FIELDS(code_fields), MANY(record_challenge, codes)},
	[RECORD_WORD_SEND] = {"send", FIELDS(send_fields), MANY(record, sends)},
	[RECORD_WORD_NETWORK] = {"network", FIELDS(network_fields), MANY(record, networks)},
	[RECORD_WORD_TOTP] = {"totp", FIELDS(totp_fields), MANY(record, totp)},
	[RECORD_WORD_BACKUP] = {"backup", FIELDS(backup_fields), MANY(record, backups)},
	[RECORD_WORD_DEVICE] = {"device", FIELDS(device_fields), MANY(record, devices)},
	[RECORD_WORD_EVENT] = {"event", FIELDS(event_fields), MANY(record, events)},
};

const char *record_event_name(enum record_event_kind kind)
{
	return kind < EVENT_KINDS_N ? events[kind] : "unknown";
}

const char *lane_name(enum lane lane)
{
	return lane < LANES_N ? lanes[lane] : "unknown";
}
