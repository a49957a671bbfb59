/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/curl.h"

#include "hook/password.h"
#include "trust/trust.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GOODBYE_MS 1000
#define FILE_MAX 1048576 /* a system's whole bundle is about 250 KiB */

/* What holds for every transfer. One option that this libcurl does not know, and nothing is sent. */
static const struct {
	CURLoption option;
	long value;
} fixed_numbers[] = {
	{CURLOPT_NOSIGNAL, 1}, /* SIGALRM is the program's backstop */
	{CURLOPT_FOLLOWLOCATION, 0}, {CURLOPT_NETRC, CURL_NETRC_IGNORED}, {CURLOPT_SSL_VERIFYPEER, 1},
	{CURLOPT_SSL_VERIFYHOST, 2}, {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	{CURLOPT_QUICK_EXIT, 1}, /* else a name server that hangs is waited for after the time is up */
	{CURLOPT_FRESH_CONNECT, 1}, {CURLOPT_FORBID_REUSE, 1},
	{CURLOPT_NOPROGRESS, 0}, /* cut_off is called by it */
};

static bool set_fixed(CURL *handle, const char *protocols)
{
	for (size_t i = 0; i < sizeof fixed_numbers / sizeof *fixed_numbers; i++)
		if (curl_easy_setopt(handle, fixed_numbers[i].option, fixed_numbers[i].value) != CURLE_OK)
			return false;
	/* An empty proxy, unlike none, also keeps the environment's away. */
	return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
	       curl_easy_setopt(handle, CURLOPT_PROXY, "") == CURLE_OK;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Called at least once a second, even in the goodbye. */
static int cut_off(void *self, curl_off_t to_get, curl_off_t got, curl_off_t to_put, curl_off_t put)
{
	const struct curl_transfer *transfer = self;

	(void)to_get, (void)got, (void)to_put, (void)put;
	return now_ms() >= transfer->end_ms;
}

static bool set_limits(struct curl_transfer *transfer, struct provider_limits limits)
{
	transfer->end_ms = now_ms() + limits.total_ms + GOODBYE_MS;
	return curl_easy_setopt(transfer->handle, CURLOPT_CONNECTTIMEOUT_MS, limits.connect_ms) == CURLE_OK &&
	       curl_easy_setopt(transfer->handle, CURLOPT_TIMEOUT_MS, limits.total_ms) == CURLE_OK &&
	       curl_easy_setopt(transfer->handle, CURLOPT_XFERINFOFUNCTION, cut_off) == CURLE_OK &&
	       curl_easy_setopt(transfer->handle, CURLOPT_XFERINFODATA, transfer) == CURLE_OK;
}

enum otp_err curl_transfer_open(struct curl_transfer *transfer, const char *protocols,
	struct provider_limits limits, struct otp_why *why)
{
	memset(transfer, 0, sizeof *transfer);
	transfer->handle = curl_easy_init();
	if (transfer->handle == NULL)
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "libcurl could not begin a transfer");
	if (!set_fixed(transfer->handle, protocols) || !set_limits(transfer, limits) ||
		curl_easy_setopt(transfer->handle, CURLOPT_ERRORBUFFER, transfer->error) != CURLE_OK)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"this libcurl (%s) cannot send %s as safely as it must",
			curl_version_info(CURLVERSION_NOW)->version, protocols);
	return OTP_OK;
}

/* The whole of a root's file, to be freed. secret: one that not everybody may read. */
static enum otp_err read_whole(const char *path, bool secret, char **out, size_t *len, struct otp_why *why)
{
	int fd = -1;
	enum otp_err err = trust_open_file(
		path, O_RDONLY, (struct trust_rule){.mode = TRUST_READABLE, .owner = 0}, &fd, why);
	if (err != OTP_OK)
		return err;
	if (secret)
		err = password_check_secret(fd, path, why);
	if (err == OTP_OK && (*out = malloc(FILE_MAX)) == NULL)
		err = why_set(why, OTP_ERR_NO_MEMORY, 0, "no memory to read %s", path);
	if (err == OTP_OK)
		err = trust_read(fd, path, *out, FILE_MAX, len, why);
	(void)close(fd);
	return err;
}

