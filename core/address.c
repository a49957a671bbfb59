/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/address.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

static int family_of(const struct address *address)
{
	return address->is_ipv4 ? AF_INET : AF_INET6;
}

bool address_is_link_local(const struct address *address)
{
	return !address->is_ipv4 && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

static bool is_mapped(const struct address *address)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	return !address->is_ipv4 && memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

static void address_normalise(struct address *address)
{
	if (is_mapped(address)) {
		address->is_ipv4 = true;
		memmove(address->bytes, address->bytes + 12, 4);
		memset(address->bytes + 4, 0, sizeof address->bytes - 4);
	}
	if (!address_is_link_local(address))
		address->zone[0] = '\0';
}

bool address_parse(const char *text, size_t len, struct address *out)
{
	char copy[INET6_ADDRSTRLEN + ADDRESS_ZONE_SIZE];

	*out = (struct address){.is_ipv4 = true};
	if (len >= sizeof copy || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, out->bytes) == 1)
		return true;

	char *zone = strchr(copy, '%');
	if (zone != NULL) {
		size_t zone_len = strlen(zone);
		if (zone_len < 2 || zone_len >= sizeof out->zone)
			return false;
		memcpy(out->zone, zone, zone_len);
		*zone = '\0';
	}
	out->is_ipv4 = false;
	if (inet_pton(AF_INET6, copy, out->bytes) != 1)
		return false;
	address_normalise(out);
	return true;
}

void address_print(const struct address *address, const char *suffix, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(family_of(address), address->bytes, text, sizeof text);
	(void)snprintf(out, size, "%s%s%s", text, address->zone, suffix);
}

/* Whether the first bits of both are the same. */
static bool bits_equal(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static void clear_behind(struct address *address, unsigned bits)
{
	for (unsigned i = 0; i < ADDRESS_BYTES; i++) {
		unsigned kept = bits > 8 * i ? bits - 8 * i : 0;
		if (kept < 8)
			address->bytes[i] &= (unsigned char)(0xff00U >> kept);
	}
}

static bool bits_parse(const char *text, size_t len, unsigned max, unsigned *out)
{
	*out = 0;
	if (len == 0 || len > 3 || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(text[i] - '0');
	}
	return *out <= max;
}

bool address_range_parse(const char *text, size_t len, struct address_range *out)
{
	const char *slash = memchr(text, '/', len);
	size_t address_len = slash != NULL ? (size_t)(slash - text) : len;

	*out = (struct address_range){.bits = 0};
	if (!address_parse(text, address_len, &out->first) || out->first.zone[0] != '\0')
		return false;
	if (out->first.is_ipv4 && memchr(text, ':', address_len) != NULL)
		return false; /* an IPv4-mapped one: nobody knows whose bits are meant */
	unsigned max = out->first.is_ipv4 ? 32 : 128;
	out->bits = max;
	if (slash != NULL && !bits_parse(slash + 1, len - address_len - 1, max, &out->bits))
		return false;
	struct address first = out->first;
	clear_behind(&first, out->bits);
	return memcmp(first.bytes, out->first.bytes, sizeof first.bytes) == 0;
}

void address_range_print(const struct address_range *range, char out[ADDRESS_RANGE_SIZE])
{
	char suffix[12];

	(void)snprintf(suffix, sizeof suffix, "/%u", range->bits);
	address_print(&range->first, suffix, out, ADDRESS_RANGE_SIZE);
}

bool address_range_holds(const struct address_range *range, const struct address *address)
{
	return range->first.is_ipv4 == address->is_ipv4 &&
	       bits_equal(range->first.bytes, address->bytes, range->bits);
}
