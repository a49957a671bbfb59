/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config.h"
#include "config/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The table, the example and the man page must say the same. Run from the top folder of the repository. */
#define EXAMPLE "conf/otpcode.conf"
#define PAGE "man/otpcode.conf.5"
#define DOCUMENT_SIZE 65536
#define ITEMS_MAX 96

/* A key as a document shows it, with the words around it that say what it takes. */
struct item {
	char section[64], key[64], value[256];
	char words[1024];
};

struct document {
	char text[DOCUMENT_SIZE];
	struct item items[ITEMS_MAX];
	unsigned items_n;
};

static void load(const char *path, struct document *document)
{
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	size_t len = fread(document->text, 1, sizeof document->text - 1, file);
	assert_true(feof(file));
	assert_int_equal(fclose(file), 0);
	document->text[len] = '\0';
	document->items_n = 0;
}

static void copy(char *out, size_t size, const char *from, size_t len)
{
	assert_true(len < size);
	memcpy(out, from, len);
	out[len] = '\0';
}

static void add_words(char words[1024], const char *line)
{
	size_t len = strlen(words);
	assert_true(len + strlen(line) + 2 < 1024);
	(void)snprintf(words + len, 1024 - len, "%s ", line);
}

static struct item *add_item(struct document *document, const char *section, const char *assignment)
{
	assert_true(document->items_n < ITEMS_MAX);
	struct item *item = &document->items[document->items_n++];
	const char *equals = strchr(assignment, '=');

	assert_non_null(equals);
	*item = (struct item){0};
	copy(item->section, sizeof item->section, section, strcspn(section, " "));
	copy(item->key, sizeof item->key, assignment, (size_t)(equals - assignment));
	copy(item->value, sizeof item->value, equals + 1, strlen(equals + 1));
	return item;
}

