/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/users_file.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum taken {
	TAKEN,
	TAKEN_TOO_LONG,
	TAKEN_NUL,
	TAKEN_END,
};

/* The next line without its end; of one that is too long, the beginning. */
static enum taken take_line(struct users_file *file)
{
	enum taken taken = TAKEN;
	size_t len = 0;
	int c;

	flockfile(file->in);
	while ((c = getc_unlocked(file->in)) != EOF && c != '\n') {
		if (c == '\0')
			taken = TAKEN_NUL;
		if (len < USERS_FILE_LINE_MAX)
			file->line[len++] = (char)c;
		else if (taken == TAKEN)
			taken = TAKEN_TOO_LONG;
	}
	funlockfile(file->in);
	if (c == EOF && len == 0)
		return TAKEN_END;
	if (len > 0 && file->line[len - 1] == '\r')
		len--;
	file->line[len] = '\0';
	file->line_len = len;
	file->where.number++;
	return taken;
}

/* A field in quotes; *in is after the first of them. NULL, or what is wrong. */
static const char *take_quoted(char **in, char *out)
{
	char *p = *in;

	for (; *p != '\0' && (*p != '"' || p[1] == '"'); p++) {
		if (*p == '"')
			p++;
		*out++ = *p;
	}
	if (*p == '\0')
		return "its quote is not closed in this line";
	*out = '\0';
	*in = p + 1;
	if (**in != ',' && **in != '\0')
		return "something stands after its closing quote: a quote within is written twice";
	return NULL;
}

const char *users_file_split(char *line, char *fields[USERS_FILE_COLUMNS_MAX], unsigned *n)
{
	char *p = line;
	const char *fault = NULL;
	bool more = true;

	for (*n = 0; more && fault == NULL; (*n)++) {
		if (*n == USERS_FILE_COLUMNS_MAX)
			return "there are too many";
		if (*p == '"') {
			fields[*n] = p++;
			fault = take_quoted(&p, fields[*n]);
		} else {
			fields[*n] = p;
			p += strcspn(p, ",\"");
			if (*p == '"')
				fault = "it holds a quote and does not begin with one";
		}
		if (fault != NULL)
			continue;
		more = *p == ',';
		*p++ = '\0';
	}
	return fault;
}

static enum otp_err name_columns(struct users_file *file, struct otp_why *why)
{
	char *fields[USERS_FILE_COLUMNS_MAX];
	unsigned n;
	bool has_user = false;
	const char *fault = users_file_split(file->line, fields, &n);

	if (fault != NULL)
		return lines_fault(&file->where, why, "column %u: %s", n, fault);
	for (file->columns_n = 0; file->columns_n < n; file->columns_n++) {
		enum roster_field *column = &file->columns[file->columns_n];
		if (!roster_field_find(fields[file->columns_n], column))
			return lines_fault(&file->where, why,
				"column %u has another name than " ROSTER_FIELD_NAMES
				"; the first line names the columns: user,email,sms",
				file->columns_n + 1);
		has_user = has_user || *column == ROSTER_USER;
		for (unsigned i = 0; i < file->columns_n; i++)
			if (file->columns[i] == *column && *column != ROSTER_CONTACT &&
				*column != ROSTER_EMAIL && *column != ROSTER_SMS)
				return lines_fault(&file->where, why, "column %u is %s again",
					file->columns_n + 1, roster_field_name(*column));
	}
	return has_user ? OTP_OK : lines_fault(&file->where, why, "there is no column user");
}

static enum otp_err line_fault(const struct users_file *file, enum taken taken, struct otp_why *why)
{
	if (taken == TAKEN_NUL)
		return lines_fault(&file->where, why, "the line holds a NUL byte: is this a text file?");
	return lines_fault(&file->where, why, "the line has over %d bytes", USERS_FILE_LINE_MAX);
}

enum otp_err users_file_begin(struct users_file *file, FILE *in, const char *name, struct otp_why *why)
{
	enum taken taken;

