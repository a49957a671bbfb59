/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/roster.c" /* NOLINT(bugprone-suspicious-include): what only the command holds is in no library */
#include "cli/users_file.c" /* NOLINT(bugprone-suspicious-include) */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECRET "3132333435363738393031323334353637383930"

static void split(const char *text, unsigned n, const char *const *wanted)
{
	char line[128], *fields[USERS_FILE_COLUMNS_MAX];
	unsigned found;

	(void)snprintf(line, sizeof line, "%s", text);
	assert_null(users_file_split(line, fields, &found));
	assert_int_equal(found, n);
	for (unsigned i = 0; i < n; i++)
		assert_string_equal(fields[i], wanted[i]);
}

static void fields_are_cut_at_commas_and_unquoted(void **state)
{
	(void)state;
	split("", 1, (const char *[]){""});
	split("a", 1, (const char *[]){"a"});
	split("a,b", 2, (const char *[]){"a", "b"});
	split(",", 2, (const char *[]){"", ""});
	split("a,,", 3, (const char *[]){"a", "", ""});
	split("\"a\",b", 2, (const char *[]){"a", "b"});
	split("\"a,b\",c", 2, (const char *[]){"a,b", "c"});
	split("\"a\"\"b\"", 1, (const char *[]){"a\"b"});
	split("\"\",\"\"", 2, (const char *[]){"", ""});
	split("\"\"\"\"", 1, (const char *[]){"\""});
	split(" a , b ", 2, (const char *[]){" a ", " b "});
}

static void refuse_split(const char *text, unsigned column)
{
	char line[128], *fields[USERS_FILE_COLUMNS_MAX];
	unsigned found;

	(void)snprintf(line, sizeof line, "%s", text);
	assert_non_null(users_file_split(line, fields, &found));
	assert_int_equal(found, column);
}

static void quote_that_stands_elsewhere_or_is_not_closed_is_refused_with_its_column(void **state)
{
	(void)state;
	refuse_split("\"", 1);
	refuse_split("a,\"b", 2);
	refuse_split("a,\"b\"\"", 2);
	refuse_split("a,b\"", 2);
	refuse_split("a, \"b\"", 2);
	refuse_split("\"a\"b,c", 1);
	refuse_split(",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,", USERS_FILE_COLUMNS_MAX);
}

static enum otp_err set(struct roster_entry *entry, enum roster_field field, const char *text)
{
	const struct lines where = {.name = "users.csv", .number = 7};
	struct otp_why why = {0};
	enum otp_err err = roster_set(entry, field, text, &where, &why);

	if (err != OTP_OK) {
		assert_memory_equal(why.text, "users.csv:7: ", strlen("users.csv:7: "));
		assert_null(strstr(why.text, text));
	}
	return err;
}

static void same_again(enum roster_field field, const char *text)
{
	struct roster_entry entry = {.locked = false};
	char out[ROSTER_TEXT_SIZE];

	assert_int_equal(set(&entry, field, text), OTP_OK);
	roster_put(&entry, field, 0, out);
	assert_string_equal(out, text);
}

static void what_is_written_is_read_and_the_same_again(void **state)
{
	(void)state;
	same_again(ROSTER_USER, "alice");
	same_again(ROSTER_CONTACT, "email:alice@example.org");
	same_again(ROSTER_CONTACT, "sms:+12025550123");
	same_again(ROSTER_LOCKED, "yes");
	same_again(ROSTER_LOCKED, "no");
	same_again(ROSTER_ENROLLED, "2026-01-01T03:47:00Z");
	same_again(ROSTER_TOTP, "secret=" SECRET " algorithm=sha1 digits=6 period=30 preferred=no");
	same_again(ROSTER_TOTP,
		"secret=" SECRET
		" algorithm=sha512 digits=8 period=60 since=2026-01-01T03:47:00Z preferred=yes");
	same_again(ROSTER_BACKUP_CODES, "for=0011223344556677 00112233445566778899aabbccddeeff "
					"ff112233445566778899aabbccddeeff@2026-01-01T03:47:00Z");
}

