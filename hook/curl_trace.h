/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_CURL_TRACE_H
#define OTPCODE_HOOK_CURL_TRACE_H

#include "hook/curl.h"
#include "hook/trace.h"

/* Tells the conversation of a transfer without what signs it in. trace may be NULL. */
void curl_trace_smtp(struct curl_transfer *transfer, struct trace *trace);
void curl_trace_http(struct curl_transfer *transfer, struct trace *trace);

#endif
