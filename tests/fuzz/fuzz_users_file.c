/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a users file holds: what is taken from it is written and taken again the same, and a fault names
 * its line. */
#include "cli/roster.c" /* NOLINT(bugprone-suspicious-include): what only the command holds is in no library */
#include "cli/users_file.c" /* NOLINT(bugprone-suspicious-include) */

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_field(const struct roster_entry *entry, enum roster_field field, unsigned number)
{
	static const struct lines where = {.name = "again", .number = 1};
	struct roster_entry again = {.locked = false};
	char first[ROSTER_TEXT_SIZE], second[ROSTER_TEXT_SIZE];
	struct otp_why why;

	roster_put(entry, field, number, first);
	if (roster_set(&again, field, first, &where, &why) != OTP_OK)
		abort();
	roster_put(&again, field, 0, second);
	if (strcmp(first, second) != 0)
		abort();
}

static void check_entry(const struct roster_entry *entry)
{
	static const enum roster_field fields[] = {
		ROSTER_USER, ROSTER_LOCKED, ROSTER_ENROLLED, ROSTER_TOTP, ROSTER_BACKUP_CODES};

	if (entry->user[0] == '\0' || entry->contacts.n > RECORD_CONTACTS_MAX ||
		entry->backups_n > RECORD_BACKUPS_MAX)
		abort();
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		check_field(entry, fields[i], 0);
	for (unsigned i = 0; i < entry->contacts.n; i++)
		check_field(entry, ROSTER_CONTACT, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct users_file file;
	static struct roster_entry entry;
	FILE *in = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	enum users_file_next next = USERS_FILE_ENTRY;
	struct otp_why why = {0};
	enum otp_err error;

	if (in == NULL)
		return 0;
	bool begun = users_file_begin(&file, in, "users", &why) == OTP_OK;
	while (begun && (next = users_file_read(&file, &entry, &error, &why)) != USERS_FILE_END) {
		if (next == USERS_FILE_ENTRY)
			check_entry(&entry);
		else if (strncmp(why.text, "users:", 6) != 0)
			abort();
	}
	users_file_end(&file);
	(void)fclose(in);
	return 0;
}
