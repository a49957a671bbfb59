/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any PAM files are read and walked to an end. The input is several files, each behind a byte of 1, whose
 * first line is its name; the first one is the service's, whatever its name is.
 */
#include "cli/pam_control.c" /* NOLINT(bugprone-suspicious-include) */
#include "cli/pam_stack.c"   /* NOLINT(bugprone-suspicious-include) */
#include "cli/pam_walk.c"    /* NOLINT(bugprone-suspicious-include) */

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const char *bytes;
	size_t len;
};

/* The file of that name; the whole input's beginning for the service. */
static enum otp_err read_input(
	void *self, const char *name, char path[PAM_STACK_PATH_SIZE], char **text, struct otp_why *why)
{
	const struct input *input = self;
	const char *at = input->bytes, *end = input->bytes + input->len;

	(void)snprintf(path, PAM_STACK_PATH_SIZE, "/etc/pam.d/%.60s", name);
	for (bool first = true; at < end; first = false) {
		const char *next = memchr(at, 1, (size_t)(end - at));
		size_t len = next != NULL ? (size_t)(next - at) : (size_t)(end - at);
		const char *newline = memchr(at, '\n', len);
		size_t name_len = newline != NULL ? (size_t)(newline - at) : 0;
		bool named = name_len == strlen(name) && memcmp(at, name, name_len) == 0;
		if ((first && strcmp(name, "sshd") == 0) || (newline != NULL && named)) {
			const char *begin = first ? at : newline + 1;
			*text = strndup(begin, (size_t)(at + len - begin));
			return *text != NULL ? OTP_OK : OTP_ERR_NO_MEMORY;
		}
		at += len + 1;
	}
	return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "none");
}

static unsigned any_answer(const void *self, const struct pam_rule *rule, unsigned index)
{
	(void)self;
	if (rule->module == NULL || rule->file == NULL || rule->control == NULL)
		abort();
	return index % 2 == 0 ? (1U << PAM_ANSWERS_N) - 1 : PAM_WALK_ANSWER(PAM_ANSWER_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pam_stack stack;
	struct input input = {(const char *)data, size};
	const struct pam_source source = {.self = &input, .read = read_input};
	struct otp_why why;

	if (pam_stack_read(&source, "sshd", &stack, &why) == OTP_OK)
		for (unsigned watched = 0; watched < stack.rules_n && watched < 8; watched++) {
			const struct pam_walk_plan plan = {
				.answers = any_answer, .watched = watched, .stop_there = watched % 2 == 0};
			struct pam_walk_result result = pam_walk(&stack, &plan);
			if (result.leaver != PAM_WALK_NOWHERE && result.leaver >= watched)
				abort();
		}
	pam_stack_free(&stack);
	return 0;
}
