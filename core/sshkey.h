/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_SSHKEY_H
#define OTPCODE_CORE_SSHKEY_H

#include <stdbool.h>

#define SSHKEY_FINGERPRINT_SIZE 64

/*
 * Reads sshd's SSH_AUTH_INFO_0 (one line a method already passed; sshd_config(5), ExposeAuthInfo) and gives
 * the fingerprint of the first "publickey TYPE BLOB" line, as ssh-keygen -l prints it: "SHA256:...". Only the
 * two words after the method count: an sk key's line ends in a counter that changes. Of a certificate, the
 * certified key (PROTOCOL.certkeys). False, and an empty string, where no line holds a key that can be read.
 * auth_info is not NULL.
 */
bool sshkey_fingerprint(const char *auth_info, char out[SSHKEY_FINGERPRINT_SIZE]);

#endif