static void longest_fields_fit(void **state)
{
	struct roster_entry entry = {
		.backups_n = RECORD_BACKUPS_MAX, .has_totp = true, .totp_since = TIME_MAX};
	char out[ROSTER_TEXT_SIZE];
	(void)state;

	for (unsigned i = 0; i < RECORD_BACKUPS_MAX; i++)
		entry.backups[i].until = TIME_MAX;
	entry.totp_form = (struct totp_form){.algorithm = TOTP_SHA512, .digits = 8, .period_s = 60};
	entry.totp_secret.len = TOTP_SECRET_MAX;
	roster_put(&entry, ROSTER_BACKUP_CODES, 0, out);
	assert_int_equal(set(&entry, ROSTER_BACKUP_CODES, out), OTP_OK);
	assert_int_equal(entry.backups_n, RECORD_BACKUPS_MAX);
	roster_put(&entry, ROSTER_TOTP, 0, out);
	assert_int_equal(set(&entry, ROSTER_TOTP, out), OTP_OK);
	assert_int_equal(entry.totp_secret.len, TOTP_SECRET_MAX);
}

static void what_is_written_otherwise_is_refused(void **state)
{
	static const struct {
		enum roster_field field;
		const char *text;
	} cases[] = {
		{ROSTER_CONTACT, "fax:1"},
		{ROSTER_EMAIL, "email:alice@example.org"},
		{ROSTER_SMS, "15550104"},
		{ROSTER_LOCKED, "Yes"},
		{ROSTER_ENROLLED, "2026-02-01"},
		{ROSTER_ENROLLED, "2026-01-01T03:47:00Z "},
		{ROSTER_ENROLLED, "2026-1-1T03:47:00Z"},
		{ROSTER_ENROLLED, "2026-02-30T03:47:00Z"},
		{ROSTER_ENROLLED, "1970-01-01T00:00:00Z"},
		{ROSTER_ENROLLED, "9999-01-01T00:00:00Z"},
		{ROSTER_TOTP, SECRET},
		{ROSTER_TOTP, "secret=313233343536373839303132333435"},
		{ROSTER_TOTP, "secret=" SECRET "3"},
		{ROSTER_TOTP, "secret=" SECRET " digits=7"},
		{ROSTER_TOTP, "secret=" SECRET " period=45"},
		{ROSTER_TOTP, "secret=" SECRET " algorithm=md5"},
		{ROSTER_TOTP, "secret=" SECRET "  digits=6"},
		{ROSTER_TOTP, "secret=" SECRET " x=1"},
		{ROSTER_BACKUP_CODES, "for=0011223344556677"},
		{ROSTER_BACKUP_CODES, "00112233445566778899aabbccddeeff"},
		{ROSTER_BACKUP_CODES, "for=001122334455667 00112233445566778899aabbccddeeff"},
		{ROSTER_BACKUP_CODES, "for=0011223344556677 00112233445566778899aabbccddee"},
		{ROSTER_BACKUP_CODES, "for=0011223344556677 00112233445566778899aabbccddeeff@never"},
	};
	struct roster_entry entry;
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memset(&entry, 0, sizeof entry);
		if (set(&entry, cases[i].field, cases[i].text) == OTP_OK)
			fail_msg("%s was taken", cases[i].text);
	}
}

static void a_twelfth_backup_code_is_refused(void **state)
{
	struct roster_entry entry = {.backups_n = 0};
	char text[ROSTER_TEXT_SIZE] = "for=0011223344556677";
	(void)state;

	for (unsigned i = 0; i <= RECORD_BACKUPS_MAX; i++)
		(void)strncat(text, " 00112233445566778899aabbccddeeff", sizeof text - strlen(text) - 1);
	assert_int_not_equal(set(&entry, ROSTER_BACKUP_CODES, text), OTP_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_cut_at_commas_and_unquoted),
		cmocka_unit_test(quote_that_stands_elsewhere_or_is_not_closed_is_refused_with_its_column),
		cmocka_unit_test(what_is_written_is_read_and_the_same_again),
		cmocka_unit_test(longest_fields_fit),
		cmocka_unit_test(what_is_written_otherwise_is_refused),
		cmocka_unit_test(a_twelfth_backup_code_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
