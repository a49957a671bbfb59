/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_RECORD_TEXT_H
#define OTPCODE_CORE_RECORD_TEXT_H

#include "core/notation.h"
#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The text form of a record as one table of words and keys. Encoder, decoder and the check of
 * docs/state-format.md go by it, so that none of them can know a key that the others do not. For
 * core/record*.c and tests.
 */

/* How a value is written, and what it is in memory. */
enum record_form {
	RECORD_AS_NUMBER,  /* uint32_t, min..max */
	RECORD_AS_COUNT,   /* unsigned, min..max, where max stands for itself and more: counters stop there */
	RECORD_AS_TIME,    /* int64_t: seconds since 1970, 0..RECORD_TIME_MAX */
	RECORD_AS_SPAN,    /* int64_t: seconds, 0..max, or RECORD_LOCK_FOREVER: "forever" */
	RECORD_AS_CHOICE,  /* an enum: names[value] */
	RECORD_AS_FLAG,    /* bool: "no", "yes" */
	RECORD_AS_HEX,     /* size bytes in lower-case hex */
	RECORD_AS_SEALED,  /* struct totp_sealed: TOTP_SEALED_MIN..TOTP_SEALED_MAX bytes in lower-case hex */
	RECORD_AS_DIGITS,  /* unsigned: 6 or 8 */
	RECORD_AS_PERIOD,  /* int: 30 or 60, seconds */
	RECORD_AS_REF,     /* three consonants; with min 0 also none */
	RECORD_AS_NAME,    /* any bytes but NUL, min..max as written */
	RECORD_AS_TEXT,    /* printable ASCII that only informs, at most max bytes as written; put cleans and
			      cuts it */
	RECORD_AS_NETWORK, /* as origin_network gives it, at most max bytes */
	RECORD_AS_ADDRESS, /* address of a struct contact, as contact_parse gives it */
	RECORD_AS_DAYS,    /* days of a struct record_lane: "DAY:WRONG,DAY:WRONG" */
};

struct record_field {
	const char *key;
	enum record_form form;
	unsigned names_n;
	const char *const *names;
	size_t offset; /* in the element that the line tells of */
	size_t size;
	uint32_t min, max;
};

/* In the order of their lines. The lines of a challenge's codes follow its own. */
enum record_word_id {
	RECORD_WORD_USER,
	RECORD_WORD_CONTACT,
	RECORD_WORD_KNOWN_LANE,
	RECORD_WORD_STRANGER_LANE,
	RECORD_WORD_CHALLENGE,
	RECORD_WORD_CODE,
	RECORD_WORD_SEND,
	RECORD_WORD_NETWORK,
	RECORD_WORD_TOTP,
	RECORD_WORD_BACKUP,
	RECORD_WORD_DEVICE,
	RECORD_WORD_EVENT,
	RECORD_WORDS_N,
};

#define RECORD_COUNT_NONE SIZE_MAX /* not an array: one element, one line or none */

/* One kind of line: an element of an array in its parent: the record, or for a code its challenge. */
struct record_word {
	const char *name;
	const struct record_field *fields;
	unsigned fields_n;
	unsigned max;
	size_t offset;       /* of the first element in the parent */
	size_t stride;       /* from one element to the next */
	size_t count_offset; /* of the number of elements, an unsigned in the parent, or RECORD_COUNT_NONE */
};

extern const struct record_word record_words[RECORD_WORDS_N];

#define RECORD_TIME_MAX (INT64_C(100000) * 86400 - 1) /* year 2243: ten digits, its day has five */
#define RECORD_DAY_MAX 99999
#define RECORD_DAY_WRONG_MAX 999 /* stands for itself and more */
#define RECORD_COUNT_MAX 9999    /* stands for itself and more */
#define RECORD_NAME_WRITTEN 255  /* a longer one would not make the name of a state file either */
#define RECORD_SERVICE_WRITTEN 32
#define RECORD_SOURCE_WRITTEN 67 /* two of 63 bytes may need the three of %XX: a scope id does */
#define RECORD_TO_WRITTEN 28     /* contact_mask needs 25 at most */
#define RECORD_NETWORK_WRITTEN 24
#define RECORD_DETAIL_WRITTEN 96

#define RECORD_LEN(literal) ((int)sizeof(literal) - 1)

