/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/mem_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Other tests trust this store: it must itself keep the promises of store/store.h. */

static struct mem_store mem;
static struct store store;

static int empty_store(void **state)
{
	(void)state;
	memset(&mem, 0, sizeof mem);
	store = mem_store_interface(&mem);
	return 0;
}

/* Appends one character to what is there. */
struct append {
	char c;
	enum store_action action;
	unsigned runs;
	size_t seen_len;
	bool seen_damaged;
};

static enum store_action append_run(void *ctx, const struct store_bytes *old, char *next, size_t *next_len)
{
	struct append *append = ctx;

	append->runs++;
	append->seen_len = old->data != NULL ? old->len : SIZE_MAX;
	append->seen_damaged = old->damaged;
	if (old->data != NULL)
		memcpy(next, old->data, old->len);
	next[old->len] = append->c;
	*next_len = old->len + 1;
	return append->action;
}

static enum otp_err update(struct append *append)
{
	return store.update(
		store.self, (struct store_key){"alice"}, (struct store_edit){append_run, append}, NULL);
}

static void assert_holds(const char *text)
{
	char buf[STORE_RECORD_MAX];
	struct store_bytes bytes;

	assert_int_equal(store.read(store.self, (struct store_key){"alice"}, buf, &bytes, NULL), OTP_OK);
	assert_int_equal(bytes.len, strlen(text));
	assert_memory_equal(bytes.data, text, bytes.len);
}

static void update_creates_then_changes(void **state)
{
	(void)state;
	struct append append = {.c = 'a', .action = STORE_WRITE};

	assert_int_equal(update(&append), OTP_OK);
	assert_true(append.seen_len == SIZE_MAX);
	append.c = 'b';
	assert_int_equal(update(&append), OTP_OK);
	assert_int_equal(append.seen_len, 1);
	assert_holds("ab");
	assert_int_equal(mem.updates, 2);
	assert_int_equal(mem.writes, 2);
}

static void kept_record_is_as_before(void **state)
{
	(void)state;
	struct append append = {.c = 'a', .action = STORE_WRITE};

	assert_int_equal(update(&append), OTP_OK);
	append.action = STORE_KEEP;
	assert_int_equal(update(&append), OTP_OK);
	assert_holds("a");
	assert_int_equal(mem.writes, 1);
}

static void failed_update_changes_nothing(void **state)
{
	(void)state;
	struct append append = {.c = 'a', .action = STORE_WRITE};

	mem.fail_update = OTP_ERR_BUSY;
	mem.spared = 1;
	assert_int_equal(update(&append), OTP_OK);
	assert_int_equal(update(&append), OTP_ERR_BUSY);
	assert_int_equal(append.runs, 1);
	mem.fail_update = OTP_OK;
	mem.fail_write = OTP_ERR_IO;
	assert_int_equal(update(&append), OTP_ERR_IO);
	assert_int_equal(append.runs, 2);
	assert_holds("a");
}

static void between_appends_too(void *ctx)
{
	struct append *other = ctx;

	assert_int_equal(update(other), OTP_OK);
}

static void edit_that_runs_twice_counts_once(void **state)
{
	(void)state;
	struct append append = {.c = 'a', .action = STORE_WRITE}, other = {.c = 'o', .action = STORE_WRITE};

	mem.run_twice = true;
	assert_int_equal(update(&append), OTP_OK);
	assert_int_equal(append.runs, 2);
	assert_holds("a");
	mem.between = between_appends_too;
	mem.between_ctx = &other;
	assert_int_equal(update(&append), OTP_OK);
	assert_int_equal(append.runs, 4);
	assert_int_equal(other.runs, 1);
	assert_holds("aoa");
}

static void damage_is_told_until_the_next_write(void **state)
{
	(void)state;
	struct append append = {.c = 'a', .action = STORE_KEEP};

	assert_true(mem_store_put(&mem, "alice", "x", 1));
	mem.damaged = true;
	assert_int_equal(update(&append), OTP_OK);
	assert_true(append.seen_damaged);
	append.action = STORE_WRITE;
	assert_int_equal(update(&append), OTP_OK);
	assert_true(append.seen_damaged);
	assert_int_equal(update(&append), OTP_OK);
	assert_false(append.seen_damaged);
}

static bool note_user(void *ctx, const char *user)
{
	*(size_t *)ctx += strlen(user);
	return true;
}

static void listed_read_and_removed(void **state)
{
	(void)state;
	char buf[STORE_RECORD_MAX];
	struct store_bytes bytes;
	size_t letters = 0;
	struct store_key bob = {"bob"};

	assert_int_equal(store.read(store.self, bob, buf, &bytes, NULL), OTP_ERR_NOT_ENROLLED);
	assert_int_equal(store.remove(store.self, bob, NULL), OTP_ERR_NOT_ENROLLED);
	assert_true(mem_store_put(&mem, "alice", "x", 1));
	assert_true(mem_store_put(&mem, "bob", "y", 1));
	assert_int_equal(store.list(store.self, (struct store_visit){note_user, &letters}, NULL), OTP_OK);
	assert_int_equal(letters, 8);
	assert_int_equal(store.remove(store.self, bob, NULL), OTP_OK);
	assert_null(mem_store_find(&mem, "bob"));
	assert_non_null(mem_store_find(&mem, "alice"));
	mem.fail_read = mem.fail_remove = mem.fail_list = OTP_ERR_IO;
	struct store_key alice = {"alice"};
	assert_int_equal(store.read(store.self, alice, buf, &bytes, NULL), OTP_ERR_IO);
	assert_int_equal(store.remove(store.self, alice, NULL), OTP_ERR_IO);
	assert_int_equal(store.list(store.self, (struct store_visit){note_user, &letters}, NULL), OTP_ERR_IO);
	assert_non_null(mem_store_find(&mem, "alice"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(update_creates_then_changes, empty_store),
		cmocka_unit_test_setup(kept_record_is_as_before, empty_store),
		cmocka_unit_test_setup(failed_update_changes_nothing, empty_store),
		cmocka_unit_test_setup(edit_that_runs_twice_counts_once, empty_store),
		cmocka_unit_test_setup(damage_is_told_until_the_next_write, empty_store),
		cmocka_unit_test_setup(listed_read_and_removed, empty_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
