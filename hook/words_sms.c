/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/words.h"

#include "hook/gsm7.h"
#include "hook/text.h"

#include <string.h>

/* host_len: how much of the host's name is named. */
static void build(const struct request *request, size_t host_len, struct text *body)
{
	if (request->kind == REQUEST_TEST) {
		text_addf(body,
			"Test message from %.*s: verification codes will come this way. Nothing needs to be "
			"done.",
			(int)host_len, request->host);
		return;
	}
	if (request->kind == REQUEST_PASSWORD) {
		text_addf(body,
			"The password of your account on %.*s was replaced. Not you? Tell whoever runs it "
			"at once.",
			(int)host_len, request->host);
		return;
	}
	text_addf(body, "Code %s for %.*s, ref %s, until ", request->code.text, (int)host_len, request->host,
		request->ref);
	text_add_time(body, request->works_until, TEXT_TIME_SHORT);
	text_add(body, ". Never share it. Ref differs? Do not enter it.");
}

/* A second part costs again, and may come late or not at all: rather a host's name without its end. */
void words_build_sms(const struct request *request, struct words *out)
{
	size_t host_len = strlen(request->host);
	struct text body;

	out->subject[0] = '\0';
	do {
		body = text_begin(out->body, sizeof out->body);
		build(request, host_len, &body);
		(void)gsm7_fold(out->body);
	} while (gsm7_septets(out->body) > GSM7_PART && host_len-- > 0);
}
