/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/mem_store.h"

#include <string.h>

static struct mem_store_row *find(struct mem_store *mem, const char *user)
{
	for (size_t i = 0; i < MEM_STORE_ROWS; i++)
		if (strcmp(mem->rows[i].user, user) == 0)
			return &mem->rows[i];
	return NULL;
}

const struct mem_store_row *mem_store_find(const struct mem_store *mem, const char *user)
{
	for (size_t i = 0; i < MEM_STORE_ROWS; i++)
		if (*user != '\0' && strcmp(mem->rows[i].user, user) == 0)
			return &mem->rows[i];
	return NULL;
}

bool mem_store_put(struct mem_store *mem, const char *user, const char *data, size_t len)
{
	if (*user == '\0' || strlen(user) >= MEM_STORE_USER_SIZE || len > STORE_RECORD_MAX)
		return false;
	struct mem_store_row *row = find(mem, user);
	if (row == NULL)
		row = find(mem, "");
	if (row == NULL)
		return data == NULL;
	memset(row, 0, sizeof *row);
	if (data == NULL)
		return true;
	memcpy(row->user, user, strlen(user) + 1);
	memcpy(row->data, data, len);
	row->len = len;
	return true;
}

/* The error told for this call, once the spared ones are used up. */
static enum otp_err told(struct mem_store *mem, enum otp_err err, struct otp_why *why)
{
	if (err == OTP_OK || mem->spared > 0)
		return OTP_OK;
	return why_set(why, err, 0, "the store was told to fail");
}

static void spend(struct mem_store *mem)
{
	if (mem->spared > 0)
		mem->spared--;
}

static struct store_bytes look(const struct mem_store *mem, const char *user)
{
	const struct mem_store_row *row = mem_store_find(mem, user);

	if (row == NULL)
		return (struct store_bytes){0};
	return (struct store_bytes){.data = row->data, .len = row->len, .damaged = mem->damaged};
}

/* The edit sees a copy that ends where its array ends, so that a sanitizer sees a byte read too much. */
static enum store_action run_edit(
	const struct mem_store *mem, const char *user, struct store_edit edit, char *next, size_t *next_len)
{
	struct store_bytes old = look(mem, user);
	char copy[STORE_RECORD_MAX];

	if (old.data != NULL) {
		char *at = copy + sizeof copy - old.len;
		memcpy(at, old.data, old.len);
		old.data = at;
	}
	memset(next, '#', STORE_RECORD_MAX);
	*next_len = 0;
	return edit.run(edit.ctx, &old, next, next_len);
}

static enum otp_err write_next(
	struct mem_store *mem, const char *user, const char *next, size_t next_len, struct otp_why *why)
{
	enum otp_err err = told(mem, mem->fail_write, why);

	if (err != OTP_OK)
		return err;
	if (next_len > STORE_RECORD_MAX)
		return why_set(why, OTP_ERR_TOO_LARGE, 0, "longer than a slot");
	if (!mem_store_put(mem, user, next, next_len))
		return why_set(why, OTP_ERR_NO_MEMORY, 0, "more users than rows");
	mem->writes++;
	mem->damaged = false;
	return OTP_OK;
}

static enum otp_err mem_update(void *self, struct store_key key, struct store_edit edit, struct otp_why *why)
{
	struct mem_store *mem = self;
	char next[STORE_RECORD_MAX];
	size_t next_len;

	mem->updates++;
	enum otp_err err = told(mem, mem->fail_update, why);
	if (err != OTP_OK)
		return err;
	enum store_action action = run_edit(mem, key.user, edit, next, &next_len);
	if (mem->run_twice) {
		mem->run_twice = false; /* for what between itself asks of the store */
		if (mem->between != NULL)
			mem->between(mem->between_ctx);
		mem->run_twice = true;
		action = run_edit(mem, key.user, edit, next, &next_len);
	}
	if (action == STORE_WRITE)
		err = write_next(mem, key.user, next, next_len, why);
	spend(mem);
	return err;
}

static enum otp_err mem_read(
	void *self, struct store_key key, char *buf, struct store_bytes *bytes, struct otp_why *why)
{
	struct mem_store *mem = self;

	mem->reads++;
	enum otp_err err = told(mem, mem->fail_read, why);
	if (err != OTP_OK)
		return err;
	spend(mem);
	*bytes = look(mem, key.user);
	if (bytes->data == NULL)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "no record of this user");
	memcpy(buf, bytes->data, bytes->len);
	bytes->data = buf;
	return OTP_OK;
}

static enum otp_err mem_list(void *self, struct store_visit visit, struct otp_why *why)
{
	struct mem_store *mem = self;
	enum otp_err err = told(mem, mem->fail_list, why);

	if (err != OTP_OK)
		return err;
	spend(mem);
	for (size_t i = 0; i < MEM_STORE_ROWS; i++)
		if (mem->rows[i].user[0] != '\0' && !visit.user(visit.ctx, mem->rows[i].user))
			break;
	return OTP_OK;
}

static enum otp_err mem_remove(void *self, struct store_key key, struct otp_why *why)
{
	struct mem_store *mem = self;
	enum otp_err err = told(mem, mem->fail_remove, why);

	if (err != OTP_OK)
		return err;
	spend(mem);
	if (mem_store_find(mem, key.user) == NULL)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "no record of this user");
	return mem_store_put(mem, key.user, NULL, 0) ? OTP_OK : OTP_ERR_IO;
}

struct store mem_store_interface(struct mem_store *mem)
{
	return (struct store){
		.self = mem, .update = mem_update, .read = mem_read, .list = mem_list, .remove = mem_remove};
}
