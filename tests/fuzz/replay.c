/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * replay FOLDER: runs a fuzz target on every file of its corpus, so that what a fuzzer found once is tried by
 * every make test, with any compiler.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay(const char *folder, const char *name)
{
	static uint8_t whole[INPUT_MAX];
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		return -1;
	}
	size_t size = fread(whole, 1, sizeof whole, file);
	(void)fclose(file);
	/* Said beforehand: the last line names the input that crashed. */
	(void)printf("%s\n", name);
	(void)fflush(stdout);
	/* In memory of its own size, so that a sanitizer sees what reads past its end. */
	uint8_t *data = malloc(size != 0 ? size : 1);
	if (data == NULL)
		return -1;
	for (size_t i = 0; i < size; i++)
		data[i] = whole[i];
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int failed = 0;

	if (argc != 2)
		return 2;
	int entries_n = scandir(argv[1], &entries, is_file, alphasort);
	if (entries_n < 1) {
		(void)fprintf(stderr, "no input in %s\n", argv[1]);
		return 1;
	}
	for (int i = 0; i < entries_n; i++) {
		if (replay(argv[1], entries[i]->d_name) != 0)
			failed = 1;
		free(entries[i]);
	}
	free(entries);
	return failed;
}
