/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/takeover.h"

#include <openssl/crypto.h>

void takeover_wipe(struct takeover *takeover)
{
	OPENSSL_cleanse(takeover, sizeof *takeover);
}
