/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/sshd_lines.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 16 /* sshd's own */
#define FOLDER "/etc/ssh"
#define PATTERN_SIZE 512
#define BLANKS " \t\r\n\f"

struct walk {
	sshd_lines_visit *visit;
	void *self;
	unsigned depth;
	bool ended;
};

static void walk_file(struct walk *walk, const char *path, bool in_match);

char *sshd_lines_word(char **rest)
{
	char *word = *rest + strspn(*rest, BLANKS);
	const char *end = BLANKS;

	if (*word == '\0')
		return NULL;
	if (*word == '"') {
		word++;
		end = "\"";
	}
	char *after = word + strcspn(word, end);
	*rest = *after == '\0' ? after : after + 1;
	*after = '\0';
	return word;
}

static void include_pattern(struct walk *walk, const char *word, bool in_match)
{
	char pattern[PATTERN_SIZE];
	glob_t found;
	int len = word[0] == '/' ? snprintf(pattern, sizeof pattern, "%s", word)
				 : snprintf(pattern, sizeof pattern, FOLDER "/%s", word);

	if (len < 0 || (size_t)len >= sizeof pattern || walk->depth >= DEPTH_MAX)
		return;
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && !walk->ended; i++)
		walk_file(walk, found.gl_pathv[i], in_match);
	globfree(&found);
}

static void walk_line(struct walk *walk, struct sshd_line *line)
{
	char *word;

	if (strcasecmp(line->keyword, "include") == 0) {
		char *rest = line->value;
		while (!walk->ended && (word = sshd_lines_word(&rest)) != NULL)
			include_pattern(walk, word, line->in_match);
		return;
	}
	if (strcasecmp(line->keyword, "match") == 0)
		line->in_match = strcasecmp(line->value, "all") != 0;
	walk->ended = !walk->visit(walk->self, line);
}

/* "Keyword value" or "Keyword=value". */
static bool take_apart(char *text, struct sshd_line *line)
{
	char *keyword = text + strspn(text, BLANKS);
	size_t len = strcspn(keyword, BLANKS "=");

	if (*keyword == '\0' || *keyword == '#')
		return false;
	char *value = keyword + len;
	value += strspn(value, BLANKS);
	value += *value == '=' ? 1 : 0;
	value += strspn(value, BLANKS);
	keyword[len] = '\0';
	for (size_t n = strlen(value); n > 0 && strchr(BLANKS, value[n - 1]) != NULL; n--)
		value[n - 1] = '\0';
	line->keyword = keyword;
	line->value = value;
	return true;
}

static void walk_file(struct walk *walk, const char *path, bool in_match)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	struct sshd_line line = {.file = path, .in_match = in_match};

	if (file == NULL)
		return;
	walk->depth++;
	while (!walk->ended && getline(&text, &size, file) >= 0) {
		line.line++;
		if (take_apart(text, &line))
			walk_line(walk, &line);
	}
	walk->depth--;
	free(text);
	(void)fclose(file);
}

void sshd_lines_walk(const char *path, sshd_lines_visit *visit, void *self)
{
	struct walk walk = {.visit = visit, .self = self};

	walk_file(&walk, path, false);
}
