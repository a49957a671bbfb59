/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/notice.h"

#include "cli/journal.h"
#include "deliver/deliver.h"

#include <stdio.h>
#include <string.h>

static void fill_request(
	const struct session *session, const char *user, const struct origin *origin, struct request *request)
{
	memcpy(request->host, origin->host, sizeof request->host);
	memcpy(request->service, origin->service, sizeof request->service);
	memcpy(request->source, origin->source, sizeof request->source);
	request_set_user(request, user);
	(void)snprintf(request->support, sizeof request->support, "%s", session->config.prompt.support);
	request->time = session_now(session);
	request->wait_ms = session->config.delivery.wait_s * 1000;
}

static void log_notice(const char *user, const struct request *request, const char *provider, const char *why)
{
	char mask[CONTACT_MASK_SIZE];
	struct logline line;

	contact_mask(&request->contact, mask);
	logline_begin(&line, "notice");
	logline_add(&line, "user", user);
	logline_add(&line, "to", mask);
	logline_add(&line, "provider", provider);
	logline_add(&line, "why", why);
	journal_write(&line);
}

static void send_one(const struct config *config, const char *user, const struct request *request)
{
	const struct deliver_options options = {.hook = config->delivery.hook,
		.config = config->path,
		.hook_user = config->delivery.hook_user};
	struct request_verdict verdict = {.outcome = VERDICT_CONFIG};
	enum deliver_end end;
	struct otp_why why;

	if (deliver_send(&options, request, &end, &verdict, &why) != OTP_OK)
		log_notice(user, request, NULL, why.text);
	else if (end == DELIVER_SLOW)
		log_notice(user, request, NULL, "no verdict yet");
	else
		log_notice(user, request, verdict.provider, verdict.reason);
}

void notice_send(
	struct session *session, const char *user, enum request_kind kind, const struct origin *origin)
{
	const struct config *config = &session->config;
	struct request request;
	struct record record;
	struct otp_why why;

	memset(&request, 0, sizeof request);
	request.kind = kind;
	fill_request(session, user, origin, &request);
	if (session_read(session, user, &record, NULL, &why) != OTP_OK)
		return;
	for (unsigned i = 0; i < record.contacts_n; i++) {
		request.contact = record.contacts[i];
		if (channel_is_among(request.contact.channel, &config->delivery.channels))
			send_one(config, user, &request);
	}
}
