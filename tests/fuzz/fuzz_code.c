/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/backup.h"
#include "core/code.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static int is_empty(const struct code *code)
{
	for (size_t i = 0; i < sizeof code->text; i++)
		if (code->text[i] != '\0')
			return 0;
	return 1;
}

/* A code that came out has the form, and is what typing it plainly gives; nothing else leaves anything
 * behind. */
static void check(struct code_form form, const char *typed)
{
	const char *characters = form.alphabet == CODE_DIGITS ? "0123456789" : "BCDFGHJKLMNPQRSTVWXZ";
	struct code code, again;
	unsigned len = 0, again_len = 0;

	memset(&code, 'x', sizeof code);
	enum code_shape shape = code_clean(form, typed, "QFX", &code, &len);
	must(len <= strlen(typed));
	if (shape != CODE_SHAPE_CODE) {
		must(is_empty(&code));
		must(shape != CODE_SHAPE_REF || len == CODE_REF_LEN);
		return;
	}
	must(len == form.length && strlen(code.text) == form.length);
	must(strspn(code.text, characters) == form.length);
	must(code_clean(form, code.text, NULL, &again, &again_len) == CODE_SHAPE_CODE);
	must(memcmp(&code, &again, sizeof code) == 0);
	code_wipe(&code);
	must(is_empty(&code));
}

/* The same of backup codes; what is printed of one is read as that one. */
static void check_backup(const char *typed)
{
	static const struct backup_code none;
	struct backup_code code, again;
	char printed[BACKUP_PRINTED_SIZE];

	memset(&code, 'x', sizeof code);
	if (!backup_clean(typed, &code)) {
		must(memcmp(&code, &none, sizeof code) == 0);
		return;
	}
	size_t len = strlen(code.text);
	must(strlen(typed) >= len);
	must((len == BACKUP_LEN && strspn(code.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == len) ||
		(len == BACKUP_SHORT_LEN && strspn(code.text, "0123456789") == len));
	backup_print(&code, printed);
	must(backup_clean(printed, &again));
	must(memcmp(&code, &again, sizeof code) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *typed = malloc(size + 1);

	if (typed == NULL)
		return 0;
	if (size > 0)
		memcpy(typed, data, size);
	typed[size] = '\0';
	for (unsigned length = CODE_MIN_LEN; length <= CODE_MAX_LEN; length++) {
		check((struct code_form){.alphabet = CODE_DIGITS, .length = length}, typed);
		check((struct code_form){.alphabet = CODE_LETTERS, .length = length}, typed);
	}
	check_backup(typed);
	free(typed);
	return 0;
}
