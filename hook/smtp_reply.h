/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_SMTP_REPLY_H
#define OTPCODE_HOOK_SMTP_REPLY_H

#include "hook/provider.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/* The last reply of an SMTP server, its lines joined: "550 5.1.1 no such user". */
struct smtp_reply {
	int code;   /* 0: none yet */
	bool whole; /* its last line has come */
	char text[REQUEST_REASON_SIZE];
};

/* Takes one line as it came, with its line end. The first line after a whole reply begins a new one; what is
 * no reply is nothing, nor is the answer to QUIT. */
void smtp_reply_take(struct smtp_reply *reply, const char *line, size_t len);

/* How a transfer ended, as far as libcurl and the server told. */
struct smtp_end {
	CURLcode code;
	const struct smtp_reply *reply;
	bool only_asked;        /* no message was meant: MAIL FROM was the last command */
	bool body_given;        /* the whole message was handed over: unless refused, it may arrive */
	const char *server;     /* HOST:PORT */
	const char *curl_words; /* what libcurl says; may be empty */
	long os_error;          /* errno of a failed connection, or 0 */
};

/* The server's own words where it said no, else a sentence for an admin. */
void smtp_judge(const struct smtp_end *end, struct provider_result *result);

#endif
