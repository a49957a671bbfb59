/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_UNIT_HOOK_PROBE_H
#define OTPCODE_TESTS_UNIT_HOOK_PROBE_H

#include "tests/unit/hook_stage.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A test program that is its own hook: run as "PROGRAM --config PATH" it writes everything that it finds
 * itself in into the file "out" beside PATH, and says that the message was sent.
 */
#define HOOK_PROBE "/proc/self/exe"
#define HOOK_PROBE_SIZE 16384

/* To be called first of all; true if this process is the hook, and then *status is what main returns. */
int hook_probe_main(int argc, char **argv, int *status);

/* What a hook must find, down to the byte. The request is hook_stage_request's. */
void hook_probe_expect(const struct hook_stage *stage, char out[HOOK_PROBE_SIZE]);

/* Whether this process has CAP_SYS_RESOURCE. */
bool hook_probe_may_raise_limits(void);

#endif
