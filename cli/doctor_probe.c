/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/doctor_probe.h"

#include "cli/admin_request.h"
#include "cli/user.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Facts that are not known here are passed over. */
static void take_fact(void *self, const char *line)
{
	struct doctor_probe *probe = self;
	const char *space = strchr(line, ' ');

	if (space == NULL)
		return;
	size_t len = (size_t)(space - line);
	long long number = strtoll(space + 1, NULL, 10);
	if (len == strlen(REQUEST_FACT_CERTIFICATE) && memcmp(line, REQUEST_FACT_CERTIFICATE, len) == 0)
		probe->certificate_ends = number;
	else if (len == strlen(REQUEST_FACT_PARTS) && memcmp(line, REQUEST_FACT_PARTS, len) == 0)
		probe->parts = number;
}

static void ask(const struct config *config, struct doctor_probe *probe)
{
	struct request request = {.kind = REQUEST_CHECK, .contact = {.channel = probe->channel}};
	char admin[RECORD_USER_SIZE];
	const struct deliver_options options = {
		.hook = config->delivery.hook,
		.config = config->path,
		.hook_user = config->delivery.hook_user,
		.fact = take_fact,
		.fact_self = probe,
	};

	user_name_of(getuid(), admin);
	admin_request_fill(config, admin, probe->provider, &request);
	probe->err = deliver_send(&options, &request, &probe->end, &probe->verdict, &probe->why);
}

void doctor_probe_all(const struct config *config, struct doctor_probes *out)
{
	out->n = 0;
	for (unsigned c = 0; c < config->delivery.channels.n; c++) {
		enum channel channel = config->delivery.channels.list[c];
		const struct config_channel *facts = config_find_channel(config, channel);
		for (unsigned i = 0; i < facts->providers_n; i++) {
			struct doctor_probe *probe = &out->list[out->n++];
			*probe = (struct doctor_probe){.channel = channel, .provider = facts->providers[i]};
			ask(config, probe);
		}
	}
}
