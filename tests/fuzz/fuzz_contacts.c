/* SPDX-License-Identifier: BSD-2-Clause */

/* What stands in files of contacts and of people, and what a command says. */

#include "contacts/command.h"
#include "contacts/file.h"
#include "contacts/people.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KEY "SHA256:XIiP1oM8K+yPpEvWJnDooRE9R6qS/AoziqkwE7C4jac"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

/* Whatever is taken is a contact by its own rules, and no two are equal. */
static void check_contacts(const struct otp_contacts *contacts)
{
	struct contact again;

	must(contacts->n <= RECORD_CONTACTS_MAX);
	must(record_contacts_fit(contacts->list, contacts->n));
	for (unsigned i = 0; i < contacts->n; i++) {
		must(contact_parse(contacts->list[i].channel, contacts->list[i].address, &again, NULL) ==
			OTP_OK);
		for (unsigned j = 0; j < i; j++)
			must(!contact_equal(&contacts->list[i], &contacts->list[j]));
	}
}

/* A reason is one line. */
static void check_why(const struct otp_why *why)
{
	must(why->text[0] != '\0');
	for (const char *c = why->text; *c != '\0'; c++)
		must((unsigned char)*c >= ' ' && *c != 0x7f);
}

static char *copy(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static void read_file(char *text)
{
	struct lines lines = {.name = "f", .rest = text};
	struct otp_contacts contacts = {.n = 0};
	struct otp_why why = {0};

	if (file_find_in(&lines, "alice", &contacts, &why) == OTP_OK)
		check_contacts(&contacts);
	else
		check_why(&why);
}

static void read_command(char *text)
{
	struct lines lines = {.name = "line", .rest = text};
	struct otp_contacts contacts = {.n = 0};
	struct otp_why why = {0};

	if (command_read(&lines, &contacts, &why) == OTP_OK)
		check_contacts(&contacts);
	else
		check_why(&why);
}

static void read_people(char *text)
{
	struct lines lines = {.name = "f", .rest = text};
	char person[RECORD_USER_SIZE];
	struct otp_why why = {0};

	memset(person, 'x', sizeof person);
	enum otp_err err = people_find_in(&lines, "deploy", KEY, person, &why);
	must(memchr(person, '\0', sizeof person) != NULL);
	must(strpbrk(person, " \t\n") == NULL);
	must(err == OTP_OK || person[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(char *) = {read_file, read_command, read_people};
	char *text = copy(data, size);
	struct otp_why why = {0};

	/* A text that is refused is never read. */
	if (lines_check("f", text, size, &why) == OTP_OK) {
		for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
			char *fresh = copy(data, size);
			readers[i](fresh);
			free(fresh);
		}
	} else {
		check_why(&why);
	}
	free(text);
	return 0;
}
