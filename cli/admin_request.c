/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/admin_request.h"

#include "otp_core.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void admin_request_fill(
	const struct config *config, const char *user, const char *provider, struct request *request)
{
	char host[ORIGIN_HOST_SIZE] = "";
	const char *tty = ttyname(STDIN_FILENO);
	struct origin origin;

	(void)gethostname(host, sizeof host - 1);
	origin_from_facts(
		&(struct origin_facts){
			.host = config->delivery.host_name[0] != '\0' ? config->delivery.host_name : host,
			.service = "otpcode",
			.tty = tty,
			.caller_uid = getuid()},
		&origin);
	memcpy(request->host, origin.host, sizeof request->host);
	memcpy(request->service, origin.service, sizeof request->service);
	memcpy(request->source, origin.source, sizeof request->source);
	request_set_user(request, user);
	(void)snprintf(request->support, sizeof request->support, "%s", config->prompt.support);
	(void)snprintf(request->provider, sizeof request->provider, "%s", provider != NULL ? provider : "");
	request->time = clock_system().now(NULL);
	request->wait_ms = config->delivery.wait_s * 1000;
}
