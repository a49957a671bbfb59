/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/file_system.h"

#include <stddef.h>

/* Numbers of linux/magic.h, and of file systems that are not in it. */
static const struct row {
	uint32_t number;
	struct file_system what;
} rows[] = {
	{0x00006969, {"NFS", FILE_SYSTEM_NETWORK}},
	{0xff534d42, {"CIFS", FILE_SYSTEM_NETWORK}},
	{0xfe534d42, {"SMB", FILE_SYSTEM_NETWORK}},
	{0x0000517b, {"SMB", FILE_SYSTEM_NETWORK}},
	{0x00c36400, {"Ceph", FILE_SYSTEM_NETWORK}},
	{0x5346414f, {"AFS", FILE_SYSTEM_NETWORK}},
	{0x6b414653, {"AFS", FILE_SYSTEM_NETWORK}},
	{0x01021997, {"9p", FILE_SYSTEM_NETWORK}},
	{0x73757245, {"Coda", FILE_SYSTEM_NETWORK}},
	{0x0bd00bd0, {"Lustre", FILE_SYSTEM_NETWORK}},
	{0x01161970, {"GFS2", FILE_SYSTEM_NETWORK}},
	{0x7461636f, {"OCFS2", FILE_SYSTEM_NETWORK}},
	{0x47504653, {"GPFS", FILE_SYSTEM_NETWORK}},
	{0x65735546, {"FUSE", FILE_SYSTEM_NETWORK}},
	{0x794c7630, {"overlayfs", FILE_SYSTEM_OVERLAY}},
	{0x61756673, {"aufs", FILE_SYSTEM_OVERLAY}},
	{0x9123683e, {"btrfs", FILE_SYSTEM_BTRFS}},
	{0x2fc12fc1, {"ZFS", FILE_SYSTEM_COPYING}},
	{0xca451a4e, {"bcachefs", FILE_SYSTEM_COPYING}},
	{0xf2f52010, {"f2fs", FILE_SYSTEM_COPYING}},
};

struct file_system file_system_of(uint32_t number)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].number == number)
			return rows[i].what;
	return (struct file_system){"", FILE_SYSTEM_PLAIN};
}
