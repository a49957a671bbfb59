/* SPDX-License-Identifier: BSD-2-Clause */
/* NOLINTBEGIN(bugprone-suspicious-include): what only the command holds is in no library */
#include "cli/base32.c"
#include "cli/google_file.c"
#include "cli/oath_file.c"
#include "cli/takeover.c"
/* NOLINTEND(bugprone-suspicious-include) */

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_empty(const struct takeover *takeover)
{
	return takeover->secret.len == 0 && takeover->backups_n == 0;
}

static void check(const struct takeover *takeover, enum otp_err err)
{
	if (err != OTP_OK) {
		must(is_empty(takeover));
		return;
	}
	must(takeover->secret.len >= TOTP_SECRET_MIN && takeover->secret.len <= TOTP_SECRET_MAX);
	must(takeover->form.digits == 6 || takeover->form.digits == 8);
	must(takeover->form.period_s == 30 || takeover->form.period_s == 60);
	must(takeover->backups_n <= RECORD_BACKUPS_MAX && takeover->last_step >= 0);
}

/* A file of other people's making, as either of the two kinds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oath_reader reader = {.at = (const char *)data, .end = (const char *)data + size};
	struct takeover takeover = {.secret.len = 1, .backups_n = 1};
	struct oath_line line = {.token = {.secret.len = 1, .backups_n = 1}};
	struct otp_why why;

	check(&takeover, google_file_parse((const char *)data, size, &takeover, &why));
	while (oath_file_next(&reader, &line))
		check(&line.token, line.err);
	return 0;
}
