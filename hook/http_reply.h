/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_HTTP_REPLY_H
#define OTPCODE_HOOK_HTTP_REPLY_H

#include "config/config.h"
#include "hook/provider.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/* How a request ended, as far as libcurl and the gateway told. */
struct http_end {
	const struct config_provider *provider; /* what success is, and where an error says why */
	CURLcode code;
	long status;        /* of the final answer; 0: none came */
	long retry_after_s; /* 0: the gateway did not say */
	const char *body;   /* as much of it as came; no NUL */
	const char *shown;  /* the same, its secrets blanked: what may be repeated to people */
	size_t body_len;
	bool given;             /* the request began to leave: unless refused, the message may arrive */
	bool knows_repeats;     /* by a header with {id} */
	const char *server;     /* HOST:PORT */
	const char *curl_words; /* what libcurl says; may be empty */
	long os_error;          /* errno of a failed connection, or 0 */
};

/* The gateway's own words where it said no, else a sentence for an admin. */
void http_judge(const struct http_end *end, struct provider_result *result);

#endif
