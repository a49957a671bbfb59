/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_ORIGIN_H
#define OTPCODE_CORE_ORIGIN_H

#include "core/key.h"
#include "core/why.h"

#include <stdbool.h>
#include <stdint.h>

#define ORIGIN_HOST_SIZE 65 /* HOST_NAME_MAX and a NUL */
#define ORIGIN_SERVICE_SIZE 33
#define ORIGIN_SOURCE_SIZE 64 /* an IPv6 address with a zone; longer names are cut and hashed */
#define ORIGIN_NETWORK_SIZE 48
#define ORIGIN_KEY_SIZE 64 /* "SHA256:" and 43 base64 characters, or "-" */
#define ORIGIN_ACCOUNT_SIZE 65

/* Where a login comes from. People behind one bastion, or on a recycled pts, do not share one. */
struct origin {
	char host[ORIGIN_HOST_SIZE];
	char service[ORIGIN_SERVICE_SIZE];
	char source[ORIGIN_SOURCE_SIZE];
	char key[ORIGIN_KEY_SIZE];         /* fingerprint of the SSH key proved in this login, "-" if none */
	bool local;                        /* source is tty:NAME or local */
	uint32_t caller_uid;               /* real uid of the caller; meant only if local */
	char account[ORIGIN_ACCOUNT_SIZE]; /* shared with others, which the login is to; empty: the user's own
					    */
};

/* What the host program knows; any pointer may be NULL. Nothing goes to DNS or NSS (CVE-2024-10963). */
struct origin_facts {
	const char *host;
	const char *service;
	const char *ssh_connection; /* SSH_CONNECTION of the PAM environment */
	const char *ssh_auth_info;  /* SSH_AUTH_INFO_0 of the PAM environment */
	const char *rhost;          /* PAM_RHOST; empty counts as absent */
	const char *tty;            /* PAM_TTY */
	uint32_t caller_uid;
};

/*
 * Cannot fail: what is missing becomes "-"; a value that is too long, or holds anything but printable ASCII
 * without spaces, becomes its first characters, '~' and a hash, so that different ones stay different. Only
 * where libcrypto fails even to hash is a field left empty: origin_mac then refuses it. Addresses are brought
 * into one spelling.
 */
void origin_from_facts(const struct origin_facts *facts, struct origin *out);

/* The login is to a shared account. As with the rest, a name that cannot stand as it is becomes a hash. */
void origin_set_account(struct origin *origin, const char *account);

/*
 * The network of a source: "192.0.2.0/24", "2001:db8:1:2::/64"; an IPv4-mapped IPv6 address counts as IPv4.
 * False, and an empty string, where the source is no IP address, or a link-local one (whose /64 is every link
 * there is): such a source has no network.
 */
bool origin_network(const char *source, char out[ORIGIN_NETWORK_SIZE]);

/* An origin's name in a record: HMAC of host, service, source, key, account and, if local, the caller. */
__attribute__((warn_unused_result)) enum otp_err origin_mac(const struct keys *keys,
	const struct origin *origin, unsigned char out[KEY_MAC_LEN], struct otp_why *why);

#endif
