/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/curl_trace.h"

#include <string.h>
#include <strings.h>

#define HIDDEN "****"

/* Headers whose values are no secret of anybody's. The rest may be: a key has a name of its own at each
 * gateway. */
static const char *const open_headers[] = {"Host", "Content-Type", "Content-Length", "Accept", "User-Agent",
	"Date", "Server", "Location", "Retry-After"};

static bool is_open(const char *line, size_t name_len)
{
	for (size_t i = 0; i < sizeof open_headers / sizeof *open_headers; i++)
		if (strlen(open_headers[i]) == name_len && strncasecmp(open_headers[i], line, name_len) == 0)
			return true;
	return false;
}

/* "AUTH PLAIN AGpvZQ..." and the lines that follow until the server's answer is no challenge. */
static void tell_smtp_out(struct trace *trace, const char *line, size_t len)
{
	if (len > 5 && strncasecmp(line, "AUTH ", 5) == 0) {
		trace->signing_in = true;
		trace_tellf(trace, '>', "AUTH %.*s " HIDDEN, (int)strcspn(line + 5, " \r\n"), line + 5);
	} else if (trace->signing_in) {
		trace_tellf(trace, '>', HIDDEN);
	} else {
		trace_tell(trace, '>', line, len);
	}
}

static void tell_header(struct trace *trace, char mark, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len = colon != NULL ? (size_t)(colon - line) : 0;
	bool header = colon != NULL && memchr(line, ' ', name_len) == NULL;

	if (header && !is_open(line, name_len))
		trace_tellf(trace, mark, "%.*s: " HIDDEN, (int)name_len, line);
	else
		trace_tell(trace, mark, line, len);
}

static void tell_headers(struct trace *trace, char mark, const char *bytes, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(bytes, '\n', len);
		size_t line_len = newline != NULL ? (size_t)(newline - bytes) + 1 : len;
		tell_header(trace, mark, bytes, line_len);
		bytes += line_len;
		len -= line_len;
	}
}

/* "Server auth using Basic with user 'joe'" */
static void tell_text(struct trace *trace, const char *bytes, size_t len)
{
	const char *user = memmem(bytes, len, " with user ", 11);

	trace_tell(trace, '*', bytes, user != NULL ? (size_t)(user - bytes) : len);
}

/* Whatever is no reply, libcurl passes over, and a challenge may still follow. */
static bool ends_login(const char *line, size_t len)
{
	static const char digits[] = "0123456789";

	for (size_t i = 0; i < 3; i++)
		if (i == len || line[i] == '\0' || strchr(digits, line[i]) == NULL)
			return false;
	return strncmp(line, "334", 3) != 0 && (len == 3 || line[3] != '-');
}

/* libcurl gives bytes that no NUL ends. */
static int take_smtp(CURL *handle, curl_infotype type, char *bytes, size_t len, void *self)
{
	struct trace *trace = self;

	(void)handle;
	if (type == CURLINFO_TEXT)
		tell_text(trace, bytes, len);
	else if (type == CURLINFO_HEADER_OUT)
		tell_smtp_out(trace, bytes, len);
	else if (type == CURLINFO_DATA_OUT)
		trace_tell(trace, '>', bytes, len);
	else if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN) {
		trace->signing_in = trace->signing_in && !ends_login(bytes, len);
		trace_tell(trace, '<', bytes, len);
	}
	return 0;
}

static int take_http(CURL *handle, curl_infotype type, char *bytes, size_t len, void *self)
{
	struct trace *trace = self;

	(void)handle;
	if (type == CURLINFO_TEXT)
		tell_text(trace, bytes, len);
	else if (type == CURLINFO_HEADER_OUT || type == CURLINFO_HEADER_IN)
		tell_headers(trace, type == CURLINFO_HEADER_OUT ? '>' : '<', bytes, len);
	else if (type == CURLINFO_DATA_OUT || type == CURLINFO_DATA_IN)
		trace_tell(trace, type == CURLINFO_DATA_OUT ? '>' : '<', bytes, len);
	return 0;
}

/* A conversation that cannot be told is no reason not to have it. */
static void begin(struct curl_transfer *transfer, struct trace *trace, curl_debug_callback take)
{
	if (trace == NULL || transfer->handle == NULL)
		return;
	if (curl_easy_setopt(transfer->handle, CURLOPT_DEBUGFUNCTION, take) != CURLE_OK ||
		curl_easy_setopt(transfer->handle, CURLOPT_DEBUGDATA, trace) != CURLE_OK ||
		curl_easy_setopt(transfer->handle, CURLOPT_VERBOSE, 1L) != CURLE_OK)
		trace_tellf(trace, '*', "this libcurl does not tell what is said");
}

void curl_trace_smtp(struct curl_transfer *transfer, struct trace *trace)
{
	begin(transfer, trace, take_smtp);
}

void curl_trace_http(struct curl_transfer *transfer, struct trace *trace)
{
	begin(transfer, trace, take_http);
}
