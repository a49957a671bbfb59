/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_RECORD_SAMPLE_H
#define OTPCODE_TESTS_RECORD_SAMPLE_H

#include "core/record.h"

/* A record with one line of every word at least, every value another than 0. */
void record_sample_full(struct record *out);

/* Every array full, every value at its longest, the events too. */
void record_sample_longest(struct record *out);

#endif
