/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_MEM_LIMITS_H
#define OTPCODE_TESTS_MEM_LIMITS_H

#include "core/quota.h"

/* A table of limits in memory. All zero is an empty one that works. Not for threads. */
struct mem_limits {
	unsigned char sets[QUOTA_SETS][QUOTA_SET_SIZE];
	enum otp_err fail; /* OTP_OK: none; every update gives this */
	unsigned updates;
};

struct quota_table mem_limits_interface(struct mem_limits *mem);

/* So many sends of one contact, or of one source, as if they had happened now. */
void mem_limits_charge(struct mem_limits *mem, const struct keys *keys, const char *source,
	const char *address, int64_t now, unsigned times);

#endif
