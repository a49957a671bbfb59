/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/quota.h"

#include <assert.h>
#include <string.h>

/* A row: name, checksum, at, hour, day; numbers with their highest byte first. All zero: a free place. */
#define CHECK_AT QUOTA_NAME_LEN
#define CHECK_LEN 4
#define BODY_AT (CHECK_AT + CHECK_LEN)

static_assert(BODY_AT + 8 + 2 * QUOTA_SLICES * 4 == QUOTA_ROW_SIZE, "a row is filled to its last byte");

static unsigned char *put(unsigned char *at, uint64_t number, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		at[i] = (unsigned char)(number >> 8 * (len - 1 - i));
	return at + len;
}

static uint64_t take(const unsigned char **at, unsigned len)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < len; i++)
		number = number << 8 | *(*at)++;
	return number;
}

/* FNV-1a over all but the checksum itself: against a damaged disk; whoever may write here may write anything.
 */
static uint32_t checksum(const unsigned char bytes[QUOTA_ROW_SIZE])
{
	uint32_t sum = UINT32_C(2166136261);

	for (unsigned i = 0; i < QUOTA_ROW_SIZE; i++)
		if (i < CHECK_AT || i >= BODY_AT)
			sum = (sum ^ bytes[i]) * UINT32_C(16777619);
	return sum;
}

void quota_row_encode(const struct quota_row *row, unsigned char out[QUOTA_ROW_SIZE])
{
	unsigned char *at = out + BODY_AT;

	memcpy(out, row->name, QUOTA_NAME_LEN);
	at = put(at, (uint64_t)row->at, 8);
	for (unsigned i = 0; i < QUOTA_SLICES; i++)
		at = put(at, row->hour[i], 4);
	for (unsigned i = 0; i < QUOTA_SLICES; i++)
		at = put(at, row->day[i], 4);
	(void)put(out + CHECK_AT, checksum(out), CHECK_LEN);
}

bool quota_row_decode(const unsigned char bytes[QUOTA_ROW_SIZE], struct quota_row *out)
{
	const unsigned char *at = bytes + CHECK_AT;
	uint64_t check = take(&at, CHECK_LEN);

	memcpy(out->name, bytes, QUOTA_NAME_LEN);
	uint64_t time = take(&at, 8);
	out->at = time <= INT64_MAX ? (int64_t)time : 0;
	for (unsigned i = 0; i < QUOTA_SLICES; i++)
		out->hour[i] = (uint32_t)take(&at, 4);
	for (unsigned i = 0; i < QUOTA_SLICES; i++)
		out->day[i] = (uint32_t)take(&at, 4);
	return time <= INT64_MAX && check == checksum(bytes);
}

bool quota_place_is_free(const unsigned char bytes[QUOTA_ROW_SIZE])
{
	for (unsigned i = 0; i < QUOTA_ROW_SIZE; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* The place of the row in its set, or NULL. */
static unsigned char *find(unsigned char *set, const unsigned char name[QUOTA_NAME_LEN])
{
	for (unsigned i = 0; i < QUOTA_SET_ROWS; i++) {
		unsigned char *place = set + i * QUOTA_ROW_SIZE;
		if (memcmp(place, name, QUOTA_NAME_LEN) == 0 && !quota_place_is_free(place))
			return place;
	}
	return NULL;
}

static uint64_t sends_in_a_day(const struct quota_row *row)
{
	uint64_t sends = 0;

	for (unsigned i = 0; i < QUOTA_SLICES; i++)
		sends += row->day[i];
	return sends;
}

/*
 * Where a new row goes. Nobody gets rid of a used-up row by filling the table: its place is taken only by a
 * ninth row of a set that nobody can aim at, and only if the other seven were used at least as much.
 */
static unsigned char *find_place(unsigned char *set, int64_t now)
{
	unsigned char *least = NULL;
	uint64_t least_sends = 0;
	int64_t least_at = 0;

	for (unsigned i = 0; i < QUOTA_SET_ROWS; i++) {
		unsigned char *place = set + i * QUOTA_ROW_SIZE;
		struct quota_row row;
		if (quota_place_is_free(place) || !quota_row_decode(place, &row))
			return place;
		int64_t used_at = row.at;
		(void)quota_row_settle(&row, now);
		if (quota_row_is_empty(&row))
			return place;
		uint64_t sends = sends_in_a_day(&row);
		if (least == NULL || sends < least_sends || (sends == least_sends && used_at < least_at)) {
			least = place;
			least_sends = sends;
			least_at = used_at;
		}
	}
	return least;
}

static bool set_is_whole(const unsigned char *set)
{
	struct quota_row row;

	for (unsigned i = 0; i < QUOTA_SET_ROWS; i++) {
		const unsigned char *place = set + i * QUOTA_ROW_SIZE;
		if (!quota_place_is_free(place) && !quota_row_decode(place, &row))
			return false;
	}
	return true;
}

static void keep(unsigned char *set, const struct quota_row *row, int64_t now)
{
	unsigned char *place = find(set, row->name);

	if (quota_row_is_empty(row)) {
		if (place != NULL)
			memset(place, 0, QUOTA_ROW_SIZE);
		return;
	}
	quota_row_encode(row, place != NULL ? place : find_place(set, now));
}

enum otp_err quota_apply(unsigned char *const *sets, const struct quota_key *keys, unsigned keys_n,
	struct quota_edit edit, bool *changed, struct otp_why *why)
{
	struct quota_row rows[QUOTA_ROWS_MAX];
	bool moved = false;

	*changed = false;
	for (unsigned i = 0; i < keys_n; i++) {
		if (!set_is_whole(sets[i]))
			return why_set(why, OTP_ERR_CORRUPT, 0, "a row does not hold");
		const unsigned char *place = find(sets[i], keys[i].name);
		rows[i] = (struct quota_row){.at = edit.now};
		if (place != NULL && !quota_row_decode(place, &rows[i]))
			return why_set(why, OTP_ERR_CORRUPT, 0, "a row does not hold");
		memcpy(rows[i].name, keys[i].name, QUOTA_NAME_LEN);
		moved |= quota_row_settle(&rows[i], edit.now);
	}
	*changed = edit.run(edit.ctx, rows) || moved;
	for (unsigned i = 0; *changed && i < keys_n; i++)
		keep(sets[i], &rows[i], edit.now);
	return OTP_OK;
}
