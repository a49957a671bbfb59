/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_REQUEST_H
#define OTPCODE_DELIVER_REQUEST_H

/*
 * The protocol between whoever wants a message delivered and the hook that delivers it:
 * docs/deliver-protocol.md.
 */

#include "core/code.h"
#include "core/contact.h"
#include "core/origin.h"
#include "core/record.h"
#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_MAX 4096
#define REQUEST_VERDICT_MAX 512
#define REQUEST_PROVIDER_SIZE 33
#define REQUEST_REASON_SIZE 200
#define REQUEST_SUPPORT_SIZE 65
#define REQUEST_TRACE "trace " /* what a line begins with that tells of the conversation */
#define REQUEST_FACT "fact "   /* and one that tells a fact, in answer to REQUEST_CHECK */
#define REQUEST_FACT_CERTIFICATE "certificate-ends" /* seconds since 1970 */
#define REQUEST_FACT_PARTS "sms-parts"              /* of a text message with a code */

enum request_kind {
	REQUEST_CODE,     /* a code for a login */
	REQUEST_TEST,     /* an admin's test message: no code */
	REQUEST_PASSWORD, /* a notice: a forgotten password was replaced */
	REQUEST_CHECK,    /* no message: how far one would come */
};

/* One message to deliver, but for REQUEST_CHECK. code is secret: request_wipe on every way out. */
struct request {
	enum request_kind kind;
	struct contact contact; /* its address is empty for REQUEST_CHECK */
	struct code code;       /* empty but for REQUEST_CODE */
	char ref[CODE_REF_SIZE];
	char user[RECORD_USER_SIZE];
	char account[ORIGIN_ACCOUNT_SIZE]; /* shared with others, which the login is to; empty: the user's own
					    */
	char host[ORIGIN_HOST_SIZE];
	char service[ORIGIN_SERVICE_SIZE];
	char source[ORIGIN_SOURCE_SIZE];
	bool key_proved;     /* an earlier step was passed: whoever waits for the code holds the user's key */
	int64_t time;        /* when the login asked, seconds since 1970 */
	int64_t works_until; /* when the code ends */
	int wait_ms;         /* how long the asker waits for the verdict */
	char support[REQUEST_SUPPORT_SIZE];   /* whom to ask for help; may be empty */
	char provider[REQUEST_PROVIDER_SIZE]; /* only this provider; empty: the channel's, in order */
	bool trace; /* REQUEST_TEST: the conversation with the provider is told before the verdict */
};

enum request_outcome {
	VERDICT_SENT,    /* a provider took the message */
	VERDICT_REFUSED, /* every provider said no for good */
	VERDICT_LATER,   /* every provider failed for now, and nothing more will be tried */
	VERDICT_UNKNOWN, /* the connection was lost after the message was handed over: it may arrive */
	VERDICT_CONFIG,  /* the hook's own configuration is at fault */
	VERDICT_READY,   /* REQUEST_CHECK: a message would have been handed over */
};

struct request_verdict {
	enum request_outcome outcome;
	char provider[REQUEST_PROVIDER_SIZE]; /* "-" for VERDICT_CONFIG */
	long ms;                              /* VERDICT_SENT, VERDICT_READY: how long it took */
	char reason[REQUEST_REASON_SIZE];     /* one line, no control bytes, no code, no address */
};

/*
 * Writes the request into out[REQUEST_MAX]. OTP_ERR_INVALID names the key whose value request_decode would
 * not take: a byte that is not printable ASCII, too long, out of range, missing. OTP_ERR_TOO_LARGE. out is as
 * secret as the code.
 */
__attribute__((warn_unused_result)) enum otp_err request_encode(
	const struct request *request, char out[REQUEST_MAX], size_t *len, struct otp_why *why);

/*
 * Reads a whole request. OTP_ERR_INVALID names the line: unknown, repeated or missing key, control byte, bad
 * value, no empty line at the end, anything after it.
 */
__attribute__((warn_unused_result)) enum otp_err request_decode(
	const char *text, size_t len, struct request *out, struct otp_why *why);

void request_wipe(struct request *request);

/* A user's name may hold any bytes: what is not printable ASCII stands as '?' in the message. */
void request_set_user(struct request *request, const char *name);

/*
 * The table of keys in the order of their lines, for documentation checks. need: "always", "with kind code",
 * "not with kind check", "optional".
 */
struct request_key_facts {
	const char *key, *need, *rule;
};
bool request_key_at(size_t index, struct request_key_facts *out);

/*
 * One line with its newline into out[REQUEST_VERDICT_MAX]; a NUL follows it, which the result does not count.
 * What is not printable ASCII in reason becomes '?', an empty one "no reason given", an impossible provider
 * "-". 0: no such outcome.
 */
size_t request_verdict_encode(const struct request_verdict *verdict, char out[REQUEST_VERDICT_MAX]);

/* line without its newline. OTP_ERR_INVALID for anything that encode does not make. */
__attribute__((warn_unused_result)) enum otp_err request_verdict_decode(
	const char *line, size_t len, struct request_verdict *out, struct otp_why *why);

/*
 * Replaces every occurrence of the request's code and address in text (in any case, also with spaces or
 * dashes inside) by asterisks, controls by spaces. At the end of a text that fills a reason the beginning of
 * either is one too: the rest may have been cut off.
 */
void request_blank(const struct request *request, char *text);

/* The same for any other secret, in a text that is whole; controls stay. */
void request_blank_word(char *text, const char *secret);

#endif
