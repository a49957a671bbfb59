/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/quota.h"

#include <assert.h>

#define TWELFTHS 12

static_assert(QUOTA_SLICES == TWELFTHS + 1, "a window touches at most thirteen of its twelfths");

/* One window's slices. */
struct window {
	uint32_t *slices;
	int64_t slice_s;
};

static void window_settle(struct window window, int64_t was_at, int64_t now, bool *moved)
{
	int64_t was = was_at / window.slice_s, is = now / window.slice_s;
	int64_t back = was - QUOTA_SLICES > is ? was - QUOTA_SLICES : is;
	uint32_t future = 0;

	for (int64_t n = is - QUOTA_SLICES > was ? is - QUOTA_SLICES + 1 : was + 1; n <= is; n++)
		window.slices[n % QUOTA_SLICES] = 0;
	for (int64_t n = was; n > back; n--) {
		future += window.slices[n % QUOTA_SLICES];
		window.slices[n % QUOTA_SLICES] = 0;
	}
	window.slices[is % QUOTA_SLICES] += future;
	*moved = *moved || future > 0;
}

static struct window hour_of(struct quota_row *row)
{
	return (struct window){row->hour, QUOTA_HOUR_S / TWELFTHS};
}

static struct window day_of(struct quota_row *row)
{
	return (struct window){row->day, QUOTA_DAY_S / TWELFTHS};
}

bool quota_row_settle(struct quota_row *row, int64_t now)
{
	bool moved = false;

	if (now < 0)
		now = 0;
	window_settle(hour_of(row), row->at, now, &moved);
	window_settle(day_of(row), row->at, now, &moved);
	row->at = now;
	return moved;
}

static uint64_t sum(const uint32_t *slices)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < QUOTA_SLICES; i++)
		all += slices[i];
	return all;
}

int64_t quota_row_wait_s(const struct quota_row *row, struct policy_rate limit, int64_t now)
{
	const uint32_t *slices = limit.window_s == QUOTA_DAY_S ? row->day : row->hour;
	int64_t slice_s = limit.window_s == QUOTA_DAY_S ? QUOTA_DAY_S / TWELFTHS : QUOTA_HOUR_S / TWELFTHS;
	int64_t oldest = row->at / slice_s - TWELFTHS;
	uint64_t left = sum(slices);

	if (left < limit.count)
		return 0;
	for (int64_t n = oldest; n < oldest + QUOTA_SLICES; n++) {
		if (n >= 0)
			left -= slices[n % QUOTA_SLICES];
		if (left < limit.count)
			return (n + QUOTA_SLICES) * slice_s - now;
	}
	return limit.window_s; /* a limit of none */
}

/* Beyond any limit that can be set, a count need not be right. */
static void count(uint32_t *slice)
{
	if (*slice < UINT32_MAX / QUOTA_SLICES)
		(*slice)++;
}

void quota_row_add(struct quota_row *row)
{
	struct window hour = hour_of(row), day = day_of(row);

	count(&hour.slices[row->at / hour.slice_s % QUOTA_SLICES]);
	count(&day.slices[row->at / day.slice_s % QUOTA_SLICES]);
}

static void window_return(struct window window, int64_t at, int64_t sent_at)
{
	int64_t is = at / window.slice_s, was = sent_at / window.slice_s;

	if (was >= 0 && was <= is && is - was < QUOTA_SLICES && window.slices[was % QUOTA_SLICES] > 0)
		window.slices[was % QUOTA_SLICES]--;
}

void quota_row_return(struct quota_row *row, int64_t sent_at)
{
	window_return(hour_of(row), row->at, sent_at);
	window_return(day_of(row), row->at, sent_at);
}

bool quota_row_is_empty(const struct quota_row *row)
{
	return sum(row->hour) == 0 && sum(row->day) == 0;
}
