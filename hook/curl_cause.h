/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_CURL_CAUSE_H
#define OTPCODE_HOOK_CURL_CAUSE_H

#include "hook/provider.h"

#include <curl/curl.h>

/* How a transfer ended before a server said anything about the message. */
struct curl_cause {
	CURLcode code;
	const char *server; /* HOST:PORT */
	const char *words;  /* what libcurl says; may be empty */
	long os_error;      /* errno of a failed connection, or 0 */
};

/* A sentence for an admin, and whether another time may be better. */
void curl_cause_judge(const struct curl_cause *cause, struct provider_result *result);

/* Puts words together; what does not fit is cut. */
void curl_cause_say(struct provider_result *result, enum request_outcome outcome, const char *const words[5]);
#define CURL_CAUSE_SAY(result, outcome, ...)                                                                 \
	curl_cause_say(result, outcome, (const char *const[5]){__VA_ARGS__})

#endif
