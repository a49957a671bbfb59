/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_CURL_H
#define OTPCODE_HOOK_CURL_H

#include "core/why.h"
#include "hook/provider.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CURL_RESPONSE_MAX 65536 /* bytes of answers that a transfer takes from a server */

/* One transfer, under rules that no provider can loosen: every use of libcurl begins with curl_transfer_open.
 */
struct curl_transfer {
	CURL *handle;
	size_t received; /* bytes of answers so far: see curl_transfer_take */
	int64_t end_ms;  /* on CLOCK_MONOTONIC: then it is cut off */
	char *ca;        /* what was read from a ca_file */
	char error[CURL_ERROR_SIZE];
};

/*
 * A new transfer that speaks only protocols ("smtp,smtps"), within limits, with certificates and names
 * verified, TLS 1.2 or newer, and no redirect, proxy, .netrc or environment. OTP_ERR_CONFIG where this
 * libcurl lacks one of these: then nothing may be sent. On OTP_OK and on error the caller ends with
 * curl_transfer_close.
 */
__attribute__((warn_unused_result)) enum otp_err curl_transfer_open(struct curl_transfer *transfer,
	const char *protocols, struct provider_limits limits, struct otp_why *why);

/* Trusts the certificates of ca_file and no others. The file must be root's and not writable by others. */
__attribute__((warn_unused_result)) enum otp_err curl_transfer_trust_only(
	struct curl_transfer *transfer, const char *ca_file, struct otp_why *why);

/* Shows a certificate to the server. Both files must be root's and not writable by others, the key not
 * readable by everybody. */
__attribute__((warn_unused_result)) enum otp_err curl_transfer_show_certificate(
	struct curl_transfer *transfer, const char *cert_file, const char *key_file, struct otp_why *why);

/* Goes through the proxy http://HOST:PORT; TLS with the server stays what it was. */
__attribute__((warn_unused_result)) enum otp_err curl_transfer_go_through(
	struct curl_transfer *transfer, const char *proxy, struct otp_why *why);

/* Has the server's certificates kept, for curl_transfer_certificate_end. */
__attribute__((warn_unused_result)) enum otp_err curl_transfer_keep_certificates(
	struct curl_transfer *transfer, struct otp_why *why);

/* When the first certificate of the server's chain ends, seconds since 1970; 0 where there is none. */
int64_t curl_transfer_certificate_end(struct curl_transfer *transfer);

/* Counts len bytes of an answer; false once there were more than CURL_RESPONSE_MAX. */
bool curl_transfer_take(struct curl_transfer *transfer, size_t len);

/*
 * The last word that matters has come, so the goodbye may take a second and no more. Without this
 * libcurl 7.88 waits two minutes for a server that does not answer QUIT, whatever its timeouts are.
 */
void curl_transfer_hurry(struct curl_transfer *transfer);

void curl_transfer_close(struct curl_transfer *transfer);

#endif
