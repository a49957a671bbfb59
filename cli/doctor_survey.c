/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor_survey.h"

#include "cli/describe.h"
#include "contacts/contacts.h"
#include "core/lane.h"
#include "core/settle.h"

#include <stdio.h>
#include <string.h>

struct surveying {
	const struct otp_core *core;
	const struct config *config;
	int64_t now;
	struct doctor_survey *survey;
};

void doctor_some_add(struct doctor_some *some, const char *user)
{
	if (some->n < DOCTOR_SURVEY_NAMES)
		(void)snprintf(some->names[some->n], RECORD_USER_SIZE, "%s", user);
	some->n++;
}

void doctor_some_name(const struct doctor_some *some, char out[DOCTOR_SOME_SIZE])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < DOCTOR_SURVEY_NAMES && i < some->n; i++)
		len += (size_t)snprintf(
			out + len, DOCTOR_SOME_SIZE - len, "%s%s", i > 0 ? ", " : "", some->names[i]);
	if (some->n > DOCTOR_SURVEY_NAMES)
		(void)snprintf(
			out + len, DOCTOR_SOME_SIZE - len, " and %lu more", some->n - DOCTOR_SURVEY_NAMES);
}

static void count_source(struct doctor_survey *survey, const char source[ORIGIN_SOURCE_SIZE])
{
	unsigned i = 0;

	while (i < survey->sources_n && strcmp(survey->sources[i].source, source) != 0)
		i++;
	if (i == DOCTOR_SURVEY_SOURCES)
		return;
	if (i == survey->sources_n) {
		memcpy(survey->sources[i].source, source, sizeof survey->sources[i].source);
		survey->sources_n++;
	}
	survey->sources[i].users++;
}

/* Each source once a user. */
static void count_sources(struct doctor_survey *survey, const struct record *record)
{
	for (unsigned i = 0; i < record->events_n; i++) {
		const char *source = record->events[i].source;
		bool before = false;
		for (unsigned j = 0; j < i && !before; j++)
			before = strcmp(record->events[j].source, source) == 0;
		if (!before && strspn(source, "0123456789abcdef.:") == strlen(source) && source[0] != '\0')
			count_source(survey, source);
	}
}

static bool is_reached(const struct config *config, const struct record *record)
{
	if (contacts_are_elsewhere(config) || record->totp_n > 0)
		return true;
	for (unsigned i = 0; i < record->contacts_n; i++)
		if (channel_is_among(record->contacts[i].channel, &config->delivery.channels) &&
			config_allows(config, &record->contacts[i], NULL) == OTP_OK)
			return true;
	return false;
}

static bool is_locked_for_good(const struct record *record, int64_t now)
{
	return record->admin_locked || lane_locked_s(record, LANE_KNOWN, now) == RECORD_LOCK_FOREVER ||
	       lane_locked_s(record, LANE_STRANGER, now) == RECORD_LOCK_FOREVER;
}

static bool survey_user(void *ctx, const char *user)
{
	struct surveying *surveying = ctx;
	struct doctor_survey *survey = surveying->survey;
	const struct policy *policy = &surveying->core->policy;
	struct record record;
	struct otp_why why = {0};
	enum otp_err err = otp_read(surveying->core, user, &record, NULL, &why);

	if (err == OTP_ERR_NOT_ENROLLED || err == OTP_ERR_BUSY)
		return true;
	if (err != OTP_OK) {
		if (survey->unreadable.n == 0)
			memcpy(survey->unreadable_why, why.text, sizeof survey->unreadable_why);
		doctor_some_add(&survey->unreadable, user);
		return true;
	}
	(void)settle_record(&record, policy, surveying->now);
	if (is_locked_for_good(&record, surveying->now))
		doctor_some_add(&survey->locked, user);
	if (describe_sends_left(&record, LANE_KNOWN, policy, surveying->now) == 0)
		doctor_some_add(&survey->out_of_sends, user);
	if (!is_reached(surveying->config, &record))
		doctor_some_add(&survey->unreachable, user);
	count_sources(survey, &record);
	return true;
}

enum otp_err doctor_survey_make(const struct otp_core *core, const struct config *config,
	struct doctor_survey *out, struct otp_why *why)
{
	struct surveying surveying = {core, config, core->clock.now(core->clock.self), out};

	memset(out, 0, sizeof *out);
	return core->store.list(core->store.self, (struct store_visit){survey_user, &surveying}, why);
}
