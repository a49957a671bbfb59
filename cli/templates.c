/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/templates.h"

#include "cli/report.h"
#include "deliver/request.h"
#include "hook/gsm7.h"
#include "hook/template.h"
#include "hook/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define USER "alice"
#define SOURCE "203.0.113.9"

/* A login as it might be on this host. Its code is nobody's. */
static void fill_request(const struct config *config, enum channel channel, struct request *request)
{
	char host[ORIGIN_HOST_SIZE] = "";
	const char *named = config->delivery.host_name;

	(void)gethostname(host, sizeof host - 1);
	*request = (struct request){.kind = REQUEST_CODE,
		.contact.channel = channel,
		.ref = "QFX",
		.user = USER,
		.service = "sshd",
		.source = SOURCE,
		.time = (int64_t)time(NULL)};
	request->works_until = request->time + config->policy.lifetime_s;
	memset(request->code.text, '2', config->policy.form.length);
	(void)snprintf(request->host, sizeof request->host, "%s", named[0] != '\0' ? named : host);
	(void)snprintf(request->support, sizeof request->support, "%s", config->prompt.support);
}

static void warn_of_parts(const char *path, const char *text)
{
	size_t septets = gsm7_septets(text);
	size_t parts = (septets + GSM7_PART_OF_MANY - 1) / GSM7_PART_OF_MANY;

	if (septets > GSM7_PART)
		report_note("warning: %s: filled for " USER " from " SOURCE
			    " it has %zu characters: an SMS of %zu parts, for which gateways charge; one "
			    "part has %d",
			path, septets, parts, GSM7_PART);
}

static enum otp_err check_template(
	const struct config *config, enum channel channel, uid_t owner, struct otp_why *why)
{
	const char *path = config_find_channel(config, channel)->template_file;
	struct request request;
	struct words words;

	fill_request(config, channel, &request);
	enum otp_err err = template_fill_file(path, owner, &request, &words, why);
	if (err == OTP_OK && channel == CHANNEL_SMS)
		warn_of_parts(path, words.body);
	if (err == OTP_OK || err == OTP_ERR_CONFIG)
		return err;
	if (err == OTP_ERR_IO && why->os_error == EACCES && geteuid() != 0) {
		report_note("warning: [%s] template was not checked: %s", channel_name(channel), why->text);
		return OTP_OK;
	}
	why_prefix(why, "[%s] template: ", channel_name(channel));
	return err;
}

enum otp_err templates_check(
	const struct config *config, uid_t (*owner_of)(const char *path), struct otp_why *why)
{
	static const enum channel all[CHANNELS_N] = {CHANNEL_EMAIL, CHANNEL_SMS};
	enum otp_err err = OTP_OK;

	for (unsigned i = 0; err == OTP_OK && i < CHANNELS_N; i++) {
		const char *path = config_find_channel(config, all[i])->template_file;
		if (path[0] != '\0')
			err = check_template(config, all[i], owner_of(path), why);
	}
	return err;
}