/* What all lines but events take at most. Each sum: the line with its longest numbers, then its texts. */
enum {
	RECORD_USER_LEN = RECORD_LEN("user name= uid=4294967295 enrolled=8639999999 locked=yes "
				     "last_success=8639999999 wrong=9999 wrong_from=\n") +
			  RECORD_NAME_WRITTEN + RECORD_SOURCE_WRITTEN,
	RECORD_CONTACTS_LEN =
		RECORD_CONTACTS_MAX * RECORD_LEN("contact channel=email address=\n") + RECORD_ADDRESSES_MAX,
	RECORD_LANE_LEN =
		RECORD_LEN("stranger_lane failures=9999 lock_since=8639999999 lock_for=forever days=\n") +
		RECORD_DAYS_MAX * RECORD_LEN("99999:999,"),
	RECORD_CODE_LEN = RECORD_LEN("code seal= issued=8639999999 expires=8639999999 delivery=pending "
				     "channel=email to=\n") +
			  2 * CODE_SEAL_LEN + RECORD_TO_WRITTEN,
	RECORD_CHALLENGE_LEN = RECORD_LEN("challenge ref=QFX id= origin= service= source= opened=8639999999 "
					  "last_send=8639999999 sends=9999 tries=10 failed=yes known=yes\n") +
			       2 * CODE_CHALLENGE_ID_LEN + 2 * RECORD_ORIGIN_LEN + RECORD_SERVICE_WRITTEN +
			       RECORD_SOURCE_WRITTEN + POLICY_LIVE_CODES * RECORD_CODE_LEN,
	RECORD_SEND_LEN = RECORD_LEN("send at=8639999999 lane=stranger id=01234567\n"),
	RECORD_NETWORK_LEN = RECORD_LEN("network name= last_success=8639999999\n") + RECORD_NETWORK_WRITTEN,
	RECORD_TOTP_LEN = RECORD_LEN("totp secret= algorithm=sha512 digits=8 period=60 since=8639999999 "
				     "last_step=8639999999 preferred=yes\n") +
			  2 * TOTP_SEALED_MAX,
	RECORD_BACKUP_LEN = RECORD_LEN("backup seal= until=8639999999\n") + 2 * CODE_SEAL_LEN,
	RECORD_DEVICE_TEXT_LEN =
		RECORD_LEN("device id= service= network= since=8639999999 until=8639999999\n") +
		2 * RECORD_DEVICE_LEN + RECORD_DEVICE_SERVICE_SIZE - 1 + RECORD_NETWORK_WRITTEN,
	RECORD_FACTS_LEN = RECORD_USER_LEN + RECORD_CONTACTS_LEN + LANES_N * RECORD_LANE_LEN +
			   POLICY_LIVE_CHALLENGES * RECORD_CHALLENGE_LEN +
			   POLICY_SENDS_MAX * RECORD_SEND_LEN + RECORD_NETWORKS_MAX * RECORD_NETWORK_LEN +
			   RECORD_TOTP_LEN + RECORD_BACKUPS_MAX * RECORD_BACKUP_LEN +
			   POLICY_DEVICES_MAX * RECORD_DEVICE_TEXT_LEN,
	RECORD_EVENT_LEN =
		RECORD_LEN("event kind=contacts-followed first=8639999999 last=8639999999 count=9999 "
			   "service= source= ref=QFX detail=\n") +
		RECORD_SERVICE_WRITTEN + RECORD_SOURCE_WRITTEN + RECORD_DETAIL_WRITTEN,
};

_Static_assert(RECORD_FACTS_LEN + RECORD_EVENT_LEN <= RECORD_TEXT_MAX,
	"a slot holds every record, and its latest event");

/* Why the value may not stand in a record, or NULL. Never for what put mends: great counts, odd texts. */
const char *record_value_fault(const struct record_field *field, const void *element);

/* Writes a value that has no fault. */
void record_value_put(const struct record_field *field, const void *element, struct notation_writer *writer);

/* Reads a value into element, all bytes of which are 0. NULL, or why it is refused. */
const char *record_value_take(const struct record_field *field, void *element, const char *value, size_t len);

/* Copies text into the array of a RECORD_AS_TEXT field as put and then take would bring it back. */
void record_value_clean(const struct record_field *field, const char *text, char *out);

/* What is wrong between the index'th line of a word and the lines before it, or NULL. */
const char *record_line_fault(const struct record *record, enum record_word_id word, unsigned index);

/* True for a lane that needs no line. */
bool record_lane_is_empty(const struct record_lane *lane);

#endif
