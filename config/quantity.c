/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/quantity.h"

#include "config/value.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HOUR_S 3600
#define DAY_S 86400
#define OFF "off"

struct unit {
	const char *name;
	long seconds;
};

/* From the longest: a duration is written in the longest unit that measures it exactly. */
static const struct unit units[] = {{"d", DAY_S}, {"h", HOUR_S}, {"min", 60}, {"s", 1}};
#define UNITS_N (sizeof units / sizeof units[0])
static const struct unit *const second = &units[UNITS_N - 1];

/* NULL where there is none. */
static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; i < UNITS_N; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

/*
 * The digits at the start of text, and what follows them. What no int could hold counts as INT_MAX: out of
 * every range.
 */
static long read_digits(const char *text, const char **rest)
{
	long number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number < INT_MAX / 10 ? number * 10 + (*text - '0') : INT_MAX;
	*rest = text;
	return number;
}

static bool in_range(const struct config_key *key, long number, long unit_s)
{
	long long value = (long long)number * unit_s;
	return value >= key->min && value <= key->max;
}

enum otp_err quantity_parse_number(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	const char *rest;
	long number = read_digits(text, &rest);

	if (rest == text || *rest != '\0')
		return value_refuse(key, text, "is not a whole number:", why);
	if (!in_range(key, number, 1))
		return value_refuse(key, text, "is out of range:", why);
	*(unsigned *)field = (unsigned)number;
	return OTP_OK;
}

void quantity_format_number(const struct config_key *key, const void *field, char *out, size_t size)
{
	(void)key;
	(void)snprintf(out, size, "%u", *(const unsigned *)field);
}

void quantity_number_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	(void)snprintf(out, CONFIG_RANGE_SIZE, "%ld to %ld", key->min, key->max);
}

/* "lifetime=5 needs a unit: 5min", with the unit that its author most likely meant. */
static enum otp_err refuse_unitless(
	const struct config_key *key, const char *text, long number, struct otp_why *why)
{
	const struct unit *unit = find_unit(key->unit);

	if (unit == NULL || !in_range(key, number, unit->seconds))
		unit = second;
	if (!in_range(key, number, unit->seconds))
		return value_refuse(key, text, "needs a unit (s, min, h, d):", why);
	return why_set(why, OTP_ERR_CONFIG, 0, "%s=%.*s needs a unit: %ld%s", key->key, VALUE_SHOWN_MAX, text,
		number, unit->name);
}

enum otp_err quantity_parse_duration(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	const char *rest;
	long number = read_digits(text, &rest);
	const struct unit *unit = find_unit(rest);

	if (key->may_be_off && strcmp(text, OFF) == 0) {
		*(int *)field = 0;
		return OTP_OK;
	}
	if (rest == text)
		return value_refuse(key, text, "is not a duration:", why);
	if (*rest == '\0')
		return refuse_unitless(key, text, number, why);
	if (unit == NULL)
		return value_refuse(key, text, "has an unknown unit (s, min, h, d):", why);
	if (!in_range(key, number, unit->seconds))
		return value_refuse(key, text, "is out of range:", why);
	*(int *)field = (int)(number * unit->seconds);
	return OTP_OK;
}

static void format_seconds(long seconds, char *out, size_t size)
{
	const struct unit *unit = units;

	while (unit != second && (seconds == 0 || seconds % unit->seconds != 0))
		unit++;
	(void)snprintf(out, size, "%ld%s", seconds / unit->seconds, unit->name);
}

void quantity_format_duration(const struct config_key *key, const void *field, char *out, size_t size)
{
	int seconds = *(const int *)field;

	if (key->may_be_off && seconds == 0)
		(void)snprintf(out, size, OFF);
	else
		format_seconds(seconds, out, size);
}

void quantity_duration_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	char min[32], max[32];

	format_seconds(key->min, min, sizeof min);
	format_seconds(key->max, max, sizeof max);
	(void)snprintf(out, CONFIG_RANGE_SIZE, "%s to %s%s", min, max, key->may_be_off ? ", or " OFF : "");
}

enum otp_err quantity_parse_rate(
	const struct config_key *key, const char *text, void *field, struct otp_why *why)
{
	struct policy_rate *rate = field;
	const char *rest;
	long number = read_digits(text, &rest);

	if (rest != text && *rest == '\0')
		return why_set(why, OTP_ERR_CONFIG, 0, "%s=%.*s needs a unit: %ld/%s", key->key,
			VALUE_SHOWN_MAX, text, number, key->unit != NULL ? key->unit : "h");
	if (rest == text || (strcmp(rest, "/h") != 0 && strcmp(rest, "/d") != 0) ||
		(key->unit != NULL && strcmp(rest + 1, key->unit) != 0))
		return value_refuse(key, text, "is not a rate:", why);
	if (!in_range(key, number, 1))
		return value_refuse(key, text, "is out of range:", why);
	*rate = (struct policy_rate){.count = (unsigned)number, .window_s = rest[1] == 'h' ? HOUR_S : DAY_S};
	return OTP_OK;
}

void quantity_format_rate(const struct config_key *key, const void *field, char *out, size_t size)
{
	const struct policy_rate *rate = field;

	(void)key;
	(void)snprintf(out, size, "%u/%s", rate->count, rate->window_s == HOUR_S ? "h" : "d");
}

void quantity_rate_range(const struct config_key *key, char out[CONFIG_RANGE_SIZE])
{
	if (key->unit != NULL)
		(void)snprintf(out, CONFIG_RANGE_SIZE, "%ld to %ld, /%s", key->min, key->max, key->unit);
	else
		(void)snprintf(out, CONFIG_RANGE_SIZE, "%ld to %ld, /h or /d", key->min, key->max);
}
