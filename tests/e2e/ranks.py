# SPDX-License-Identifier: BSD-2-Clause
"""Whether groups of measurements can be told apart by their ranks: the Kruskal-Wallis test, Mann-Whitney's for more than two groups.

    ranks.differ([first, second, third])        the statistic H; the larger, the less it was chance
    ranks.critical(groups, chance)              what H passes with that chance where nothing differs

Ranks, and not means, because one run that a busy machine kept waiting must not count for more than its place."""

import math


def differ(groups):
    values = sorted((value, which) for which, group in enumerate(groups) for value in group)
    n, sums, ties, at = len(values), [0.0] * len(groups), 0.0, 0
    while at < n:
        end = at
        while end < n and values[end][0] == values[at][0]:
            end += 1
        for _, which in values[at:end]:
            sums[which] += (at + 1 + end) / 2  # equal values share the mean of their places
        ties += (end - at) ** 3 - (end - at)
        at = end
    h = 12 / (n * (n + 1)) * sum(s * s / len(group) for s, group in zip(sums, groups)) - 3 * (n + 1)
    return h / (1 - ties / (n ** 3 - n))


def beyond(x, degrees):
    """How likely chi-square with so many degrees of freedom, 1 or 3, is above x."""
    tail = math.erfc(math.sqrt(x / 2))
    return tail if degrees == 1 else tail + math.sqrt(2 * x / math.pi) * math.exp(-x / 2)


def critical(groups, chance):
    low, high = 0.0, 1000.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle, groups - 1) > chance else (low, middle)
    return high
