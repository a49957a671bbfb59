/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_ADDRESS_H
#define OTPCODE_CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_BYTES 16
#define ADDRESS_ZONE_SIZE 17  /* '%', an interface's name, a NUL */
#define ADDRESS_RANGE_SIZE 44 /* "2001:db8:...:ffff/128" at its longest, and a NUL */

/* An IP address without its spellings: an IPv4-mapped one is IPv4, and only a link-local one has a zone. */
struct address {
	bool is_ipv4; /* four bytes count, else sixteen */
	unsigned char bytes[ADDRESS_BYTES];
	char zone[ADDRESS_ZONE_SIZE]; /* "%eth0", or empty */
};

/* Reads len bytes of text. Never looks up a name or a zone (CVE-2024-10963). */
bool address_parse(const char *text, size_t len, struct address *out);

/* In its one spelling, with its zone and suffix behind it. */
void address_print(const struct address *address, const char *suffix, char *out, size_t size);

bool address_is_link_local(const struct address *address);

/* The addresses whose first bits are these. */
struct address_range {
	struct address first;
	unsigned bits;
};

/* "10.0.0.0/8"; a single address counts as all its bits. False where bits behind the prefix are set, too. */
bool address_range_parse(const char *text, size_t len, struct address_range *out);
void address_range_print(const struct address_range *range, char out[ADDRESS_RANGE_SIZE]);
bool address_range_holds(const struct address_range *range, const struct address *address);

#endif