enum otp_err curl_transfer_trust_only(
	struct curl_transfer *transfer, const char *ca_file, struct otp_why *why)
{
	size_t len = 0;
	enum otp_err err = read_whole(ca_file, false, &transfer->ca, &len, why);
	if (err != OTP_OK)
		return err;
	struct curl_blob blob = {.data = transfer->ca, .len = len, .flags = CURL_BLOB_NOCOPY};

	/* The system's certificates would be trusted besides, were they not taken away. */
	if (curl_easy_setopt(transfer->handle, CURLOPT_CAINFO, NULL) != CURLE_OK ||
		curl_easy_setopt(transfer->handle, CURLOPT_CAPATH, NULL) != CURLE_OK ||
		curl_easy_setopt(transfer->handle, CURLOPT_CAINFO_BLOB, &blob) != CURLE_OK)
		return why_set(why, OTP_ERR_CONFIG, 0, "this libcurl cannot trust only %s", ca_file);
	return OTP_OK;
}

/* libcurl takes a copy, so that ours can be wiped. */
static enum otp_err set_file(
	CURL *handle, CURLoption option, const char *path, bool secret, struct otp_why *why)
{
	char *text = NULL;
	size_t len = 0;
	enum otp_err err = read_whole(path, secret, &text, &len, why);

	if (err == OTP_OK) {
		struct curl_blob blob = {.data = text, .len = len, .flags = CURL_BLOB_COPY};
		if (curl_easy_setopt(handle, option, &blob) != CURLE_OK)
			err = why_set(why, OTP_ERR_CONFIG, 0, "this libcurl cannot use %s", path);
	}
	if (text != NULL)
		OPENSSL_cleanse(text, len);
	free(text);
	return err;
}

enum otp_err curl_transfer_show_certificate(
	struct curl_transfer *transfer, const char *cert_file, const char *key_file, struct otp_why *why)
{
	enum otp_err err = set_file(transfer->handle, CURLOPT_SSLCERT_BLOB, cert_file, false, why);

	return err != OTP_OK ? err : set_file(transfer->handle, CURLOPT_SSLKEY_BLOB, key_file, true, why);
}

enum otp_err curl_transfer_go_through(struct curl_transfer *transfer, const char *proxy, struct otp_why *why)
{
	if (curl_easy_setopt(transfer->handle, CURLOPT_PROXY, proxy) != CURLE_OK ||
		curl_easy_setopt(transfer->handle, CURLOPT_NOPROXY, "") != CURLE_OK ||
		curl_easy_setopt(transfer->handle, CURLOPT_HTTPPROXYTUNNEL, 1L) != CURLE_OK ||
		curl_easy_setopt(transfer->handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) != CURLE_OK)
		return why_set(why, OTP_ERR_CONFIG, 0, "this libcurl cannot go through a proxy");
	return OTP_OK;
}

enum otp_err curl_transfer_keep_certificates(struct curl_transfer *transfer, struct otp_why *why)
{
	if (curl_easy_setopt(transfer->handle, CURLOPT_CERTINFO, 1L) != CURLE_OK)
		return why_set(why, OTP_ERR_CONFIG, 0, "this libcurl does not show certificates");
	return OTP_OK;
}

int64_t curl_transfer_certificate_end(struct curl_transfer *transfer)
{
	static const char mark[] = "Expire date:";
	struct curl_certinfo *chain = NULL;
	int64_t first = 0;

	if (curl_easy_getinfo(transfer->handle, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL)
		return 0;
	for (int i = 0; i < chain->num_of_certs; i++)
		for (const struct curl_slist *line = chain->certinfo[i]; line != NULL; line = line->next) {
			int64_t ends = strncmp(line->data, mark, sizeof mark - 1) == 0
					       ? (int64_t)curl_getdate(line->data + sizeof mark - 1, NULL)
					       : 0;
			if (ends > 0 && (first == 0 || ends < first))
				first = ends;
		}
	return first;
}

bool curl_transfer_take(struct curl_transfer *transfer, size_t len)
{
	transfer->received += len;
	return transfer->received <= CURL_RESPONSE_MAX;
}

void curl_transfer_hurry(struct curl_transfer *transfer)
{
	int64_t end_ms = now_ms() + GOODBYE_MS;

	if (end_ms < transfer->end_ms)
		transfer->end_ms = end_ms;
}

void curl_transfer_close(struct curl_transfer *transfer)
{
	curl_easy_cleanup(transfer->handle);
	free(transfer->ca);
	memset(transfer, 0, sizeof *transfer);
}