/* "[section]" or "#[section]", then "#key=default" below the comment that explains it. */
static void read_example(struct document *document)
{
	char section[64] = "", words[1024] = "";

	load(EXAMPLE, document);
	for (char *line = strtok(document->text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		const char *plain = line + strspn(line, "#");
		if (line[0] == '#' && line[1] == ' ') {
			add_words(words, line + 2);
		} else if (*plain == '[') {
			copy(section, sizeof section, plain + 1, strcspn(plain, "]") - 1);
			words[0] = '\0';
		} else if (line[0] == '#' && strchr(line, '=') != NULL) {
			struct item *item = add_item(document, section, plain);
			memcpy(item->words, words, sizeof words);
			words[0] = '\0';
		} else {
			assert_string_equal(line, "#");
		}
	}
}

/* ".Ss [section] section", then ".It Ic key=default" and what explains it. */
static void read_page(struct document *document)
{
	char section[64] = "";
	struct item *item = NULL;

	load(PAGE, document);
	for (char *line = strtok(document->text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (strncmp(line, ".Ss ", 4) == 0 || strncmp(line, ".Sh ", 4) == 0) {
			copy(section, sizeof section, line + 5, strcspn(line + 5, "]"));
			item = NULL;
		} else if (strncmp(line, ".It Ic ", 7) == 0) {
			item = add_item(document, section, line + 7);
		} else if (item != NULL) {
			add_words(item->words, line);
		}
	}
}

static const struct item *find_item(const struct document *document, const char *section, const char *key)
{
	const struct item *found = NULL;

	for (unsigned i = 0; i < document->items_n; i++)
		if (strcmp(document->items[i].section, section) == 0 &&
			strcmp(document->items[i].key, key) == 0) {
			assert_null(found);
			found = &document->items[i];
		}
	return found;
}

/* The documents name the folders of a build with the usual ones. */
static void usual_path(const char *value, char out[CONFIG_VALUE_SIZE])
{
	static const char *const folders[][2] = {{OTPCODE_SYSCONFDIR, "/etc/otpcode"},
		{OTPCODE_STATEDIR, "/var/lib/otpcode"}, {OTPCODE_LIBEXECDIR, "/usr/libexec/otpcode"}};

	(void)snprintf(out, CONFIG_VALUE_SIZE, "%s", value);
	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(folders[i][0]);
		if (strncmp(value, folders[i][0], len) == 0 && (value[len] == '/' || value[len] == '\0'))
			(void)snprintf(out, CONFIG_VALUE_SIZE, "%s%s", folders[i][1], value + len);
	}
}

/* Every word of "digits|letters"; a range of numbers as it stands. Other kinds are described in words of
 * their own. */
static void assert_words_tell(const struct item *item, const char *range)
{
	char words[CONFIG_RANGE_SIZE];

	if (strchr(range, '|') == NULL && (range[0] < '0' || range[0] > '9'))
		return;
	(void)snprintf(words, sizeof words, "%s", range);
	for (char *word = strtok(words, "|"); word != NULL; word = strtok(NULL, "|"))
		if (strstr(item->words, word) == NULL)
			fail_msg("%s does not say %s", item->key, word);
}

static void assert_document_is_the_table(const struct document *document)
{
	struct config_key_facts facts;
	char value[CONFIG_VALUE_SIZE];
	unsigned keys = 0;

	for (; config_key_at(keys, &facts); keys++) {
		const struct item *item = find_item(document, facts.section, facts.key);
		if (item == NULL) {
			fail_msg("[%s] %s is missing", facts.section, facts.key);
			return;
		}
		usual_path(facts.default_text, value);
		assert_string_equal(item->value, value);
		assert_words_tell(item, facts.range_text);
	}
	assert_int_equal(document->items_n, keys);
}

static void the_example_shows_every_key_with_its_default_and_no_other(void **state)
{
	(void)state;
	static struct document example;

	read_example(&example);
	assert_document_is_the_table(&example);
}

static void the_man_page_shows_every_key_with_its_default_and_no_other(void **state)
{
	(void)state;
	static struct document page;

	read_page(&page);
	assert_document_is_the_table(&page);
}

static void read_as_configuration(struct document *document, struct reading *reading)
{
	struct otp_why why;

	reading_begin(reading);
	if (reading_add_file(reading, EXAMPLE, document->text, strlen(document->text), &why) != OTP_OK)
		fail_msg("%s", why.text);
}

static void the_example_as_it_is_changes_nothing(void **state)
{
	(void)state;
	static struct document example;
	static struct reading reading;
	struct config defaults;

	load(EXAMPLE, &example);
	read_as_configuration(&example, &reading);
	table_defaults(&defaults);
	memset(reading.config.path, 0, sizeof reading.config.path);
	assert_memory_equal(&reading.config.policy, &defaults.policy, sizeof defaults.policy);
	assert_int_equal(reading.config.providers_n, 0);
	for (size_t i = 0; table_at(i) != NULL; i++)
		assert_int_equal(reading.keys[i].file, 0);
}

/* What an admin does with it: the marks taken away, and what must be set is. */
static void the_example_with_every_key_taken_up_is_read(void **state)
{
	(void)state;
	static struct document example, taken;
	static struct reading reading;
	struct otp_why why;
	char *out = taken.text;
	bool sms = false;

	load(EXAMPLE, &example);
	for (char *line = strtok(example.text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		bool mark = line[0] == '#' && line[1] != ' ';
		sms = line[0] == '[' ? strcmp(line, "[sms]") == 0 : sms;
		const char *set = strcmp(line, "#providers=") == 0        ? (sms ? "gateway" : "relay")
				  : strcmp(line, "#allow_prefixes=") == 0 ? "+1,+44"
				  : strcmp(line, "#from=") == 0           ? "login@example.org"
				  : strcmp(line, "#url=") == 0            ? "smtp://mx.example.org:587"
				  : strcmp(line, "#command=") == 0 ? "/usr/sbin/sendmail -i -f {from} -- {to}"
				  : strcmp(line, "#[provider gateway]") == 0
					  ? "\nurl=https://gateway.example.net/send?to={to}&text={text}"
					  : "";
		out += sprintf(out, "%s%s\n", mark ? line + 1 : line, set);
	}
	read_as_configuration(&taken, &reading);
	if (reading_finish(&reading, &why) != OTP_OK)
		fail_msg("%s", why.text);
}

static void the_page_s_example_is_read(void **state)
{
	(void)state;
	static struct document page;
	static struct reading reading;
	struct otp_why why;

	load(PAGE, &page);
	char *start = strstr(page.text, ".Bd -literal");
	assert_non_null(start);
	start = strchr(start, '\n') + 1;
	char *end = strstr(start, ".Ed");
	assert_non_null(end);
	memmove(page.text, start, (size_t)(end - start));
	page.text[end - start] = '\0';
	read_as_configuration(&page, &reading);
	if (reading_finish(&reading, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(reading.config.providers_n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_shows_every_key_with_its_default_and_no_other),
		cmocka_unit_test(the_man_page_shows_every_key_with_its_default_and_no_other),
		cmocka_unit_test(the_example_as_it_is_changes_nothing),
		cmocka_unit_test(the_example_with_every_key_taken_up_is_read),
		cmocka_unit_test(the_page_s_example_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