	*file = (struct users_file){.in = in, .where = {.name = name}};
	do
		taken = take_line(file);
	while (taken == TAKEN && file->line[0] == '\0');
	if (taken == TAKEN_END && ferror(in) != 0)
		return why_set(why, OTP_ERR_IO, errno, "%s", name);
	if (taken == TAKEN_END)
		return why_set(why, OTP_ERR_CONFIG, 0,
			"%s is empty; the first line names the columns: user,email,sms", name);
	if (taken != TAKEN)
		return line_fault(file, taken, why);
	if (strncmp(file->line, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		memmove(file->line, file->line + strlen(BYTE_ORDER_MARK),
			file->line_len + 1 - strlen(BYTE_ORDER_MARK));
	file->is_json = file->line[strspn(file->line, " \t")] == '{';
	return file->is_json ? OTP_OK : name_columns(file, why);
}

static enum otp_err read_csv(struct users_file *file, struct roster_entry *entry, struct otp_why *why)
{
	char *fields[USERS_FILE_COLUMNS_MAX];
	unsigned n;
	const char *fault = users_file_split(file->line, fields, &n);
	enum otp_err err = OTP_OK;

	if (fault != NULL)
		return lines_fault(&file->where, why, "column %u: %s", n, fault);
	if (n != file->columns_n)
		return lines_fault(&file->where, why, "%u column%s, but the first line names %u", n,
			n == 1 ? "" : "s", file->columns_n);
	for (unsigned i = 0; err == OTP_OK && i < n; i++)
		err = roster_set(entry, file->columns[i], fields[i], &file->where, why);
	return err;
}

static enum otp_err set_text(struct users_file *file, struct roster_entry *entry, enum roster_field field,
	const json_t *value, struct otp_why *why)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return lines_fault(&file->where, why, "%s must be a string", roster_field_name(field));
	if (strlen(text) != json_string_length(value))
		return lines_fault(&file->where, why, "%s holds a NUL", roster_field_name(field));
	return roster_set(entry, field, text, &file->where, why);
}

static enum otp_err set_contacts(
	struct users_file *file, struct roster_entry *entry, const json_t *value, struct otp_why *why)
{
	enum otp_err err = OTP_OK;

	if (!json_is_array(value))
		return lines_fault(
			&file->where, why, "contacts must be a list: [\"email:alice@example.org\"]");
	for (size_t i = 0; err == OTP_OK && i < json_array_size(value); i++)
		err = set_text(file, entry, ROSTER_CONTACT, json_array_get(value, i), why);
	return err;
}

static enum otp_err set_member(struct users_file *file, struct roster_entry *entry, const char *name,
	const json_t *value, struct otp_why *why)
{
	enum roster_field field;

	if (strcmp(name, "contacts") == 0)
		return set_contacts(file, entry, value, why);
	if (!roster_field_find(name, &field) || field == ROSTER_CONTACT)
		return lines_fault(&file->where, why,
			"there is a member that is not user, contacts, email, sms, locked, enrolled, totp or "
			"backup_codes");
	if (json_is_null(value))
		return OTP_OK;
	if (field != ROSTER_LOCKED)
		return set_text(file, entry, field, value, why);
	if (!json_is_boolean(value))
		return lines_fault(&file->where, why, "locked must be true or false");
	entry->locked = json_is_true(value);
	return OTP_OK;
}

static enum otp_err read_json(struct users_file *file, struct roster_entry *entry, struct otp_why *why)
{
	json_error_t fault;
	json_t *object = json_loadb(file->line, file->line_len, JSON_REJECT_DUPLICATES, &fault), *value;
	enum otp_err err = OTP_OK;
	const char *name;

	if (!json_is_object(object)) {
		int column = object == NULL ? fault.column : 1;
		json_decref(object);
		return lines_fault(&file->where, why,
			"column %d: not JSON; a line is an object: {\"user\": \"alice\", \"contacts\": "
			"[\"email:alice@example.org\"]}",
			column);
	}
	json_object_foreach(object, name, value) if (err == OTP_OK) err =
		set_member(file, entry, name, value, why);
	json_decref(object);
	return err;
}

/* What a line must have at least. */
static enum otp_err check(
	const struct users_file *file, const struct roster_entry *entry, struct otp_why *why)
{
	if (entry->user[0] == '\0')
		return lines_fault(&file->where, why, "user is missing");
	if (entry->contacts.n == 0 && !entry->has_totp && entry->backups_n == 0)
		return lines_fault(&file->where, why,
			"%s has no contact: email:ADDRESS or sms:NUMBER in a column contact", entry->user);
	return OTP_OK;
}

/* The first line of JSON was read to see what kind of file it is. */
static enum taken next_line(struct users_file *file)
{
	if (file->is_json && file->columns_n == 0) {
		file->columns_n = 1;
		file->line_len = strlen(file->line);
		return TAKEN;
	}
	return take_line(file);
}

enum users_file_next users_file_read(
	struct users_file *file, struct roster_entry *entry, enum otp_err *error, struct otp_why *why)
{
	enum taken taken;

	*error = OTP_OK;
	memset(entry, 0, sizeof *entry);
	do
		taken = next_line(file);
	while (taken == TAKEN && file->line[0] == '\0');
	if (taken == TAKEN_END) {
		if (ferror(file->in) != 0)
			*error = why_set(why, OTP_ERR_IO, errno, "%s", file->where.name);
		return USERS_FILE_END;
	}
	enum otp_err err = taken != TAKEN  ? line_fault(file, taken, why)
			   : file->is_json ? read_json(file, entry, why)
					   : read_csv(file, entry, why);
	if (err == OTP_OK)
		err = check(file, entry, why);
	return err == OTP_OK ? USERS_FILE_ENTRY : USERS_FILE_FAULT;
}

void users_file_end(struct users_file *file)
{
	OPENSSL_cleanse(file, sizeof *file);
}
