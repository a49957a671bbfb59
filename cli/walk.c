/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/walk.h"

#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

/* So many names are taken out of the store at once, and as many again are there to choose from. */
#define BATCH_NAMES 4096

/* The first names of those that come after one. */
struct batch {
	char (*names)[RECORD_USER_SIZE];
	size_t n;
	char after[RECORD_USER_SIZE]; /* empty: from the beginning; no name is empty */
	bool cut;                     /* there were more: names[BATCH_NAMES - 1] is the last that counts */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void sort(struct batch *batch)
{
	qsort(batch->names, batch->n, sizeof *batch->names, compare_names);
	if (batch->n > BATCH_NAMES) {
		batch->n = BATCH_NAMES;
		batch->cut = true;
	}
}

static bool collect(void *ctx, const char *user)
{
	struct batch *batch = ctx;

	if (strlen(user) >= RECORD_USER_SIZE || strcmp(user, batch->after) <= 0)
		return true;
	if (batch->n == (size_t)2 * BATCH_NAMES)
		sort(batch);
	if (batch->cut && strcmp(user, batch->names[BATCH_NAMES - 1]) > 0)
		return true;
	memcpy(batch->names[batch->n++], user, strlen(user) + 1);
	return true;
}

/* True while there is more. A folder that changes may give a name twice. */
static bool visit_batch(struct batch *batch, struct walk_visit visit)
{
	bool go_on = true;

	for (size_t i = 0; go_on && i < batch->n; i++)
		if (strcmp(batch->names[i], batch->after) > 0) {
			memcpy(batch->after, batch->names[i], RECORD_USER_SIZE);
			go_on = visit.user(visit.ctx, batch->names[i]);
		}
	return go_on && batch->cut;
}

enum cli_exit walk_users(struct session *session, struct walk_visit visit)
{
	struct batch batch = {.names = calloc((size_t)2 * BATCH_NAMES, sizeof *batch.names)};
	struct store *store = &session->core.store;
	struct otp_why why;
	enum otp_err err = OTP_OK;

	if (batch.names == NULL) {
		report_error("there is not enough memory");
		return CLI_FAILED;
	}
	do {
		batch.n = 0;
		batch.cut = false;
		err = store->list(store->self, (struct store_visit){collect, &batch}, &why);
		if (err == OTP_OK)
			sort(&batch);
	} while (err == OTP_OK && visit_batch(&batch, visit));
	free(batch.names);
	return err == OTP_OK ? CLI_DONE : report_failure(err, &why);
}
