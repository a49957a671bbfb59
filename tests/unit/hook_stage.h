/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_UNIT_HOOK_STAGE_H
#define OTPCODE_TESTS_UNIT_HOOK_STAGE_H

/*
 * A root-owned folder with a hook in it, below /var/lib: /tmp is writable by others, and /run may be mounted
 * noexec. The hook runs as nobody, which every system has. Only root can do this; others skip.
 */

#include "deliver/deliver.h"

#include <stddef.h>
#include <sys/types.h>

#define HOOK_STAGE_USER "nobody"

struct hook_stage {
	char dir[64];
	char hook[80];   /* DIR/hook */
	char config[80]; /* DIR/config: what the hook gets as its argument */
	char out[80];    /* DIR/out: the one file that the hook may write */
	uid_t uid;       /* nobody's */
	gid_t gid;
	struct deliver_options options;
};

/* Setup and teardown of a group of tests. */
int hook_stage_make(void **state);
int hook_stage_remove(void **state);

/* The stage, with an empty config and an empty out; skips the test, with the reason, where there is none. */
struct hook_stage *hook_stage_use(void **state, const char *hook_source);

/* Puts a file, mode 0755, in the place of the hook. */
void hook_stage_hook(const struct hook_stage *stage, const char *source);
void hook_stage_config(const struct hook_stage *stage, const void *data, size_t len);

/* What the hook wrote so far, NUL-ended. */
size_t hook_stage_read_out(const struct hook_stage *stage, char *buf, size_t size);

/* Waits until it wrote something that ends in a newline (the test's own time limit is the end of that). */
void hook_stage_await_out(const struct hook_stage *stage, char *buf, size_t size);

/* The process whose pid stands in out; then it is ended. Fails the test if it does not live. */
void hook_stage_end_process(const struct hook_stage *stage);

/* A request that is right in every way. */
struct request hook_stage_request(void);

#endif
