/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/nearest.h"

#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: letters added, left out, changed, or swapped with a neighbour. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[NEAREST_WORD_MAX + 1][NEAREST_WORD_MAX + 1];

	for (unsigned i = 0; i <= a_len; i++)
		rows[i][0] = i;
	for (unsigned j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++)
		for (size_t j = 1; j <= b_len; j++) {
			unsigned change = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			rows[i][j] = least(change, 1 + least(rows[i - 1][j], rows[i][j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				rows[i][j] = least(rows[i][j], 1 + rows[i - 2][j - 2]);
		}
	return rows[a_len][b_len];
}

const char *nearest_word(const char *typed, const char *const *candidates, size_t candidates_n)
{
	const char *nearest = NULL;
	unsigned nearest_distance = 3;
	size_t typed_len = strlen(typed);

	if (typed_len == 0 || typed_len > NEAREST_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < candidates_n; i++) {
		size_t len = strlen(candidates[i]);
		if (len > NEAREST_WORD_MAX)
			continue;
		unsigned far = distance(typed, typed_len, candidates[i], len);
		if (far * 2UL >= len || far >= nearest_distance)
			continue;
		nearest = candidates[i];
		nearest_distance = far;
	}
	for (size_t i = 0; nearest == NULL && typed_len > 1 && i < candidates_n; i++)
		if (strncmp(typed, candidates[i], typed_len) == 0)
			nearest = candidates[i];
	return nearest;
}
