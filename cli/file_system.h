/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_FILE_SYSTEM_H
#define OTPCODE_CLI_FILE_SYSTEM_H

#include <stdint.h>

/* Whether a store may stand on a file system, by its number in statfs(2). Pure. */
enum file_system_kind {
	FILE_SYSTEM_PLAIN,
	FILE_SYSTEM_NETWORK, /* locks and writes in place are not what they are here */
	FILE_SYSTEM_OVERLAY, /* of a container: gone with it */
	FILE_SYSTEM_COPYING, /* never writes in place: a full disk locks everybody out */
	FILE_SYSTEM_BTRFS,   /* copies too, but not files that are told not to */
};

struct file_system {
	const char *name;
	enum file_system_kind kind;
};

struct file_system file_system_of(uint32_t number);

#endif
